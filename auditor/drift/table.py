"""Drift as a table for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from auditor.drift.values import Access, Difference, Drift, Kind
from auditor.text import no_commands, visible

_HEAD = ("drift", "what", "field", "declared", "live", "declared at")
_GAP = 2
_NARROW = 10


def render_table(drift: Drift, width: int) -> Iterator[str]:
    """Return a comparison as text of about `width` columns; nothing is cut off, long cells are wrapped."""
    from tabulate import tabulate  # noqa: PLC0415 - only this format needs it

    rows = [tuple(map(visible, _cells(each))) for each in drift.differences]
    if rows:
        widths = _widths([_HEAD, *rows], width)
        table = tabulate(rows, _HEAD, tablefmt="simple", disable_numparse=True, maxcolwidths=widths)
        yield no_commands("\n".join(line.rstrip() for line in table.splitlines()) + "\n")
    for remark in _remarks(drift):
        # A line could come to start with `::`, which CI runners obey.
        safe = visible(remark).replace("::", r":\x3a")
        yield "\n" + textwrap.fill(safe, width, subsequent_indent="  ", break_on_hyphens=False) + "\n"


def _cells(each: Difference) -> tuple[str, ...]:
    place = each.location
    where = f"{place.file}:{place.line}:{place.column}" if place else ""
    certain = "" if each.certain else "?"
    return f"{_word(each)}{certain}", f"{each.type} {each.name}", each.field, each.declared, each.live, where


def _word(each: Difference) -> str:
    if each.kind is not Kind.DIFFERS or each.access is None:
        return each.kind.value
    return "access lost" if each.access is Access.LOST else "access gained"


def _widths(rows: list[tuple[str, ...]], width: int) -> list[int]:
    """Return the width of each column: of its longest cell where that fits, else of a fair share of the rest."""
    needs = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    room = max(width - _GAP * (len(_HEAD) - 1), _NARROW * len(_HEAD))
    while sum(needs) > room and max(needs[:-1]) > _NARROW:  # a place stays whole, so that it can be clicked
        needs[needs.index(max(needs[:-1]))] -= 1
    return needs


def _remarks(drift: Drift) -> Iterator[str]:
    if not all(each.certain for each in drift.differences):
        yield "? means that the rest may be in what was not seen"
    if any(each.kind is Kind.SURFACE for each in drift.differences):
        yield "surface means the same access, granted in another place; nobody gains or loses it"
    if drift.left_out:
        yield (
            f"{drift.left_out} live repos that no file declares, and such role bindings about no declared repo, "
            "were left out (--declared-only)"
        )
    yield from (f"not seen of what is declared: {unread}" for unread in drift.declared.unread)
    yield from (f"not seen of what is live: {unread}" for unread in drift.live.unread)
    origin = drift.live.origin
    seen = ", ".join(filter(None, (origin.source, origin.host, origin.tenant and f"tenant {origin.tenant}")))
    who = f", as seen by {origin.identity}" if origin.identity else ""
    files = drift.declared.origin.files
    yield f"{files} file{'' if files == 1 else 's'} against {seen}{who}, {drift.finished_at:%Y-%m-%d %H:%M UTC}"
    word = {0: "NO DRIFT", 1: "DRIFT"}.get(drift.verdict.exit_code, "INCOMPLETE")
    yield f"{word}: {drift.verdict.reason}"
