"""Reading a JSON report back, of this version or an older one, so that it can be rendered and compared later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

import jsonschema_rs

from auditor.errors import InvalidError
from auditor.model import (
    Control,
    Finding,
    Location,
    NotEvaluated,
    Origin,
    Overview,
    PastRun,
    Receipt,
    RepoRef,
    Report,
    RuleCounts,
    RuleInfo,
    Severity,
    Status,
    SubjectAccess,
    TriageNote,
    Unread,
    UnreadKind,
    Verdict,
    Waiver,
)
from auditor.resources import schema

_Object = Mapping[str, Any]

_ADDED: _Object = {
    "fail_on": "low",
    "partial": [],
    "only_owner": None,
    "triage_notes": [],
    "rules": [],
    "overview": None,
    "trend": [],
}
"""Values that older versions do not write, with their meaning in older reports."""

_ADDED_TO_RECEIPT: _Object = {"proof": None, "roles": 0, "paths": [], "declared": 0, "against": "", "notes": []}
_ADDED_TO_FINDING: _Object = {"subject": None, "waiver": None, "suggestion": None}
_ADDED_TO_LOCATION: _Object = {"end_column": None, "text": ""}
_ADDED_TO_WAIVER: _Object = {"subject": None}


def read_report(data: bytes, name: str) -> Report:
    """Return the report from a JSON report.

    Args:
        data: The JSON report.
        name: Its file, for messages.

    Raises:
        InvalidError: It is not a JSON report of Auditor, or one of a newer version.
    """
    try:
        document = json.loads(data)  # unlike faster ones, it accepts lone surrogates, which reports may contain
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("report") != 1:
        raise InvalidError(f"{name} is not a JSON report", "write one with `auditor audit -f json -o FILE`")
    _upgrade(document)
    error = next(_validator().iter_errors(document), None)
    if error:
        place = "/".join(map(str, error.instance_path))
        message = f"{name} is not a JSON report that this version can read: {place or 'the document'}: {error.message}"
        raise InvalidError(message, "use the version of Auditor that wrote it, or a newer one")
    try:
        return _report(document)
    except ValueError as error:  # a timestamp that the schema accepts and Python does not, such as a leap second
        raise InvalidError(f"{name} has a wrong date or time: {error}") from None


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema("report"), validate_formats=True)


def _upgrade(document: dict[str, Any]) -> None:
    """Add values that older versions did not write; values with wrong types are left to the schema."""
    _add(document, _ADDED)
    _add(document.get("receipt"), _ADDED_TO_RECEIPT)
    for each in (each for name in ("findings", "waived", "baselined") for each in _listed(document.get(name))):
        _add(each, _ADDED_TO_FINDING)
        if isinstance(each, dict):
            _add(each.get("location"), _ADDED_TO_LOCATION)
            _add(each.get("waiver"), {"rule": each.get("rule"), "repo": _name(each.get("repo")), **_ADDED_TO_WAIVER})


def _add(part: object, added: _Object) -> None:
    if isinstance(part, dict):
        for key, value in added.items():
            part.setdefault(key, value)


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _name(repo: object) -> object:
    return repo.get("name") if isinstance(repo, dict) else None


def _report(document: _Object) -> Report:
    rules = {each["rule"]: _rule(each) for each in document["rules"]}
    finding = _finding_reader(rules)
    return Report(
        verdict=Verdict(**{**document["verdict"], "status": Status(document["verdict"]["status"])}),
        receipt=_receipt(document["receipt"]),
        fail_on=Severity.of(document["fail_on"]),
        findings=tuple(map(finding, document["findings"])),
        waived=tuple(map(finding, document["waived"])),
        baselined=tuple(map(finding, document["baselined"])),
        not_evaluated=tuple(_not_evaluated(each, rules) for each in document["not_evaluated"]),
        rules=tuple(rules.values()),
        triage_notes=tuple(TriageNote(**each) for each in document["triage_notes"]),
        partial=tuple(document["partial"]),
        overview=_overview(document["overview"]) if document["overview"] else None,
        trend=tuple(map(_past_run, document["trend"])),
        only_owner=document["only_owner"],
    )


def _overview(entry: _Object) -> Overview:
    return Overview(
        storage=tuple((each["provider"] or "", each["repos"]) for each in entry["storage"]),
        access=tuple(SubjectAccess(**each) for each in entry["access"]),
        hidden=entry["hidden"],
        not_read=tuple(entry["not_read"]),
    )


def _past_run(entry: _Object) -> PastRun:
    started = datetime.fromisoformat(entry["started_at"])
    return PastRun(started, entry["complete"], tuple(entry["by_severity"].items()))


def _rule(entry: _Object) -> RuleInfo:
    return RuleInfo(
        id=entry["rule"],
        name=entry["name"],
        title=entry.get("title", entry["name"]),
        severity=Severity.of(entry["severity"]),
        category=entry["category"],
        rationale=entry.get("rationale", ""),
        remediation=entry["remediation"],
        docs=entry["docs"],
        controls=tuple(Control(**control) for control in entry["controls"]),
        waivable=entry.get("waivable", True),
        tags=tuple(entry.get("tags", ())),
    )


def _receipt(entry: _Object) -> Receipt:
    as_they_are = ("source", "host", "tenant", "identity", "passes", "pages", "total", "files", "proof", "bindings")
    origin = Origin(
        **{key: entry[key] for key in (*as_they_are, "roles", "left_out", "since", "declared", "against")},
        notes=tuple(entry["notes"]),
        skipped=tuple(entry["skipped"].items()),
        excluded=tuple(entry["excluded"].items()),
        paths=tuple(entry["paths"]),
    )
    return Receipt(
        origin=origin,
        started_at=datetime.fromisoformat(entry["started_at"]),
        finished_at=datetime.fromisoformat(entry["finished_at"]),
        repos=entry["repos"],
        ids_sha256=entry["ids_sha256"],
        policy_sha256=entry["policy_sha256"],
        rules=RuleCounts(**entry["rules"]),
        unread=tuple(Unread(**{**each, "kind": UnreadKind(each["kind"])}) for each in entry["unread"]),
    )


def _finding_reader(rules: Mapping[str, RuleInfo]) -> Callable[[_Object], Finding]:
    """Return a function that reads a finding; findings of one rule share its texts."""
    shared: dict[tuple[str, str, str], RuleInfo] = {}

    def rule_of(entry: _Object) -> RuleInfo:
        key = (entry["rule"], entry["name"], entry["severity"])
        if key not in shared:
            found = rules.get(entry["rule"]) or _rule(entry)
            shared[key] = replace(found, name=entry["name"], severity=Severity.of(entry["severity"]))
        return shared[key]

    def finding(entry: _Object) -> Finding:
        return Finding(
            rule=rule_of(entry),
            repo=RepoRef(**entry["repo"]),
            message=entry["message"],
            path=entry["path"],
            got=entry["got"],
            expected=entry["expected"],
            key=entry["path"],
            location=_location(entry["location"]) if entry["location"] else None,
            owner=entry["owner"],
            subject=entry["subject"] or "",
            waiver=_waiver(entry["waiver"]) if entry["waiver"] else None,
            suggestion=entry["suggestion"] or "",
            fingerprint=entry["fingerprint"],
        )

    return finding


def _location(entry: _Object) -> Location:
    return Location(entry["file"], entry["line"], entry["column"], entry["end_column"] or 0, entry["text"])


def _waiver(entry: _Object) -> Waiver:
    texts = {key: value or "" for key, value in entry.items() if key != "expires"}
    return Waiver(**texts, expires=date.fromisoformat(entry["expires"]))


def _not_evaluated(entry: _Object, rules: Mapping[str, RuleInfo]) -> NotEvaluated:
    return NotEvaluated(
        rules=tuple(
            rules.get(each["rule"]) or RuleInfo(each["rule"], each["name"], each["name"], Severity.INFO)
            for each in entry["rules"]
        ),
        reason=entry["reason"],
        repos=tuple(RepoRef(**each) for each in entry["repos"]),
        accepted=entry["accepted"] or "",
    )
