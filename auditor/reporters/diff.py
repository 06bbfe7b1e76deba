"""Reports of the changes between two runs: for terminals, for programs, and for messages and comments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.markdown import LIMIT, code
from auditor.model import Finding
from auditor.text import clipped, count_of, json_text, no_commands, visible, wrap_lines
from auditor.triage.diff import ReportDiff

_LISTED_IN_FULL = frozenset({"new", "reopened", "fixed", "not confirmed as fixed", "accepted since"})
_SHORT = {"not confirmed as fixed": "unconfirmed"}


def diff_table(diff: ReportDiff, width: int) -> Iterator[str]:
    """Yield a report for a terminal: the changes, then counts by rule and by owner."""
    for obstacle in diff.obstacles:
        yield _wrapped(f"No finding can be reported as fixed: {obstacle}", width)
    for part, findings in diff.parts.items():
        if findings and part in _LISTED_IN_FULL:
            yield f"\n{part.capitalize()} ({len(findings)})\n"
            for each in findings:
                yield _wrapped(
                    f"  {each.rule.severity.label.upper()} {each.rule.id} {each.repo.name}: {each.message}", width
                )
    if diff.severity:
        yield f"\nChanged severity ({len(diff.severity)})\n"
        for before, after in diff.severity:
            change = f"{before.rule.severity.label} -> {after.rule.severity.label}"
            yield _wrapped(f"  {after.rule.id} {after.repo.name}: {change}", width)
    yield from _counts(diff, "rule", lambda each: each.rule.id)
    yield from _counts(diff, "owner", lambda each: each.owner or "unowned")


def _wrapped(text: str, width: int) -> str:
    return no_commands("\n".join(wrap_lines(text, width, rest="    ")) + "\n")


def _counts(diff: ReportDiff, title: str, key: Callable[[Finding], str]) -> Iterator[str]:
    from tabulate import tabulate  # noqa: PLC0415 - only where there is a table

    counts = diff.counts_by(key)
    if not counts:
        return
    parts = [part for part, findings in diff.parts.items() if findings]
    rows = [[visible(clipped(name, 60)), *(each[part] for part in parts)] for name, each in counts.items()]
    table = tabulate(rows, [title, *(_SHORT.get(part, part) for part in parts)], tablefmt="orgtbl")
    yield no_commands(f"\nBy {title}\n{table}\n")


def diff_json(diff: ReportDiff, _width: int) -> Iterator[str]:
    """Return the report as JSON."""
    names = {
        "new": diff.added,
        "reopened": diff.reopened,
        "fixed": diff.fixed,
        "unknown": diff.unknown,
        "waived": diff.waived,
        "still_open": diff.still_open,
    }
    document = {
        "diff": 1,
        "complete": not diff.obstacles,
        "obstacles": list(diff.obstacles),
        "counts": {name: len(findings) for name, findings in names.items()},
        "by_rule": _plain(diff.counts_by(lambda each: each.rule.id)),
        "by_owner": _plain(diff.counts_by(lambda each: each.owner or "unowned")),
        **{name: [_document(each) for each in findings] for name, findings in names.items()},
        "changed_severity": [
            {**_document(after), "severity_before": before.rule.severity.label} for before, after in diff.severity
        ],
    }
    yield f"{json_text(document)}\n"


def _plain(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {name: dict(each) for name, each in counts.items()}


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "severity": finding.rule.severity.label,
        "repo": finding.repo.name,
        "message": finding.message,
        "owner": finding.owner,
    }


def diff_markdown(diff: ReportDiff, _width: int) -> Iterator[str]:
    """Return the report as Markdown of at most `LIMIT` characters, with a line about what did not fit."""
    lines = ["## Auditor: what changed\n", summary(diff), ""]
    lines += [f"**No finding can be reported as fixed:** {code(each)}\n" for each in diff.obstacles]
    room = LIMIT - sum(map(len, lines)) - len(lines) - 200
    left = 0
    for part, findings in diff.parts.items():
        if not findings or part not in _LISTED_IN_FULL:
            continue
        for number, each in enumerate(findings):
            head = f"### {part.capitalize()} ({len(findings)})\n\n" if number == 0 else ""
            owner = f", owner {code(each.owner)}" if each.owner else ""
            rule = f"{each.rule.severity.label} {code(each.rule.id)}"
            line = f"{head}- {rule} {code(each.repo.name)}: {code(each.message)}{owner}"
            room -= len(line) + 1
            if room < 0:
                left += 1
            else:
                lines.append(line)
        lines.append("")
    if left:
        lines.append(f"**Truncated: {count_of(left, 'more finding')}. The JSON report has them all.**")
    yield "\n".join(lines).rstrip("\n") + "\n"


def summary(diff: ReportDiff) -> str:
    """Return the number of findings in each part, as one sentence without a final period."""
    parts = [f"{len(findings)} {part}" for part, findings in diff.parts.items() if findings]
    nothing_new = ["0 new"] if diff.still_open and not diff.added and not diff.reopened else []
    return ", ".join([*nothing_new, *parts]) or "no findings"


RENDERERS: Mapping[str, Callable[[ReportDiff, int], Iterator[str]]] = {
    "table": diff_table,
    "json": diff_json,
    "markdown": diff_markdown,
}
"""Every format by its name; the number is the width of the page in columns."""
