"""Hovers and definitions: the rules at a place in a document, their pages and their definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lsprotocol.types import Hover, Location, MarkupContent, MarkupKind, Position, Range

from auditor.lsp.checking import Checked
from auditor.lsp.context import KnownRule
from auditor.lsp.kinds import Kind
from auditor.lsp.positions import Positions
from auditor.markdown import code
from auditor.model import Finding
from auditor.text import visible

_WORD = re.compile(r"[A-Za-z][\w-]*")


def hover(checked: Checked, at: Position) -> Hover | None:
    """Return the pages of the rules at a position; for a finding, also its message."""
    found = findings_at(checked, Range(at, at))
    rules = _rules_at(checked, at)
    parts = [_about(each) for _, each in found] + [each.page() for each in rules]
    if not parts:
        return None
    where = found[0][0] if found else None
    return Hover(MarkupContent(MarkupKind.Markdown, "\n\n".join(map(str.strip, parts))), where)


def definitions(checked: Checked, at: Position) -> list[Location]:
    """Return the definitions of the rules at a position; built-in rules are in no pack."""
    return [place for rule in _rules_at(checked, at) if (place := _written(rule))]


def findings_at(checked: Checked, wanted: Range) -> list[tuple[Range, Finding]]:
    """Return the findings whose ranges touch another range."""
    return [
        (place, finding)
        for place, finding in checked.findings
        if _key(place.start) <= _key(wanted.end) and _key(wanted.start) <= _key(place.end)
    ]


def _key(position: Position) -> tuple[int, int]:
    return position.line, position.character


def _rules_at(checked: Checked, at: Position) -> list[KnownRule]:
    known = checked.rules
    if checked.kind is Kind.MANIFEST:
        names = [finding.rule.id for _, finding in findings_at(checked, Range(at, at))]
    else:
        names = list(_words_at(checked, at))
    found = {known[name].info.id: known[name] for name in names if name in known}
    return list(found.values())


def _words_at(checked: Checked, at: Position) -> Iterator[str]:
    offset = checked.positions.offset(at)
    start = checked.text.rfind("\n", 0, offset) + 1
    for word in _WORD.finditer(checked.text, start):
        if word.start() > offset:
            break
        if word.end() >= offset:
            yield word[0]


def _about(finding: Finding) -> str:
    """Return the text of a finding; untrusted text is in code spans."""
    lines = [
        f"**{finding.rule.severity.label}** {code(finding.message, 1000)}",
        f"got {code(finding.got)}" if finding.got and finding.got not in finding.message else "",
        f"expected {code(finding.expected)}" if finding.expected else "",
        f"fix: {visible(finding.rule.remediation)}" if finding.rule.remediation else "",
    ]
    return "\n\n".join(line for line in lines if line)


def _written(rule: KnownRule) -> Location | None:
    if rule.written is None:
        return None
    mark = rule.written.mark
    path = Path(mark.file).absolute()
    try:
        positions = Positions(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return Location(path.as_uri(), positions.range(mark.line, mark.column))
