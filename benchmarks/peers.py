"""Findings, time and memory of other tools with the same five rules on the same manifests.

    python benchmarks/peers.py [--files N] [--runs N] [--work DIR] [--tools DIR]

Installs check-jsonschema, yamllint, semgrep, checkov (pip), ajv-cli and spectral (npm) in pinned versions, unless
`--tools` names a folder with an earlier installation. Each has rule files of its own in `benchmarks/peers/`. The
findings are compared with those of a few lines of Python (`manifests.py`) first; then come wall time, processor time
and peak memory of the same commands, and those for a single file.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from manifests import RULES, Pairs, expected, texts, write
from measure import Timing, in_turn, table
from tools import TOOLS, Tool, install, versions

MEASURES: Mapping[str, Callable[[Timing], float]] = {
    "seconds": lambda timing: timing.median,
    "CPU seconds": lambda timing: timing.cpu,
    "peak MiB": lambda timing: timing.peak,
}
_LESS = {"seconds": "time", "CPU seconds": "processor time", "peak MiB": "memory"}
_OWN = TOOLS[0].name


def measure(files: int, runs: int, tools: Path | None = None, work: Path | None = None) -> str:
    """Return the sections about the peers.

    Args:
        files: The number of manifests.
        runs: How often each command runs on all of them; three times that on one file.
        tools: A folder with an installation of the peers; without it they are installed.
        work: A folder for manifests and findings; a temporary one by default.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = (work or Path(name)).resolve()
        if tools is None:
            install(tools := folder / "tools")
        manifests = texts(files)
        write(manifests, folder / "many")
        write(dict([next(iter(manifests.items()))]), folder / "one")
        many = _timings(tools.resolve(), folder / "many", folder, runs)
        found = {tool.name: tool.pairs(_output(folder, tool)) for tool in TOOLS}
        one = _timings(tools.resolve(), folder / "one", folder, 3 * runs)
        return _report(f"{files:,} files", expected(manifests), found, many, one, versions(tools.resolve()))


def _timings(tools: Path, manifests: Path, work: Path, runs: int) -> dict[str, Timing]:
    commands = {tool.name: tool.command(tools, manifests, _output(work, tool)) for tool in TOOLS}
    return in_turn(commands, runs, warm_up=int(runs > 1))


def _output(work: Path, tool: Tool) -> Path:
    return work / f"{tool.name.replace(', ', '-').replace(' ', '-')}.out"


def _report(
    label: str,
    oracle: Pairs,
    found: Mapping[str, Pairs],
    many: Mapping[str, Timing],
    one: Mapping[str, Timing],
    installed: str,
) -> str:
    rows = [[tool.name, *(_answer(tool, rule, oracle, found[tool.name]) for rule in RULES)] for tool in TOOLS]
    rules = "".join(f"- `{rule}`: {text}.\n" for rule, text in RULES.items())
    notes = "".join(f"- **{tool.name}**: {tool.note}\n" for tool in TOOLS)
    return f"""{installed}.

The rules:

{rules}
The findings in {label}, compared with the {len(oracle):,} pairs of rule and file that a short Python program finds:

- `yes`: the tool finds the same pairs
- `no`: the tool cannot express the rule
- `differs`: pairs are missing or added

{table(["tool", *RULES], rows)}
{notes}
The time and memory of these commands for {label}. A factor of 2 means twice as much as Auditor.

{_costs(many)}
The time and memory of the same commands for one file:

{_costs(one)}
### Where other tools need less

{"".join(_wins(label, many))}{"".join(_wins("one file", one))}"""


def _answer(tool: Tool, rule: str, oracle: Pairs, found: Pairs) -> str:
    if rule in tool.cannot:
        return "no"
    due, got = ({pair for pair in pairs if pair[0] == rule} for pairs in (oracle, found))
    return "yes" if due == got else f"differs: {len(due - got):,} missing, {len(got - due):,} added"


def _costs(timings: Mapping[str, Timing]) -> str:
    rows = []
    for name, timing in timings.items():
        row: list[str] = [name]
        for what, value in MEASURES.items():
            digits = 0 if what == "peak MiB" else 2
            row += [f"{value(timing):,.{digits}f}", f"{value(timing) / value(timings[_OWN]):.1f}"]
        rows.append(row)
    return table(["tool", *(head for what in MEASURES for head in (what, "factor"))], rows)


def _wins(label: str, timings: Mapping[str, Timing]) -> Iterator[str]:
    """Yield a line for each measure: which peers need less than Auditor."""
    for what, value in MEASURES.items():
        factors = {name: value(timing) / value(timings[_OWN]) for name, timing in timings.items() if name != _OWN}
        better = sorted((factor, name) for name, factor in factors.items() if factor < 1)
        names = ", ".join(f"{name} (factor {factor:.2f}{_caveat(name)})" for factor, name in better)
        yield f"- Less {_LESS[what]} for {label}: {names or 'no other tool'}.\n"


def _caveat(name: str) -> str:
    return "".join(
        ", evaluates none of the rules" for tool in TOOLS if tool.name == name and len(tool.cannot) == len(RULES)
    )


def main() -> None:
    """Measure, and print the sections."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=5_000, help="how many manifests there are")
    parser.add_argument("--runs", type=int, default=3, help="how often each command runs; three times that on one file")
    parser.add_argument("--work", type=Path, help="a folder for the peers, manifests and findings")
    parser.add_argument("--tools", type=Path, help="a folder with the peers, from --work of an earlier run")
    options = parser.parse_args()
    print(measure(options.files, options.runs, options.tools, options.work))


if __name__ == "__main__":
    main()
