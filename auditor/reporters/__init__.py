"""Reporters: from a report to pieces of text, one pure function a format.

Pieces rather than one text, so that the memory for a report does not grow with its findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from auditor.model import Report
from auditor.reporters.style import Style

Reporter: TypeAlias = Callable[[Report, Style], Iterator[str]]


# Each imports its module when it renders: all of them together take 8 ms, a twentieth of a check of one file.


def _table(report: Report, style: Style) -> Iterator[str]:
    from auditor.reporters.table import render_table

    return render_table(report, style)


def _json(report: Report, style: Style) -> Iterator[str]:
    from auditor.reporters.json import render_json

    return render_json(report, style)


def _sarif(report: Report, style: Style) -> Iterator[str]:
    from auditor.reporters.sarif import render_sarif

    return render_sarif(report, style)


def _github(report: Report, style: Style) -> Iterator[str]:
    from auditor.reporters.github import render_github

    return render_github(report, style)


def _markdown(report: Report, style: Style) -> Iterator[str]:
    from auditor.reporters.markdown import render_markdown

    return render_markdown(report, style)


def _gitlab(report: Report, style: Style) -> Iterator[str]:
    from auditor.reporters.gitlab import render_gitlab

    return render_gitlab(report, style)


def _junit(report: Report, style: Style) -> Iterator[str]:
    from auditor.reporters.junit import render_junit

    return render_junit(report, style)


REPORTERS: Mapping[str, Reporter] = {
    "table": _table,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
    "markdown": _markdown,
    "gitlab": _gitlab,
    "junit": _junit,
}
"""Every format and the function that renders it."""

__all__ = ["REPORTERS", "Reporter", "Style"]
