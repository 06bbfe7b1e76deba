"""GitLab Code Quality: a list of entries, which GitLab shows in merge requests and pipelines.

The format has no place for a verdict, so an incomplete run has one more entry, a blocker, before all others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from auditor.model import Finding, Report, Severity
from auditor.reporters.streams import stream_json
from auditor.reporters.style import Style
from auditor.reporters.words import ANCHOR, INCOMPLETE, path_of, sentence
from auditor.text import visible

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render_gitlab(report: Report, style: Style) -> Iterator[str]:
    """Return a report as the JSON that `artifacts: reports: codequality` takes."""
    yield from stream_json(_entries(report, style))
    yield "\n"


def _entries(report: Report, style: Style) -> Iterator[dict[str, Any]]:
    if not report.verdict.complete:
        text = f"The audit is {report.verdict.status.value}: {report.verdict.reason}"
        fingerprint = hashlib.sha256(INCOMPLETE.encode()).hexdigest()[:32]
        yield _entry(visible(text), INCOMPLETE, fingerprint, "blocker", ANCHOR, 1)
    for each in report.findings:
        yield _finding(each, style)


def _finding(finding: Finding, style: Style) -> dict[str, Any]:
    text = f"{visible(finding.repo.name)}: {sentence(finding)}"
    name = visible(f"{finding.rule.id} {finding.rule.name}")
    line = finding.location.line if finding.location else 1
    severity = _SEVERITIES[finding.rule.severity]
    return _entry(text, name, finding.fingerprint, severity, path_of(finding, style), line)


def _entry(text: str, name: str, fingerprint: str, severity: str, path: str, line: int) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": max(line, 1)}},
    }
