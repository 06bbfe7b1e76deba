"""Records: the findings of a report as flat rows, for data frames."""

from __future__ import annotations

from auditor.model import Finding, Report


def records(report: Report) -> list[dict[str, str | int]]:
    """Return a row for each finding: open findings first, then waived and baselined findings.

    Every row has the same keys, and each key always has the same type, so `pandas.DataFrame` and `polars.DataFrame`
    accept the list. A string that does not apply is empty. `line` and `column` count from 1; 0 means that there is no
    file. `complete` is whether everything was read and evaluated. If it is false, there may be other findings.
    """
    complete = report.verdict.complete
    groups = (("open", report.findings), ("waived", report.waived), ("baselined", report.baselined))
    return [_record(each, triage, complete=complete) for triage, findings in groups for each in findings]


def _record(finding: Finding, triage: str, *, complete: bool) -> dict[str, str | int]:
    rule, repo, place, waiver = finding.rule, finding.repo, finding.location, finding.waiver
    return {
        "complete": complete,
        "triage": triage,
        "severity": rule.severity.label,
        "rule": rule.id,
        "name": rule.name,
        "category": rule.category,
        "tenant": repo.tenant or "",
        "repo": repo.name,
        "repo_id": repo.id,
        "subject": finding.subject,
        "owner": finding.owner or "",
        "message": finding.message,
        "path": finding.path,
        "got": finding.got,
        "expected": finding.expected,
        "remediation": rule.remediation,
        "controls": ", ".join(f"{each.framework} {each.id}" for each in rule.controls),
        "docs": rule.docs,
        "file": place.file if place else "",
        "line": place.line if place else 0,
        "column": place.column if place else 0,
        "waiver_owner": waiver.owner if waiver else "",
        "waiver_expires": waiver.expires.isoformat() if waiver else "",
        "waiver_reason": waiver.reason if waiver else "",
        "fingerprint": finding.fingerprint,
    }
