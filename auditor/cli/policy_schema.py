"""`auditor policy schema`: the JSON Schemas of what people write, for editors."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from auditor.cli.output import write_stdout
from auditor.errors import InvalidError, did_you_mean


class _SchemaName(click.ParamType[str]):
    """A shipped schema; the shell completes it."""

    name = "schema"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete what the user typed."""
        from auditor.resources import shipped_schemas

        return [CompletionItem(name) for name in shipped_schemas() if name.startswith(incomplete)]


@click.command("schema")
@click.argument("name", default="policy", type=_SchemaName())
@click.option("--list", "listed", is_flag=True, help="List the schemas.")
def command(name: str, listed: bool) -> int:
    """Print a JSON Schema: of packs, or the one called NAME."""
    from auditor.resources import schema, shipped_schemas

    known = shipped_schemas()
    if listed:
        write_stdout(f"{each:14} {schema(each).get('title', '')}\n" for each in known)
        return 0
    if name not in known:
        raise InvalidError(f"there is no schema {name!r}", did_you_mean(name, known))
    write_stdout([Path(known[name]).read_text("utf-8")])
    return 0
