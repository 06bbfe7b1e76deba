"""`auditor rules`: the rules in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from auditor.cli.options import policy_options
from auditor.cli.output import terminal_width, write_stdout
from auditor.cli.settings import policy_in_force, read_config
from auditor.model import RuleInfo
from auditor.text import json_text, no_commands, visible
from auditor.validation import binding_rules, schema_rules


@click.command("rules")
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="The format of the list.",
)
@policy_options
def rules_command(packs: tuple[str, ...], params: tuple[str, ...], config: Path | None, format_name: str) -> int:
    """List the rules in force: those of the policy, and those of manifests and their files, which are always on."""
    from auditor.sources.manifests import DOCUMENT_RULES

    policy = policy_in_force(read_config(config, Path.cwd()), packs, params)
    rules = [*(rule.info for rule in policy.rules), *schema_rules(), *binding_rules(), *DOCUMENT_RULES]
    render = {"table": _table, "json": _json, "markdown": _markdown}[format_name]
    write_stdout([render(rules)])
    return 0


def _table(rules: Sequence[RuleInfo]) -> str:
    from tabulate import tabulate

    rows = [tuple(map(visible, (rule.id, rule.name, rule.severity.label, rule.title))) for rule in rules]
    others = sum(max(len(row[column]) for row in rows) for column in range(3)) + len("| | | | |") + 4
    titles = max(20, terminal_width() - others)
    head = ("id", "name", "severity", "what it asks for")
    table = tabulate(rows, head, tablefmt="orgtbl", disable_numparse=True, maxcolwidths=[None, None, None, titles])
    return no_commands(f"{table}\n")


def _json(rules: Sequence[RuleInfo]) -> str:
    return f"{json_text([asdict(rule) | {'severity': rule.severity.label} for rule in rules])}\n"


def _markdown(rules: Sequence[RuleInfo]) -> str:
    head = "| id | name | severity | what it asks for |\n| --- | --- | --- | --- |\n"
    rows = [
        f"| [{rule.id}](#{rule.id.lower()}) | `{rule.name}` | {rule.severity.label} | {rule.title} |" for rule in rules
    ]
    return head + "\n".join(rows) + "\n" + "".join(_page(rule) for rule in rules)


def _page(rule: RuleInfo) -> str:
    parts = [
        f"\n## {rule.id}\n",
        f"**{rule.name}**, {rule.severity.label}, {rule.category}: {rule.title}.\n",
        f"Why: {rule.rationale}\n" if rule.rationale else "",
        f"What to do: {rule.remediation}\n" if rule.remediation else "",
        "".join(f"- {each.framework} {each.id}: {each.title}\n" for each in rule.controls),
    ]
    return "\n".join(part for part in parts if part)
