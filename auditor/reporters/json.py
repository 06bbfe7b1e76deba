"""The JSON report: every fact of a run, described by `schemas/report.schema.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from auditor.model import Finding, NotEvaluated, Receipt, RepoRef, Report, Severity, Waiver
from auditor.reporters.style import Style
from auditor.text import json_text, timestamp
from auditor.version import VERSION


def render_json(report: Report, _style: Style) -> Iterator[str]:
    """Return a report as JSON; the same report gives the same bytes."""
    yield from stream_json(dict(_parts(report)))
    yield "\n"


def _parts(report: Report) -> Iterator[tuple[str, Any]]:
    yield "report", 1
    yield "tool", {"name": "auditor", "version": VERSION}
    yield "verdict", asdict(report.verdict)
    yield "receipt", _receipt(report.receipt)
    yield "summary", _summary(report)
    yield "only_owner", report.only_owner
    yield "findings", (_finding(each) for each in report.findings)
    yield "waived", (_finding(each) for each in report.waived)
    yield "baselined", (_finding(each) for each in report.baselined)
    yield "triage_notes", [asdict(each) for each in report.triage_notes]
    yield "not_evaluated", (_not_evaluated(each) for each in report.not_evaluated)


def _receipt(receipt: Receipt) -> dict[str, Any]:
    origin = receipt.origin
    return {
        "source": origin.source,
        "host": origin.host,
        "tenant": origin.tenant,
        "identity": origin.identity,
        "started_at": timestamp(receipt.started_at),
        "finished_at": timestamp(receipt.finished_at),
        "passes": origin.passes,
        "pages": origin.pages,
        "total": origin.total,
        "repos": receipt.repos,
        "ids_sha256": receipt.ids_sha256,
        "policy_sha256": receipt.policy_sha256,
        "rules": asdict(receipt.rules),
        "files": origin.files,
        "bindings": origin.bindings,
        "skipped": dict(origin.skipped),
        "excluded": dict(origin.excluded),
        "paths": list(origin.paths),
        "left_out": origin.left_out,
        "since": origin.since,
        "declared": origin.declared,
        "against": origin.against,
        "notes": origin.notes,
        "unread": [each.as_dict() for each in receipt.unread],
    }


def _summary(report: Report) -> dict[str, Any]:
    rules = Counter(finding.rule.id for finding in report.findings)
    severities = Counter(finding.rule.severity for finding in report.findings)
    return {
        "repos": report.receipt.repos,
        "by_severity": {each.label: severities[each] for each in reversed(Severity)},
        "by_rule": dict(sorted(rules.items())),
        "by_triage": {
            "open": len(report.findings),
            "waived": len(report.waived),
            "baselined": len(report.baselined),
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule, place = finding.rule, finding.location
    return {
        "fingerprint": finding.fingerprint,
        "rule": rule.id,
        "name": rule.name,
        "severity": rule.severity.label,
        "category": rule.category,
        "repo": _repo(finding.repo),
        "message": finding.message,
        "path": finding.path,
        "got": finding.got,
        "expected": finding.expected,
        "remediation": rule.remediation,
        "docs": rule.docs,
        "controls": [asdict(control) for control in rule.controls],
        "location": place and {"file": place.file, "line": place.line, "column": place.column},
        "owner": finding.owner,
        "subject": finding.subject or None,
        "waiver": _waiver(finding.waiver) if finding.waiver else None,
        "suggestion": finding.suggestion or None,
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "reason": waiver.reason,
        "owner": waiver.owner,
        "expires": waiver.expires.isoformat(),
        "ticket": waiver.ticket or None,
        "approved_by": waiver.approved_by or None,
        "where": waiver.where,
    }


def _repo(repo: RepoRef) -> dict[str, Any]:
    return {"id": repo.id, "name": repo.name, "tenant": repo.tenant}


def _not_evaluated(entry: NotEvaluated) -> dict[str, Any]:
    return {
        "rules": [{"rule": rule.id, "name": rule.name} for rule in entry.rules],
        "reason": entry.reason,
        "accepted": entry.accepted or None,
        "repos": [_repo(repo) for repo in entry.repos],
    }


def stream_json(value: object, depth: int = 0) -> Iterator[str]:
    """Write a document in which lists may be iterators; those are written item by item.

    Args:
        value: Anything that JSON knows, with iterators for lists.
        depth: How many levels of two spaces the document is indented by.

    Returns:
        Pieces of the text that `json_text` would give for the same document.
    """
    if not _streams(value):
        yield json_text(value).replace("\n", _line(depth))
    elif isinstance(value, dict):
        fields = ((f"{json_text(key)}: ", item) for key, item in value.items())
        yield from _items("{}", fields, depth)
    elif isinstance(value, Iterable):
        yield from _items("[]", (("", item) for item in value), depth)


def _items(brackets: str, items: Iterable[tuple[str, object]], depth: int) -> Iterator[str]:
    before = brackets[0]
    for label, item in items:
        yield f"{before}{_line(depth + 1)}{label}"
        yield from stream_json(item, depth + 1)
        before = ","
    yield brackets if before == brackets[0] else f"{_line(depth)}{brackets[1]}"


def _line(depth: int) -> str:
    return "\n" + "  " * depth


def _streams(value: object) -> bool:
    if isinstance(value, dict):
        return any(_streams(item) for item in value.values())
    return isinstance(value, Iterator) or (isinstance(value, list) and any(_streams(item) for item in value))
