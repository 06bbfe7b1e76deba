"""The types of paging: pages, functions that fetch them, and the facts of a run."""

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
"""A repo in the server's list: its id and the row."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """An item of a page that cannot be read as a row with an id, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the server.

    Attributes:
        rows: Each repo's id and row, or why there is none, in the order served.
        total: The number of repos that the server reports; None if unknown.
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
    """The proof that every repo was seen."""

    EMPTY = "empty"
    COUNT = "count"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class PagingFacts:
    """The pages and passes of a run, for the receipt.

    Attributes:
        passes: The number of passes that began.
        pages: The number of pages that were read and used.
        total: The last total that the server reported; None if unknown.
        ids: The number of distinct repos.
        proof: Why the list is complete; None while that is not proved.
        missing_at_most: The most repos that existed throughout and may be unseen by count, whatever the proof by order
            says; None if nothing is known yet, less than 0 if the server contradicted itself.
        notes: Oddities of the server, one sentence each.
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
        """Create threads as needed, at most `count`."""
        self._count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="page")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Pending requests end at the deadline; waiting for them would delay a stop by a signal.
        self._pool.shutdown(wait=False, cancel_futures=True)

    def run(self, fetch: Callable[[int], Served], offsets: Iterable[int]) -> Generator[Served, None, None]:
        """Fetch pages, at most `count` of them ahead of the next one to yield."""
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
