"""Annotations for GitHub Actions: workflow commands, worst first, within the limits of a step.

Each kind of annotation has its own limit. The verdict comes first. If not everything fits, the last annotation of that
kind has the number of missing ones, so that nothing is lost silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from auditor.model import Finding, Report
from auditor.reporters.phrasing import LEVELS, LISTED, details, path_of
from auditor.reporters.style import Style
from auditor.text import clipped, count_of, visible, workflow_data, workflow_property

PER_KIND = 10
"""The most annotations of a kind in a step (`_maxCountPerIssueType` in ExecutionContext.cs of actions/runner)."""

LONGEST = 4096
"""The most characters of a message (`_maxIssueMessageLength`, same place)."""


def render_github(report: Report, style: Style) -> Iterator[str]:
    """Return a report as at most 30 lines, each a workflow command."""
    verdict = "notice" if report.verdict.complete else "error"
    yield _command(verdict, _verdict(report), title=f"auditor: {report.verdict.status.value}")
    room = {kind: PER_KIND - (kind == verdict) for kind in ("error", "warning", "notice")}
    total = Counter(_kind(finding) for finding in report.findings)
    for kind, most in room.items():
        if total[kind] > most:
            room[kind] = most - 1
    shown: Counter[str] = Counter()
    for finding in report.findings:
        kind = _kind(finding)
        if shown[kind] < room[kind]:
            shown[kind] += 1
            yield _annotation(kind, finding, style)
    for kind, count in total.items():
        if count > shown[kind]:
            rest = count_of(count - shown[kind], "more finding")
            text = f"{rest} of this kind not shown, because GitHub limits annotations. Other formats list all of them"
            yield _command(kind, text, title=f"auditor: {rest}")


def _kind(finding: Finding) -> str:
    level = LEVELS[finding.rule.severity]
    return "notice" if level == "note" else level


def _verdict(report: Report) -> str:
    unread = report.receipt.unread
    lines = [report.verdict.reason, *(f"not read: {each}" for each in unread[:LISTED])]
    if len(unread) > LISTED:
        lines.append(f"not read: {count_of(len(unread) - LISTED, 'more thing')}")
    return "\n".join(map(visible, lines))


def _annotation(kind: str, finding: Finding, style: Style) -> str:
    rule, place = finding.rule, finding.location
    lines = [finding.message, details(finding), *([f"fix: {rule.remediation}"] if rule.remediation else [])]
    properties: dict[str, object] = {"title": visible(f"{rule.name} ({rule.id}) on {finding.repo.name}")}
    if place:
        properties |= {"file": path_of(finding, style), "line": place.line, "endLine": place.line, "col": place.column}
        if place.end:
            properties["endColumn"] = place.end
    return _command(kind, "\n".join(map(visible, lines)), **properties)


def _command(kind: str, text: str, **properties: object) -> str:
    """Write a command; its text and its properties are visible characters and our own line breaks."""
    listed = ",".join(f"{key}={workflow_property(str(value))}" for key, value in properties.items())
    return f"::{kind} {listed}::{workflow_data(clipped(text, LONGEST))}\n"
