"""The matrix as Markdown for step summaries and comments; untrusted text is in code spans."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.access.matrix.review import Review
from auditor.access.matrix.rows import lines
from auditor.access.matrix.table import COLUMNS, cells, receipt, remarks, title
from auditor.markdown import cell, code, table


def render_markdown(review: Review, _width: int) -> Iterator[str]:
    """Return a review as Markdown of at most `LIMIT` characters, with a line about what did not fit."""
    by = review.view.by
    status = "complete" if review.complete else "incomplete"
    head = [f"## Auditor: access, {status}"]
    if not review.complete:
        head.append("**Not every grant was read.**")
    head.append(code(title(review), 1000))
    tail = [f"- {code(each)}" for each in remarks(review)]
    rows = ([cell(each) for each in cells(line, by)] for line in lines(review.matrix, review.view))
    yield from table(head, COLUMNS[by], rows, [*tail, "", code(receipt(review))])
