"""SARIF 2.1.0 for GitHub code scanning: one run, at most 5,000 results, worst first.

SARIF viewers drop results silently, so a notification has the number of omitted results. An incomplete run is marked in
three places: it was not successful, its notifications list what was not read, and it has a result of its own before all
others, as many tools read results only. Waived and baselined findings are omitted, as GitHub would open them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote

from auditor.links import HOME
from auditor.model import Finding, Report
from auditor.reporters.json import stream_json
from auditor.reporters.phrasing import ANCHOR, INCOMPLETE, LEVELS, full_name, incomplete, path_of, sentence, skipped
from auditor.reporters.sarif_rules import descriptors
from auditor.reporters.style import Style
from auditor.text import count_of, timestamp, visible
from auditor.triage.owners import UNOWNED
from auditor.version import VERSION

RESULTS = 5_000
"""The most results that GitHub keeps of a run (docs.github.com, "SARIF results exceed one or more limits")."""

NOTIFICATIONS = 100
"""The most notifications of a kind; the JSON report has all of them."""

_Object = dict[str, Any]


def render_sarif(report: Report, style: Style) -> Iterator[str]:
    """Return a report as a SARIF log of one run."""
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    yield from stream_json({"$schema": schema, "version": "2.1.0", "runs": [_run(report, style)]})
    yield "\n"


def _run(report: Report, style: Style) -> _Object:
    origin = report.receipt.origin
    rules, notifications = descriptors(report)
    driver = {
        "name": "Auditor",
        "version": VERSION,
        "semanticVersion": VERSION,
        "informationUri": HOME,
        "rules": rules,
        "notifications": notifications,
    }
    root = {"description": {"text": "The root of the checkout that the audit ran in."}}
    # GitHub separates categories, so that the upload of one tenant or owner does not close the findings of another.
    part = "" if report.only_owner is None else f"{report.only_owner or UNOWNED}/"
    category = quote(visible(f"auditor/{origin.source}/{origin.tenant or 'unknown'}/{part}"))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": category},
        "invocations": [_invocation(report)],
        "originalUriBaseIds": {"%SRCROOT%": root},
        "columnKind": "unicodeCodePoints",
        "properties": _receipt(report),
        "results": _results(report, style, index),
    }


def _receipt(report: Report) -> _Object:
    receipt = report.receipt
    return {
        "verdict": report.verdict.status.value,
        "complete": report.verdict.complete,
        "reason": visible(report.verdict.reason),
        "partial": [visible(each) for each in report.partial],
        "source": visible(receipt.origin.source),
        "host": visible(receipt.origin.host or ""),
        "repos": receipt.repos,
        "total": receipt.origin.total,
        "findings": len(report.findings),
        "waived": len(report.waived),
        "baselined": len(report.baselined),
        "unread": len(receipt.unread),
        "ids_sha256": receipt.ids_sha256,
        "policy_sha256": receipt.policy_sha256,
    }


def _invocation(report: Report) -> _Object:
    return {
        "executionSuccessful": report.verdict.complete,
        "exitCode": report.verdict.exit_code,
        "exitCodeDescription": visible(f"{report.verdict.status.value}: {report.verdict.reason}"),
        "startTimeUtc": timestamp(report.receipt.started_at),
        "endTimeUtc": timestamp(report.receipt.finished_at),
        "toolExecutionNotifications": list(_notifications(report)),
    }


def _notifications(report: Report) -> Iterator[_Object]:
    if not report.verdict.complete:
        yield _notification("incomplete", "error", report.verdict.reason)
    yield from (_notification("partial", "warning", each) for each in report.partial)
    unread, entries = report.receipt.unread, report.not_evaluated
    yield from (_notification("not-seen", "error", str(each)) for each in unread[:NOTIFICATIONS])
    if len(unread) > NOTIFICATIONS:
        yield _notification("not-seen", "error", f"{len(unread) - NOTIFICATIONS} more not read")
    for entry in entries[:NOTIFICATIONS]:
        yield _notification("not-evaluated", "warning" if entry.accepted else "error", skipped(entry))
    if len(entries) > NOTIFICATIONS:
        yield _notification("not-evaluated", "warning", f"and {count_of(len(entries) - NOTIFICATIONS, 'more reason')}")
    left_out = len(report.findings) - _room(report)
    if left_out > 0:
        text = f"{count_of(left_out, 'more finding')} left out, because GitHub keeps only {RESULTS} results"
        yield _notification("left-out", "warning", text)


def _notification(kind: str, level: str, text: str) -> _Object:
    return {"descriptor": {"id": kind}, "level": level, "message": {"text": _message(text)}}


def _room(report: Report) -> int:
    return RESULTS if report.verdict.complete else RESULTS - 1


def _results(report: Report, style: Style, index: dict[str, int]) -> Iterator[_Object]:
    if not report.verdict.complete:
        text, fingerprint = incomplete(report)
        location = _file(ANCHOR, {"startLine": 1})
        yield _result(INCOMPLETE.id, index, "error", text, location, fingerprint)
    for finding in islice(report.findings, _room(report)):
        rule = finding.rule
        result = _result(
            visible(rule.id),
            index,
            LEVELS[rule.severity],
            sentence(finding),
            _place(finding, style),
            finding.fingerprint,
        )
        yield {**result, "properties": _facts(finding)}


def _result(rule_id: str, index: dict[str, int], level: str, text: str, location: _Object, fingerprint: str) -> _Object:
    return {
        "ruleId": rule_id,
        "ruleIndex": index[rule_id],
        "level": level,
        "message": {"text": _message(text)},
        "locations": [location],
        # GitHub uses the second one; without it, the same place of all repos without a file would identify a finding.
        "partialFingerprints": {"auditor/v1": fingerprint, "primaryLocationLineHash": fingerprint},
    }


def _message(text: str) -> str:
    """Return a message of visible characters in which no `[text](place)` becomes a link."""
    return visible(text).replace("](", "] (").rstrip(".") + "."


def _place(finding: Finding, style: Style) -> _Object:
    place = finding.location
    region = {"startLine": 1}
    if place:
        region = {"startLine": max(place.line, 1), "startColumn": max(place.column, 1)}
        if place.end > place.column:
            region["endColumn"] = place.end
    repo = visible(full_name(finding.repo))
    logical = [{"name": visible(finding.repo.name), "fullyQualifiedName": repo, "kind": "resource"}]
    if finding.path:
        path = visible(finding.path)
        logical.append({"name": path, "fullyQualifiedName": f"{repo}#{path}", "kind": "property"})
    return {**_file(path_of(finding, style), region), "logicalLocations": logical}


def _file(path: str, region: dict[str, int]) -> _Object:
    artifact = {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _facts(finding: Finding) -> _Object:
    facts = {
        "severity": finding.rule.severity.label,
        "repo": finding.repo.name,
        "repoId": finding.repo.id,
        "path": finding.path,
        "got": finding.got,
        "expected": finding.expected,
        "owner": finding.owner,
    }
    return {name: visible(value) for name, value in facts.items() if value}
