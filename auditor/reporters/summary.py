"""The end of a report for people: waivers, unread parts, the counts, the receipt and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from auditor.model import Finding, NotEvaluated, Origin, Receipt, Report, Severity, Status, Unread
from auditor.reporters.phrasing import skipped, skipped_types, unread_title
from auditor.reporters.rule_blocks import LISTED, more
from auditor.reporters.style import COLORS, Style
from auditor.text import count_of, in_columns, visible, wrap_lines
from auditor.triage.owners import UNOWNED, by_owner
from auditor.version import VERSION

_FILES = "manifest files"


def summary(report: Report, style: Style) -> Iterator[str]:
    """Yield the paragraphs of the summary; the last one ends with the verdict."""
    yield from _owners(report.findings, style)
    notes = [(f"- {note.kind}: {note}",) for note in report.triage_notes]
    yield from _list("Waivers and baseline", "bold", notes, style)
    yield from _not_evaluated(report.not_evaluated, style)
    unread = [_unread(each) for each in report.receipt.unread]
    yield from _list(f"{unread_title(report.receipt.unread)} ({len(unread)})", "critical", unread, style)
    yield "\n".join([*_counts(report, style), *_receipt(report.receipt, style), _verdict(report, style)])


def _list(title: str, color: str, entries: Sequence[tuple[str, ...]], style: Style) -> Iterator[str]:
    """Yield a list under a title; an entry has one or more lines."""
    if entries:
        shown = entries if style.list_all else entries[:LISTED]
        listed = [_wrapped(line, style) for entry in shown for line in entry]
        yield "\n".join([style.paint(title, color), *listed, *more(len(entries), style, "- ")])


def _unread(entry: Unread) -> tuple[str, ...]:
    problem = f"- {entry.what}: {entry.reason}"
    return (problem, f"  fix: {entry.fix}") if entry.fix else (problem,)


def _owners(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    groups = sorted(by_owner(findings).items(), key=lambda item: -len(item[1]))
    if {owner for owner, _ in groups} - {UNOWNED}:
        cells = [f"{visible(owner)}: {count_of(len(these), 'finding')}" for owner, these in groups]
        listed = in_columns(cells if style.list_all else cells[:LISTED], style.width, "  ")
        yield "\n".join([style.paint("By owner", "bold"), *listed, *more(len(cells), style, "  ")])


def _not_evaluated(entries: Iterable[NotEvaluated], style: Style) -> Iterator[str]:
    lines = []
    for entry in entries:
        names = list(dict.fromkeys(repo.name for repo in entry.repos))
        listed = ", ".join(names if style.list_all else names[:LISTED])
        rest = "".join(f" {line}" for line in more(len(names), style))
        lines.append(_wrapped(f"- {skipped(entry)}. Repos: {listed}{rest}", style))
    if lines:
        yield "\n".join([style.paint("Not evaluated", "bold"), *lines])


def _counts(report: Report, style: Style) -> Iterator[str]:
    """Yield the numbers of findings, waivers, skipped rules and unread data, and the duration."""
    findings, receipt = report.findings, report.receipt
    by_severity = Counter(finding.rule.severity for finding in findings)
    counts = {each: f"{by_severity[each]} {each.label}" for each in reversed(Severity) if by_severity[each]}
    listed = f": {', '.join(counts.values())}" if counts else ""
    text = _wrapped(f"{count_of(len(findings), 'finding')}{_where(report)}{listed}", style)
    for severity, count in counts.items():
        text = style.paint_first(f" {count}", COLORS[severity], text)
    yield text
    if findings and not style.list_all and receipt.origin.source != _FILES:
        yield _wrapped("--all lists every message and fix, and auditor explain RULE explains a rule", style)
    owners = sorted({each.waiver.owner for each in report.waived if each.waiver})
    by = f" (owners: {', '.join(owners[:LISTED])}{' and others' if len(owners) > LISTED else ''})" if owners else ""
    yield _wrapped(
        f"{len(report.waived)} waived{by}, {len(report.baselined)} baselined, "
        f"{count_of(receipt.rules.not_evaluated, 'rule')} skipped, {len(receipt.unread)} not read, "
        f"took {_duration(receipt)}",
        style,
    )


def _where(report: Report) -> str:
    findings = report.findings
    if not findings:
        return ""
    if report.receipt.origin.source != _FILES:
        in_repos = [finding.repo.id for finding in findings if finding.repo.id]
        where = f"in {count_of(len(set(in_repos)), 'repo')}"
        return f" {where}" if len(in_repos) == len(findings) else f" ({len(in_repos)} {where})"
    places = {(finding.repo.id, finding.location.file) for finding in findings if finding.location}
    elsewhere = sum(not finding.location for finding in findings)
    apart = f", {elsewhere} of them in no file" if elsewhere else ""
    files = count_of(len({file for _, file in places}), "file")
    return f" in {count_of(len(places), 'manifest')} of {files}{apart}"


def _duration(receipt: Receipt) -> str:
    """Return the duration of the run, in full seconds as in the JSON report."""
    ended, began = (time.replace(microsecond=0) for time in (receipt.finished_at, receipt.started_at))
    seconds = int((ended - began).total_seconds())
    return f"{seconds} s" if seconds > 0 else "less than 1 s"


def _receipt(receipt: Receipt, style: Style) -> Iterator[str]:
    rules = receipt.rules
    policy = f"policy sha256:{receipt.policy_sha256[:12]}, {rules.evaluated} of {rules.loaded} rules evaluated"
    host = f" {receipt.origin.host}" if receipt.origin.host and not receipt.origin.against else ""
    source = f"{receipt.origin.source}{host}, {receipt.finished_at.isoformat(timespec='seconds')}"
    seen = _seen_files if receipt.origin.source == _FILES else _seen_tenant
    yield _wrapped(f"receipt: auditor {VERSION}, {policy}", style)
    yield from (_wrapped(f"  {line}", style) for line in (source, *seen(receipt)))
    yield from (_wrapped(f"note: {note}", style) for note in receipt.origin.notes)


def _verdict(report: Report, style: Style) -> str:
    verdict = report.verdict
    color = {Status.CLEAN: "green", Status.FINDINGS: "yellow"}.get(verdict.status, "critical")
    word = verdict.status.value.upper()
    return style.paint_first(word, color, _wrapped(f"{word}: {verdict.reason}", style))


def _seen_tenant(receipt: Receipt) -> Iterator[str]:
    """Yield what was read, and the identity of the token."""
    origin = receipt.origin
    total = "an unknown number of" if origin.total is None else str(origin.total)
    complete = "list complete" if receipt.unread else "complete"
    proof = f", {complete} (proved by {origin.proof})" if origin.proof else ""
    yield f"tenant {origin.tenant or 'unknown'}, visible to {origin.identity or 'an unknown identity'}"
    pages, passes = count_of(origin.pages, "page"), count_of(origin.passes, "pass", "passes")
    yield f"{receipt.repos} of {total} repos, {pages}, {passes}{proof}"


def _seen_files(receipt: Receipt) -> Iterator[str]:
    origin = receipt.origin
    others = sum(count for _, count in origin.skipped)
    declared = origin.declared if origin.against else receipt.repos
    types = skipped_types(origin)
    yield (
        f"{count_of(origin.files, 'file')}: {count_of(declared, 'repo')}, {count_of(origin.bindings, 'role binding')}, "
        f"{count_of(others, 'document')} skipped{f' ({types})' if types else ''}"
    )
    if origin.excluded:
        yield f"excluded: {_excluded(origin)} (list them with --verbose)"
    if origin.since:
        yield f"{count_of(origin.left_out, 'document')} unchanged since {origin.since}, not checked"
    if origin.against:
        who = origin.identity or "an unknown identity"
        yield f"merged into {origin.against}, visible to {who}: {count_of(receipt.repos, 'repo')} after the change"


def _excluded(origin: Origin) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in origin.excluded)


def _wrapped(text: str, style: Style) -> str:
    return "\n".join(wrap_lines(text, style.width, rest="     "))
