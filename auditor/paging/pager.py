"""Drift-proof paging: read a list by offset while others change it, and never call it complete without a proof.

A *survivor* is a repo that existed from the first request to the last. Two theorems prove that every survivor was seen:

- *By count* (`ledger.py`): between two passes, an empty page at offset K shows that there are at most K repos at that
  moment. An id seen before and after it existed then. If K such ids were seen, they are the entire list of that moment.
  This assumes no order at all, only that a deleted id does not come back, and that a page is empty only if no row is at
  or after its offset. A tenant without changes is proved complete in two passes.
- *By order* (`chain.py`): a page is a contiguous part of the list, so pages that share an id leave no gap for a
  survivor, and a chain of them from offset 0 to the last page saw every survivor. When and in which order they were
  served does not matter. This assumes a stable order (two repos never change places; inserts and deletes may happen
  anywhere, at any time), and that the last page is known: it shares an id with the chain, is shorter than a full page
  of this server, and reaches the total of the same answer. That holds if pages are short only at the end, or if totals
  are true; if both were seen to fail, there is no such proof. An empty page shares no id, so it does not prove the end.

The limit: a stable order can be refuted, but not proved. So the proof by order needs several consecutive passes
(`agreeing_passes`) that each reach the end, count no fewer ids than the server, and agree on the order. After one
contradiction, however early (two ids change places, an id is missing from a pass between two that saw it), only the
proof by count remains. Moves that hide a repo from every one of these passes, and are seen in none, would deceive it.
In simulated tenants designed for that, two passes were deceived in 1 of 9,000, and three in none of 500,000. Pages of
one row cannot overlap, so such a list is proved complete by count or not at all.

Rows without an id (`bad_rows.py`) have a place on their page and no part in a proof: both theorems are about ids only,
and the proof by order accepts no pass with such a row. A list with some in two consecutive passes that is otherwise
proved complete is finished, and yields each of them as an `Unread`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from auditor.errors import UnreadError
from auditor.model.unread import Unread, UnreadKind
from auditor.paging.bad_rows import BadRows
from auditor.paging.chain import Chain
from auditor.paging.ledger import Ledger
from auditor.paging.pages import FetchPage, Page, PagingFacts, Proof, Row, Run, Served, in_turn
from auditor.text import count_of

__all__ = ["FetchPage", "Page", "Pager", "PagingFacts", "Proof", "Row", "Run", "in_turn"]

_CIRCLE = 32
"""The number of consecutive pages, each further on but without a new id for the pass, that prove a loop."""


class _RefusedError(Exception):
    """Reading cannot continue."""

    def __init__(self, unread: Unread) -> None:
        self.unread = unread


@dataclass(slots=True)
class _Walk:
    """The state of one pass.

    `reach` is the offset after the last linked page, `back` how far before it to start (0: as little as possible),
    `window` how many pages to fetch concurrently, `alone` that only one is. `probing` looks for the empty page after
    the end, `sweeping` no longer links pages, `ended` is set when the last page of the list is linked, `length` is the
    offset of the empty page. `idle` counts pages without anything new.
    """

    number: int
    sweeping: bool
    reach: int = 0
    back: int = 0
    window: int = 1
    pages: int = 0
    seen: int = 0
    idle: int = 0
    length: int = 0
    alone: bool = True
    probing: bool = False
    ended: bool = False
    done: bool = False
    first_page: tuple[str | None, ...] = ()

    def step_back(self, overlap: int) -> None:
        """Start the next page twice as far back, and fetch it alone."""
        self.back = 2 * max(self.back, overlap)
        self.window = 1


class Pager:
    """Reads one list, once.

    Args:
        fetch: Fetches a page; called from the threads of `run`.
        limit: Rows to request per page.
        run: Fetches several pages.
        thing: The name of a row in messages; the plural has an `s`.
        max_passes: The most passes before giving up the proof; at most 65,535.
        agreeing_passes: The number of consecutive passes that must agree for the proof by order.
        max_pages: The most pages to read in total.
        max_rows: The most ids to keep.
    """

    def __init__(
        self,
        fetch: FetchPage,
        *,
        limit: int = 100,
        run: Run = in_turn,
        thing: str = "repo",
        max_passes: int = 6,
        agreeing_passes: int = 3,
        max_pages: int = 200_000,
        max_rows: int = 5_000_000,
    ) -> None:
        self._fetch, self._limit, self._run, self._thing = fetch, limit, run, thing
        self._max_passes, self._max_pages, self._max_rows = max_passes, max_pages, max_rows
        self._needed, self._agreeing = agreeing_passes, 0
        self._ledger, self._chain, self._bad = Ledger(), Chain(), BadRows(thing)
        self._passes = self._pages = self._size = 0
        self._total: int | None = None
        self._proof: Proof | None = None
        self._ragged = self._understated = False

    @property
    def facts(self) -> PagingFacts:
        """The facts of the run so far."""
        unseen = 0 if self._proof is Proof.EMPTY else self._ledger.missing_at_most()
        return PagingFacts(
            self._passes, self._pages, self._total, len(self._ledger), self._proof, unseen, tuple(self._notes())
        )

    def read(self) -> Iterator[Row | Unread]:
        """Yield each row when first seen, and again when seen with other content; the last one counts.

        The list is complete if no `Unread` is yielded; they are the last items.
        """
        try:
            for number in range(1, self._max_passes + 1):
                self._passes = number
                walk = _Walk(number, sweeping=not self._order_holds)
                yield from self._pass(walk)
                if self._proof or self._is_proved(walk):
                    yield from self._bad.unread()
                    return
            raise self._unsettled()
        except _RefusedError as refused:
            yield refused.unread
            yield from self._bad.unread(also_before=True)

    def _pass(self, walk: _Walk) -> Iterator[Row]:
        self._chain.begin()
        self._bad.begin()
        while not walk.done:
            plan = self._plan(walk)
            walk.alone = len(plan) == 1
            with closing(self._run(self._served, plan)) as answers:
                for offset, answer in zip(plan, answers, strict=True):
                    page = self._checked(offset, answer)
                    slots, news, fresh, clashes = self._ledger.record(page.good, walk.number)
                    yield from news
                    self._bad.note(offset, page, clashes)
                    self._watch(walk, offset, page, fresh)
                    if not self._place(walk, offset, slots, page):
                        break
                else:
                    walk.window *= 2

    @property
    def _order_holds(self) -> bool:
        """Whether nothing has contradicted a stable order so far."""
        return self._chain.broken_order is None and self._ledger.missed is None

    def _plan(self, walk: _Walk) -> Sequence[int]:
        """Return the offsets to fetch concurrently; one alone for a probe, so that it is between all other pages."""
        if walk.probing:
            return [walk.reach]
        first = max(0, walk.reach - max(walk.back, self._overlap))
        end = min(self._total or 0, first + self._stride * walk.window)
        return [first, *range(first + self._stride, end, self._stride)]

    @property
    def _overlap(self) -> int:
        """The number of rows of a page to request again: 2 %, so that a few deletes do not break the chain."""
        return min(max(1, self._size // 50), max(0, self._size - 1))

    @property
    def _stride(self) -> int:
        return max(1, min(self._size, self._limit) - self._overlap)

    def _served(self, offset: int) -> Served:
        """Fetch a page, and again if it is empty for no visible reason."""
        try:
            page = self._fetch(offset, self._limit)
            if not page.rows and (page.total is None or page.total > offset):
                page = self._fetch(offset, self._limit)
        except UnreadError as error:
            return error
        return page

    def _checked(self, offset: int, answer: Served) -> Page:
        if isinstance(answer, UnreadError):
            raise self._refused(answer.message, answer.fix, offset)
        self._pages += 1
        self._total, size = answer.total, len(answer.rows)
        self._size = max(self._size, size)
        if answer.total is not None and size and answer.total < offset + size:
            self._understated = True
        if answer.total is not None and not size and answer.total > offset:
            raise self._refused(
                f"the server reports {answer.total} {self._thing}s, but the page was empty twice", "", offset
            )
        if self._pages > self._max_pages or len(self._ledger) > self._max_rows:
            raise self._refused(
                f"the list did not end after {self._pages} pages and {len(self._ledger)} {self._thing}s"
            )
        return answer

    def _watch(self, walk: _Walk, offset: int, page: Page, fresh: int) -> None:
        """Count the page, and reject a server that repeats pages forever."""
        walk.seen += fresh
        walk.pages += 1
        if offset == 0:
            walk.first_page = page.ids
        walk.idle = 0 if fresh else walk.idle + (walk.back == 0)
        if walk.idle == _CIRCLE or (offset and any(page.ids) and page.ids == walk.first_page):
            self._check_circle(walk, offset, has_ids=any(page.ids))
        budget = 20 + 3 * max(walk.reach, self._total or 0) // self._stride
        walk.sweeping |= walk.pages > budget or self._size == 1
        walk.done = walk.pages > 2 * budget

    def _check_circle(self, walk: _Walk, offset: int, *, has_ids: bool) -> None:
        """Reject repeated pages unless the list has changed, so that its first page is a different one."""
        page = self._checked(0, self._served(0))
        if walk.idle == _CIRCLE and not has_ids:
            raise self._refused(f"{_CIRCLE} consecutive pages had no row with an id", "", offset)
        if walk.idle == _CIRCLE or walk.first_page == page.ids:
            raise self._refused("the server repeats pages of lower offsets", "", offset)

    def _place(self, walk: _Walk, offset: int, slots: list[int], page: Page) -> bool:
        """Update the pass with a page; False if the next page is not the planned one."""
        if not page.rows:
            self._vanished(walk, offset)
            return False
        if walk.probing:  # not the end: it was a short page, or repos were added in the meantime
            self._ragged = True
            walk.probing = walk.ended = False
            return False
        walk.sweeping |= not slots  # nothing on it can be linked, and stepping back brings no id
        if not walk.sweeping and not self._chain.link(slots, is_start=offset == 0):
            walk.step_back(self._overlap)
            return False
        end, total = offset + len(page.rows), page.total
        advanced = end > walk.reach or walk.back > 0
        walk.reach, walk.back = end, 0
        is_last = len(page.rows) < self._size and (total is None or total <= end)
        walk.ended = is_last and not (self._ragged and (total is None or self._understated))
        walk.probing = is_last or not advanced
        return not walk.probing

    def _vanished(self, walk: _Walk, offset: int) -> None:
        """Note an empty page."""
        if offset == 0:
            if seen := len(self._ledger) + self._bad.most:
                raise self._refused(f"the list was empty after {seen} {self._thing}s had been read from it")
            walk.done, self._proof = True, Proof.EMPTY
        elif walk.probing or (walk.sweeping and walk.alone):
            walk.done, walk.length = True, offset
            self._ledger.end(walk.number, offset)
        elif walk.sweeping:
            walk.reach, walk.probing = offset, True
        else:
            walk.step_back(self._overlap)

    def _is_proved(self, walk: _Walk) -> bool:
        """Return whether the list is proved complete after this pass, except for rows that cannot be read."""
        self._bad.end()
        is_chained = walk.ended and not walk.sweeping
        if is_chained:
            self._chain.close(walk.number)
            self._ledger.chained = walk.number
        seen = walk.seen + self._bad.count
        agrees = is_chained and self._order_holds and seen >= max(walk.length, self._total or 0)
        self._agreeing = self._agreeing + 1 if agrees else 0
        unseen = self._ledger.missing_at_most()
        if unseen is not None and unseen < 0:
            raise self._refused(f"a page was empty although there were {self._thing}s after its offset")
        if self._ledger.torn and self._ledger.torn[0] == walk.number:
            return False
        agreed = self._agreeing >= self._needed
        if self._bad.count:
            return self._bad.lasting > 0 and (agreed or (unseen is not None and unseen <= self._bad.lasting))
        by_order = Proof.ORDER if agreed and self._bad.passes_without >= self._needed else None
        self._proof = Proof.COUNT if unseen == 0 else by_order
        return self._proof is not None

    def _unsettled(self) -> _RefusedError:
        broken, torn, unseen = self._chain.broken_order, self._ledger.torn, self._ledger.missing_at_most()
        if torn and torn[0] == self._passes:
            why = f"{self._thing} {torn[1]} had two different contents within one pass"
        elif broken:
            first, second = (self._ledger.id_of(slot) for slot in broken)
            same = f"{self._thing} {first} appeared twice on one page"
            why = same if first == second else f"{self._thing}s {first} and {second} changed their order in the list"
        elif self._ledger.missed:
            why = f"{self._thing} {self._ledger.missed} was temporarily missing from the list"
        else:
            why = f"{self._thing}s were created or deleted during the run"
        most = f", at most {unseen} may be missing" if unseen else ""
        passes = count_of(self._passes, "pass", "passes")
        return self._refused(
            f"could not prove in {passes} that every {self._thing} was read{most}: {why}",
            f"run again when fewer {self._thing}s are created, changed or deleted",
        )

    def _refused(self, reason: str, fix: str = "", offset: int | None = None) -> _RefusedError:
        if offset is None:
            return _RefusedError(Unread(UnreadKind.TENANT, f"the list of {self._thing}s", reason, fix))
        what = f"{self._thing}s {offset} to {offset + self._limit - 1}"
        return _RefusedError(Unread(UnreadKind.PAGE, what, reason, fix))

    def _notes(self) -> Iterator[str]:
        if self._size < min(self._limit, len(self._ledger)):
            yield f"the server returns at most {self._size} {self._thing}s per page; {self._limit} were requested"
        if self._pages and self._total is None:
            yield f"the server does not report the number of {self._thing}s"
        if self._understated:
            yield f"the server listed more {self._thing}s than it counted"
