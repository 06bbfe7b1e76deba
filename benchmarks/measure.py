"""What the benchmarks share: whole commands timed in turn, with their peak memory."""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(slots=True)
class Timing:
    """The runs of one command: seconds of wall time, and the peak memory of each in MiB."""

    seconds: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return statistics.median(self.seconds)

    @property
    def peak(self) -> float:
        """The median of the peaks."""
        return statistics.median(self.peaks)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line and the variables that it gets besides those of this process."""

    arguments: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)


def auditor(root: Path, *arguments: str, **variables: str) -> Command:
    """Return the command `auditor ARGUMENTS` of a checkout; its bytecode is compiled beforehand."""
    compileall.compile_dir(root / "auditor", quiet=2)
    return Command([sys.executable, "-P", "-m", "auditor", *arguments], {"PYTHONPATH": str(root), **variables})


def in_turn(commands: Mapping[str, Command], runs: int) -> dict[str, Timing]:
    """Run every command once without counting it, then all of them in turn; return the timings by name."""
    timings = {name: Timing() for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            seconds, peak = _run(name, command)
            if number:
                timings[name].seconds.append(seconds)
                timings[name].peaks.append(peak)
    return timings


def _run(name: str, command: Command) -> tuple[float, float]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(
        command.arguments, env={**environment, **command.variables}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    error = process.stderr.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.stderr.close()
    process.returncode = code = os.waitstatus_to_exitcode(status)
    if code not in {0, 1}:
        sys.exit(f"{name} ended with {code}: {error[-500:]}")
    return seconds, usage.ru_maxrss / 1024


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
