"""How often clients falsely report that they read a changing tenant completely.

    python benchmarks/drift.py [--runs N] [--first SEED] [--hostile | --bad-rows] [--processes N]

Simulates N tenants that change while they are read (`tests/live/drift.py`). Three clients read each tenant:

- Auditor
- a typical client: the next offset is the number of rows received, the first empty page is the end, always complete
- a client that counts: the same, but complete only if the number of ids equals the last total

`--hostile` simulates only small tenants whose order changes, with few rows per page. `--bad-rows` simulates tenants in
which some rows have no id, or the id of another row. Prints a table. A run depends only on its seed. A million runs
take about fifteen minutes of CPU time, an hour with bad rows.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from multiprocessing import Pool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.live.drift import Scenario, Tally, hostile, scenario, simulate, spoiled

CHUNK = 500


def _work(task: tuple[int, int, Callable[[int], Scenario]]) -> Tally:
    start, end, draw = task
    return simulate(range(start, end), draw)


def main() -> None:
    """Simulate, and print the table and the seeds of false completes of ours."""
    parser = argparse.ArgumentParser(description="Simulate drifting tenants.")
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--hostile", dest="draw", action="store_const", const=hostile, default=scenario)
    kind.add_argument("--bad-rows", dest="draw", action="store_const", const=spoiled)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    last = options.first + options.runs
    tasks = [(n, min(n + CHUNK, last), options.draw) for n in range(options.first, last, CHUNK)]
    tally, started = Tally(), time.monotonic()
    with Pool(options.processes) as pool:
        for part in pool.imap_unordered(_work, tasks):
            tally.merge(part)
    print(tally.table())
    print(f"{options.runs:,} runs in {time.monotonic() - started:.0f} s")
    for plan in tally.false:
        print("falsely complete:", plan)


if __name__ == "__main__":
    main()
