"""The decisions of the pager and its parts, case by case: the tests that detect mutants of their code."""

from __future__ import annotations

import pytest

from auditor.errors import UnreadError
from auditor.model.unread import Unread, UnreadKind
from auditor.paging.chain import Chain
from auditor.paging.ledger import Ledger
from auditor.paging.pager import Page, Pager, Proof, in_turn
from auditor.paging.pages import BadRow

FIX = "report it to the operators of the control plane"
CLASH = "two rows have this id, one as a number and one as a string, and only the first was read"


def rows(*names):
    return [(str(name), {"id": name}) for name in names]


def ledger(*passes):
    """Return a ledger after these passes; each pass saw these ids, and then an empty page."""
    made = Ledger()
    for number, names in enumerate(passes, start=1):
        made.record(rows(*names), number)
        made.end(number, len(names))
    return made


@pytest.mark.parametrize(
    ("passes", "missing"),
    [
        ([["a", "b"]], 2),
        ([["a", "b"], ["a", "b"]], 0),
        ([["a", "b"], ["a"]], 1),
        ([["a"], ["a"], ["a"]], 0),
        ([["a", "b"], ["b", "c"], ["c", "a"]], 0),
        ([["3"], [3]], 1),
        ([[3], ["3"]], 1),
        ([[3], [3]], 0),
        ([["3"], [3], [3]], 0),
    ],
)
def test_ids_count_as_proven_only_between_two_passes_that_saw_the_same_row(passes, missing):
    assert ledger(*passes).missing_at_most() == missing


def test_an_id_that_three_passes_saw_was_there_at_each_end_between_them():
    made = Ledger()
    for number in (1, 2, 3):
        made.record(rows("a"), number)
        made.end(1, 1)
    assert made.missing_at_most() == 0


@pytest.mark.parametrize("number", [1, 2**70])
def test_a_row_is_news_when_its_content_changes_and_not_when_its_keys_change_places(number):
    made = Ledger()
    made.record([("a", {"id": "a", "n": number, "v": 1})], 1)
    assert made.record([("a", {"v": 1, "n": number, "id": "a"})], 2).news == []
    changed = ("a", {"id": "a", "n": number, "v": 2})
    assert made.record([changed], 3).news == [changed]


def test_an_id_that_a_pass_saw_as_a_number_and_as_text_is_a_clash_and_the_rest_of_the_page_is_read():
    made = Ledger()
    seen = made.record([*rows("3", 3, 4)], 1)
    assert (seen.clashes, seen.fresh, [name for name, _ in seen.news], seen.slots) == (["3"], 2, ["3", "4"], [0, 1])
    assert made.torn is None


def test_only_two_contents_within_one_pass_are_torn():
    made = Ledger()
    made.record([("a", {"id": "a", "v": 1})], 1)
    made.record([("a", {"id": "a", "v": 2})], 2)
    assert made.torn is None
    made.record([("a", {"id": "a", "v": 3})], 2)
    assert made.torn == (2, "a")


def test_ledger_and_chain_hold_as_many_passes_as_a_pager_may_read():
    made, chain = Ledger(), Chain()
    made.record(rows("a"), 65_535)
    chain.link([0], is_start=True)
    chain.close(65_535)
    assert chain.broken_order is None


@pytest.mark.parametrize(
    ("pages", "linked", "broken"),
    [
        ([[0, 1, 2], [0, 9], [9, 2]], True, None),
        ([[0, 1, 2], [7, 1, 2], [7, 2]], True, None),
        ([[0, 1, 2], [7, 1], [7, 8]], True, None),
        ([[0, 1, 2], [8, 9]], False, None),
        ([[0, 1, 2, 3], [0, 1], [3, 2]], True, (3, 2)),
        ([[0, 1, 2], [1, 9], [9, 1]], True, (9, 1)),
        ([[0, 1], [1, 2], [0, 2]], True, None),
        ([[0, 1, 2], [2, 0]], True, (2, 0)),
        ([[5, 5]], True, (5, 5)),
    ],
)
def test_a_chain_takes_pages_that_share_an_id_and_notes_ids_that_change_places(pages, linked, broken):
    chain = Chain()
    chain.begin()
    assert [chain.link(page, is_start=number == 0) for number, page in enumerate(pages)][-1] is linked
    assert chain.broken_order == broken


