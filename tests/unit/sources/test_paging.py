"""The hazards of paging, one test each (A01 to A18 of the hazard list that concern the pager)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random

import pytest

from auditor.errors import InvalidError, UnreadError
from auditor.model.unread import Unread, UnreadKind
from auditor.paging.chain import Chain
from auditor.paging.ledger import Ledger
from auditor.paging.pager import Page, Pager, PagingFacts, Proof
from auditor.paging.pages import BadRow


class Server:
    """Serves `ids`, correctly unless a subclass or argument changes that; counts the requests."""

    def __init__(self, size: int, **lies) -> None:
        self.ids = [f"r{n}" for n in range(size)]
        self.cap = lies.get("cap", 1000)
        self.count: Callable[[int], int | None] = lies.get("count", int)
        self.asked: list[int] = []
        self.before: dict[int, Callable[[], None]] = {}
        self.version: dict[str, int] = {}

    def fetch(self, offset: int, limit: int) -> Page:
        self.asked.append(offset)
        self.before.get(len(self.asked), lambda: None)()
        return self.answer(offset, limit)

    def answer(self, offset: int, limit: int) -> Page:
        names = self.ids[offset : offset + min(limit, self.cap)]
        return self.page(names)

    def page(self, names) -> Page:
        return Page(tuple((name, {"v": self.version.get(name, 0)}) for name in names), self.count(len(self.ids)))


def read(server: Server, limit: int = 10, **options) -> tuple[list[tuple[str, int]], list[Unread], PagingFacts]:
    pager = Pager(server.fetch, limit=limit, **options)
    items = list(pager.read())
    unread = [item for item in items if isinstance(item, Unread)]
    assert items[len(items) - len(unread) :] == unread, "an Unread is the last item"
    return [(item[0], item[1]["v"]) for item in items if not isinstance(item, Unread)], unread, pager.facts


def names(rows) -> list[str]:
    return [name for name, _ in rows]


@pytest.mark.parametrize("size", [1, 2, 9, 10, 11, 19, 20, 100, 101])
@pytest.mark.parametrize("limit", [1, 2, 10, 100])
def test_a_quiet_tenant_is_read_once_and_proven_by_count(size, limit):
    server = Server(size)
    rows, unread, facts = read(server, limit)
    assert names(rows) == server.ids
    assert unread == []
    assert (facts.passes, facts.total, facts.ids, facts.proof, facts.missing_at_most) == (2, size, size, Proof.COUNT, 0)
    assert facts.pages == len(server.asked)


def test_rows_stream_before_the_next_page_is_fetched():
    server = Server(30)
    items = Pager(server.fetch, limit=10).read()
    assert names(itertools.islice(items, 10)) == server.ids[:10]
    assert server.asked == [0]


def test_an_empty_tenant_takes_one_request():
    server = Server(0)
    rows, unread, facts = read(server)
    assert (rows, unread, facts.proof, facts.missing_at_most, server.asked) == ([], [], Proof.EMPTY, 0, [0])


def test_an_empty_tenant_without_a_total_is_requested_twice():
    server = Server(0, count=lambda _: None)
    _, unread, facts = read(server)
    assert (unread, facts.proof, server.asked) == ([], Proof.EMPTY, [0, 0])


def test_a_list_that_empties_under_the_reader_is_refused():
    server = Server(30)
    server.before[6] = server.ids.clear
    _, [unread], facts = read(server)
    assert unread.kind is UnreadKind.TENANT
    assert "empty after 30 repos" in unread.reason
    assert facts.proof is None


# A01, A02: deletes and inserts before the offset


@pytest.mark.parametrize("count", range(11))
@pytest.mark.parametrize("request_number", range(2, 8))
def test_deletes_before_the_offset_lose_nothing(count, request_number):
    server = Server(60)
    server.before[request_number] = lambda: server.ids.__delitem__(slice(count))
    rows, unread, facts = read(server)
    assert unread == []
    assert set(server.ids) <= set(names(rows))
    assert facts.proof


@pytest.mark.parametrize("count", range(11))
@pytest.mark.parametrize("request_number", range(2, 8))
def test_inserts_before_the_offset_repeat_nothing(count, request_number):
    server = Server(60)
    server.before[request_number] = lambda: server.ids.__setitem__(slice(0), [f"new{n}" for n in range(count)])
    rows, unread, _ = read(server)
    assert unread == []
    assert sorted(names(rows)) == sorted(server.ids)


def test_it_steps_back_twice_as_far_each_time_until_pages_share_an_id():
    server = Server(60)
    server.before[3] = lambda: server.ids.__delitem__(slice(8))
    read(server)
    assert server.asked[:6] == [0, 9, 18, 17, 15, 11]


# A03, A04: an order that changes


def test_a_repo_that_moves_to_the_front_is_seen_and_the_order_no_longer_trusted():
    server = Server(60)
    server.before[4] = lambda: server.ids.insert(0, server.ids.pop(50))
    server.before[12] = lambda: server.ids.insert(0, server.ids.pop(5))
    rows, unread, facts = read(server)
    assert unread == []
    assert sorted(names(rows)) == sorted(server.ids)
    assert facts.proof is Proof.COUNT


def test_a_new_order_for_each_request_is_refused_and_named():
    class Shuffled(Server):
        def answer(self, offset: int, limit: int) -> Page:
            Random(len(self.asked)).shuffle(self.ids)
            return super().answer(offset, limit)

    _, [unread], facts = read(Shuffled(60))
    assert unread.kind is UnreadKind.TENANT
    assert "could not prove in 6 passes" in unread.reason
    assert "changed their order in the list" in unread.reason
    assert unread.fix
    assert facts.proof is None


def test_churn_that_never_ends_is_proven_by_order():
    class Churning(Server):
        def answer(self, offset: int, limit: int) -> Page:
            if len(self.asked) % 2 == 0:
                self.ids.pop(3)
                self.ids.append(f"new{len(self.asked)}")
            return super().answer(offset, limit)

    server = Churning(60)
    survivors = set(server.ids)
    rows, unread, facts = read(server)
    assert unread == []
    assert facts.proof is Proof.ORDER
    assert facts.passes >= 3
    assert survivors & set(server.ids) <= set(names(rows))


@pytest.mark.parametrize(("count", "proof"), [(int, Proof.ORDER), (lambda _: None, None), (lambda _: 10, None)])
def test_where_pages_are_short_and_totals_tell_nothing_the_order_proves_nothing(count, proof):
    """The same changes, but a page in the middle is short, so a short page need not be the last one."""

    class Ragged(Server):
        def answer(self, offset: int, limit: int) -> Page:
            if len(self.asked) % 2 == 0:
                self.ids.pop(3)
                self.ids.append(f"new{len(self.asked)}")
            return super().answer(offset, 5 if offset in {8, 9} else limit)

    _, unread, facts = read(Ragged(60, count=count))
    assert facts.proof is proof
    assert bool(unread) == (proof is None)


def test_one_change_of_order_leaves_only_the_proof_by_count():
    class Churning(Server):
        def answer(self, offset: int, limit: int) -> Page:
            if len(self.asked) == 6:
                self.ids.insert(0, self.ids.pop(5))  # read before, so the next pass sees that it moved
            if len(self.asked) % 2 == 0:
                self.ids.pop(3)
                self.ids.append(f"new{len(self.asked)}")
            return super().answer(offset, limit)

    _, [unread], facts = read(Churning(60))
    assert "changed their order in the list" in unread.reason
    assert facts.missing_at_most > 0
    assert facts.proof is None


@pytest.mark.parametrize(
    ("passes", "broken"),
    [
        pytest.param([[[0, 1, 2], [2, 3]], [[0, 1, 2], [2, 3]]], None, id="same"),
        pytest.param([[[0, 1, 2], [1, 4, 2, 3]], [[0, 4, 2], [2, 3]]], None, id="insert in the overlap"),
        pytest.param([[[0, 1, 2], [1, 4, 5], [5, 2, 3]], [[0, 4, 2, 3]]], None, id="a page of inserts in the overlap"),
        pytest.param([[[0, 1, 2], [2, 1, 3]]], {1, 2}, id="in an overlap"),
        pytest.param([[[0, 1, 2, 3]], [[0, 3, 1, 2]]], {2, 3}, id="between passes"),
        pytest.param([[[0, 1, 2]], [[0, 2]], [[1, 0]]], None, id="a pass that the other id was missing from"),
        pytest.param([[[0, 1, 2, 1]]], {1}, id="twice on a page"),
    ],
)
def test_a_chain_notes_when_ids_change_places(passes, broken):
    chain = Chain()
    for number, pages in enumerate(passes, start=1):
        chain.begin()
        for index, slots in enumerate(pages):
            assert chain.link(slots, is_start=index == 0)
        chain.close(number)
    assert (set(chain.broken_order) if chain.broken_order else None) == broken


def test_a_repo_missing_from_a_chain_between_two_that_saw_it_contradicts_the_order():
    ledger = Ledger()
    for number, ids in enumerate(["abc", "ac", "abc"], start=1):
        ledger.record([(name, {}) for name in ids], number)
        assert ledger.missed == ("b" if number == 3 else None)
        ledger.chained = number


def test_a_repo_that_hides_for_a_pass_leaves_only_the_proof_by_count():
    class Churning(Server):
        def answer(self, offset: int, limit: int) -> Page:
            if offset == 0:
                passes = self.asked.count(0)
                self.ids = [name for name in self.ids if name != "r40"] if passes == 2 else self.ids
                self.ids = [*self.ids, "r40"] if passes == 3 else self.ids
            if len(self.asked) % 2 == 0:
                self.ids.pop(3)
                self.ids.append(f"new{len(self.asked)}")
            return super().answer(offset, limit)

    _, [unread], facts = read(Churning(60))
    assert "repo r40 was temporarily missing from the list" in unread.reason
    assert facts.proof is None


def test_a_chain_takes_only_pages_that_share_an_id_or_start_the_list():
    chain = Chain()
    assert chain.link([0, 1], is_start=True)
    assert not chain.link([2, 3], is_start=False)
    assert chain.link([1, 2], is_start=False)
    assert chain.link([7, 8], is_start=True)
    assert not chain.link([2, 3], is_start=False)


# A05, A06: fewer rows than asked for


@pytest.mark.parametrize("cap", [1, 2, 5, 9])
def test_a_server_that_caps_the_limit_is_read_by_what_it_gives(cap):
    server = Server(40, cap=cap)
    rows, unread, facts = read(server)
    assert (names(rows), unread, facts.proof) == (server.ids, [], Proof.COUNT)
    assert facts.notes == (f"the server returns at most {cap} repos per page; 10 were requested",)


@pytest.mark.parametrize("count", [int, lambda _: None, lambda size: size // 2])
def test_short_pages_in_the_middle_are_not_the_end(count):
    class Ragged(Server):
        def answer(self, offset: int, limit: int) -> Page:
            return super().answer(offset, 1 + len(self.asked) * 7 % limit)

    server = Ragged(60, count=count)
    rows, unread, facts = read(server)
    assert (sorted(names(rows)), unread, facts.proof) == (sorted(server.ids), [], Proof.COUNT)


# A07, A08, A10, A11: pages and totals that contradict each other


def test_an_empty_page_before_the_total_is_requested_again():
    class Hiccup(Server):
        def answer(self, offset: int, limit: int) -> Page:
            return self.page([]) if len(self.asked) == 3 else super().answer(offset, limit)

    server = Hiccup(60)
    rows, unread, _ = read(server)
    assert (names(rows), unread, server.asked[2:4]) == (server.ids, [], [18, 18])


def test_a_lasting_hole_before_the_total_is_refused():
    class Hole(Server):
        def answer(self, offset: int, limit: int) -> Page:
            return self.page([]) if offset >= 18 else super().answer(offset, limit)

    _, [unread], facts = read(Hole(60))
    assert (unread.kind, unread.what) == (UnreadKind.PAGE, "repos 18 to 27")
    assert "reports 60 repos, but the page was empty twice" in unread.reason
    assert facts.proof is None


def test_a_total_that_changes_takes_another_pass():
    server = Server(60)
    server.before[5] = lambda: server.ids.append("late")
    server.before[6] = lambda: server.ids.remove("r0")
    rows, unread, facts = read(server)
    assert unread == []
    assert "late" in names(rows)
    assert facts.total == 60


def test_an_unknown_total_is_proven_by_an_empty_page():
    server = Server(60, count=lambda _: None)
    rows, unread, facts = read(server)
    assert (names(rows), unread, facts.proof, facts.total) == (server.ids, [], Proof.COUNT, None)
    assert facts.notes == ("the server does not report the number of repos",)


@pytest.mark.parametrize("total", [0, 1, 10, 30, 59])
def test_a_total_that_is_too_low_hides_nothing(total):
    server = Server(60, count=lambda _: total)
    rows, unread, facts = read(server)
    assert (names(rows), unread) == (server.ids, [])
    assert facts.notes == ("the server listed more repos than it counted",)


@pytest.mark.parametrize("total", [61, 70, 1000, 2**52])
def test_a_total_that_is_too_high_is_refused(total):
    _, [unread], facts = read(Server(60, count=lambda _: total))
    assert unread.kind is UnreadKind.PAGE
    assert f"reports {total} repos" in unread.reason
    assert facts.proof is None


def test_no_repos_but_a_total_is_refused():
    _, [unread], _ = read(Server(0, count=lambda _: 5))
    assert unread.what == "repos 0 to 9"


def test_repos_that_vanish_and_come_back_are_refused():
    class Flickering(Server):
        def answer(self, offset: int, limit: int) -> Page:
            if len(self.asked) == 3:
                self.all, self.ids = self.ids, self.ids[:5]
            page = super().answer(offset, limit)
            if offset == 5 and not page.rows:
                self.ids = self.all
            return page

    rows, [unread], facts = read(Flickering(20))
    assert len(rows) == 20
    assert "a page was empty although there were repos after its offset" in unread.reason
    assert facts.proof is None


# A12, A13, A14: lists without an end


@pytest.mark.parametrize("size", [1, 2, 10])
@pytest.mark.parametrize("total", [None, 1, 10, 500])
def test_a_server_that_ignores_the_offset_is_refused_within_three_requests(size, total):
    class Stuck(Server):
        def answer(self, offset: int, limit: int) -> Page:
            return self.page(self.ids)

    server = Stuck(size, count=lambda _: total)
    _, [unread], facts = read(server)
    assert len(server.asked) <= 3
    assert "repeats pages" in unread.reason
    assert facts.proof is None


def test_pages_that_go_in_a_circle_are_refused():
    class Circle(Server):
        def answer(self, offset: int, limit: int) -> Page:
            return self.page([f"{'abc'[len(self.asked) % 3]}{n}" for n in range(limit)])

    server = Circle(0, count=lambda _: None)
    _, [unread], facts = read(server)
    assert len(server.asked) < 120
    assert "repeats pages" in unread.reason
    assert facts.proof is None


@pytest.mark.parametrize(("options", "most"), [({"max_pages": 50}, 52), ({"max_rows": 200}, 60)])
def test_endless_fresh_repos_end_at_a_ceiling(options, most):
    class Endless(Server):
        def answer(self, offset: int, limit: int) -> Page:
            return self.page([f"r{n}" for n in range(offset, offset + limit)])

    server = Endless(0, count=lambda _: 10**9)
    _, [unread], facts = read(server, **options)
    assert unread.kind is UnreadKind.TENANT
    assert "the list did not end" in unread.reason
    assert len(server.asked) < most
    assert facts.proof is None


# A15: contents


def test_a_repo_that_changes_between_passes_is_yielded_again():
    server = Server(30)
    server.before[6] = lambda: server.version.update(r3=1)
    rows, unread, _ = read(server)
    assert unread == []
    assert [version for name, version in rows if name == "r3"] == [0, 1]
    assert len(rows) == 31


def test_two_contents_within_a_pass_take_another_pass():
    server = Server(30)
    server.before[7] = lambda: server.version.update(r9=1)  # the second page of the second pass starts with r9
    rows, unread, facts = read(server)
    assert unread == []
    assert (rows[30:], facts.passes) == ([("r9", 1)], 3)


def test_contents_that_differ_in_every_pass_are_refused():
    class Torn(Server):
        def answer(self, offset: int, limit: int) -> Page:
            self.version["r9"] = len(self.asked)
            return super().answer(offset, limit)

    _, [unread], facts = read(Torn(30))
    assert "repo r9 had two different contents within one pass" in unread.reason
    assert facts.missing_at_most == 0
    assert facts.proof is None


def test_a_repo_twice_on_a_page_is_refused():
    server = Server(30)
    server.ids.insert(5, "r2")
    _, [unread], facts = read(server)
    assert "repo r2 appeared twice on one page" in unread.reason
    assert "at most 1 may be missing" in unread.reason
    assert facts.proof is None


def test_rows_that_only_another_decoder_would_let_through_are_compared_too():
    rows = (("a", {"v": 2**70}), ("b", {"v": "\ud800"}))
    pager = Pager(lambda offset, _: Page(rows[offset:], 2), limit=10)
    assert list(pager.read()) == list(rows)


# Pages that could not be read


@pytest.mark.parametrize("request_number", range(1, 15))
def test_a_page_that_cannot_be_read_names_its_repos_and_ends_the_reading(request_number):
    server = Server(60)

    def fail() -> None:
        raise UnreadError("the server answered 502 five times", "try again later")

    server.before[request_number] = fail
    rows, [unread], facts = read(server)
    offset = server.asked[-1]
    assert len(server.asked) == request_number
    assert unread == Unread(
        UnreadKind.PAGE, f"repos {offset} to {offset + 9}", "the server answered 502 five times", "try again later"
    )
    assert facts.proof is None
    assert names(rows) == server.ids[: len(rows)]


def test_other_errors_pass_through():
    def fetch(offset: int, limit: int) -> Page:
        raise InvalidError("no such endpoint")

    with pytest.raises(InvalidError, match="no such endpoint"):
        list(Pager(fetch).read())


# Concurrency


class Window:
    """A `Run` that fetches `jobs` pages concurrently, last one first; records how many, and whether it was closed."""

    def __init__(self, jobs: int) -> None:
        self.jobs, self.sizes, self.closed = jobs, [], 0

    def __call__(self, fetch, offsets):
        todo = list(offsets)
        try:
            for start in range(0, len(todo), self.jobs):
                batch = todo[start : start + self.jobs]
                self.sizes.append(len(batch))
                answers = {offset: fetch(offset) for offset in reversed(batch)}
                yield from (answers[offset] for offset in batch)
        finally:
            self.closed += 1


def test_pages_are_fetched_concurrently_and_rows_come_in_order():
    server, window = Server(1000), Window(8)
    rows, unread, facts = read(server, run=window)
    assert (names(rows), unread, facts.proof) == (server.ids, [], Proof.COUNT)
    assert max(window.sizes) == 8
    assert len(window.sizes) < len(server.asked) / 4
    assert facts.pages == len(server.asked)


def test_the_page_after_the_end_is_requested_alone():
    """The proof by count needs some time between two passes."""
    server, window = Server(1000), Window(8)
    read(server, run=window)
    ends = [n for n, offset in enumerate(server.asked) if offset == 1000]
    assert len(ends) == 2
    assert server.asked[ends[0] + 1] == 0
    assert max(server.asked[: ends[0]]) < 1000


def test_an_empty_page_in_a_batch_is_requested_again_alone():
    server, window = Server(40), Window(8)
    server.before[20] = lambda: server.ids.__delitem__(slice(30, None))
    _, unread, _ = read(server, limit=1, run=window)
    assert unread == []
    second_pass = server.asked.index(0, 1)
    ends = list(itertools.accumulate(window.sizes))
    assert window.sizes[ends.index(second_pass)] == 1
    assert server.asked[second_pass - 1] == 30


def test_a_batch_is_closed_when_a_page_of_it_does_not_link():
    server, window = Server(300), Window(4)
    server.before[5] = lambda: server.ids.__delitem__(slice(5))
    rows, unread, _ = read(server, run=window)
    assert unread == []
    assert set(server.ids) <= set(names(rows))
    assert window.closed > 0


def test_a_page_that_fails_ahead_of_its_turn_ends_the_reading_in_its_turn():
    server = Server(300)

    def fetch(offset: int, limit: int) -> Page:
        if offset >= 120:
            raise UnreadError("gone")
        return server.fetch(offset, limit)

    *rows, unread = Pager(fetch, limit=10, run=Window(8)).read()
    assert unread.what == "repos 126 to 135"
    assert names(rows) == server.ids[:127]


# Rows that have no id


def test_bad_rows_are_unread_by_place_and_of_many_only_the_first_are_named():
    class Nulls(Server):
        def answer(self, offset: int, limit: int) -> Page:
            numbers = range(offset, min(offset + limit, len(self.ids)))
            rows = [BadRow("null") if number % 2 else (self.ids[number], {"v": 0}) for number in numbers]
            return Page(tuple(rows), len(self.ids))

    rows, unread, facts = read(Nulls(60))
    assert (len(rows), len(unread), facts.proof, facts.passes) == (30, 30, None, 2)
    assert [str(each) for each in unread[:1]] == [
        "row 2 of the list of repos: null; report it to the operators of the control plane"
    ]
    rows, unread, _ = read(Nulls(2400), limit=100)
    assert (len(rows), len(unread)) == (1200, 1001)
    assert unread[-1].what == "200 more rows of the list of repos"


def test_a_bad_row_that_is_read_well_later_is_no_loss():
    class Blinking(Server):
        def answer(self, offset: int, limit: int) -> Page:
            page = super().answer(offset, limit)
            return Page((*page.rows[:3], BadRow("null"), *page.rows[4:]), page.total) if self.asked == [0] else page

    rows, unread, facts = read(Blinking(30))
    assert (sorted(names(rows)), unread, facts.proof, facts.passes) == (sorted(Server(30).ids), [], Proof.COUNT, 3)


def test_no_pass_with_a_bad_row_counts_for_the_proof_by_order():
    class Churning(Server):
        def answer(self, offset: int, limit: int) -> Page:
            if len(self.asked) % 2 == 0:
                self.ids.pop(3)
                self.ids.append(f"new{len(self.asked)}")
            page = super().answer(offset, limit)
            return page if offset else Page((*page.rows[:5], BadRow("null"), *page.rows[6:]), page.total)

    _, unread, facts = read(Churning(60))
    assert facts.proof is None
    assert {each.what for each in unread} >= {"row 6 of the list of repos"}


@pytest.mark.parametrize("spoiled", [1, 2])
@pytest.mark.parametrize("by", ["a bad row", "ids that were not seen"])
def test_the_proof_by_order_takes_three_passes_in_a_row_after_one_that_does_not_count(spoiled, by):
    class Churning(Server):
        def answer(self, offset: int, limit: int) -> Page:
            if len(self.asked) % 2 == 0:
                self.ids.pop(3)
                self.ids.append(f"new{len(self.asked)}")
            now = self.asked.count(0) == spoiled
            if now and by == "ids that were not seen" and offset and "front0" not in self.ids:
                self.ids[:0] = [f"front{n}" for n in range(15)]
            page = super().answer(offset, limit)
            bad = now and by == "a bad row" and not offset
            return Page((*page.rows[:5], BadRow("null"), *page.rows[6:]), page.total) if bad else page

    _, unread, facts = read(Churning(60))
    assert (unread, facts.proof, facts.passes) == ([], Proof.ORDER, spoiled + 3)


def test_a_list_that_empties_after_rows_without_ids_is_refused():
    class Emptying(Server):
        def answer(self, offset: int, limit: int) -> Page:
            return Page((BadRow("null"),), None) if self.asked == [0] else Page((), None)

    _, unread, facts = read(Emptying(1))
    assert facts.proof is None
    assert any("the list was empty after 1 repos" in each.reason for each in unread)
