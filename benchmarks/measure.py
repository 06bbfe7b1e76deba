"""What the benchmarks share: whole commands timed in turn, with their processor time and peak memory."""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


_LAUNCHER = """
import json, os, sys, time
output, errors, *arguments = sys.argv[1:]
flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
files = [(os.POSIX_SPAWN_OPEN, number, file, flags, 0o600) for number, file in ((1, output), (2, errors))]
start = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(arguments[0], arguments, os.environ, file_actions=files), 0)
seconds = time.perf_counter() - start
code = os.waitstatus_to_exitcode(status)
print(json.dumps([code, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""
"""Runs a command from a small process: Linux counts the memory of the process that starts a command as its peak too."""


@dataclass(slots=True)
class Timing:
    """The runs of one command: wall time and processor time in seconds, and peak memory in MiB.

    Both include processes that the command started and waited for. The peak is that of the largest process.
    """

    walls: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of the seconds of wall time."""
        return statistics.median(self.walls)

    @property
    def cpu(self) -> float:
        """The median of the seconds of processor time."""
        return statistics.median(self.processor)

    @property
    def peak(self) -> float:
        """The median of the peaks."""
        return statistics.median(self.peaks)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line and the variables that it gets besides those of this process.

    Attributes:
        output: The file for what it writes to stdout; the file with the suffix `.stderr` gets the rest.
    """

    arguments: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    output: Path | None = None

    @property
    def errors(self) -> Path | None:
        """The file for what it writes to stderr."""
        return self.output and self.output.with_suffix(".stderr")


def auditor(root: Path, *arguments: str, **variables: str) -> Command:
    """Return the command `auditor ARGUMENTS` of a checkout; its bytecode is compiled beforehand."""
    compileall.compile_dir(root / "auditor", quiet=2)
    return Command([sys.executable, "-P", "-m", "auditor", *arguments], {"PYTHONPATH": str(root), **variables})


def in_turn(commands: Mapping[str, Command], runs: int, *, warm_up: int = 1) -> dict[str, Timing]:
    """Run every command once without counting it, then all of them in turn; return the timings by name."""
    timings = {name: Timing() for name in commands}
    for number in range(runs + warm_up):
        for name, command in commands.items():
            wall, cpu, peak = _run(name, command)
            if number >= warm_up:
                timings[name].walls.append(wall)
                timings[name].processor.append(cpu)
                timings[name].peaks.append(peak)
    return timings


def _run(name: str, command: Command) -> tuple[float, float, float]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as work:
        errors = command.errors or Path(work, "stderr")
        launcher = [sys.executable, "-ISc", _LAUNCHER, str(command.output or os.devnull), str(errors)]
        answer = subprocess.run(
            [*launcher, *command.arguments],
            env={**environment, **command.variables},
            stdout=subprocess.PIPE,
            check=True,
        )
        code, wall, cpu, peak = json.loads(answer.stdout)
        if code not in {0, 1}:
            sys.exit(f"{name} ended with {code}: {errors.read_text('utf-8', 'replace')[-500:]}")
    return wall, cpu, peak


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
