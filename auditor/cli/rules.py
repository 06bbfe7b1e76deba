"""`auditor rules`: the rules in the policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import click
from tabulate import tabulate

from auditor.cli.help import Command
from auditor.cli.options import PolicyOptions, format_option, policy_options
from auditor.cli.output import terminal_width, write_stdout
from auditor.cli.settings import load_config_and_policy
from auditor.model import Provider, RuleInfo
from auditor.model.values import display
from auditor.policy import Policy, Rule, Target
from auditor.sources.files import DOCUMENT_RULES
from auditor.text import json_text, no_commands, visible
from auditor.validation import binding_rules, schema_rules

SCHEMA_PACK = "always on"
"""The origin of built-in rules."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule in the list: from a pack, or from the manifest schema."""

    info: RuleInfo
    rule: Rule | None

    @property
    def pack(self) -> str:
        """The pack that it is in."""
        return self.rule.pack if self.rule else SCHEMA_PACK

    @property
    def target(self) -> Target:
        """What it is evaluated on."""
        return self.rule.target if self.rule else Target.REPO

    @property
    def needs(self) -> list[str]:
        """The providers whose data it needs."""
        return sorted(self.rule.needs if self.rule else {Provider.MANIFEST})

    @property
    def params(self) -> dict[str, object]:
        """Its parameters, with their values."""
        return self.rule.params if self.rule else {}


def entries(policy: Policy) -> list[Entry]:
    """Return every rule in the policy, with the built-in rules last."""
    always = (*schema_rules(), *binding_rules(), *DOCUMENT_RULES)
    return [*(Entry(rule.info, rule) for rule in policy.rules), *(Entry(info, None) for info in always)]


@click.command("rules", cls=Command, short_help="List the rules in the policy")
@format_option("table", "json", "markdown", text="Output format.")
@policy_options
def rules_command(policy_options: PolicyOptions, format_name: str) -> int:
    """List the rules in the policy, and the built-in rules for manifests and files, which are always on."""
    _, policy = load_config_and_policy(policy_options)
    renderers: dict[str, Callable[[Sequence[Entry]], str]] = {"table": _table, "json": _json, "markdown": _markdown}
    write_stdout([renderers[format_name](entries(policy))])
    return 0


def _table(rules: Sequence[Entry]) -> str:
    rows = [
        tuple(map(visible, (each.info.id, each.info.name, each.info.severity.label, _asks(each.info))))
        for each in rules
    ]
    others = sum(max(len(row[column]) for row in rows) for column in range(3)) + len("| | | | |") + 4
    titles = max(20, terminal_width() - others)
    head = ("id", "name", "severity", "requirement")
    table = tabulate(rows, head, tablefmt="orgtbl", disable_numparse=True, maxcolwidths=[None, None, None, titles])
    return no_commands(f"{table}\n")


def _asks(info: RuleInfo) -> str:
    tags = f" [{', '.join(info.tags)}]" if info.tags else ""
    return f"{info.title}{tags}{' (deprecated)' if info.deprecated else ''}"


def _json(rules: Sequence[Entry]) -> str:
    return f"{json_text([_document(each) for each in rules])}\n"


def _document(each: Entry) -> dict[str, object]:
    more = {"pack": each.pack, "for": each.target.value, "needs": each.needs, "params": each.params}
    return asdict(each.info) | {"severity": each.info.severity.label} | more


def _markdown(rules: Sequence[Entry]) -> str:
    head = "| id | name | severity | requirement |\n| --- | --- | --- | --- |\n"
    rows = [
        f"| [{info.id}](#{info.id.lower()}) | `{info.name}` | {info.severity.label} | {_asks(info)} |"
        for info in (each.info for each in rules)
    ]
    return head + "\n".join(rows) + "\n" + "".join(map(rule_page, rules))


_WHERE = {
    Target.INVENTORY: "on all repos together",
    Target.BINDING: "on every role binding",
    Target.TENANT_GRANT: "on every grant on the tenant",
    Target.TENANT: "on the tenant",
}
"""The subjects of rules, if they are not `every <target>`."""


def rule_page(each: Entry) -> str:
    """Return the page of a rule, as Markdown."""
    info = each.info
    where = _WHERE.get(each.target, f"on every {each.target}")
    about = f"A rule of `{each.pack}`, evaluated {where}; needs {', '.join(each.needs)}"
    if each.pack == SCHEMA_PACK:
        about = "Always on, evaluated on every document"
    parts = [
        f"\n## {info.id}\n",
        f"**{info.name}**, {info.severity.label}, {info.category}: {info.title}.\n",
        f"Why: {info.rationale}\n" if info.rationale else "",
        f"Fix: {info.remediation}\n" if info.remediation else "",
        f"Deprecated: {info.deprecated}\n" if info.deprecated else "",
        f"{about}{f'; since {info.since}' if info.since else ''}.\n",
        "".join(f"- parameter `{name}`, {_value(value)}\n" for name, value in each.params.items()),
        f"Tags: {', '.join(info.tags)}\n" if info.tags else "",
        "".join(f"- {control.framework} {control.id}: {control.title}\n" for control in info.controls),
    ]
    return "\n".join(part for part in parts if part)


def _value(value: object) -> str:
    return "`` " + display(value).replace("\n", " ") + " ``"
