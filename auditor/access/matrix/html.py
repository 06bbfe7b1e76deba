"""The matrix as one page of HTML without requests; everything from the tenant is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from auditor.access.matrix.review import Review
from auditor.access.matrix.rows import lines
from auditor.access.matrix.table import COLUMNS, cells, receipt, remarks, title

_CHOICES = 50
"""The most values of a column with a filter by value."""


def render_html(review: Review, _width: int) -> Iterator[str]:
    """Return a review as HTML."""
    from auditor.html import FIRST, Column, make_table, places_of, render_page  # noqa: PLC0415 - for this format only

    by = review.view.by

    def rows() -> Iterator[tuple[str, ...]]:
        return (cells(line, by) for line in lines(review.matrix, review.view))

    count, values = 0, [set[str]() for _ in COLUMNS[by]]
    for row in rows():
        count += 1
        for known, cell in zip(values, row, strict=True):
            known.add(cell)
    columns = [
        Column(name.capitalize(), sorted(known), filter=1 < len(known) <= _CHOICES)
        for name, known in zip(COLUMNS[by], values, strict=True)
    ]
    places = [places_of(column.values or ()) for column in columns]
    data = ([place[cell] for place, cell in zip(places, row, strict=True)] for row in rows())
    return render_page(
        "access.html",
        complete=review.complete,
        reason=review.reason,
        title=title(review),
        receipt=receipt(review),
        remarks=list(remarks(review)),
        grants=make_table(columns, count, list(islice(rows(), FIRST)), ("grant", "grants"), data),
    )
