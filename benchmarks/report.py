"""Run the benchmarks and write `docs/performance.md`.

    python benchmarks/report.py [--against CHECKOUT] [--only SECTION ...] [--runs N] [--tools DIR] [--quick]

Run it on an idle machine. `--only` measures some sections again and leaves the others unchanged. `--tools` names a
folder with the peers, see `benchmarks/peers.py`. `--quick` uses small sizes and prints the page.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import audit
import check
import growth
import peers
import rules
from measure import ROOT

PAGE = ROOT / "docs" / "performance.md"
LIBRARIES = ("jsonschema", "jsonschema-rs", "orjson", "PyYAML", "requests", "google-re2")
SECTIONS = {
    "peers": "Compare with other tools",
    "check": "Check manifest files",
    "audit": "Audit a tenant",
    "growth": "Audit a large tenant",
    "rules": "Evaluate rules",
}


def page(sections: Mapping[str, str]) -> str:
    """Return the page with these sections, by title."""
    text = "\n".join(f"## {title}\n\n{sections[title].strip()}\n" for title in SECTIONS.values() if title in sections)
    return f"""# Performance

<!-- Written by `python benchmarks/report.py`; change the script, not this page. -->

Each time is the median of several runs of the complete command. The compared commands run in turn. Times depend on the
machine and its load, so compare the ratios instead of the times. If the load average is higher than the number of
cores, the commands had to wait for other processes.

{text}"""


def sections_of(text: str) -> dict[str, str]:
    """Return the sections of a page, by title."""
    parts = (part.partition("\n") for part in text.split("\n## ")[1:])
    return {title: body for title, _, body in parts}


def measurements(options: argparse.Namespace) -> dict[str, Callable[[], str]]:
    """Return what measures each section."""
    quick, against = options.quick, options.against
    repos, files = (500, 200) if quick else (10_000, 10_000)
    runs = options.runs or (1 if quick else 5)
    sizes = growth.SIZES[:2] if quick else growth.SIZES
    before = '\n"Before" is an earlier commit of Auditor, run in turn with this one.\n' if against else ""
    return {
        "peers": lambda: (
            f"""This section compares Auditor with other tools, on the same manifests and with the same five rules. The
rule files of each tool are in `benchmarks/peers/`. To repeat the measurement, run `python benchmarks/peers.py`.

The other tools are {peers.measure(200 if quick else 5_000, min(runs, 3), options.tools)}"""
        ),
        "check": lambda: (
            f"""check-jsonschema {version("check-jsonschema")} checks the same files with the same JSON Schema, and
with no other rules.
{before}
{check.measure(files, runs, against)}"""
        ),
        "audit": lambda: (
            f"""Audits of the sample tenant with the default pack. A live audit reads the list of repos twice, to
prove that it saw every repo.
{before}
{audit.measure(repos, runs, 0, against)}
With a delay of 20 ms before each response:

{audit.measure(repos, runs, 20, against)}"""
        ),
        "growth": lambda: (
            f"""Audits of snapshots of the sample tenant, with the default pack.

{growth.measure(sizes, 1)}"""
        ),
        "rules": lambda: (
            f"""The processor time to evaluate rules, including findings and messages, compared with the time to decode
the same repos from JSON once.

{rules.measure(2_000 if quick else 50_000, runs)}"""
        ),
    }


def measured(measure: Callable[[], str]) -> str:
    """Return a section: where and when it was measured, and the figures."""
    started, load = datetime.now(UTC), os.getloadavg()[0]
    text = measure()
    loads = f"{load:.1f} before and {os.getloadavg()[0]:.1f} after"
    return f"""Measured on {started:%Y-%m-%d} on {_machine()}, with Auditor {version("mlrepo-auditor")}, {_versions()}.
Load average (1 minute): {loads}.

{text}"""


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text("utf-8").splitlines() if "model name" in line]
    return f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), Python {platform.python_version()}"


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in LIBRARIES)


def main() -> None:
    """Measure, and write or print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout, run in turn")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="measure these sections")
    parser.add_argument("--runs", type=int, help="how often each command runs")
    parser.add_argument("--tools", type=Path, help="a folder with the peers")
    parser.add_argument("--quick", action="store_true", help="small sizes; print the page")
    options = parser.parse_args()
    measure, sections = measurements(options), {}
    for name in options.only:
        text = measured(measure[name])
        if not options.quick:
            sections = sections_of(PAGE.read_text("utf-8"))
        sections[SECTIONS[name]] = text
        if not options.quick:
            PAGE.write_text(page(sections), "utf-8")
    if options.quick:
        print(page(sections))


if __name__ == "__main__":
    main()
