"""Time and memory of an audit by the size of the tenant, from a thousand repos to a million.

    python benchmarks/growth.py [--repos N ...] [--runs N]

Writes snapshots of the sample tenant, one repo after another, as `auditor fetch` does, and runs the whole command
`auditor audit SNAPSHOT` on each with the default pack. A million repos take minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from measure import ROOT, auditor, in_turn, table

from auditor.demo import sample_directory, sample_repo
from auditor.model import Directory, Origin, Part, Provider, Repo
from auditor.sources.answers import repo_of
from auditor.sources.directory.entries import KINDS
from auditor.sources.directory.row_fields import Fields
from auditor.sources.snapshot.writer import save_snapshot

FIRST = 20
SIZES = (1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class SampleTenant:
    """The sample tenant as a source that keeps no repo."""

    repos: int
    provides = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return who is in the tenant, and the role bindings of the repos whose manifest has no grants."""
        rows = (sample_repo(index) for index in range(self.repos))
        needed = [row for index, row in enumerate(rows) if index < FIRST or "collaborators" not in row["manifest"]]
        lists = sample_directory(needed)
        kinds = [kind for kind in KINDS if kind.provider in wanted]
        parts = {
            kind.provider: [kind.read(Fields(row)) for row in lists[kind.path.removeprefix("/api/svc/v1/")]]
            for kind in kinds
        }
        return Directory.of({provider: Part(tuple(values)) for provider, values in parts.items()})

    def collect(self) -> Iterator[Repo]:
        """Yield the repos."""
        for index in range(self.repos):
            item = repo_of(sample_repo(index))
            assert isinstance(item, Repo)
            yield item

    def origin(self) -> Origin:
        """Return that the list was read twice and is complete."""
        return Origin("control-plane", "https://sample.example", passes=2, total=self.repos, proof="count")


def measure(sizes: Sequence[int], runs: int) -> str:
    """Return the table, and a sentence about how the cost grows."""
    rows, costs = [], []
    for repos in sizes:
        with tempfile.TemporaryDirectory() as name:
            snapshot = Path(name, "tenant.ndjson.gz")
            save_snapshot(SampleTenant(repos), snapshot, lambda: datetime.now(UTC))
            size = snapshot.stat().st_size / 2**20
            command = auditor(ROOT, "audit", str(snapshot), "--deadline", "12h", HOME=name)
            timing = in_turn({"audit": command}, runs, warm_up=int(runs > 1))["audit"]
        each = timing.median / repos * 1e6
        costs.append((repos, each, timing.peak))
        rows.append(
            [
                f"{repos:,}",
                f"{size:.1f}",
                f"{timing.median:.2f}",
                f"{timing.cpu:.2f}",
                f"{each:.0f}",
                f"{timing.peak:,.0f}",
            ]
        )
    heads = ["repos", "snapshot MiB", "seconds", "CPU seconds", "microseconds per repo", "peak MiB"]
    return f"{table(heads, rows)}\n{_summary(*costs[-2:])}"


def _summary(smaller: tuple[int, float, float], larger: tuple[int, float, float]) -> str:
    """Return what ten times as many repos cost."""
    (few, time_before, memory_before), (many, time, memory) = smaller, larger
    each = (memory - memory_before) * 1024 / (many - few)
    return (
        f"From {few:,} to {many:,} repos, the time per repo changes by a factor of {time / time_before:.2f}, and each "
        f"repo adds {each:.1f} KiB of memory. Repos are read one after another, but findings stay in memory until the "
        "report is written.\n"
    )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=int, nargs="+", default=SIZES, help="the sizes of the tenants")
    parser.add_argument("--runs", type=int, default=1, help="how often each audit runs")
    options = parser.parse_args()
    print(measure(options.repos, options.runs))


if __name__ == "__main__":
    main()
