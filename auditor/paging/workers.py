"""Several pages at once, in order and in a bounded window."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from auditor.paging.pages import Served


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
