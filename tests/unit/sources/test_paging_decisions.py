"""What the ledger, the chain and the list of bad rows decide, case by case: the tests that mutants have to get past."""

from __future__ import annotations

import pytest

from auditor.errors import UnreadError
from auditor.model.unread import Unread, UnreadKind
from auditor.paging.chain import Chain
from auditor.paging.ledger import Ledger
from auditor.paging.pager import Page, Pager
from auditor.paging.pages import BadRow

FIX = "report it to the operators of the control plane"
CLASH = "two rows have this id, one as a number and one as a string, and only the first was read"


def rows(*names):
    return [(str(name), {"id": name}) for name in names]


def ledger(*passes):
    """Return a ledger that saw these ids in one pass after another, each ended by an empty page after its ids."""
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
    """Return the items of a reading; each pass is the rows of its one page, an error, or pages by offset."""
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
    assert (refused.reason, refused.fix) == ("32 pages in a row had no row with an id", "")
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


def test_what_concerns_the_whole_list_names_the_list():
    items = pager(rows("a", "b"), [], thing="user")
    assert unread_of(items) == [
        Unread(UnreadKind.TENANT, "the list of users", "the list was empty after 2 users had been read from it", "")
    ]
