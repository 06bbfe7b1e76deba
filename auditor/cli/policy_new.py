"""`auditor policy new`: start a pack."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.output import note, write_stdout
from auditor.text import visible


@click.command("new")
@click.argument("name")
@click.option("--rule", metavar="NAME", help="What the first rule is called.  [default: undescribed-prod]")
def command(name: str, rule: str | None) -> int:
    """Start a pack: NAME.yaml with one rule and its examples, and NAME.test.yaml with cases; nothing is overwritten."""
    from auditor.policy_tools.scaffold import DEFAULT_RULE, scaffold

    pack, test = scaffold(name, rule or DEFAULT_RULE, Path())
    write_stdout([f"{visible(str(pack))}\n{visible(str(test))}\n"])
    note("Next: change the rule, then")
    for line in (f"auditor policy test {pack}", f"auditor policy lint {pack}", f"auditor demo --policy {pack}"):
        note(f"  {line}")
    return 0
