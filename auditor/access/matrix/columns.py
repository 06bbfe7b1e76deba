"""What table and HTML show of a line: the columns of each order, and the lines around the matrix."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.access.matrix.review import Review
from auditor.access.matrix.rows import By, Line

COLUMNS: dict[By, tuple[str, ...]] = {
    By.REPO: ("repo", "subject", "role", "via"),
    By.SUBJECT: ("subject", "repo", "role", "via"),
    By.TEAM: ("team", "repo", "role", "via"),
    By.ROLE: ("role", "subject", "repo", "via"),
    By.STORAGE: ("storage", "repo", "subject", "role", "via"),
}
"""The columns, by what the lines are ordered by."""


def cells(line: Line, by: By) -> tuple[str, ...]:
    """Return the cells of a line."""
    subject = f"{line.subject} ({line.state})" if line.state else line.subject
    found = {
        "repo": line.place.name,
        "subject": subject,
        "team": subject,
        "role": line.grant.role,
        "via": line.via,
        "storage": line.place.storage or "none",
    }
    return tuple(found[column] for column in COLUMNS[by])


def title(review: Review) -> str:
    """Return what the first line says: whether everything was seen."""
    return f"COMPLETE: {review.reason}" if review.complete else f"INCOMPLETE: {review.reason}"


def receipt(review: Review) -> str:
    """Return where the matrix comes from, in one line."""
    origin = review.origin
    seen = ", ".join(filter(None, (origin.source, origin.host, origin.tenant and f"tenant {origin.tenant}")))
    who = f", as seen by {origin.identity}" if origin.identity else ""
    return f"{seen}{who}, {review.finished_at:%Y-%m-%d %H:%M UTC}"


def remarks(review: Review) -> Iterator[str]:
    """Yield what stands below the matrix: what would be lost, what was not seen, and what a reader has to know."""
    if review.loss:
        yield review.loss.sentence
        yield from review.loss.details
    if review.matrix.empty:
        yield f"nobody holds a grant on: {', '.join(place.name for place in review.matrix.empty)}"
    yield from (f"not seen: {unread}" for unread in review.unread)
    yield from review.notes
