"""Answers and pages that are wrong, each with the expected outcome."""

from __future__ import annotations

from typing import Any

from tests.live.faults import redirect, refuse, zipped
from tests.live.outcomes import INVALID, LOST, REFUSED, SETTLED, UNPROVEN, WITH_REPOS, Failure, Outcome
from tests.live.stage import (
    EVERYWHERE,
    LISTS,
    MOVED,
    TOKEN,
    Ask,
    Rows,
    Strike,
    changed,
    counted,
    document,
    echoed,
    edited,
    fresh,
    item,
    listed,
    put,
    rows,
    same,
    shuffled,
    unpaginated,
    without,
)

HUGE = 10**15


def _repo(name: str, sentence: str, spoil: Any, outcome: Outcome = LOST) -> Failure:
    """Return a failure of one repo with an id on a page."""
    return Failure(name, sentence, item(spoil), outcome, outcome, WITH_REPOS)


def _row(name: str, sentence: str, strike: Strike) -> Failure:
    """Return a failure of rows that no longer identify their repos."""
    return Failure(name, sentence, strike, SETTLED, LOST, WITH_REPOS)


def _number_in(data: Rows, _ask: Ask) -> Rows:
    """Give the repo in the middle of a page the id of the first, as a number."""
    return [{**row, "id": int(data[0]["id"])} if at == len(data) // 2 else row for at, row in enumerate(data)]


def _numbers(data: Rows, _ask: Ask) -> Rows:
    return [{**row, "id": int(row["id"])} for row in data]


def _without_end(_data: Rows, ask: Ask) -> list[None]:
    return [None] * ask.limit


def _total(name: str, what: str, value: object) -> Failure:
    """Return a failure in which `total` is not a number of repos."""
    return Failure(f"total-{name}", f"A `total` that is {what}", counted(lambda _total, _ask: value))


def _uncounted(name: str, sentence: str, strike: Strike) -> Failure:
    """Return a failure in which a page lacks the number of repos, which no proof needs."""
    return Failure(name, sentence, strike, SETTLED, SETTLED, differs=("total",))


def _counts(name: str, sentence: str, value: Any, at_end: Outcome) -> Failure:
    """Return a failure with a wrong `total`, and its outcome for good on the empty page, whose total comes last."""
    but = {"end": (SETTLED, at_end)}
    return Failure(name, sentence, counted(value), SETTLED, SETTLED, but=but, differs=("total",))


def _always(name: str, sentence: str, strike: Strike, outcome: Outcome, *differs: str) -> Failure:
    """Return a failure of every page, which cannot happen only once."""
    return Failure(name, sentence, strike, None, outcome, (EVERYWHERE,), differs=differs)


def _redirect(to: str, status: str) -> Strike:
    """Redirect to the same list and page under another path."""
    return lambda ask: redirect(f"{to}{LISTS[0]}?limit={ask.limit}&offset={ask.offset}", status)


ANSWERS = (
    Failure("answer-is-a-list", "A list instead of an object", document([])),
    Failure("answer-is-null", "`null` instead of an object", document(None)),
    Failure("answer-is-true", "`true` instead of an object", document(value=True)),
    Failure("answer-is-a-number", "A number instead of an object", document(250)),
    Failure("answer-is-a-text", "A string instead of an object", document("ok")),
    Failure("answer-is-empty", "An empty object", document({})),
    Failure("error-with-200", "An error with status 200", document({"statusCode": 500, "message": "no"})),
    Failure("data-missing", "A page without `data`", without("data")),
    Failure("data-null", "A page whose `data` is null", put(data=None)),
    Failure("data-an-object", "A page whose `data` is an object", put(data={})),
    Failure("data-a-text", "A page whose `data` is a string", put(data="[]")),
    Failure("data-false", "A page whose `data` is `false`", put(data=False)),
    _uncounted("pagination-missing", "A page without `pagination`", without("pagination")),
    _uncounted("pagination-null", "A page whose `pagination` is null", put(pagination=None)),
    Failure("pagination-a-list", "A page whose `pagination` is a list", put(pagination=[])),
    _row("item-null", "A repo that is null", item(lambda _: None)),
    _row("item-a-text", "A repo that is a string", item(lambda row: row["id"])),
    _row("item-a-list", "A repo that is a list", item(lambda row: [row])),
    _row("id-missing", "A repo without an id", item(lambda row: {"manifest": row["manifest"]})),
    _row("id-null", "A repo whose id is null", item(lambda row: {**row, "id": None})),
    _row("id-empty", "A repo whose id is empty", item(lambda row: {**row, "id": ""})),
    _row("id-a-fraction", "A repo whose id is a fraction", item(lambda row: {**row, "id": 1.5})),
    _row("id-true", "A repo whose id is `true`", item(lambda row: {**row, "id": True})),
    _row("id-negative", "A repo whose id is negative", item(lambda row: {**row, "id": -1})),
    _row("id-clash", "Two repos with one id, as a number and as a string", listed(_number_in)),
    _row("half-a-pair", "A repo with a lone surrogate", item(lambda row: {**row, "note": "half \ud83d"})),
    _row("half-a-pair-as-key", "A repo with a lone surrogate in a key", item(lambda row: {**row, "\udc00": 1})),
    _row("page-of-nulls", "A page on which every repo is null", listed(lambda data, _: [None] * len(data))),
    Failure(
        "id-a-number",
        "A repo whose id is a number",
        item(lambda row: {**row, "id": int(row["id"])}),
        SETTLED,
        SETTLED,
        WITH_REPOS,
    ),
    _repo("manifest-missing", "A repo without a manifest", lambda row: {"id": row["id"]}),
    _repo("manifest-null", "A repo whose manifest is null", lambda row: {**row, "manifest": None}),
    _repo("manifest-a-text", "A repo whose manifest is a string", lambda row: {**row, "manifest": "{}"}),
    Failure("unknown-keys", "A page with unknown keys", put(warning="partial"), SETTLED, SETTLED),
    Failure("redirect-here", "A redirect to another path of the host", _redirect(MOVED, "307 No"), SETTLED, SETTLED),
    Failure("redirect-permanent", "A permanent redirect within the host", _redirect(MOVED, "308 No"), SETTLED, SETTLED),
    Failure("redirect-in-a-circle", "A redirect to the same URL", _redirect("", "302 No"), SETTLED),
    Failure(
        "redirect-without-query",
        "A redirect within the host that drops the query",
        same(redirect(MOVED + LISTS[0], "301 No")),
        but={"first": (SETTLED, SETTLED)},
    ),
    Failure(
        "redirect-elsewhere",
        "A redirect within the host to a missing page",
        same(redirect("/elsewhere", "307 No")),
        but={"first": (SETTLED, INVALID)},
    ),
    Failure("gzip", "A compressed body", same(zipped()), SETTLED, SETTLED),
    Failure("token-in-error", "An error that repeats the token", same(refuse("400 No", f"bad token {TOKEN}"))),
    Failure("token-in-redirect", "A redirect to the token", same(redirect(f"https://{TOKEN}.example/"))),
    Failure("token-in-total", "A `total` that repeats the token", counted(lambda _total, _ask: TOKEN)),
    _repo("token-in-item", "A repo that is the token", lambda _: [TOKEN], REFUSED),
)


def _ends_here(page: dict[str, Any], ask: Ask) -> dict[str, Any]:
    return {**page, "data": [], "pagination": {**page["pagination"], "total": ask.offset}}


def _less_one(page: dict[str, Any], ask: Ask) -> dict[str, Any]:
    """Remove the repo in the middle of a page, and do not count it."""
    data, total = page["data"], page["pagination"]["total"] - 1
    at = len(data) // 2
    return {**page, "data": data[:at] + data[at + 1 :], "pagination": {**page["pagination"], "total": total}}


def _lost(data: Rows, _ask: Ask) -> Rows:
    return data[: len(data) // 2] + data[len(data) // 2 + 1 :]


def _instead(data: Rows, _ask: Ask) -> Rows:
    """Repeat the first repo of the page in the place of another."""
    return [data[0] if at == len(data) // 2 else row for at, row in enumerate(data)]


def _from(start: int) -> Strike:
    """Serve the list from this many repos after the requested offset."""
    return listed(lambda _, ask: rows()[max(0, ask.offset + start) : max(0, ask.offset + start) + ask.limit])


def _circle(_data: Rows, ask: Ask) -> Rows:
    start = 98 * (ask.offset // 98 % 2)
    return rows()[start : start + ask.limit]


def _turned(_data: Rows, ask: Ask) -> Rows:
    """Reverse the list at every second request for an offset."""
    return rows()[:: -1 if ask.nth % 2 else 1][ask.offset : ask.offset + ask.limit]


PAGING = (
    _uncounted("total-missing", "A page without `total`", unpaginated("total")),
    _uncounted("total-null", "A `total` that is null", counted(lambda _total, _ask: None)),
    _uncounted("total-digits", "A `total` that is a string of digits", counted(lambda total, _ask: str(total))),
    _total("true", "`true`", value=True),
    _total("fraction", "`3.0`", 3.0),
    _total("text", '`"3.0"`', "3.0"),
    _total("long-text", "a string of 5,000 digits", "9" * 5000),
    _total("list", "a list", [3]),
    _total("negative", "negative", -1),
    _total("beyond-integers", "too large for an exact number", 2**53),
    _counts("total-huge", "A `total` of 10^15", lambda _total, _ask: HUGE, REFUSED),
    _counts("total-one-more", "A `total` that is one too high", lambda total, _ask: total + 1, REFUSED),
    _counts("total-one-less", "A `total` that is one too low", lambda total, _ask: total - 1, SETTLED),
    _counts("total-zero", "A `total` of 0", lambda _total, _ask: 0, SETTLED),
    _always("total-always-high", "Every `total` is too high", counted(lambda total, _: total + 50), REFUSED),
    _always("total-always-huge", "Every `total` is 10^15", counted(lambda _total, _ask: HUGE), REFUSED),
    _always("total-always-low", "Every `total` is too low", counted(lambda total, _: total - 150), SETTLED, "total"),
    _always("total-grows", "`total` grows during the run", counted(lambda total, ask: total + ask.nth), REFUSED),
    _always("total-shrinks", "`total` shrinks during the run", counted(lambda t, a: t - a.nth), SETTLED, "total"),
    Failure("offset-other", "A page that reports another offset", echoed(offset=[1])),
    Failure("offset-a-text", "A page whose `offset` is a string", echoed(offset="0")),
    Failure("offset-true", "A page whose `offset` is `true`", echoed(offset=True)),
    Failure("offset-null", "A page whose `offset` is null", echoed(offset=None), SETTLED, SETTLED),
    Failure("limit-other", "A page that reports another `limit`", echoed(limit=17), SETTLED, SETTLED),
    Failure(
        "page-short", "A page with half its repos", listed(lambda d, _: d[: len(d) // 2]), SETTLED, SETTLED, WITH_REPOS
    ),
    Failure(
        "page-of-one",
        "A page with one repo",
        listed(lambda d, _: d[:1]),
        SETTLED,
        SETTLED,
        WITH_REPOS,
        {"first": (SETTLED, REFUSED)},
    ),
    Failure("page-empty", "A page without repos, before the end", put(data=[]), SETTLED, REFUSED, WITH_REPOS),
    Failure(
        "page-empty-as-end",
        "A page without repos that reports the end of the list",
        changed(_ends_here),
        SETTLED,
        SETTLED,
        WITH_REPOS,
        {"first": (REFUSED, REFUSED)},
    ),
    Failure(
        "page-too-long",
        "A page with more repos than were requested",
        listed(lambda d, a: rows()[a.offset :]),
        SETTLED,
        SETTLED,
        WITH_REPOS,
    ),
    Failure("repo-lost", "A page on which a repo is missing", listed(_lost), SETTLED, UNPROVEN, WITH_REPOS),
    Failure(
        "repo-lost-uncounted",
        "A page on which a repo is missing, and not counted",
        changed(_less_one),
        SETTLED,
        UNPROVEN,
        WITH_REPOS,
    ),
    Failure(
        "repo-twice",
        "A page with a repo twice",
        listed(lambda d, _: [*d, d[0]]),
        SETTLED,
        SETTLED,
        WITH_REPOS,
        {"last": (SETTLED, UNPROVEN)},
    ),
    Failure(
        "repo-instead",
        "A page with a repo twice and another repo missing",
        listed(_instead),
        SETTLED,
        UNPROVEN,
        WITH_REPOS,
    ),
    Failure(
        "repo-torn",
        "A page with a repo twice, with different contents",
        listed(lambda d, _: [*d, edited(d[0])]),
        SETTLED,
        UNPROVEN,
        WITH_REPOS,
    ),
    Failure("repo-edited", "A repo with different content in one response", item(edited), SETTLED, None, WITH_REPOS),
    Failure(
        "token-as-id",
        "A repo whose id is the token",
        item(lambda row: {**row, "id": TOKEN}),
        REFUSED,
        REFUSED,
        WITH_REPOS,
    ),
    Failure(
        "token-as-name",
        "A repo whose name is the token",
        item(lambda row: {**row, "manifest": {**row["manifest"], "name": TOKEN}}),
        REFUSED,
        REFUSED,
        WITH_REPOS,
    ),
    _always("page-capped", "The server returns at most 40 repos per page", listed(lambda d, _: d[:40]), SETTLED),
    _always("page-capped-low", "The server returns at most 3 repos per page", listed(lambda d, _: d[:3]), SETTLED),
    _always(
        "page-the-same",
        "The server returns the same page for every offset",
        listed(lambda _, a: rows()[: a.limit]),
        REFUSED,
    ),
    _always("pages-in-a-circle", "The server alternates between two pages forever", listed(_circle), REFUSED),
    _always("pages-one-late", "Every page starts one repo too late", _from(1), REFUSED),
    _always("pages-one-early", "Every page starts one repo too early", _from(-1), UNPROVEN),
    _always("order-turns", "The order of the list is reversed between two passes", listed(_turned), SETTLED),
    _always("order-random", "The order of the list changes with every request", listed(shuffled), UNPROVEN),
    _always("only-nulls", "Every repo is null", listed(lambda data, _: [None] * len(data)), LOST),
    _always("nulls-for-ever", "The server returns pages of nulls forever", listed(_without_end), REFUSED),
    _always("ids-as-numbers", "Every id is a number", listed(_numbers), SETTLED),
    _always("no-pagination", "No page has `pagination`", without("pagination"), SETTLED, "total"),
    _always("fresh-for-ever", "The server returns pages of new repos forever", listed(fresh), REFUSED),
)
