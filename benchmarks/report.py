"""Run the benchmarks and write `docs/performance.md`: figures of one machine on one day, made by this script alone.

    python benchmarks/report.py [--against CHECKOUT] [--quick]

Run it where nothing else runs. `--quick` uses small sizes and prints the page instead of writing it.
"""

from __future__ import annotations

import argparse
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import audit
import check
import rules
from measure import ROOT

PAGE = ROOT / "docs" / "performance.md"
PEERS = ("check-jsonschema", "jsonschema", "jsonschema-rs", "orjson", "PyYAML", "requests", "google-re2")


def page(against: Path | None, *, quick: bool) -> str:
    """Return the page."""
    repos, files, runs = (500, 200, 1) if quick else (10_000, 10_000, 5)
    before = '\n"Before" is the previous version, measured in alternation with this one.\n' if against else ""
    return f"""# Performance

<!-- Written by `python benchmarks/report.py`; change the script, not this page. -->

Measured on {datetime.now(UTC):%Y-%m-%d} on {_machine()}, with Auditor {version("mlrepo-auditor")},
{_versions()}.
Times are medians of alternating runs of the complete command. They depend on the machine, so compare the ratios.
{before}
## Check manifest files

The other tools check the same files with the same JSON Schema (yamllint with its own rules).

{check.measure(files, runs, against)}
## Audit a tenant

Audits of the sample tenant with the default pack. A live audit reads the list of repos twice, which proves that
it saw every repo.

{audit.measure(repos, runs, 0, against)}
With a delay of 20 ms before each response:

{audit.measure(repos, runs, 20, against)}
## Evaluate rules

CPU time for evaluating rules, including findings and messages, compared with decoding the same repos from JSON once.

{rules.measure(2_000 if quick else 50_000, runs)}
"""


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text("utf-8").splitlines() if "model name" in line]
    return f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), Python {platform.python_version()}"


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in PEERS)


def main() -> None:
    """Measure, and write or print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout, run in turn")
    parser.add_argument("--quick", action="store_true", help="small sizes; print the page")
    options = parser.parse_args()
    text = page(options.against, quick=options.quick)
    if options.quick:
        print(text)
    else:
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
