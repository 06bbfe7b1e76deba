"""The JSON report: every fact of a run, described by `schemas/report.schema.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from auditor.model import (
    Finding,
    Location,
    NotEvaluated,
    Overview,
    PastRun,
    Receipt,
    RepoRef,
    Report,
    RuleInfo,
    Severity,
    Waiver,
)
from auditor.reporters.style import Style
from auditor.text import json_text, timestamp
from auditor.version import VERSION


def render_json(report: Report, _style: Style) -> Iterator[str]:
    """Return a report as JSON; the same report gives the same bytes."""
    document = {
        **head(report),
        "findings": map(finding_document, report.findings),
        "waived": map(finding_document, report.waived),
        "baselined": map(finding_document, report.baselined),
        "triage_notes": [asdict(each) for each in report.triage_notes],
        "not_evaluated": map(not_evaluated_document, report.not_evaluated),
        "rules": map(_rule, report.rules),
        "overview": report.overview and _overview(report.overview),
        "trend": map(_past_run, report.trend),
    }
    yield from stream_json(document)
    yield "\n"


def head(report: Report) -> dict[str, Any]:
    """Return the facts about a run."""
    return {
        "report": 1,
        "tool": {"name": "auditor", "version": VERSION},
        "verdict": asdict(report.verdict),
        "receipt": _receipt(report.receipt),
        "summary": _summary(report),
        "fail_on": report.fail_on.label,
        "partial": list(report.partial),
        "only_owner": report.only_owner,
    }


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
        "proof": origin.proof,
        "repos": receipt.repos,
        "ids_sha256": receipt.ids_sha256,
        "policy_sha256": receipt.policy_sha256,
        "rules": asdict(receipt.rules),
        "files": origin.files,
        "bindings": origin.bindings,
        "roles": origin.roles,
        "skipped": dict(origin.skipped),
        "excluded": dict(origin.excluded),
        "paths": list(origin.paths),
        "left_out": origin.left_out,
        "since": origin.since,
        "declared": origin.declared,
        "against": origin.against,
        "notes": list(origin.notes),
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


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding in the form of JSON reports."""
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
        "location": place and _location(place),
        "owner": finding.owner,
        "subject": finding.subject or None,
        "waiver": _waiver(finding.waiver) if finding.waiver else None,
        "suggestion": finding.suggestion or None,
    }


def _location(place: Location) -> dict[str, Any]:
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_column": place.end or None,
        "text": place.text,
    }


def _rule(rule: RuleInfo) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "name": rule.name,
        "title": rule.title,
        "severity": rule.severity.label,
        "category": rule.category,
        "rationale": rule.rationale,
        "remediation": rule.remediation,
        "docs": rule.docs,
        "controls": [asdict(control) for control in rule.controls],
        "tags": list(rule.tags),
        "waivable": rule.waivable,
    }


def _overview(overview: Overview) -> dict[str, Any]:
    return {
        "storage": [{"provider": provider or None, "repos": repos} for provider, repos in overview.storage],
        "access": map(asdict, overview.access),
        "hidden": overview.hidden,
        "not_read": list(overview.not_read),
    }


def _past_run(run: PastRun) -> dict[str, Any]:
    return {
        "started_at": timestamp(run.started_at),
        "complete": run.complete,
        "by_severity": dict(run.by_severity),
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "rule": waiver.rule,
        "repo": waiver.repo,
        "subject": waiver.subject or None,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "expires": waiver.expires.isoformat(),
        "ticket": waiver.ticket or None,
        "approved_by": waiver.approved_by or None,
        "where": waiver.where,
    }


def _repo(repo: RepoRef) -> dict[str, Any]:
    return {"id": repo.id, "name": repo.name, "tenant": repo.tenant}


def not_evaluated_document(entry: NotEvaluated) -> dict[str, Any]:
    """Return skipped rules in the form of JSON reports."""
    return {
        "rules": [{"rule": rule.id, "name": rule.name} for rule in entry.rules],
        "reason": entry.reason,
        "accepted": entry.accepted or None,
        "repos": [_repo(repo) for repo in entry.repos],
    }


def stream_json(value: object, depth: int = 0) -> Iterator[str]:
    """Write a document in which lists may be iterators; those are written item by item.

    Args:
        value: Any JSON value, with iterators for lists.
        depth: The number of levels of two spaces by which the document is indented.

    Returns:
        Pieces of the same text as from `json_text`.
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
