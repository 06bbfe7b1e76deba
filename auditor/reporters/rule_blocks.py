"""Findings of a tenant, one block per rule: the problem, how to fix it, and the repos."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from auditor.model import Finding, RuleInfo, Severity
from auditor.reporters.phrasing import actual
from auditor.reporters.style import COLORS, Style
from auditor.text import columns, count_of, in_columns, visible, wrap_lines

LISTED = 10
"""The most findings of a rule to list, and the most other entries; `--all` lists all of them."""
_IN_FULL = 20
"""The number of listed findings after which rules get a brief block: the title and the names of the repos."""
_WIDEST = 40
"""The most columns to which names of repos are padded."""
_LONGEST = 120
"""The most characters of a value next to the name of a repo."""


def rule_blocks(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    """Yield a block for each rule, worst first; after the first findings, brief blocks, one piece per severity."""
    listed = 0
    brief: dict[Severity, list[str]] = {}
    for rule, group in groupby(findings, lambda each: each.rule):
        these = list(group)
        if style.list_all:
            yield _block(rule, these, _messages(these, style), style)
        elif listed < _IN_FULL:
            yield _block(rule, these, _repos(these, style), style)
        else:
            brief.setdefault(rule.severity, []).append(_brief(rule, these, style))
        listed += min(len(these), LISTED)
    yield from map("\n".join, brief.values())


def _block(rule: RuleInfo, findings: Sequence[Finding], listed: list[str], style: Style) -> str:
    facts = [rule.title, f"fix: {rule.remediation}" if rule.remediation else ""]
    if style.list_all and len(expected := {finding.expected for finding in findings}) == 1:
        facts.append(f"expected: {expected.pop()}")
    text = "\n".join(line for fact in facts for line in wrap_lines(fact, style.width, "  ", "  "))
    head = _head(rule, f"  {count_of(len(findings), 'finding')}{_extent(findings)}", style)
    return "\n".join([head, style.paint_first("  fix:", "green", text), *listed])


def _brief(rule: RuleInfo, findings: Sequence[Finding], style: Style) -> str:
    head = _head(rule, f": {rule.title} ({len(findings)}{_extent(findings)})", style)
    names = list(dict.fromkeys(map(_named, findings)))
    return "\n".join([head, *in_columns(names[:LISTED], style.width, "    "), *more(len(names), style, "    ")])


def _extent(findings: Sequence[Finding]) -> str:
    repos = len({finding.repo.id for finding in findings})
    return f" in {count_of(repos, 'repo')}" if repos < len(findings) else ""


def _head(rule: RuleInfo, rest: str, style: Style) -> str:
    label, number = rule.severity.label.upper(), visible(rule.id)
    text = "\n".join(wrap_lines(f"{label}  {rule.name} ({rule.id}){rest}", style.width, rest="  "))
    linked = text.replace(f"({number})", f"({style.link(number, rule.docs)})", 1)
    return style.paint_first(label, COLORS[rule.severity], style.paint_first(visible(rule.name), "bold", linked))


def more(count: int, style: Style, indent: str = "") -> list[str]:
    """Return the line with the number of unlisted findings; none if all are listed."""
    rest = 0 if style.list_all else count - LISTED
    return [f"{indent}and {rest} more (--all lists them)"] if rest > 0 else []


def _repos(findings: Sequence[Finding], style: Style) -> list[str]:
    """Return the repos of a rule in columns with the differences between their findings, or the messages."""
    listed = findings[:LISTED]
    names, facts = [_named(each) for each in listed], [_fact(each) for each in listed]
    if all(facts):
        size = min(max(map(columns, names)), style.width // 2, _WIDEST)
        cells = [f"{name}{' ' * (size - columns(name))}  {fact}" for name, fact in zip(names, facts, strict=True)]
    elif len(listed) > 1 and len({each.message.replace(each.repo.name, "") for each in listed}) == 1:
        cells = names
    else:
        cells = [_message(each) for each in listed]
    return [*in_columns(list(dict.fromkeys(cells)), style.width, "    ", gap=4), *more(len(findings), style, "    ")]


def _fact(finding: Finding) -> str:
    """Return the subject of a finding, besides the repo."""
    value = finding.got if finding.got.startswith(('"', "[")) else ""
    value = value if "\\" in value else value.replace('"', "").strip("[] ")
    known = f"{finding.repo.name} {finding.subject}"
    lines = wrap_lines(f"{finding.subject} {'' if value in known else value}".strip(), _LONGEST)
    return f"{lines[0]} …" if len(lines) > 1 else "".join(lines)


def _named(finding: Finding) -> str:
    waiver = finding.waiver
    note = f" (waiver of {waiver.owner} expired on {waiver.expires})" if waiver else ""
    return visible(f"{finding.repo.name}{note}")


def _message(finding: Finding) -> str:
    known = not finding.waiver and finding.repo.name in re.findall(r"[\w.-]+", finding.message)
    return visible(finding.message if known else f"{_named(finding)}: {finding.message}")


def _messages(findings: Sequence[Finding], style: Style) -> list[str]:
    """Return the message of each finding with its place and values."""
    differ = len({finding.expected for finding in findings}) > 1
    lines = (f"{_message(each)}{_values(each, differ)}" for each in findings)
    return [part for line in lines for part in wrap_lines(line, style.width, "    ", "      ")]


def _values(finding: Finding, differ: bool) -> str:
    parts = [f"at {finding.path}"] if finding.path else []
    if value := actual(finding):
        parts.append(f"got {value}")
    if differ:
        parts.append(f"expected {finding.expected}")
    return f" ({', '.join(parts)})" if parts else ""
