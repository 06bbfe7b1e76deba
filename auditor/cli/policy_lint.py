"""`auditor policy lint`: what is doubtful about packs that load without an error."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.output import colourful, say, write_stdout
from auditor.cli.policy_packs import named_packs, seen, tool_options
from auditor.errors import InvalidError, did_you_mean
from auditor.model import Status, Verdict
from auditor.reporters import Style
from auditor.text import json_text, no_commands


@click.command("lint")
@click.option("--strict", is_flag=True, help="A warning fails too.")
@click.option("--exclude-lint", "without", multiple=True, metavar="LINT", help="Leave out this lint; repeatable.")
@click.option("--list", "listed", is_flag=True, help="List every lint, and read no pack.")
@tool_options
def command(
    packs: tuple[str, ...],
    config: Path | None,
    format_name: str,
    no_color: bool,
    strict: bool,
    without: tuple[str, ...],
    listed: bool,
) -> int:
    """Find what is doubtful about packs: conditions that cannot hold, rules that cannot fail, texts that say nothing.

    What is said about conditions is proven. Exit code 1 if there is an error, or with --strict a warning.
    """
    from auditor.policy_tools import LINTS, Remark, lint_pack

    if listed:
        write_stdout(f"{each.name:24} {each.level:8} {each.meaning}\n" for each in LINTS.values())
        return 0
    for name in without:
        if name not in LINTS:
            raise InvalidError(f"--exclude-lint {name!r} is no lint", did_you_mean(name, LINTS))
    remarks = [each for pack in named_packs(packs, config) for each in lint_pack(pack, frozenset(without))]
    style = Style(colour=colourful(no_color))

    def line(each: Remark) -> str:
        level = style.paint(each.level, "red" if each.level == "error" else "yellow")
        return no_commands(f"{seen(each.where)}: {level}: {seen(each.message)}; {seen(each.fix)} [{each.lint}]\n")

    write_stdout(
        map(line, remarks) if format_name == "text" else [json_text([_document(each) for each in remarks]), "\n"]
    )
    return _conclude([each.level for each in remarks], strict=strict)


def _document(remark: object) -> dict[str, str]:
    names = ("lint", "level", "where", "message", "fix")
    return {name: str(getattr(remark, name)) for name in names}


def _conclude(levels: list[str], *, strict: bool) -> int:
    errors, warnings = levels.count("error"), levels.count("warning")
    failed = bool(errors or (strict and warnings))
    counts = f"{errors} error{'' if errors == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}"
    status = Status.FINDINGS if failed else Status.CLEAN
    say(Verdict(status, int(failed), complete=True, reason=f"{counts}{' (--strict)' if strict else ''}"))
    return int(failed)
