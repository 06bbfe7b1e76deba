"""Threads that fetch pages: answers in order, no more threads than allowed, and no new request after the end."""

from __future__ import annotations

import threading

import pytest

from auditor.errors import InvalidError
from auditor.paging.pages import Page, Workers

PATIENCE = 10
"""Seconds after which a page is served although the test that controls it has failed."""


def page(offset):
    return Page(((str(offset), {"id": str(offset)}),), None)


class Stalling:
    """Serves every tenth page immediately, and the others once `go` is set; records which requests began and ended."""

    def __init__(self):
        self.begun, self.served, self.go = [], [], threading.Event()
        self._stalled = threading.Semaphore(0)
        self._before = set(threading.enumerate())

    def fetch(self, offset):
        self.begun.append(offset)
        if offset % 10:
            self._stalled.release()
            self.go.wait(PATIENCE)
        self.served.append(offset)
        return page(offset)

    def occupy(self, workers):
        """Return two runs that occupy three workers with pages 1, 2 and 11, so that page 12 has to wait for one."""
        runs = [workers.run(self.fetch, offsets) for offsets in ([0, 1, 2], [10, 11, 12])]
        assert [next(run) for run in runs] == [page(0), page(10)]
        assert all(self._stalled.acquire(timeout=PATIENCE) for _ in range(3))
        return runs

    def threads(self):
        return set(threading.enumerate()) - self._before

    def finish(self):
        """Let all pages continue, and wait until no thread is left."""
        self.go.set()
        for thread in self.threads():
            thread.join()


def test_answers_come_in_the_requested_order_even_if_a_later_page_is_served_first():
    later = threading.Event()

    def fetch(offset):
        if offset == 0:
            later.wait(PATIENCE)
        else:
            later.set()
        return page(offset)

    with Workers(2) as workers:
        assert list(workers.run(fetch, [0, 1])) == [page(0), page(1)]


def test_pages_are_begun_only_as_far_ahead_as_there_are_workers():
    offsets = iter(range(10))
    with Workers(3) as workers:
        assert next(workers.run(page, offsets)) == page(0)
    assert next(offsets) == 3


def test_an_error_is_raised_where_its_page_would_have_come():
    def fetch(offset):
        if offset == 1:
            raise InvalidError("no such endpoint")
        return page(offset)

    with Workers(4) as workers:
        pages = workers.run(fetch, range(4))
        assert next(pages) == page(0)
        with pytest.raises(InvalidError, match="no such endpoint"):
            next(pages)


def test_all_runs_together_have_no_more_threads_than_workers_and_the_threads_say_what_they_are_for():
    stalling = Stalling()
    with Workers(3) as workers:
        runs = stalling.occupy(workers)
        assert {thread.name for thread in stalling.threads()} == {"page_0", "page_1", "page_2"}
        stalling.go.set()
        assert [list(run) for run in runs] == [[page(1), page(2)], [page(11), page(12)]]
    stalling.finish()


def test_of_a_run_that_is_closed_no_page_is_begun_any_more():
    stalling = Stalling()
    with Workers(3) as workers:
        _, run = stalling.occupy(workers)
        run.close()
        stalling.go.set()
        assert list(workers.run(stalling.fetch, [20])) == [page(20)]  # begun after all that were waiting
    stalling.finish()
    assert 12 not in stalling.begun


def test_closing_the_workers_waits_for_no_page_and_starts_no_waiting_one():
    stalling = Stalling()
    with Workers(3) as workers:
        _runs = stalling.occupy(workers)  # kept, as a run that is closed cancels its own pages
    served_by_then = sorted(stalling.served)
    stalling.finish()
    assert served_by_then == [0, 10]
    assert sorted(stalling.served) == [0, 1, 2, 10, 11]
