"""Findings one by one: source line, message, evidence, fix, and the waiver that would accept it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.model import Finding, Location
from auditor.reporters.phrasing import actual
from auditor.reporters.style import COLORS, Style
from auditor.text import columns, visible, wrap_lines
from auditor.triage.waivers_text import yaml_scalar

_MOST_IN_DETAIL = 50
_LABEL = 12
_FAR = 500
"""The most characters of a source line to show on either side."""


def finding_details(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    """Yield a paragraph for each of the worst findings, then a line for each of the others."""
    most = len(findings) if style.list_all else _MOST_IN_DETAIL
    for finding in findings[:most]:
        yield _details(finding, style)
    rest = findings[most:]
    if rest:
        yield "\n".join([f"and {len(rest)} more (--all lists them in full):", *(_line(each, style) for each in rest)])


def _line(finding: Finding, style: Style) -> str:
    rule = finding.rule
    label = rule.severity.label.upper()
    text = _wrapped(f"{_place(finding)}: {label} {rule.name} ({rule.id}): {finding.message}", style)
    return style.paint_first(f" {label} ", COLORS[rule.severity], text)


def _details(finding: Finding, style: Style) -> str:
    rule = finding.rule
    facts = [
        ("got", actual(finding)),
        ("expected", finding.expected),
        ("fix", rule.remediation),
        ("owner", visible(finding.owner or "")),
    ]
    lines = [
        f"{style.paint(_place(finding), 'bold')}: {_claim(finding, style)}",
        *(_source(finding.location, style) if finding.location else ()),
        _wrapped(f"  {finding.message}", style, "  "),
        *(_wrapped(f"  {name:{_LABEL - 2}}{value}", style, " " * _LABEL) for name, value in facts if value),
        *([f"  docs      {visible(rule.docs)}"] if rule.docs else []),
        *(_lapsed(finding, style)),
        _wrapped(f"  {'accept':{_LABEL - 2}}{_waiver(finding)}", style, " " * _LABEL),
    ]
    return "\n".join(lines)


def _place(finding: Finding) -> str:
    at = finding.location
    return visible(f"{at.file}:{at.line}:{at.column}") if at else visible(finding.repo.name)


def _claim(finding: Finding, style: Style) -> str:
    rule = finding.rule
    label = style.paint(rule.severity.label.upper(), COLORS[rule.severity])
    return f"{label} {visible(rule.name)} ({style.link(visible(rule.id), rule.docs)})"


def _source(place: Location, style: Style) -> Iterator[str]:
    """Yield the source line, and a line that underlines the relevant part of it."""
    number = str(place.line)
    room = max(20, style.width - len(number) - 6)
    start, end = place.column - 1, max(place.column, place.end - 1)
    before, part = _shown(place.text[max(0, start - _FAR) : start]), _shown(place.text[start:end][:_FAR])
    if columns(before + part) > room:
        before = "".join(reversed(_clipped(reversed(before), room // 2)))
        part = "".join(_clipped(part, room - columns(before)))
    line = "".join(_clipped(before + part + _shown(place.text[end : end + _FAR]), room))
    marks = " " * columns(before) + style.paint("^" * max(1, columns(part)), "red")
    yield f"  {number} | {line}"
    yield f"  {' ' * len(number)} | {marks}"


def _shown(text: str) -> str:
    return visible(text.replace("\t", "    "))


def _clipped(text: Iterable[str], room: int) -> list[str]:
    """Return as many characters as fit, the last one an ellipsis if there are more."""
    kept: list[str] = []
    width = 0
    for char in text:
        width += columns(char)
        if width > room:
            while kept and width > room - 1:
                width -= columns(kept.pop())
            return [*kept, "…"]
        kept.append(char)
    return kept


def _lapsed(finding: Finding, style: Style) -> Iterator[str]:
    waiver = finding.waiver
    if waiver:
        text = f"expired on {waiver.expires} (owner: {waiver.owner}, reason: {waiver.reason})"
        yield _wrapped(f"  {'waiver':{_LABEL - 2}}{text}", style, " " * _LABEL)


def _waiver(finding: Finding) -> str:
    """Return the entry for `waivers.yaml` that would accept a finding, with dots where the user has to write."""
    if not finding.rule.waivable:
        return "cannot be waived"
    subject = f", subject: {yaml_scalar(finding.subject)}" if finding.subject else ""
    repo = yaml_scalar(finding.repo.name)
    return f"- {{rule: {finding.rule.id}, repo: {repo}{subject}, reason: ..., owner: ..., expires: ...}}"


def _wrapped(text: str, style: Style, indent: str = "    ") -> str:
    return "\n".join(wrap_lines(text, style.width, rest=indent))
