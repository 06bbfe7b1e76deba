"""Pages that share an id, linked into a chain, and whether the order of the list was seen to change.

A page is a contiguous part of the list at one moment. If the order of the list is stable, every repo that existed
throughout and belongs between the page's first and last id is on it. Two pages that share an id leave no gap between
their parts, whichever was served first. So the same holds for an entire chain: from the start of the list, if it
contains a page at offset 0, to the end, if it contains the last page of the list.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

_ABSENT, _LOOSE = -1, -2


class Chain:
    """The chain of one pass after another; ids are represented by their numbers in the ledger.

    Attributes:
        broken_order: Two ids that were seen in both orders, or twice the id that occurred twice in a page; None while
            the order looks stable. It is never reset.
    """

    def __init__(self) -> None:
        self.broken_order: tuple[int, int] | None = None
        self._places = array("i")
        self._order = array("i")
        self._ranks = array("i")
        self._passes = array("H")

    def begin(self) -> None:
        """Start a new chain, with no pages."""
        self._places = array("i", [_ABSENT]) * len(self._places)
        self._order = array("i")

    def link(self, slots: Sequence[int], *, is_start: bool) -> bool:
        """Add a page if it shares an id with the chain; else a page from the start of the list begins a new chain."""
        self._grow(max(slots) + 1)
        if all(self._places[slot] == _ABSENT for slot in slots):
            if not is_start:
                return False
            self.begin()
        self._append(slots, self._last_ranked(slots))
        return True

    def close(self, number: int) -> None:
        """Compare the finished chain of pass `number` with the order in earlier passes."""
        highest: dict[int, tuple[int, int]] = {}
        for rank, slot in enumerate(self._order):
            seen_in, old = self._passes[slot], (self._ranks[slot], slot)
            top = highest.setdefault(seen_in, old)
            if seen_in and old < top:
                self.broken_order = (top[1], slot)
            highest[seen_in] = max(old, top)
            self._ranks[slot], self._passes[slot] = rank, number

    def _grow(self, size: int) -> None:
        missing = size - len(self._places)
        if missing > 0:
            self._places.extend([_ABSENT] * missing)
            self._ranks.extend([0] * missing)
            self._passes.extend([0] * missing)

    def _last_ranked(self, slots: Sequence[int]) -> int:
        """Return the index of the page's last id with a place in the chain, or -1; note ids out of order."""
        if len(set(slots)) < len(slots):
            twice = next(slot for slot in slots if slots.count(slot) > 1)
            self.broken_order = (twice, twice)
        last, highest = -1, -1
        for index, slot in enumerate(slots):
            place = self._places[slot]
            if place < 0:
                continue
            if place < highest:
                self.broken_order = (self._order[highest], slot)
            last, highest = index, max(place, highest)
        return last

    def _append(self, slots: Sequence[int], last: int) -> None:
        """Assign places to the ids after the last ranked one; those before it were inserted and get no place."""
        for slot in slots[: last + 1]:
            if self._places[slot] == _ABSENT:
                self._places[slot] = _LOOSE
        tail = slots[last + 1 :]
        if tail and last >= 0:
            self._cut(self._places[slots[last]] + 1)
        for slot in tail:
            if self._places[slot] < 0:
                self._places[slot] = len(self._order)
                self._order.append(slot)

    def _cut(self, length: int) -> None:
        """Remove the places after this one: their ids are gone, or occur again later."""
        for slot in self._order[length:]:
            self._places[slot] = _LOOSE
        del self._order[length:]
