"""A simulated tenant that changes during paging, and three readers: ours, the vendor's rule, and a count check.

Everything follows from one seed. A run is *falsely complete* if a reader reports that it saw everything, and a repo
that existed from the first to the last request is not among what it saw.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace

from auditor.model.unread import Unread
from auditor.paging.pager import Page, Pager, Served, in_turn
from auditor.paging.pages import BadRow, Row

STABLE = ("newest", "oldest", "name")
UNSTABLE = ("updated", "heap", "swaps", "shuffle", "rotation")
SCHEDULES = ("quiet", "steady", "burst", "bursts", "balanced")
READERS = ("auditor", "vendor", "count")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A tenant and how it changes.

    Attributes:
        order: How the server sorts; the names in `STABLE` never change the order of two repos.
        schedule: When changes happen: never, evenly, all together and then none, in several bursts, or as pairs that
            keep the number of repos.
        rate: Changes before each request, on average, for `steady` and `balanced`; chance of a burst for `bursts`.
        burst: Changes in a burst.
        weights: How often a change is an insert, a delete, a move (only an edit if the order is stable).
        aim: Where deletes happen: `anywhere`, `seen` (before the last requested row), `cursor` (right there), `end`.
        cap: The most rows that the server returns, whatever the limit.
        ragged: Whether pages are short at random.
        total: The size that the server reports: `true`, `none`, or wrong by this many.
        jobs: Pages fetched concurrently, in random order.
        spoiled: The share of repos whose rows never have an id.
        blinking: The chance that a row has no id this time.
        clashing: The share of repos whose id is the number that the previous repo has as text.
    """

    seed: int
    size: int
    limit: int
    order: str
    schedule: str
    rate: float = 0.0
    burst: int = 0
    weights: tuple[int, int, int] = (1, 1, 0)
    aim: str = "anywhere"
    cap: int = 1000
    ragged: bool = False
    total: int | str = "true"
    jobs: int = 1
    spoiled: float = 0.0
    blinking: float = 0.0
    clashing: float = 0.0


def scenario(seed: int) -> Scenario:
    """Draw a scenario from a seed."""
    rng = random.Random(seed)
    limit = rng.choice((1, 2, 2, 3, 3, 4, 5, 5, 7, 10, 10, 20, 50, 100))
    size = rng.choice((0, 1, 2, rng.randint(0, 12), rng.randint(0, 40), min(400, limit * rng.randint(1, 12))))
    odd = rng.random()
    return Scenario(
        seed=seed,
        size=size + rng.choice((0, 0, 0, 1)),
        limit=limit,
        order=rng.choice(STABLE * 2 + UNSTABLE[:3] * 2 + UNSTABLE[3:]),
        schedule=rng.choice(SCHEDULES + SCHEDULES[1:]),
        rate=rng.choice((0.01, 0.03, 0.1, 0.3, 1.0)),
        burst=rng.choice((1, 2, 3, 5, 10, 30)),
        weights=rng.choice(((1, 1, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1), (1, 3, 1), (0, 0, 1), (0, 1, 1), (1, 1, 8))),
        aim=rng.choice(("anywhere", "seen", "cursor", "end")),
        cap=rng.choice((1, 2, 3, limit)) if rng.random() < 0.1 else 1000,
        ragged=rng.random() < 0.07,
        total="none" if odd < 0.05 else rng.choice((-5, -1, 1, 3)) if odd < 0.1 else "true",
        jobs=rng.choice((1, 1, 8)),
    )


