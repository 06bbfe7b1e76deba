"""Tenants that change during paging: no run is reported as complete if a repo was missed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.unread import Unread
from auditor.paging.pager import Page, Pager, Proof
from tests.conftest import LONG
from tests.live.drift import Scenario, hostile, read_ours, scenario, simulate, spoiled


@pytest.mark.parametrize(
    ("draw", "runs", "least_settled"),
    [
        pytest.param(scenario, 20_000, 0.75, id="any tenant"),
        pytest.param(hostile, 5_000, 0.5, id="hostile order"),
        pytest.param(spoiled, 10_000, 0.2, id="bad rows"),
    ],
)
def test_no_reading_of_ours_is_falsely_complete(draw, runs, least_settled, capsys):
    runs = runs if LONG else runs // 10
    tally = simulate(range(runs), draw)
    with capsys.disabled():
        print(f"\n{tally.table()}")  # noqa: T201 - the figures are worth seeing in every run
    assert tally.false == []
    assert tally.total("auditor", "complete") > least_settled * runs
    assert tally.total("vendor", "false") > 0 < tally.total("count", "false")


@pytest.mark.parametrize("jobs", [1, 8])
def test_a_quiet_tenant_costs_two_passes(jobs):
    outcome = read_ours(Scenario(seed=0, size=10_000, limit=100, order="name", schedule="quiet", jobs=jobs))
    assert (outcome.complete, outcome.missed, outcome.proof) == (True, 0, "count")
    assert 200 < outcome.requests <= 210


# The changes that Hypothesis chooses before a request: none, or (kind, place) of each.
change = st.tuples(st.sampled_from(["insert", "delete", "delete"]), st.integers(0, 40))
weather = st.lists(st.lists(change, max_size=4), max_size=60)
anything = st.lists(
    st.lists(st.tuples(st.sampled_from(["insert", "delete", "move", "turn"]), st.integers(0, 40)), max_size=3),
    max_size=60,
)


@dataclass
class Sky:
    """A tenant with predetermined changes before each request; the list does not change after the last one."""

    size: int
    schedule: list[list[tuple[str, int]]]
    cap: int = 1000
    total: Callable[[int], int | None] = int
    turns: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self):
        self.ids = [f"r{n}" for n in range(self.size)]
        self.survivors, self.made = set(self.ids), self.size

    def fetch(self, offset: int, limit: int) -> Page:
        for kind, place in self.schedule[self.requests] if 0 < self.requests < len(self.schedule) else ():
            self.change(kind, place % max(1, len(self.ids)))
        self.requests += 1
        given = min([limit, self.cap, *self.short[self.requests : self.requests + 1]])
        rows = tuple((name, {}) for name in self.ids[offset : offset + given])
        return Page(rows, self.total(len(self.ids)))

    def change(self, kind: str, place: int) -> None:
        if kind == "insert":
            self.ids.insert(place, f"r{self.made}")
            self.made += 1
        elif not self.ids:
            return
        elif kind == "delete":
            self.survivors.discard(self.ids.pop(place))
        elif kind == "move":
            self.ids.insert(0, self.ids.pop(place))
        else:
            self.ids = self.ids[place:] + self.ids[:place]

    def run(self, fetch, offsets: Iterable[int]) -> Generator:
        """Fetch three pages concurrently, in a predetermined order."""
        todo = list(offsets)
        for start in range(0, len(todo), 3):
            batch = todo[start : start + 3]
            turn = self.turns[self.requests % len(self.turns)] if self.turns else 0
            mixed = batch[turn:] + batch[:turn] if turn < 3 else batch[::-1]
            answers = {offset: fetch(offset) for offset in mixed}
            yield from (answers[offset] for offset in batch)


def read(sky: Sky, limit: int, **options: int) -> tuple[set[str], Proof | None]:
    pager = Pager(sky.fetch, limit=limit, run=sky.run, max_pages=1000, **options)
    items = list(pager.read())
    assert (pager.facts.proof is None) == any(isinstance(item, Unread) for item in items)
    return {item[0] for item in items if not isinstance(item, Unread)}, pager.facts.proof


TOTALS = {"true": int, "none": lambda _: None, "low": lambda size: size // 2}


@settings(max_examples=1500 if LONG else 300, deadline=None)
@given(
    st.integers(0, 40),
    st.integers(2, 10),
    st.sampled_from([2, 3, 1000]),
    st.sampled_from(sorted(TOTALS)),
    weather,
    st.lists(st.integers(0, 3), max_size=5),
)
def test_in_a_stable_order_one_pass_proves_that_every_survivor_was_seen(size, limit, cap, total, schedule, turns):
    sky = Sky(size, schedule, cap, TOTALS[total], turns)
    seen, proof = read(sky, limit, agreeing_passes=1)
    assert proof is None or sky.survivors <= seen


@settings(max_examples=1500 if LONG else 300, deadline=None)
@given(st.integers(0, 20), st.integers(2, 6), st.lists(st.integers(1, 6), max_size=30), weather)
def test_short_pages_prove_as_much_where_totals_are_true(size, limit, short, schedule):
    sky = Sky(size, schedule, short=short)
    seen, proof = read(sky, limit, agreeing_passes=1)
    assert proof is None or sky.survivors <= seen


@settings(max_examples=1500 if LONG else 300, deadline=None)
@given(st.integers(0, 40), st.integers(1, 10), anything, st.lists(st.integers(0, 3), max_size=5))
def test_the_proof_by_count_holds_in_any_order(size, limit, schedule, turns):
    sky = Sky(size, schedule, turns=turns)
    seen, proof = read(sky, limit)
    assert proof not in (Proof.COUNT, Proof.EMPTY) or sky.survivors <= seen


@settings(max_examples=500, deadline=None)
@given(st.integers(1, 40), st.integers(1, 10), st.sampled_from([1, 2, 1000]), st.sampled_from(sorted(TOTALS)), weather)
def test_a_growing_tenant_that_falls_quiet_settles(size, limit, cap, total, schedule):
    inserts = [[change for change in changes if change[0] == "insert"] for changes in schedule[:7]]
    seen, proof = read(sky := Sky(size, inserts, cap, TOTALS[total]), limit, max_passes=12)
    assert proof
    assert sky.survivors <= seen
