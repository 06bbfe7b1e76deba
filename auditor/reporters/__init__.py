"""Reporters: from a report to pieces of text, one pure function for each format.

They yield pieces instead of one text, so that the memory for a report does not grow with its findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TypeAlias

from auditor.model import Report
from auditor.reporters.style import Style

Reporter: TypeAlias = Callable[[Report, Style], Iterator[str]]
"""A function that takes a report and a style, and yields the text of the report in pieces."""


def _reporter(module: str, function: str) -> Reporter:
    """Return a reporter that is imported on use: importing all takes 8 ms, a twentieth of a check of one file."""

    def render(report: Report, style: Style) -> Iterator[str]:
        pieces: Iterator[str] = getattr(import_module(f"auditor.reporters.{module}"), function)(report, style)
        return pieces

    return render


REPORTERS: Mapping[str, Reporter] = {
    "table": _reporter("table", "render_table"),
    "json": _reporter("json", "render_json"),
    "ndjson": _reporter("ndjson", "render_ndjson"),
    "html": _reporter("html", "render_html"),
    "csv": _reporter("csv", "render_csv"),
    "csv-excel": _reporter("csv", "render_csv_excel"),
    "sarif": _reporter("sarif", "render_sarif"),
    "github": _reporter("github", "render_github"),
    "markdown": _reporter("markdown", "render_markdown"),
    "gitlab": _reporter("gitlab", "render_gitlab"),
    "junit": _reporter("junit", "render_junit"),
}
"""Every format and the function that renders it."""

SUFFIXES: Mapping[str, str] = {
    "table": ".txt",
    "json": ".json",
    "ndjson": ".ndjson",
    "html": ".html",
    "csv": ".csv",
    "csv-excel": ".excel.csv",
    "sarif": ".sarif",
    "github": ".github.txt",
    "markdown": ".md",
    "gitlab": ".gitlab.json",
    "junit": ".xml",
}
"""The file extension of a report, by format."""


def suffix_of(format_name: str) -> str:
    """Return the file extension of a format; for formats of other packages, it is their name."""
    return SUFFIXES.get(format_name, f".{format_name}")


__all__ = ["REPORTERS", "SUFFIXES", "Reporter", "Style", "suffix_of"]
