"""The matrix as a table for a terminal; the result is at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.access.matrix.review import Review
from auditor.access.matrix.rows import Line, SortBy, lines
from auditor.text import columns, no_commands, visible, wrap_lines

_GAP = "  "
_NARROW = 12


def render_table(review: Review, width: int) -> Iterator[str]:
    """Return a review as text of at most `width` columns; nothing is cut off, long cells are wrapped."""
    head = COLUMNS[review.view.by]
    widths = _widths(review, head, width)
    if any(widths):
        yield _row(head, widths)
        yield _row(["-" * size for size in widths], widths)
    before: Sequence[str] = ()
    for line in lines(review.matrix, review.view):
        row = cells(line, review.view.by)
        same = _shared(before, row)
        yield _row([*[""] * same, *row[same:]], widths)
        before = row
    for remark in remarks(review):
        yield _paragraph(remark, width)
    yield _paragraph(receipt(review), width)
    yield _paragraph(title(review), width)


def _shared(before: Sequence[str], row: Sequence[str]) -> int:
    """Return how many leading cells are repeated and left out; the last two are always shown."""
    count = 0
    while count < min(len(before), len(row) - 2) and before[count] == row[count]:
        count += 1
    return count


def _widths(review: Review, head: Sequence[str], width: int) -> list[int]:
    """Return the width of each column: that of its longest cell if it fits, else a fair share of the rest."""
    needs = [0] * len(head)
    for line in lines(review.matrix, review.view):
        needs = [
            max(need, columns(visible(cell))) for need, cell in zip(needs, cells(line, review.view.by), strict=True)
        ]
    if not any(needs):
        return needs
    needs = [max(need, len(name)) for need, name in zip(needs, head, strict=True)]
    room = width - len(_GAP) * (len(head) - 1)
    least = max(1, min(_NARROW, room // len(head)))
    while sum(needs) > room and max(needs) > least:
        widest = needs.index(max(needs))
        needs[widest] = max(least, needs[widest] - (sum(needs) - room), sorted(needs)[-2] - 1)
    return needs


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    wrapped = [wrap_lines(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
    height = max(len(cell) for cell in wrapped)
    text = ""
    for place in range(height):
        parts = [(cell[place] if place < len(cell) else "") for cell in wrapped]
        text += (
            _GAP.join(part + " " * (size - columns(part)) for part, size in zip(parts, widths, strict=True)).rstrip()
            + "\n"
        )
    return no_commands(text)


def _paragraph(text: str, width: int) -> str:
    return "\n" + "\n".join(wrap_lines(text, width, rest="  ")) + "\n"


COLUMNS: dict[SortBy, tuple[str, ...]] = {
    SortBy.REPO: ("repo", "subject", "role", "via"),
    SortBy.SUBJECT: ("subject", "repo", "role", "via"),
    SortBy.TEAM: ("team", "repo", "role", "via"),
    SortBy.ROLE: ("role", "subject", "repo", "via"),
    SortBy.STORAGE: ("storage", "repo", "subject", "role", "via"),
}
"""The columns for each order of lines."""


def cells(line: Line, by: SortBy) -> tuple[str, ...]:
    """Return the cells of a line."""
    subject = f"{line.subject} ({line.state})" if line.state else line.subject
    level = line.grant.level.value if line.grant.level else "level unknown"
    found = {
        "repo": line.place.name,
        "subject": subject,
        "team": subject,
        "role": f"{line.grant.role} ({level})" if line.tenant_wide else line.grant.role,
        "via": line.via,
        "storage": line.place.storage or "none",
    }
    return tuple(found[column] for column in COLUMNS[by])


def title(review: Review) -> str:
    """Return the first line: whether everything was read."""
    return f"COMPLETE: {review.reason}" if review.complete else f"INCOMPLETE: {review.reason}"


def receipt(review: Review) -> str:
    """Return where the matrix comes from, in one line."""
    origin = review.origin
    seen = ", ".join(filter(None, (origin.source, origin.host, origin.tenant and f"tenant {origin.tenant}")))
    who = f", visible to {origin.identity}" if origin.identity else ""
    return f"{seen}{who}, {review.finished_at:%Y-%m-%d %H:%M UTC}"


def remarks(review: Review) -> Iterator[str]:
    """Yield what is below the matrix: the impact of a removal, what was not read, and notes."""
    if review.impact:
        yield review.impact.sentence
        yield from review.impact.details
    empty = [place.name for place in review.matrix.empty if review.view.repo in {None, place.name}]
    if empty:
        yield f"repos without grants of their own: {', '.join(empty)}"
    yield from (f"not read: {unread}" for unread in review.unread)
    yield from review.notes
