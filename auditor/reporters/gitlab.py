"""GitLab Code Quality: a list of entries, which GitLab shows in merge requests and pipelines.

The format has no place for a verdict, so an incomplete run has one more entry, a blocker, before all others, and
a partial report one of severity info.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.model import Finding, Report, RuleInfo, Severity
from auditor.reporters.json import stream_json
from auditor.reporters.phrasing import ANCHOR, INCOMPLETE, PARTIAL, incomplete, partial, path_of, sentence
from auditor.reporters.style import Style
from auditor.text import visible

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render_gitlab(report: Report, style: Style) -> Iterator[str]:
    """Return a report as the JSON for `artifacts: reports: codequality`."""
    yield from stream_json(_entries(report, style))
    yield "\n"


def _entries(report: Report, style: Style) -> Iterator[dict[str, Any]]:
    if not report.verdict.complete:
        text, fingerprint = incomplete(report)
        yield _entry(text, INCOMPLETE, fingerprint, ANCHOR, 1)
    elif report.partial:
        text, fingerprint = partial(report)
        yield _entry(text, PARTIAL, fingerprint, ANCHOR, 1)
    for each in report.findings:
        yield _finding(each, style)


def _finding(finding: Finding, style: Style) -> dict[str, Any]:
    text = f"{visible(finding.repo.name)}: {sentence(finding)}"
    line = finding.location.line if finding.location else 1
    return _entry(text, finding.rule, finding.fingerprint, path_of(finding, style), line)


def _entry(text: str, rule: RuleInfo, fingerprint: str, path: str, line: int) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": visible(f"{rule.id} {rule.name}"),
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[rule.severity],
        "location": {"path": path, "lines": {"begin": max(line, 1)}},
    }
