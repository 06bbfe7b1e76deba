"""Time and memory of an audit, live and from a snapshot.

    python benchmarks/audit.py [--repos N] [--runs N] [--latency MS] [--against CHECKOUT]

Serves sample tenants of N/10 and N repos from this process on loopback, and saves each as a snapshot. Runs the complete
command `auditor audit` on both with the default pack. `--against` runs another checkout in turn and prints the ratio.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from measure import ROOT, auditor, in_turn, table

from auditor.demo import DemoControlPlane, sample_tenant


def measure(repos: int, runs: int, latency: int, against: Path | None) -> str:
    """Return the table."""
    rows = []
    for count in (max(1, repos // 10), repos):
        with (
            tempfile.TemporaryDirectory() as name,
            DemoControlPlane(sample_tenant(count), latency=latency / 1000) as plane,
        ):
            snapshot = str(Path(name, "tenant.ndjson.gz"))
            variables = {"TFY_HOST": plane.host, "TFY_API_KEY": plane.token, "HOME": name}
            in_turn({"fetch": auditor(ROOT, "fetch", "-o", snapshot, **variables)}, 0)
            commands = {}
            for label, root in (("", ROOT), ("before ", against)):
                if root:
                    commands[f"{label}live"] = auditor(root, "audit", **variables)
                    commands[f"{label}snapshot"] = auditor(root, "audit", snapshot, HOME=name)
            timings = in_turn(commands, runs)
        for kind in ("live", "snapshot"):
            row = [kind, f"{count:,}", f"{timings[kind].median:.2f}", f"{timings[kind].peak:.0f}"]
            if against:
                before = timings[f"before {kind}"]
                row += [f"{before.median:.2f}", f"{timings[kind].median / before.median:.2f}"]
            rows.append(row)
    heads = ["audit", "repos", "seconds", "peak MiB", *(["before", "ratio"] if against else [])]
    return table(heads, rows)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=int, default=10_000, help="the size of the larger tenant")
    parser.add_argument("--runs", type=int, default=5, help="how often each command runs")
    parser.add_argument("--latency", type=int, default=0, help="milliseconds before each response")
    parser.add_argument("--against", type=Path, help="another checkout, run in turn")
    options = parser.parse_args()
    print(measure(options.repos, options.runs, options.latency, options.against))


if __name__ == "__main__":
    main()
