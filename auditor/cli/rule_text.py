"""A rule described for people: its requirement, why, its scope and its parameters."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.cli.rules import Entry
from auditor.model.values import display
from auditor.policy import Rule, Target
from auditor.policy.conditions import Condition
from auditor.policy.examples import Example
from auditor.reporters import Style
from auditor.text import no_commands, visible, wrap_lines

_LABEL = 12
_ASKED = {
    Target.REPO: "each repo",
    Target.GRANT: "each grant",
    Target.COLLABORATOR: "each inline collaborator",
    Target.INVENTORY: "all repos together",
    Target.BINDING: "each role binding",
    Target.TENANT_GRANT: "each grant on the tenant",
    Target.ROLE: "each role",
    Target.TENANT: "the tenant",
}

_UNAVAILABLE = {
    "": "",
    "skip": "skipped if data for it is missing",
    "incomplete": "makes the run incomplete if data for it is missing",
}


def rule_text(entry: Entry, style: Style) -> str:
    """Return the description of a rule, in lines that fit the terminal."""
    info = entry.info
    head = (
        f"{style.paint(visible(info.id), 'bold')} {visible(info.name)}: {info.severity.label}, {visible(info.category)}"
    )
    lines = [head, *_filled(f"{info.title}.", "", style.width), ""]
    for label, text in _facts(entry):
        lines += _row(label, text, style)
    return no_commands("\n".join(lines) + "\n")


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    info = entry.info
    yield "deprecated", info.deprecated
    yield "why", info.rationale
    yield "fix", info.remediation
    pack = entry.pack if entry.rule else "none; the rule is always on"
    yield "pack", f"{pack}{f', since {info.since}' if info.since else ''}"
    yield "tags", ", ".join(info.tags)
    yield "aliases", ", ".join(info.aliases)
    for control in info.controls:
        yield "control", " ".join(part for part in (control.framework, control.id, control.title) if part)
    yield "unavailable", _UNAVAILABLE[info.when_unavailable]
    yield "waivable", "" if info.waivable else "findings of this rule cannot be waived"
    if entry.rule:
        yield from _logic(entry.rule)
    yield "needs", ", ".join(entry.needs)
    yield "docs", info.docs


def _logic(rule: Rule) -> Iterator[tuple[str, str]]:
    grouping = rule.grouping
    yield "runs on", _ASKED[rule.target] + (f", grouped by {grouping.key.name}" if grouping else "")
    if rule.when:
        yield from _condition("counts" if grouping else "applies", rule.when)
    yield from _condition("must", rule.must)
    for name, value in rule.params.items():
        yield "parameter", f"{name} = {display(value)}"
    for field in sorted(rule.reads, key=lambda each: each.name):
        yield "field", f"{field.name}, {field.type} from the {field.provider}: {field.meaning}"
    for example in rule.read_examples():
        yield "passes" if example.passes else "fails", _example(example)


def _condition(label: str, condition: Condition) -> Iterator[tuple[str, str]]:
    for number, (depth, words) in enumerate(condition.outline()):
        yield label if number == 0 else "", f"{'  ' * depth}{words}"


def _example(example: Example) -> str:
    repos = [{"manifest": each.manifest, **({"repo": each.repo} if each.repo else {})} for each in example.repos]
    text = "; ".join(map(display, repos))
    params = f", with {display(example.params)}" if example.params else ""
    return f"{text}{params}{f', at {example.now}' if example.now else ''}"


def _row(label: str, text: str, style: Style) -> list[str]:
    if not text:
        return []
    lines = _filled(text, " " * _LABEL, style.width)
    first = style.paint(f"{label:{_LABEL}}", "dim") + lines[0][_LABEL:]
    return [first, *lines[1:]]


def _filled(text: str, indent: str, width: int) -> list[str]:
    own = " " * (len(text) - len(text.lstrip()))
    return wrap_lines(text.strip(), width, indent + own, indent + own)
