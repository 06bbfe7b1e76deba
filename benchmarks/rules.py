"""How long do rules take, beside just decoding the repos that they are asked of?

    python benchmarks/rules.py [--repos N] [--rounds N]

Decodes the pages of a sample tenant with orjson, then asks twelve rules of the shipped pack of every repo, in one
process and in turn, and prints the best round of each. The findings are worked out whole, message and all. Times vary
between machines and with what else they do; the ratio is what to look at. Below it the same rules asked in full, as
they would be without the gate.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from auditor.demo import sample_tenant
from auditor.engine import Judge
from auditor.model import Provider, Repo
from auditor.policy import DEFAULT_PACK, Settings, load_policy

PAGE = 100
TWELVE = (
    "missing-description",
    "placeholder-description",
    "short-description",
    "unapproved-storage",
    "foreign-storage",
    "user-as-admin",
    "everyone-can-write",
    "no-admin",
    "single-person-admin",
    "external-domain",
    "unconventional-name",
    "empty-and-old",
)
PROVIDES = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=int, default=100_000, help="the size of the tenant")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    options = parser.parse_args()
    pages = _pages(options.repos)
    rows = [row for page in pages for row in orjson.loads(page)["data"]]
    repos = [Repo(row["id"], row["manifest"], row) for row in rows]
    measured = {"decode": [], "gate": [], "in full": []}
    found = {}
    for _ in range(options.rounds):
        measured["decode"].append(_seconds(lambda: [orjson.loads(page) for page in pages]))
        for way, timed in (("gate", False), ("in full", True)):
            measured[way].append(_seconds(lambda timed=timed, way=way: found.update({way: _findings(repos, timed)})))
    best = {way: min(times) for way, times in measured.items()}
    print("| what | microseconds a repo | times decoding | findings |")
    print("| --- | --- | --- | --- |")
    for way, seconds in best.items():
        ratio, each = seconds / best["decode"], seconds / options.repos * 1e6
        print(f"| {way} | {each:.2f} | {ratio:.2f} | {found.get(way, '')} |")


def _pages(count: int) -> list[bytes]:
    rows = sample_tenant(count)
    return [orjson.dumps({"data": rows[start : start + PAGE]}) for start in range(0, count, PAGE)]


def _seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def _findings(repos: list[Repo], timed: bool) -> int:
    policy = load_policy([DEFAULT_PACK], Settings(only=TWELVE))
    judge = Judge(policy, datetime(2026, 1, 1, tzinfo=UTC), PROVIDES, timed=timed)
    return sum(len(judge.judge(repo).findings) for repo in repos)


if __name__ == "__main__":
    main()
