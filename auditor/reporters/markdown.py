"""Markdown for step summaries and comments: verdict, counts, findings, what was not read, receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.markdown import LIMIT, cell, code
from auditor.model import Finding, Report, Severity
from auditor.reporters.phrasing import LISTED, details, full_name, path_of, skipped, unread_title
from auditor.reporters.style import Style
from auditor.text import count_of
from auditor.triage.owners import by_owner
from auditor.version import VERSION

_NOTE = 200
"""Room for the line with the number of omitted findings."""


def render_markdown(report: Report, style: Style) -> Iterator[str]:
    """Return a report as Markdown of at most `LIMIT` characters, with a line about what did not fit."""
    head, tail = _section(_head(report)), "".join(map(_section, _tail(report)))
    yield head
    yield from _findings(report, style, LIMIT - len(head) - len(tail) - _NOTE)
    yield tail


def _section(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return f"{text}\n\n" if text else ""


def _head(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield f"## Auditor: {verdict.status.value}\n"
    if not verdict.complete:
        yield "**Not everything was read. This is not a pass, even without findings.**\n"
    yield from (f"**Partial report: {code(each)}.**\n" for each in report.partial)
    yield f"{code(verdict.reason, 1000)}\n"
    if not report.findings:
        yield "No findings." if verdict.complete else "No findings in what was read."
        return
    yield "| severity | findings | repos |\n| --- | ---: | ---: |"
    for severity in reversed(Severity):
        these = [finding.repo.id for finding in report.findings if finding.rule.severity is severity]
        if these:
            yield f"| {severity.label} | {len(these)} | {len(set(these))} |"


def _findings(report: Report, style: Style, room: int) -> Iterator[str]:
    if not report.findings:
        return
    yield "### Findings\n\n"
    left = len(report.findings)
    for owner, findings in (by_owner(report.findings) if style.by_owner else {"": report.findings}).items():
        title = f"#### {code(owner)} ({len(findings)})\n\n" if owner else ""
        head = f"{title}| severity | rule | repo | finding | at |\n| --- | --- | --- | --- | --- |\n"
        room -= len(head)
        if room > 0:
            yield head
        for finding in findings:
            row = _row(finding, style)
            room -= len(row)
            if room < 0:
                rest = count_of(left, "more finding")
                yield f"\n**Truncated: {rest}. The JSON report has them all.**\n\n"
                return
            yield row
            left -= 1
        yield "\n"


def _row(finding: Finding, style: Style) -> str:
    rule, place = finding.rule, finding.location
    at = f"{path_of(finding, style)}:{place.line}" if place else finding.path
    cells = [
        rule.severity.label,
        f"{cell(rule.id)} {cell(rule.name)}",
        cell(full_name(finding.repo)),
        f"{cell(finding.message)}, {cell(details(finding))}",
        cell(at),
    ]
    return f"| {' | '.join(cells)} |\n"


def _tail(report: Report) -> Iterator[Iterable[str]]:
    unread = report.receipt.unread
    fixes = {finding.rule.id: finding.rule.remediation for finding in report.findings}
    reasons = [code(skipped(entry)) for entry in report.not_evaluated]
    yield _listed("What to do", [f"{code(rule)} {code(fix)}" for rule, fix in fixes.items() if fix])
    yield _listed("Accepted findings", [f"{each.kind}: {code(str(each))}" for each in report.triage_notes])
    yield _listed("Not evaluated", reasons)
    yield _listed(f"{unread_title(unread)} ({len(unread)})", [code(str(each)) for each in unread])
    yield _receipt(report)


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"### {title}\n"
        yield from (f"- {line}" for line in lines[:LISTED])
    if len(lines) > LISTED:
        yield f"- and {len(lines) - LISTED} more"


def _receipt(report: Report) -> Iterator[str]:
    receipt, origin = report.receipt, report.receipt.origin
    total = "an unknown number of" if origin.total is None else origin.total
    yield "### Receipt\n"
    yield f"- auditor {VERSION}, {receipt.finished_at.isoformat(timespec='seconds')}"
    yield f"- {code(origin.source)} {code(origin.host or '')}, tenant {code(origin.tenant or 'unknown')}"
    yield f"- visible to {code(origin.identity or 'an unknown identity')}: {receipt.repos} of {total} repos"
    yield from (f"- note: {code(note)}" for note in origin.notes)
    yield f"- {receipt.rules.evaluated} of {receipt.rules.loaded} rules evaluated"
    yield f"- open {len(report.findings)}, waived {len(report.waived)}, baselined {len(report.baselined)}"
    yield f"- policy {code(f'sha256:{receipt.policy_sha256}')}, repos {code(f'sha256:{receipt.ids_sha256}')}"
