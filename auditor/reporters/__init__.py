"""Reporters: from a report to pieces of text, one pure function a format.

Pieces rather than one text, so that the memory for a report does not grow with its findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TypeAlias

from auditor.model import Report
from auditor.reporters.style import Style

Reporter: TypeAlias = Callable[[Report, Style], Iterator[str]]


def _reporter(name: str) -> Reporter:
    """Return the reporter of a format, whose module is imported when it first renders."""

    def render(report: Report, style: Style) -> Iterator[str]:
        module = import_module(f"auditor.reporters.{name}")
        pieces: Iterator[str] = getattr(module, f"render_{name}")(report, style)
        return pieces

    return render


REPORTERS: Mapping[str, Reporter] = {
    name: _reporter(name) for name in ("table", "json", "sarif", "github", "markdown", "gitlab", "junit")
}
"""Every format and the function that renders it: `render_NAME` of the module of that name."""

__all__ = ["REPORTERS", "Reporter", "Style"]
