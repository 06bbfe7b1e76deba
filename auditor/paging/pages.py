"""The types of paging: pages, how they are fetched, and the result of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeAlias

from auditor.errors import UnreadError
from auditor.model.values import Json

Row: TypeAlias = tuple[str, dict[str, Json]]
"""A repo as the server lists it: its id and the row."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """An item of a page that cannot be read as a row with an id, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the server.

    Attributes:
        rows: Each repo's id and row, or why there is none, in the order served.
        total: How many repos the server reports; None if unknown.
    """

    rows: tuple[Row | BadRow, ...]
    total: int | None

    @property
    def good(self) -> list[Row]:
        """The rows that have an id."""
        return [row for row in self.rows if not isinstance(row, BadRow)]

    @property
    def ids(self) -> tuple[str | None, ...]:
        """The id of each row in the order served, None for a bad one."""
        return tuple(None if isinstance(row, BadRow) else row[0] for row in self.rows)


FetchPage: TypeAlias = Callable[[int, int], Page]
"""Fetch `(offset, limit)`; raises `UnreadError` if the page could not be read completely."""

Served: TypeAlias = Page | UnreadError
"""A page, or why there is none."""

Run: TypeAlias = Callable[[Callable[[int], Served], Iterable[int]], Generator[Served, None, None]]
"""An ordered, bounded, lazy map, to fetch several pages concurrently.

It may start pages ahead and in any order, but gives the answers in order. It is closed early when a page is not what
was expected; from then on it must not start another.
"""


def in_turn(fetch: Callable[[int], Served], offsets: Iterable[int]) -> Generator[Served, None, None]:
    """Fetch one page after another: the `Run` without concurrency."""
    for offset in offsets:
        yield fetch(offset)


class Proof(StrEnum):
    """Why it is known that every repo was seen."""

    EMPTY = "empty"
    COUNT = "count"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class PagingFacts:
    """The pages and passes of a run, for the receipt.

    Attributes:
        passes: Passes begun.
        pages: Pages read; those fetched ahead in vain are not counted.
        total: The last total that the server reported; None if unknown.
        ids: Different repos seen.
        proof: Why the list is complete; None while that is not proven.
        missing_at_most: How many repos that existed throughout may be unseen according to the counts (the proof by
            order does not count); None if nothing is known yet, less than 0 if the server contradicted itself.
        notes: Peculiarities of the server, a sentence each.
    """

    passes: int
    pages: int
    total: int | None
    ids: int
    proof: Proof | None
    missing_at_most: int | None
    notes: tuple[str, ...]


class Workers:
    """Threads that fetch pages; an error in one of them is raised where its page would have come."""

    def __init__(self, count: int) -> None:
        """Make as many threads as are needed, at most `count`."""
        self._count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="page")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Requests that are still under way end with the deadline; waiting for them would delay a stop by a signal.
        self._pool.shutdown(wait=False, cancel_futures=True)

    def run(self, fetch: Callable[[int], Served], offsets: Iterable[int]) -> Generator[Served, None, None]:
        """Fetch pages, at most `count` of them ahead of the one that is given next."""
        ahead: deque[Future[Served]] = deque()
        try:
            for offset in offsets:
                ahead.append(self._pool.submit(fetch, offset))
                if len(ahead) >= self._count:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for page in ahead:
                page.cancel()
