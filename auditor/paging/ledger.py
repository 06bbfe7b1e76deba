"""What a pager keeps of each row: its id, a digest, and the passes that saw it.

The ledger also contains the *proof by count*, which assumes nothing about the order of the list. A deleted id never
comes back, so an id seen both before and after a moment existed at that moment. If an empty page at offset K was
returned at that moment, there were at most K ids. So if K ids were seen both before and after it, they were the entire
list, and a repo that existed throughout is one of them.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

import orjson

from auditor.model.values import Json
from auditor.paging.pages import Row

_DIGEST = 16


class Sighting(NamedTuple):
    """The result of one page.

    Attributes:
        slots: The number of each row's id in the ledger, in the order served.
        news: The rows that are new, or have new content.
        fresh: The number of ids that this pass had not read before.
        clashes: The ids that this pass saw as a number and as text; only the first row counts.
    """

    slots: list[int]
    news: list[Row]
    fresh: int
    clashes: list[str]


class Ledger:
    """The ids seen so far, each with the digest of its last row and the first and the last pass that saw it.

    Attributes:
        torn: The pass and the id of the last row that had two contents within one pass, if any.
        chained: The last pass that was a chain from the start of the list to its end; set by the pager, 0 if none.
        missed: An id that was missing from a chained pass between two that saw it, if any: no stable order allows that.
    """

    def __init__(self) -> None:
        self.torn: tuple[int, str] | None = None
        self.chained = 0
        self.missed: str | None = None
        self._slots: dict[str, int] = {}
        self._digests = bytearray()
        self._first = array("H")
        self._last = array("H")
        self._numeric = bytearray()
        self._spans: Counter[tuple[int, int]] = Counter()
        self._ends: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def record(self, rows: Iterable[Row], number: int) -> Sighting:
        """Enter the rows of a page that pass `number` read."""
        slots, news, clashes, fresh = [], [], [], 0
        for name, row in rows:
            digest = _digest(row)
            slot, numeric = self._slots.setdefault(name, len(self._first)), type(row.get("id")) is int
            again = slot < len(self._first) and self._last[slot] == number
            if again and self._numeric[slot] != numeric:
                clashes.append(name)
                continue
            slots.append(slot)
            if slot == len(self._first):
                self._open(digest, number, numeric=numeric)
                news.append((name, row))
                fresh += 1
                continue
            fresh += not again
            if not again:
                self._extend(slot, number, is_same=self._numeric[slot] == numeric)
                self._numeric[slot] = numeric
                self.missed = name if self._first[slot] == number else self.missed
            if self._changed(slot, digest):
                news.append((name, row))
                self.torn = (number, name) if again else self.torn
        return Sighting(slots, news, fresh, clashes)

    def end(self, number: int, offset: int) -> None:
        """Note that after all pages of pass `number`, and before those of the next, a page at `offset` was empty."""
        self._ends[number] = offset

    def missing_at_most(self) -> int | None:
        """The most repos that existed throughout and may be unseen, by count.

        0 is the proof, None is no evidence; less than 0 means that a page was empty although more ids existed.
        """
        spans = self._spans.items()
        return min(
            (
                length - sum(n for (first, last), n in spans if first <= end < last)
                for end, length in self._ends.items()
            ),
            default=None,
        )

    def id_of(self, slot: int) -> str:
        """Return the id with this number; slow, for messages only."""
        return next(name for name, number in self._slots.items() if number == slot)

    def _open(self, digest: bytes, number: int, *, numeric: bool) -> None:
        self._digests += digest
        self._numeric.append(numeric)
        self._first.append(number)
        self._last.append(number)

    def _extend(self, slot: int, number: int, *, is_same: bool) -> None:
        first, last = self._first[slot], self._last[slot]
        # Moved, absent for a while, or `3` instead of "3", maybe another row: it may not have existed all the time.
        if last < self.chained or not is_same:
            self._first[slot] = first = number
        else:
            self._spans[first, last] -= 1
        self._spans[first, number] += 1
        self._last[slot] = number

    def _changed(self, slot: int, digest: bytes) -> bool:
        place = slice(slot * _DIGEST, (slot + 1) * _DIGEST)
        if self._digests[place] == digest:
            return False
        self._digests[place] = digest
        return True


def _digest(row: dict[str, Json]) -> bytes:
    try:
        text = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # integers over 64 bits and lone surrogates, which another decoder may accept
        text = json.dumps(row, sort_keys=True).encode()
    return blake2b(text, digest_size=_DIGEST).digest()
