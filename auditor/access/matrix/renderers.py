"""The renderers of a review, by the name of their format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from auditor.access.matrix.export import render_csv, render_json
from auditor.access.matrix.html import render_html
from auditor.access.matrix.review import Review
from auditor.access.matrix.table import render_table

Render: TypeAlias = Callable[[Review, int], Iterator[str]]
"""Return a review as pieces of text; the number is the width of the page in columns."""

RENDERERS: Mapping[str, Render] = {
    "table": render_table,
    "csv": render_csv,
    "json": render_json,
    "html": render_html,
}
"""Every format."""
