"""Pages that share an id, linked into a chain; and every hint that the order of the list is not stable.

A page is an unbroken stretch of the list at one moment. If the order of the list is stable, every repo that existed
throughout and belongs between the page's first and last id stands on it. Two pages that share an id leave no gap
between their stretches, whichever was served first, so the same holds of a whole chain: from the start of the list, if
a page at offset 0 is in it, to the end, if the last page of the list is.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

_NONE = -1


class Chain:
    """The linked pages of one pass after another; ids are the numbers that the ledger gave them."""

    def __init__(self) -> None:
        self._number = 0
        self._linked = array("i")

    def begin(self) -> None:
        """Start a new chain, with no pages."""
        self._number += 1

    def link(self, slots: Sequence[int], *, is_start: bool) -> bool:
        """Add a page if it shares an id with the chain; a page from the start of the list begins a new one if not."""
        self._linked.extend([0] * (max(slots) + 1 - len(self._linked)))
        if all(self._linked[slot] != self._number for slot in slots):
            if not is_start:
                return False
            self.begin()
        for slot in slots:
            self._linked[slot] = self._number
        return True


class Order:
    """Which id was ever seen right before which; in a stable order there is no circle in that.

    That holds whenever the pages were served. Neighbours on a page existed at the same time, and every id exists for one
    stretch of time. Where such stretches overlap in a circle of four or more, two that are not neighbours overlap too,
    and their order makes a smaller circle; three that overlap in pairs share a moment, and no list stands in a circle.

    Attributes:
        broken: Two ids that were seen in both orders, directly or by way of others; twice the id that stood on one page
            twice. None while the order looks stable; never forgotten.
    """

    def __init__(self) -> None:
        self.broken: tuple[int, int] | None = None
        self._next = array("i")
        self._more: set[tuple[int, int]] = set()
        self._needs_check = False

    def note(self, slots: Sequence[int]) -> None:
        """Enter a page, linked or not."""
        if self.broken is not None or not slots:
            return
        if len(set(slots)) < len(slots):
            twice = next(slot for slot in slots if slots.count(slot) > 1)
            self.broken = (twice, twice)
        self._next.extend([_NONE] * (max(slots) + 1 - len(self._next)))
        for before, after in pairwise(slots):
            known = self._next[before]
            if known == after or (before, after) in self._more:
                continue
            if known == _NONE:
                self._next[before] = after
            else:
                self._more.add((before, after))
            # Ids are numbered as they are first seen: while all pairs ascend there is no circle.
            self._needs_check |= after < before

    def check(self) -> None:
        """Look for a circle, in time proportional to the ids."""
        if self._needs_check and self.broken is None:
            self.broken = self._circle()

    def _pairs(self) -> Iterator[tuple[int, int]]:
        return chain(((before, after) for before, after in enumerate(self._next) if after != _NONE), self._more)

    def _circle(self) -> tuple[int, int] | None:
        """Take away ids that nothing precedes until none is left; what stays lies on a circle or after one."""
        more = defaultdict(list)
        for before, after in self._more:
            more[before].append(after)
        preceding = array("i", [0]) * len(self._next)
        for _, after in self._pairs():
            preceding[after] += 1
        free = [slot for slot, count in enumerate(preceding) if not count]
        for slot in free:  # grows while it is walked
            for after in (self._next[slot], *more.get(slot, ())):
                if after != _NONE:
                    preceding[after] -= 1
                    if not preceding[after]:
                        free.append(after)
        if len(free) == len(preceding):
            return None
        return self._pair_in_circle({slot for slot, count in enumerate(preceding) if count})

    def _pair_in_circle(self, left: set[int]) -> tuple[int, int]:
        """Walk back until an id comes again: from there on the walk went in a circle."""
        previous = {after: before for before, after in self._pairs() if before in left and after in left}
        slot, walked = next(iter(previous)), set()
        while slot not in walked:
            walked.add(slot)
            slot = previous[slot]
        return previous[slot], slot
