"""Reporters: from a report to text, one pure function a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from auditor.model import Report
from auditor.reporters.json import render_json
from auditor.reporters.style import Style
from auditor.reporters.table import render_table

Reporter: TypeAlias = Callable[[Report, Style], str]

REPORTERS: Mapping[str, Reporter] = {"table": render_table, "json": render_json}
"""Every format and the function that renders it."""

__all__ = ["REPORTERS", "Reporter", "Style"]
