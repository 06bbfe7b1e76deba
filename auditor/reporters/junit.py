"""JUnit XML for CI services: a suite for each repo, a test case for each finding.

The first suite is the audit itself. Its test case passes only if everything was read. Otherwise, it and all unread
parts are errors. Findings that do not fail the run (waived, baselined, below the threshold) and rules that were not
evaluated are skipped with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from auditor.model import Finding, RepoRef, Report
from auditor.reporters.phrasing import details, full_name, path_of, skipped
from auditor.reporters.style import Style
from auditor.text import no_commands, visible, xml_text
from auditor.version import VERSION


class _Case(NamedTuple):
    """A test case, and its element if it did not pass: `failure`, `error` or `skipped`."""

    name: str
    element: str = ""
    type: str = ""
    message: str = ""
    body: str = ""


_Known = tuple[Finding, str]
"""A finding, and why it does not fail the run; empty if it does."""


def render_junit(report: Report, style: Style) -> Iterator[str]:
    """Return a report as JUnit XML in ASCII."""
    repos: dict[str, tuple[RepoRef, list[_Known]]] = {}
    for known in _known(report):
        repo = known[0].repo
        repos.setdefault(repo.id, (repo, []))[1].append(known)
    failures = sum(not why for _, found in repos.values() for _, why in found)
    own = list(_run_cases(report))
    errors = sum(case.element == "error" for case in own)
    tests = len(own) + sum(len(found) for _, found in repos.values())
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield _open("testsuites", name="auditor", tests=tests, failures=failures, errors=errors)
    yield from _suite("auditor", own, report, _properties(report))
    for repo, found in repos.values():
        yield from _suite(full_name(repo), [_case(each, why, style) for each, why in found], report)
    yield "</testsuites>\n"


def _known(report: Report) -> Iterator[_Known]:
    for each in report.findings:
        severity = each.rule.severity
        below = f"{severity.label} is below the threshold, {report.fail_on.label}"
        yield each, below if severity < report.fail_on else ""
    yield from ((each, f"waived: {each.waiver}" if each.waiver else "waived") for each in report.waived)
    yield from ((each, "baselined") for each in report.baselined)


def _run_cases(report: Report) -> Iterator[_Case]:
    """Return the test cases about the run: completeness, unread parts and skipped rules."""
    verdict = report.verdict
    if verdict.complete:
        yield _Case("everything was read")
    else:
        yield _Case("everything was read", "error", verdict.status.value, verdict.reason)
    if report.partial:
        yield _Case("the report covers everything", "skipped", "", "; ".join(report.partial))
    for unread in report.receipt.unread:
        yield _Case(f"read: {unread.what}", "error", f"unread {unread.kind.value}", unread.reason, visible(unread.fix))
    for entry in report.not_evaluated:
        reason = skipped(entry)
        kind, why = ("skipped", "") if entry.accepted else ("error", "not evaluated")
        yield from (_Case(f"evaluated: {rule.name} ({rule.id})", kind, why, reason) for rule in entry.rules)


def _case(finding: Finding, why: str, style: Style) -> _Case:
    rule, place = finding.rule, finding.location
    name = f"{rule.name} ({rule.id})" + (f" at {finding.path}" if finding.path else "")
    if why:
        return _Case(name, "skipped", "", f"{why}: {finding.message}")
    lines = [details(finding)]
    lines += [f"in {path_of(finding, style)}:{place.line}:{place.column}"] if place else []
    lines += [f"fix: {rule.remediation}"] if rule.remediation else []
    return _Case(name, "failure", rule.severity.label, finding.message, "\n".join(map(visible, lines)))


def _suite(name: str, cases: Sequence[_Case], report: Report, properties: Iterable[str] = ()) -> Iterator[str]:
    count = {kind: sum(case.element == kind for case in cases) for kind in ("failure", "error", "skipped")}
    yield _open(
        "testsuite",
        name=name,
        tests=len(cases),
        failures=count["failure"],
        errors=count["error"],
        skipped=count["skipped"],
        timestamp=report.receipt.started_at.replace(tzinfo=None).isoformat(timespec="seconds"),
    )
    yield from properties
    yield from (_written(case, name) for case in cases)
    yield "</testsuite>\n"


def _properties(report: Report) -> Iterator[str]:
    receipt, origin = report.receipt, report.receipt.origin
    facts = {
        "auditor.version": VERSION,
        "auditor.verdict": report.verdict.status.value,
        "auditor.reason": report.verdict.reason,
        "auditor.source": origin.source,
        "auditor.tenant": origin.tenant or "unknown",
        "auditor.repos": receipt.repos,
        "auditor.ids_sha256": receipt.ids_sha256,
        "auditor.policy_sha256": receipt.policy_sha256,
    }
    yield "<properties>\n"
    yield from (_tag("property", "/>\n", name=name, value=value) for name, value in facts.items())
    yield "</properties>\n"


def _written(case: _Case, suite: str) -> str:
    if not case.element:
        return _tag("testcase", "/>\n", classname=suite, name=case.name)
    attributes = {"type": case.type, "message": case.message} if case.type else {"message": case.message}
    body = no_commands(xml_text(*case.body.split("\n")))
    outcome = f"{_tag(case.element, '>', **attributes)}{body}</{case.element}>\n"
    return _open("testcase", classname=suite, name=case.name) + outcome + "</testcase>\n"


def _open(element: str, **attributes: object) -> str:
    return _tag(element, ">\n", **attributes)


def _tag(element: str, end: str, **attributes: object) -> str:
    listed = "".join(f' {name}="{xml_text(str(value))}"' for name, value in attributes.items())
    return f"<{element}{listed}{end}"
