"""The matrix as CSV: a line a grant, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from auditor.access.matrix.review import Review
from auditor.access.matrix.rows import lines
from auditor.text import visible

_HEAD = ("complete", "repo", "repo_id", "storage", "subject", "role", "via", "source", "through", "state", "note")
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n|%")


def render_csv(review: Review, _width: int) -> Iterator[str]:
    """Return a review as CSV, every cell quoted; the first column of every line says whether everything was seen."""
    complete = "yes" if review.complete else "no"
    yield _line(_HEAD)
    for line in lines(review.matrix, review.view):
        grant, place = line.grant, line.place
        cells = (line.subject, grant.role, grant.via.value, grant.source, line.through, line.state, "")
        yield _line((complete, place.name, place.id, place.storage, *cells))
    for place in review.matrix.places:
        note = review.matrix.hidden(place) or ("" if place.length else "nobody holds a grant")
        if note:
            yield _line((complete, place.name, place.id, place.storage, *[""] * 6, note))
    for note in _notes(review):
        yield _line((complete, *[""] * 9, note))


def _notes(review: Review) -> Iterator[str]:
    yield from (str(unread) for unread in review.unread)
    yield from review.notes
    if review.loss:
        yield review.loss.sentence
        yield from review.loss.details
    if not review.complete:
        yield f"incomplete: {review.reason}"


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet shows and does not take for a formula; line breaks in it become escapes."""
    shown = visible(text)
    return f"'{shown}" if shown.lstrip()[:1] in _FORMULA and shown.strip() else shown
