"""The charts of the HTML report, as numbers that the template draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from auditor.model import Finding, Report, RuleInfo, Severity

BARS = 10
"""The most bars of a chart; the rest is one more bar."""

_Key = TypeVar("_Key")


def severity_bar(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """Return the parts of a bar for all findings, the worst first."""
    counts = Counter(each.rule.severity for each in findings)
    start, shown = 0.0, []
    for severity in reversed(Severity):
        if counts[severity]:
            share = 100 * counts[severity] / len(findings)
            shown.append(
                {"label": severity.label, "number": counts[severity], "start": f"{start:.2f}", "share": f"{share:.2f}"}
            )
            start += share
    return shown


def bars(counts: Sequence[tuple[_Key, int]], label: Callable[[_Key], str]) -> list[dict[str, object]]:
    """Return bars for counts, the highest of which fills the width."""
    most = max((number for _, number in counts), default=1)
    shown = [
        {
            "label": label(key),
            "number": number,
            "share": f"{100 * number / most:.2f}",
            "tone": key.severity.label if isinstance(key, RuleInfo) else "",
        }
        for key, number in counts[:BARS]
    ]
    rest = sum(number for _, number in counts[BARS:])
    if rest:
        others = f"{len(counts) - BARS} others"
        shown.append({"label": others, "number": rest, "share": f"{min(100, 100 * rest / most):.2f}", "tone": ""})
    return shown


def rule_label(rule: RuleInfo) -> str:
    """Return the id and the name of a rule."""
    return f"{rule.id} {rule.name}"


def trend_line(report: Report) -> dict[str, str] | None:
    """Return the points of the chart, without incomplete runs, as their numbers are too low."""
    runs = [(each.started_at, dict(each.by_severity)) for each in report.trend if each.complete]
    if report.verdict.complete and not report.partial:
        now = Counter(each.rule.severity.label for each in report.findings)
        runs.append((report.receipt.started_at, dict(now)))
    if len(runs) < 2:
        return None
    everything = [sum(counts.values()) for _, counts in runs]
    serious = [counts.get("critical", 0) + counts.get("high", 0) for _, counts in runs]
    top = max(everything) or 1

    def points(numbers: Sequence[int]) -> str:
        step = 100 / (len(numbers) - 1)
        return " ".join(f"{place * step:.2f},{50 - 50 * number / top:.2f}" for place, number in enumerate(numbers))

    return {
        "all": points(everything),
        "serious": points(serious),
        "first": f"{runs[0][0]:%Y-%m-%d}",
        "last": f"{runs[-1][0]:%Y-%m-%d}",
        "summary": f"From {everything[0]} to {everything[-1]} open findings in {len(runs)} complete runs",
    }
