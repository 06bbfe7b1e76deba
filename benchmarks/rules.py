"""Time to evaluate rules, compared with the time to decode the repos.

    python benchmarks/rules.py [--repos N] [--rounds N]

Decodes the pages of a sample tenant with orjson. Then evaluates twelve rules of the default pack on every repo, and the
rules of all shipped packs on a part of the repos. All rounds run in one process and in turn, and the best round of each
is printed. Findings are complete, with their messages. Times depend on the machine and its load, so compare the ratio.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
from measure import table

from auditor.access import EMPTY_DIRECTORY, DirectoryIndex
from auditor.demo import sample_directory, sample_tenant
from auditor.engine import Evaluator
from auditor.model import Directory, Part, Provider, Repo
from auditor.policy import DEFAULT_PACK, Policy, Settings, load_policy
from auditor.resources import shipped_packs
from auditor.sources.directory.entries import KINDS
from auditor.sources.directory.row_fields import Fields

PAGE = 100
PART = 10
"""The rules of all packs, many more than twelve, are asked of one repo in so many."""
TWELVE = (
    "missing-description",
    "placeholder-description",
    "short-description",
    "unapproved-storage",
    "storage-of-other-tenant",
    "user-as-admin",
    "everyone-can-write",
    "missing-admin",
    "single-person-admin",
    "external-domain",
    "unconventional-name",
    "empty-repo",
)
PROVIDES = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})


def measure(repos: int, rounds: int) -> str:
    """Return the table."""
    pages = _pages(repos)
    rows = [row for page in pages for row in orjson.loads(page)["data"]]
    tenant = [Repo(row["id"], row["manifest"], row) for row in rows]
    few = tenant[::PART]
    twelve, everything = load_policy([DEFAULT_PACK], Settings(only=TWELVE)), load_policy(sorted(shipped_packs()))
    directory = _directory([repo.envelope for repo in few])
    ways: dict[str, tuple[int, Callable[[], object]]] = {
        "decode": (len(tenant), lambda: [orjson.loads(page) for page in pages]),
        "twelve rules": (len(tenant), lambda: _findings(twelve, tenant)),
        f"all packs, {len(everything.rules)} rules": (len(few), lambda: _findings(everything, few, directory)),
    }
    best = {way: min(_seconds(act) for _ in range(rounds)) / number for way, (number, act) in ways.items()}
    return table(
        ["step", "microseconds per repo", "compared with decoding"],
        [[way, f"{seconds * 1e6:.1f}", f"{seconds / best['decode']:.1f}"] for way, seconds in best.items()],
    )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=int, default=50_000, help="the size of the tenant")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    options = parser.parse_args()
    print(measure(options.repos, options.rounds))


def _pages(count: int) -> list[bytes]:
    rows = sample_tenant(count)
    return [orjson.dumps({"data": rows[start : start + PAGE]}) for start in range(0, count, PAGE)]


def _seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def _directory(rows: list[dict]) -> DirectoryIndex:
    lists = sample_directory(rows)
    parts = {
        kind.provider: Part(tuple(kind.read(Fields(row)) for row in lists[kind.path.removeprefix("/api/svc/v1/")]))
        for kind in KINDS
    }
    return DirectoryIndex(Directory.of(parts))


def _findings(policy: Policy, repos: list[Repo], directory: DirectoryIndex = EMPTY_DIRECTORY) -> int:
    provides = PROVIDES | directory.directory.provides
    evaluator = Evaluator(policy, datetime(2026, 1, 1, tzinfo=UTC), provides, directory)
    alone = sum(len(evaluator.evaluate(repo).findings) for repo in repos)
    return alone + len(evaluator.conclude(None).findings)


if __name__ == "__main__":
    main()
