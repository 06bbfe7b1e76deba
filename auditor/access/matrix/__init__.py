"""The access matrix: who can do what on which repo, and through what.

::

    repos ──access──▶ Matrix ──View──▶ rows ──▶ table, CSV, JSON, HTML, Markdown

A renderer is a pure function of the review and yields text. Its output begins with whether everything was read.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from auditor.access.matrix.export import render_csv, render_json
from auditor.access.matrix.html import render_html
from auditor.access.matrix.markdown import render_markdown
from auditor.access.matrix.matrix import Matrix
from auditor.access.matrix.review import RemovalImpact, Review
from auditor.access.matrix.rows import Line, SortBy, View, lines
from auditor.access.matrix.table import render_table

Render: TypeAlias = Callable[[Review, int], Iterator[str]]
"""Returns a review as pieces of text; the number is the width of the page in columns."""

RENDERERS: Mapping[str, Render] = {
    "table": render_table,
    "csv": render_csv,
    "json": render_json,
    "html": render_html,
    "markdown": render_markdown,
}
"""Every format by its name."""

__all__ = ["RENDERERS", "Line", "Matrix", "RemovalImpact", "Review", "SortBy", "View", "lines"]
