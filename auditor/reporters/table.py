"""The table: a report for a person at a terminal, worst first and the summary last, where the eye is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby

from auditor.model import Finding, NotEvaluated, Origin, Receipt, Report, RuleInfo, Severity, Status
from auditor.reporters.finding_details import details_summary, finding_details
from auditor.reporters.style import COLORS, Style
from auditor.text import columns, count_of, no_commands, safe_lines, visible, wrap_lines
from auditor.triage.owners import UNOWNED, by_owner
from auditor.version import VERSION

_WIDE = 140
_NARROWEST = 6
_LISTED = 10
"""How many repos are listed where rules were not evaluated, and how many unread things; JSON has them all."""


def render_table(report: Report, style: Style) -> Iterator[str]:
    """Return a report as text of at most `style.width` columns; nothing is cut off, long cells are wrapped."""
    files = report.receipt.origin.source == "manifest files"
    render = finding_details if files else _rules
    for owner, findings in (by_owner(report.findings) if style.by_owner else {"": report.findings}).items():
        if owner:
            title = f"{visible(owner)}: {count_of(len(findings), 'finding')}"
            yield no_commands(f"{style.paint(title, 'bold')}\n\n")
        yield from (no_commands(f"{each}\n\n") for each in render(findings, style))
    if files:
        summary = details_summary(report, style)
    else:
        summary = chain(_by_severity(report, style), _by_rule(report, style), _by_owner(report, style))
    rest = [
        *summary,
        *_triaged(report, style),
        *_not_evaluated(report.not_evaluated, style),
        *_unread(report, style),
        _receipt(report, style),
    ]
    yield no_commands("\n\n".join(rest) + "\n")


def _rules(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    for rule, group in groupby(findings, lambda each: each.rule):
        yield _rule(rule, list(group), style)


def _rule(rule: RuleInfo, findings: Sequence[Finding], style: Style) -> str:
    label = rule.severity.label.upper()
    head = _wrapped(f"{label} {rule.name} ({rule.id}): {rule.title}, {count_of(len(findings), 'finding')}", style)
    lines = [head.replace(label, style.paint(label, COLORS[rule.severity]), 1)]
    expected = {finding.expected for finding in findings}
    if len(expected) == 1:
        lines.append(_wrapped(f"expected: {expected.pop()}", style))
    if rule.remediation:
        lines.append(_wrapped(f"fix: {rule.remediation}", style))
    return "\n".join([*lines, _findings(findings, style)])


def _findings(findings: Sequence[Finding], style: Style) -> str:
    """Return a table of the findings of a rule; what they share is above it already and is not said again."""
    differ = len({finding.expected for finding in findings}) > 1
    if style.width < _WIDE:
        texts = ("\n".join(map(visible, [each.message, *_place(each, differ)])) for each in findings)
        rows = [(visible(each.repo.name), text) for each, text in zip(findings, texts, strict=True)]
        return _grid(("repo", "finding"), rows, style.width, (3, 5))
    head = ("repo", "finding", "at", "got", "expected")[: 5 if differ else 4]
    facts = ((f.repo.name, f.message, f.path, f.got, f.expected)[: len(head)] for f in findings)
    return _grid(head, [tuple(map(visible, row)) for row in facts], style.width, (3, 6, 3, 3, 3)[: len(head)])


def _place(finding: Finding, differ: bool) -> list[str]:
    parts = [f"at {finding.path}"] if finding.path else []
    if finding.got not in finding.message:
        parts.append(f"got {finding.got}")
    if differ:
        parts.append(f"expected {finding.expected}")
    if finding.waiver:
        parts.append(f"waiver of {finding.waiver.owner} expired on {finding.waiver.expires}")
    return [", ".join(parts)] if parts else []


def _grid(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    width: int,
    shares: Sequence[int],
    align: Sequence[str] | None = None,
) -> str:
    """Return rows of visible text as a table: columns as wide as their text where that fits, else by their shares."""
    from tabulate import tabulate  # noqa: PLC0415 - not every run shows a table

    table = [[cell.split("\n") for cell in row] for row in (head, *rows)]
    needs = [max(columns(line) for row in table for line in row[place]) for place in range(len(head))]
    widths = _widths(needs, width - 3 * len(head) - 1, shares)
    # Tabulate wraps too (maxcolwidths), three times as slowly: half a second more for 10,000 findings.
    wrapped = [
        ["\n".join(_fold(line, size) for line in cell) for cell, size in zip(row, widths, strict=True)] for row in table
    ]
    text = tabulate(wrapped, tablefmt="orgtbl", disable_numparse=True, colalign=align)
    return _ruled(text, 1 + max(title.count("\n") for title in wrapped[0]))


def _ruled(table: str, height: int) -> str:
    """Draw a rule below the head of a table; tabulate's own heads are wider than they have to be."""
    lines = table.split("\n")
    rule = "+".join("-" * len(cell) for cell in lines[0][1:-1].split("|"))
    return "\n".join([*lines[:height], f"|{rule}|", *lines[height:]])