@dataclass(slots=True)
class Tenant:
    """The simulated server."""

    plan: Scenario
    requests: int = 0
    ids: list[str] = field(default_factory=list)
    survivors: set[str] = field(default_factory=set)
    versions: Counter[str] = field(default_factory=Counter)
    _rng: random.Random = field(default_factory=random.Random)
    _next: int = 0
    _cursor: int = 0
    _burst_at: int = -1
    _spoiler: random.Random = field(default_factory=random.Random)
    _kinds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.plan.seed + 1)
        self._spoiler = random.Random(self.plan.seed + 2)
        self.ids = [self._fresh() for _ in range(self.plan.size)]
        self.survivors = set(self.ids)
        self._burst_at = self._rng.randint(1, 3 + 2 * self.plan.size // self.plan.limit)

    def fetch(self, offset: int, limit: int) -> Page:
        """Answer a request, after the changes before it."""
        if self.requests:
            self._weather()
        self.requests += 1
        self._cursor = offset + limit
        given = min(limit, self.plan.cap)
        if self.plan.ragged and self._rng.random() < 0.3:
            given = self._rng.randint(1, given)
        return Page(tuple(self._row(name) for name in self.ids[offset : offset + given]), self._total())

    def _row(self, name: str) -> Row | BadRow:
        """Return the row of a repo; it may lack its id, always or this time, or have the id of another."""
        plan, kind = self.plan, self._kinds.get(name, 1.0)
        if kind < plan.spoiled or (plan.blinking and self._spoiler.random() < plan.blinking):
            return BadRow("null")
        row = {"v": self.versions[name], "is": name}
        before = int(name[1:]) - 1
        return (f"r{before}", {**row, "id": before}) if kind < plan.spoiled + plan.clashing else (name, row)

    def run(self, fetch: Callable[[int], Served], offsets: Iterable[int]) -> Generator[Served, None, None]:
        """Fetch `jobs` pages concurrently: in any order, and with changes between them."""
        todo = list(offsets)
        for start in range(0, len(todo), self.plan.jobs):
            batch = todo[start : start + self.plan.jobs]
            answers = {offset: fetch(offset) for offset in self._rng.sample(batch, len(batch))}
            for offset in batch:
                yield answers[offset]

    def _total(self) -> int | None:
        if self.plan.total == "none":
            return None
        return max(0, len(self.ids) + (self.plan.total if isinstance(self.plan.total, int) else 0))

    def _weather(self) -> None:
        if self.plan.order == "shuffle":
            self._rng.shuffle(self.ids)
        elif self.plan.order == "rotation" and self.ids:
            turn = self._rng.randrange(len(self.ids))
            self.ids = self.ids[turn:] + self.ids[:turn]
        for _ in range(self._changes()):
            if self.plan.schedule == "balanced":
                self._delete()
                self._insert()
            else:
                self._rng.choices((self._insert, self._delete, self._edit), self.plan.weights)[0]()

    def _changes(self) -> int:
        match self.plan.schedule:
            case "steady" | "balanced":
                return int(self._rng.random() < self.plan.rate)
            case "burst":
                return self.plan.burst if self.requests == self._burst_at else 0
            case "bursts":
                return self.plan.burst if self._rng.random() < self.plan.rate else 0
        return 0

    def _fresh(self) -> str:
        self._next += 1
        if self.plan.spoiled or self.plan.clashing:
            self._kinds[f"r{self._next}"] = self._spoiler.random()
        return f"r{self._next}"

    def _insert(self) -> None:
        place = {"newest": 0, "updated": 0, "oldest": len(self.ids)}.get(self.plan.order)
        self.ids.insert(self._rng.randint(0, len(self.ids)) if place is None else place, self._fresh())

    def _delete(self) -> None:
        size = len(self.ids)
        if not size:
            return
        first, last = {
            "anywhere": (0, size),
            "seen": (0, self._cursor),
            "cursor": (self._cursor - 3, self._cursor),
            "end": (size - 3, size),
        }[self.plan.aim]
        last = min(max(last, 1), size)
        self.survivors.discard(self.ids.pop(self._rng.randrange(min(max(first, 0), last - 1), last)))

    def _edit(self) -> None:
        if not self.ids:
            return
        source = self._rng.randrange(len(self.ids))
        name = self.ids[source]
        self.versions[name] += 1
        if self.plan.order in STABLE:
            return
        self.ids.pop(source)
        if self.plan.order == "updated":
            place = 0
        elif self.plan.order == "swaps":
            place = source + self._rng.choice((-1, 1))
        else:
            place = self._rng.randint(0, len(self.ids))
        self.ids.insert(max(0, place), name)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one reader for one scenario."""

    complete: bool
    missed: int
    requests: int
    proof: str = ""

    @property
    def false(self) -> bool:
        """Whether the reader was falsely complete."""
        return self.complete and self.missed > 0


def read_ours(plan: Scenario, **options: int) -> Outcome:
    """Read a tenant with our pager."""
    tenant = Tenant(plan)
    run = in_turn if plan.jobs == 1 else tenant.run
    pager = Pager(tenant.fetch, limit=plan.limit, run=run, max_pages=600, max_rows=20_000, **options)
    seen, unread = set(), False
    for item in pager.read():
        if isinstance(item, Unread):
            unread = True
        else:
            seen.add(item[1]["is"])
    proof = pager.facts.proof
    return Outcome(not unread, len(tenant.survivors - seen), tenant.requests, proof.value if proof else "")


def read_vendor(plan: Scenario) -> tuple[Outcome, Outcome]:
    """Read a tenant by the vendor's rule, and decide by that rule and by the count check."""
    tenant, seen, offset, total = Tenant(plan), set(), 0, None
    while tenant.requests < 600:
        page = tenant.fetch(offset, plan.limit)
        total = page.total
        if not page.rows:
            break
        seen |= {row["is"] for _, row in page.good}
        offset += len(page.rows)
    missed = len(tenant.survivors - seen)
    return Outcome(True, missed, tenant.requests), Outcome(len(seen) == total, missed, tenant.requests)


def hostile(seed: int) -> Scenario:
    """Draw a small tenant with an unstable order and few rows per page: the hardest case for a proof by order."""
    rng = random.Random(seed)
    return Scenario(
        seed=seed,
        size=rng.randint(3, 20),
        limit=rng.choice((2, 2, 3, 4, 6)),
        order=rng.choice(("updated", "heap", "rotation", "swaps")),
        schedule=rng.choice(("steady", "balanced", "bursts")),
        rate=rng.choice((0.05, 0.1, 0.3, 0.6, 1.0)),
        burst=rng.choice((2, 3, 5)),
        weights=rng.choice(((1, 1, 1), (1, 3, 1), (0, 0, 1), (0, 1, 1), (1, 1, 8), (2, 2, 1))),
        aim=rng.choice(("anywhere", "seen", "cursor", "end")),
        total=rng.choice(("true", "true", "none")),
        jobs=rng.choice((1, 8)),
    )


def spoiled(seed: int) -> Scenario:
    """Draw a tenant of either kind, in which some rows have no id or the id of another row."""
    rng = random.Random(-1 - seed)
    return replace(
        (scenario, hostile)[seed % 2](seed),
        spoiled=rng.choice((0.0, 0.0, 0.02, 0.1, 0.5)),
        blinking=rng.choice((0.0, 0.002, 0.01, 0.05, 0.2)),
        clashing=rng.choice((0.0, 0.0, 0.05, 0.2)),
    )


@dataclass(slots=True)
class Tally:
    """The results of many runs, by kind of scenario and reader."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    false: list[Scenario] = field(default_factory=list)

    def add(self, plan: Scenario) -> None:
        """Run all three readers on a scenario."""
        group = f"{'stable' if plan.order in STABLE else 'unstable'} order, {plan.schedule}"
        for reader, outcome in zip(READERS, (read_ours(plan), *read_vendor(plan)), strict=True):
            self.counts[group, reader, "runs"] += 1
            self.counts[group, reader, "complete"] += outcome.complete
            self.counts[group, reader, "false"] += outcome.false
            self.counts[group, reader, "requests"] += outcome.requests
            self.counts[group, reader, outcome.proof] += 1
            if outcome.false and reader == "auditor":
                self.false.append(plan)

    def merge(self, other: Tally) -> None:
        """Add the counts of another process."""
        self.counts.update(other.counts)
        self.false += other.false

    def total(self, reader: str, what: str, group: str | None = None) -> int:
        """Return the sum of one count over all kinds of scenario, or the count for one kind."""
        return sum(n for (g, r, w), n in self.counts.items() if (r, w) == (reader, what) and group in (None, g))

    def table(self) -> str:
        """Show all counts: false completes of the readers, share and proofs of our complete runs, requests per run."""
        header = ("tenant", "runs", "false: auditor", "vendor", "count check", "settled", "by count", "by order")
        lines = [
            "".join(f"{word:>15}" if n else f"{word:<26}" for n, word in enumerate((*header, "requests", "vendor")))
        ]
        groups = sorted({group for group, _, _ in self.counts})
        lines += [self._line(group, group) for group in groups]
        return "\n".join([*lines, self._line("all", None)])

    def _line(self, label: str, group: str | None) -> str:
        runs = max(1, self.total("auditor", "runs", group))
        cells = [f"{self.total('auditor', 'runs', group):,}"]
        cells += [f"{self.total(reader, 'false', group):,}" for reader in READERS]
        cells += [f"{self.total('auditor', what, group) / runs:.1%}" for what in ("complete", "count", "order")]
        cells += [f"{self.total(reader, 'requests', group) / runs:.1f}" for reader in ("auditor", "vendor")]
        return f"{label:<26}" + "".join(f"{cell:>15}" for cell in cells)


def simulate(seeds: Iterable[int], draw: Callable[[int], Scenario] = scenario) -> Tally:
    """Run every seed's scenario."""
    tally = Tally()
    for seed in seeds:
        tally.add(draw(seed))
    return tally
