"""The table: a report for a terminal, worst first and the summary last."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Report
from auditor.reporters.finding_details import finding_details
from auditor.reporters.rule_blocks import rule_blocks
from auditor.reporters.style import Style
from auditor.reporters.summary import summary
from auditor.text import count_of, no_commands, wrap_lines
from auditor.triage.owners import by_owner


def render_table(report: Report, style: Style) -> Iterator[str]:
    """Return a report as text of at most `style.width` columns; findings that are not listed are counted."""
    render = finding_details if report.receipt.origin.source == "manifest files" else rule_blocks
    for owner, findings in (by_owner(report.findings) if style.by_owner else {"": report.findings}).items():
        if owner:
            title = "\n".join(wrap_lines(f"{owner}: {count_of(len(findings), 'finding')}", style.width))
            yield f"{style.paint(title, 'bold')}\n\n"
        yield from (no_commands(f"{each}\n\n") for each in render(findings, style))
    yield no_commands("\n\n".join(summary(report, style)) + "\n")