def _widths(needs: Sequence[int], room: int, shares: Sequence[int]) -> list[int]:
    """Give narrow columns what they need and share the rest among the others."""
    widths = list(needs)
    open_columns = set(range(len(needs)))
    while open_columns:
        free = room - sum(widths[column] for column in range(len(needs)) if column not in open_columns)
        parts = sum(shares[column] for column in open_columns)
        fair = {column: max(_NARROWEST, free * shares[column] // parts) for column in open_columns}
        content = {column for column in open_columns if needs[column] <= fair[column]}
        if not content:
            for column in open_columns:
                widths[column] = fair[column]
            break
        open_columns -= content
    return widths


def _fold(line: str, width: int) -> str:
    return "\n".join(wrap_lines(line, width)) if columns(line) > width else line


def _wrapped(text: str, style: Style) -> str:
    return "\n".join(safe_lines(text, style.width, rest="     "))


def _by_severity(report: Report, style: Style) -> Iterator[str]:
    rows = []
    for severity in reversed(Severity):
        these = [finding for finding in report.findings if finding.rule.severity is severity]
        if these:
            rows.append((severity.label, *_counted(these)))
    if rows:
        yield f"{style.paint('By severity', 'bold')}\n{_counts(('severity', 'findings', 'repos'), rows, style)}"


def _by_rule(report: Report, style: Style) -> Iterator[str]:
    rows = []
    for rule, group in groupby(report.findings, lambda each: each.rule):
        rows.append((visible(f"{rule.name} ({rule.id})"), rule.severity.label, *_counted(list(group))))
    if rows:
        yield f"{style.paint('By rule', 'bold')}\n{_counts(('rule', 'severity', 'findings', 'repos'), rows, style)}"


def _by_owner(report: Report, style: Style) -> Iterator[str]:
    groups = by_owner(report.findings)
    if groups.keys() - {UNOWNED}:
        rows = [(visible(owner), *_counted(these)) for owner, these in groups.items()]
        yield f"{style.paint('By owner', 'bold')}\n{_counts(('owner', 'findings', 'repos'), rows, style)}"


def _counted(findings: Sequence[Finding]) -> tuple[str, str]:
    return str(len(findings)), str(len({finding.repo.id for finding in findings}))


def _counts(head: Sequence[str], rows: Iterable[Sequence[str]], style: Style) -> str:
    align = ["right" if name in {"findings", "repos"} else "left" for name in head]
    return _grid(head, rows, style.width, (1, *(9,) * (len(head) - 1)), align)


def _triaged(report: Report, style: Style) -> Iterator[str]:
    """Yield what is waived and baselined, and what someone has to look at in the waivers and the baseline."""
    lines = []
    if report.waived:
        owners = sorted({each.waiver.owner for each in report.waived if each.waiver})
        shown = f"{', '.join(owners[:_LISTED])}{' and others' if len(owners) > _LISTED else ''}"
        lines.append(f"waived: {count_of(len(report.waived), 'finding')} (owners: {shown})")
    if report.baselined:
        lines.append(f"in the baseline: {count_of(len(report.baselined), 'finding')}")
    lines += [f"- {note.kind}: {note}" for note in report.triage_notes[:_LISTED]]
    if len(report.triage_notes) > _LISTED:
        lines.append(f"- and {len(report.triage_notes) - _LISTED} more (the JSON report lists them all)")
    if lines:
        yield "\n".join([style.paint("Accepted findings", "bold"), *(_wrapped(line, style) for line in lines)])


def _not_evaluated(entries: Iterable[NotEvaluated], style: Style) -> Iterator[str]:
    for entry in entries:
        rules = ", ".join(rule.id for rule in entry.rules)
        names = [repo.name for repo in entry.repos[:_LISTED]]
        more = f" and {len(entry.repos) - _LISTED} more" if len(entry.repos) > _LISTED else ""
        title = style.paint("Not evaluated", "bold")
        text = f"on {entry.extent}: {entry.explanation}. Rules: {rules}. Repos: {', '.join(names)}{more}"
        yield f"{title}\n{_wrapped(f'  {text}', style)}"


def _unread(report: Report, style: Style) -> Iterator[str]:
    unread = report.receipt.unread
    if unread:
        lines = [_wrapped(f"- {each}", style) for each in unread[:_LISTED]]
        if len(unread) > _LISTED:
            lines.append(_wrapped(f"- and {len(unread) - _LISTED} more (the JSON report lists them all)", style))
        yield "\n".join([style.paint(f"Not read ({len(unread)})", "critical"), *lines])


def _receipt(report: Report, style: Style) -> str:
    receipt, verdict = report.receipt, report.verdict
    rules = receipt.rules
    facts = (
        f"receipt: auditor {VERSION}, {_seen(receipt)}, {rules.evaluated} of {rules.loaded} rules evaluated, "
        f"policy sha256:{receipt.policy_sha256[:12]}, {receipt.finished_at.isoformat(timespec='seconds')}"
    )
    color = {Status.CLEAN: "green", Status.FINDINGS: "yellow"}.get(verdict.status, "critical")
    word = verdict.status.value.upper()
    last = _wrapped(f"{word}: {verdict.reason}", style).replace(word, style.paint(word, color), 1)
    notes = "".join(f"{_wrapped(f'note: {note}', style)}\n" for note in receipt.origin.notes)
    return f"{_wrapped(facts, style)}\n{notes}{last}"


def _seen(receipt: Receipt) -> str:
    origin = receipt.origin
    if origin.source == "manifest files":
        skipped = sum(count for _, count in origin.skipped)
        declared = origin.declared if origin.against else receipt.repos
        types = ", ".join(f"{count} {name}" for name, count in origin.skipped)
        return (
            f"{count_of(origin.files, 'file')}: {count_of(declared, 'repo')}, "
            f"{count_of(origin.bindings, 'role binding')}, "
            f"{count_of(skipped, 'document')} of other types skipped{f' ({types})' if types else ''}"
            f"{_excluded(origin)}"
            f"{f', {origin.left_out} skipped as unchanged since {origin.since}' if origin.since else ''}"
            f"{f', merged into {_tenant(receipt)}' if origin.against else ''}"
        )
    total = "an unknown number of" if origin.total is None else str(origin.total)
    proof = f", complete (proved by {origin.proof})" if origin.proof else ""
    return (
        f"{origin.source} {origin.host or ''}, tenant {origin.tenant or 'unknown'}, "
        f"visible to {origin.identity or 'an unknown identity'}: {receipt.repos} of {total} repos, "
        f"{origin.pages} pages, {origin.passes} passes{proof}"
    )


def _excluded(origin: Origin) -> str:
    if not origin.excluded:
        return ""
    return (
        f", excluded: {', '.join(f'{count} {reason}' for reason, count in origin.excluded)} (list them with --verbose)"
    )


def _tenant(receipt: Receipt) -> str:
    origin = receipt.origin
    who = origin.identity or "an unknown identity"
    return f"{origin.against}, visible to {who}: {count_of(receipt.repos, 'repo')} with the change"
