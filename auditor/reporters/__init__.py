"""Reporters: from a report to pieces of text, one pure function a format.

Pieces rather than one text, so that the memory for a report does not grow with its findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from auditor.model import Report
from auditor.reporters.json import render_json
from auditor.reporters.style import Style
from auditor.reporters.table import render_table

Reporter: TypeAlias = Callable[[Report, Style], Iterator[str]]

REPORTERS: Mapping[str, Reporter] = {"table": render_table, "json": render_json}
"""Every format and the function that renders it."""

__all__ = ["REPORTERS", "Reporter", "Style"]
