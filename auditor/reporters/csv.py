"""CSV for spreadsheets: the verdict, then a row for each finding, unread part and skipped rule.

The first column of every row shows whether everything was read, so that rows keep it when they are sorted or filtered.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Finding, Report
from auditor.reporters.phrasing import skipped
from auditor.reporters.style import Style
from auditor.text import csv_row

COLUMNS = (
    "complete",
    "kind",
    "severity",
    "rule",
    "name",
    "tenant",
    "repo",
    "message",
    "path",
    "got",
    "expected",
    "remediation",
    "controls",
    "owner",
    "subject",
    "file",
    "line",
    "waiver_owner",
    "waiver_expires",
    "waiver_reason",
    "fingerprint",
)


def render_csv(report: Report, _style: Style) -> Iterator[str]:
    """Return a report as CSV."""
    complete = "yes" if report.verdict.complete else "no"
    yield csv_row(COLUMNS)
    for row in ({**each, "complete": complete} for each in _rows(report)):
        yield csv_row([row.get(column, "") for column in COLUMNS])


def render_csv_excel(report: Report, style: Style) -> Iterator[str]:
    """Return a report as CSV with a byte order mark, without which Excel misreads accents."""
    yield "\ufeff"
    yield from render_csv(report, style)


def _rows(report: Report) -> Iterator[dict[str, str]]:
    verdict = report.verdict
    tenant = report.receipt.origin.tenant or ""
    yield {"kind": f"verdict: {verdict.status.value}", "tenant": tenant, "message": verdict.reason}
    yield from ({"kind": "partial report", "message": each} for each in report.partial)
    for kind, findings in (("open", report.findings), ("waived", report.waived), ("baselined", report.baselined)):
        yield from ({"kind": kind, **_facts(each)} for each in findings)
    yield from ({"kind": "unread", "message": str(each)} for each in report.receipt.unread)
    for entry in report.not_evaluated:
        yield {
            "kind": "not evaluated",
            "rule": ", ".join(rule.id for rule in entry.rules),
            "message": skipped(entry),
        }
    yield from ({"kind": each.kind, "message": str(each)} for each in report.triage_notes)


def _facts(finding: Finding) -> dict[str, str]:
    rule, place, waiver = finding.rule, finding.location, finding.waiver
    return {
        "severity": rule.severity.label,
        "rule": rule.id,
        "name": rule.name,
        "tenant": finding.repo.tenant or "",
        "repo": finding.repo.name,
        "message": finding.message,
        "path": finding.path,
        "got": finding.got,
        "expected": finding.expected,
        "remediation": rule.remediation,
        "controls": ", ".join(f"{control.framework} {control.id}" for control in rule.controls),
        "owner": finding.owner or "",
        "subject": finding.subject,
        "file": place.file if place else "",
        "line": str(place.line) if place else "",
        "waiver_owner": waiver.owner if waiver else "",
        "waiver_expires": str(waiver.expires) if waiver else "",
        "waiver_reason": waiver.reason if waiver else "",
        "fingerprint": finding.fingerprint,
    }