def pager(*passes, **options):
    """Return the items of several passes; each pass is the rows of its one page, an error, or pages by offset."""
    calls = []

    def fetch(offset, limit):
        calls.extend([offset] if offset == 0 else [])
        answer = passes[min(len(calls), len(passes)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return Page(tuple(answer[offset : offset + limit]), len(answer))

    return list(Pager(fetch, **options).read())


def unread_of(items):
    return [item for item in items if isinstance(item, Unread)]


def test_of_a_list_whose_bad_rows_move_those_of_the_last_pass_are_reported():
    good, bad = rows("a", "b"), [BadRow("null"), BadRow("null")]
    items = pager([*bad, *good], [*good, *bad])
    assert unread_of(items) == [
        Unread(UnreadKind.REPO, f"row {place} of the list of repos", "null", FIX) for place in (3, 4)
    ]


def test_a_reading_that_fails_reports_the_bad_rows_of_the_pass_before_too():
    items = pager([BadRow("null"), *rows("a")], UnreadError("the host is gone", "try again"), limit=10)
    assert unread_of(items) == [
        Unread(UnreadKind.PAGE, "repos 0 to 9", "the host is gone", "try again"),
        Unread(UnreadKind.REPO, "row 1 of the list of repos", "null", FIX),
    ]


def test_a_clash_of_ids_is_reported_by_the_id():
    items = pager([*rows("3", 3, "b")])
    assert unread_of(items) == [Unread(UnreadKind.REPO, "repo 3", CLASH, FIX)]
    assert [name for name, _ in items[:-1]] == ["3", "b"]


def test_of_very_many_bad_rows_the_number_of_the_others_is_reported():
    items = pager([*rows("a"), *[BadRow("null")] * 1_005], limit=2_000)
    assert len(unread_of(items)) == 1_001
    assert unread_of(items)[-1] == Unread(UnreadKind.REPO, "5 more rows of the list of repos", "null", FIX)


def test_a_list_without_any_id_is_refused_with_its_page_and_no_fix():
    def fetch(offset, limit):
        return Page((BadRow("null"),) * limit, None)

    refused, *others = unread_of(Pager(fetch, limit=10).read())
    assert refused.kind is UnreadKind.PAGE
    assert refused.what.startswith("repos ")
    assert (refused.reason, refused.fix) == ("32 consecutive pages had no row with an id", "")
    assert others[-1].reason == "null"


def test_a_page_that_is_empty_before_the_total_is_refused_with_its_place_and_no_fix():
    def fetch(offset, limit):
        return Page(tuple(rows("a", "b")) if offset == 0 else (), 60)

    assert unread_of(Pager(fetch, limit=2).read()) == [
        Unread(UnreadKind.PAGE, "repos 1 to 2", "the server reports 60 repos, but the page was empty twice", "")
    ]


def test_a_server_that_ignores_the_offset_is_refused_with_the_page_and_no_fix():
    def fetch(_offset, _limit):
        return Page(tuple(rows("a", "b")), 60)

    (refused,) = unread_of(Pager(fetch, limit=2).read())
    assert (refused.kind, refused.what) == (UnreadKind.PAGE, "repos 1 to 2")
    assert (refused.reason, refused.fix) == ("the server repeats pages of lower offsets", "")


def test_failures_of_the_entire_list_name_the_list():
    items = pager(rows("a", "b"), [], thing="user")
    assert unread_of(items) == [
        Unread(UnreadKind.TENANT, "the list of users", "the list was empty after 2 users had been read from it", "")
    ]


# What the pager asks for, when it gives up, and what it takes for a proof


class Tenant:
    """A list of numbered rows, served correctly unless a subclass changes that; records requests and planned pages."""

    def __init__(self, size, count=len):
        self.rows, self.count = rows(*range(size)), count
        self.asked, self.plans = [], []

    def change(self, request):
        """Change the list before this request is answered."""

    def answer(self, offset, limit):
        return self.rows[offset : offset + limit]

    def fetch(self, offset, limit):
        self.asked.append(offset)
        self.change(len(self.asked))
        return Page(tuple(self.answer(offset, limit)), self.count(self.rows))

    def run(self, fetch, offsets):
        self.plans.append(list(offsets))
        return in_turn(fetch, offsets)

    def read(self, **options):
        """Return what was unread, and the facts."""
        reader = Pager(self.fetch, **{"limit": 10, "run": self.run} | options)
        return unread_of(reader.read()), reader.facts


class Churning(Tenant):
    """Deletes one row and adds another, before every second request."""

    def change(self, request):
        if request % 2 == 0:
            self.rows.pop(3)
            self.rows += rows(1000 + request)


def test_a_pager_requests_100_rows_per_page_by_default():
    limits = set()

    def fetch(offset, limit):
        limits.add(limit)
        return Page(tuple(rows("a")[offset:]), 1)

    assert unread_of(Pager(fetch).read()) == []
    assert limits == {100}


def test_pages_fetched_concurrently_double_while_each_is_the_expected_one():
    tenant = Tenant(200)
    tenant.read()
    assert [len(plan) for plan in tenant.plans[:4]] == [1, 2, 4, 8]


def test_after_a_probe_that_found_rows_no_more_pages_are_fetched_concurrently_than_before():
    class Growing(Tenant):
        def change(self, request):
            if request == 3:
                self.rows += rows(*range(10, 60))

    tenant = Growing(10)
    assert tenant.read()[0] == []
    assert tenant.plans[:5] == [[0], [9], [10], [9, 18], [27, 36, 45, 54]]


def test_after_a_page_that_shares_no_id_the_rest_of_the_plan_is_dropped_and_one_page_is_fetched_alone():
    class Shrinking(Tenant):
        def change(self, request):
            if request == 4:
                del self.rows[:8]

    tenant = Shrinking(100)
    assert tenant.read()[0] == []
    assert tenant.plans[:7] == [[0], [9, 18], [27, 36, 45, 54], [26], [24], [20], [12]]
    assert tenant.asked[:8] == [0, 9, 18, 27, 26, 24, 20, 12]


def test_after_an_empty_page_the_rest_of_the_plan_is_dropped_and_the_pager_steps_back():
    class Shrinking(Tenant):
        def change(self, request):
            if request == 5:
                del self.rows[30:]

    tenant = Shrinking(60)
    assert tenant.read()[0] == []
    assert tenant.asked[:8] == [0, 9, 18, 27, 36, 35, 33, 29]


class Twice(Tenant):
    """Has a row twice on the first page of the first pass, so that later passes do not need pages that share an id."""

    def answer(self, offset, limit):
        page = super().answer(offset, limit)
        return [*page[:9], page[0]] if len(self.asked) == 1 else page


def test_once_the_order_is_broken_pages_that_share_no_id_are_taken_as_they_come():
    class Shrinking(Twice):
        def change(self, request):
            if self.asked.count(0) == 2 and request - self.asked.index(0, 1) == 3:
                del self.rows[:8]

    tenant = Shrinking(60)
    tenant.read()
    second = tenant.asked.index(0, 1)
    assert tenant.asked[second : second + 5] == [0, 9, 18, 27, 36]


def test_once_the_order_is_broken_an_empty_page_of_several_is_requested_again_alone():
    class Shrinking(Twice):
        def change(self, request):
            if self.asked.count(0) == 2 and request - self.asked.index(0, 1) == 5:
                del self.rows[30:]

    tenant = Shrinking(60)
    tenant.read()
    second = tenant.asked.index(0, 1)
    assert tenant.asked[second : second + 7] == [0, 9, 18, 27, 36, 36, 0]


def test_pages_of_one_row_end_with_the_first_empty_page_that_was_fetched_alone():
    tenant = Tenant(3, count=lambda _: None)
    assert tenant.read(limit=1)[0] == []
    assert tenant.asked == [0, 1, 2, 3, 3] * 2  # an empty page is fetched twice where no total explains it


def test_a_full_page_that_reaches_the_total_is_not_the_last_one():
    tenant = Tenant(10)
    assert tenant.read()[0] == []
    assert tenant.asked == [0, 9, 10] * 2


def test_a_run_with_fewer_answers_than_requests_is_an_error():
    def run(fetch, offsets):
        return in_turn(fetch, offsets[: max(1, len(offsets) - 1)])

    with pytest.raises(ValueError, match="shorter"):
        Tenant(60).read(run=run)


def test_a_reading_that_needs_all_of_its_pages_and_rows_is_within_its_ceilings():
    unread, facts = Tenant(10).read(max_pages=6, max_rows=10)
    assert (unread, facts.pages, facts.ids) == ([], 6, 10)


@pytest.mark.parametrize(
    ("ceiling", "reason"),
    [
        ({"max_pages": 5}, "the list did not end after 6 pages and 10 repos"),
        ({"max_rows": 9}, "the list did not end after 2 pages and 10 repos"),
    ],
)
def test_a_reading_that_needs_one_more_than_its_ceiling_is_refused(ceiling, reason):
    unread, _ = Tenant(10).read(**ceiling)
    assert unread == [Unread(UnreadKind.TENANT, "the list of repos", reason, "")]


def test_the_total_is_unknown_until_a_page_was_read():
    def fetch(_offset, _limit):
        raise UnreadError("the host is gone")

    reader = Pager(fetch)
    assert len(unread_of(reader.read())) == 1
    assert reader.facts.total is None


def test_the_pages_of_a_pass_that_gets_nowhere_are_limited():
    """Stops linking pages after 24, and ends after 48: 20 and 3 times the pages of the total, and twice that."""

    class Endless(Tenant):
        def answer(self, offset, limit):
            return rows(*(f"{len(self.asked)}-{n}" for n in range(10 if offset == 0 else 1)))

    tenant = Endless(0, count=lambda _: 14)
    unread, facts = tenant.read(max_passes=1, max_pages=500)
    assert tenant.asked == [*[0, 9, 8, 6, 2] * 5, *[2, 3] * 12]
    assert (facts.pages, facts.missing_at_most) == (49, None)
    assert [each.reason for each in unread] == [
        "could not prove in 1 pass that every repo was read: repos were created or deleted during the run"
    ]


def test_the_32nd_page_in_a_row_without_a_new_id_is_refused():
    class Circle(Tenant):
        def answer(self, offset, limit):
            start = 1 + len(self.asked) % 9 if offset else 0  # never the first page again
            return self.rows[start:] + self.rows[:start]

    tenant = Circle(10, count=lambda _: None)
    unread, facts = tenant.read()
    assert unread == [Unread(UnreadKind.PAGE, "repos 288 to 297", "the server repeats pages of lower offsets", "")]
    assert (facts.pages, tenant.asked[-2:]) == (34, [288, 0])


def test_a_repeated_first_page_is_compared_with_the_current_first_page():
    class Stuck(Tenant):
        def answer(self, offset, limit):
            if len(self.asked) == 3:
                raise UnreadError("the host is gone")
            return self.rows[:limit]

    tenant = Stuck(60)
    unread, _ = tenant.read()
    assert unread == [Unread(UnreadKind.PAGE, "repos 0 to 9", "the host is gone", "")]
    assert tenant.asked == [0, 9, 0]


def test_churn_is_proven_by_order_where_no_total_is_known_and_short_pages_were_the_last():
    unread, facts = Churning(60, count=lambda _: None).read()
    assert (unread, facts.proof, facts.passes) == ([], Proof.ORDER, 3)


def test_as_many_ids_as_the_server_counts_are_enough_for_the_proof_by_order():
    unread, facts = Tenant(30).read(agreeing_passes=1)
    assert (unread, facts.proof, facts.passes) == ([], Proof.ORDER, 1)


def test_bad_rows_that_stay_count_as_seen_and_are_reported_once_three_passes_agree():
    class Spoiled(Churning):
        def answer(self, offset, limit):
            page = super().answer(offset, limit)
            return page if offset else [*[BadRow("null")] * 8, *page[8:]]

    unread, facts = Spoiled(60).read()
    assert [each.what for each in unread] == [f"row {place} of the list of repos" for place in range(1, 9)]
    assert (facts.proof, facts.passes) == (None, 3)


def test_a_bad_row_in_one_pass_alone_takes_another_pass():
    good = rows("a", "b")
    assert unread_of(pager(good, [*good, BadRow("null")], good)) == []
