"""Time of `auditor check` on one file and on many, compared with check-jsonschema and yamllint.

    python benchmarks/check.py [--files N] [--runs N] [--against CHECKOUT]

The peers check the same files: check-jsonschema with the same JSON Schema, yamllint with its own rules. Peers that are
not installed are skipped. No peer evaluates rules, reports skipped files, or finds duplicate names.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import yaml
from measure import ROOT, Command, auditor, in_turn, table

from auditor.demo import sample_tenant
from auditor.resources import schema

PEER = "check-jsonschema"
PER_FOLDER = 500


def measure(files: int, runs: int, against: Path | None) -> str:
    """Return the tables."""
    with tempfile.TemporaryDirectory() as name:
        one, many = _manifests(Path(name), files)
        return f"{_table('one file', one, 3 * runs, against)}\n{_table(f'{files:,} files', many, runs, against)}"


def _manifests(work: Path, count: int) -> tuple[Path, Path]:
    """Write one manifest, a directory of many, and the schema next to them."""
    many = work / "manifests"
    for number, row in enumerate(sample_tenant(count)):
        file = many / f"{number // PER_FOLDER:03}" / f"{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(row["manifest"], sort_keys=False), "utf-8")
    one = work / "one.yaml"
    shutil.copy(next(many.rglob("*.yaml")), one)
    (work / "schema.json").write_text(json.dumps(schema("ml-repo")), "utf-8")
    return one, many


def _table(what: str, path: Path, runs: int, against: Path | None) -> str:
    files = sorted(map(str, path.rglob("*.yaml"))) if path.is_dir() else [str(path)]
    rules = str(path.parent / "schema.json")
    commands = {"auditor check": auditor(ROOT, "check", str(path))}
    if against:
        commands["auditor check, before"] = auditor(against, "check", str(path))
    for peer, arguments in ((PEER, ["--schemafile", rules, *files]), ("yamllint", [str(path)])):
        if program := _program(peer):
            commands[peer] = Command([program, *arguments])
    timings = in_turn(commands, runs)
    base = timings.get(PEER)
    rows = [
        [name, f"{each.median:.3f}", f"{each.median / base.median:.2f}" if base else "", f"{each.peak:.0f}"]
        for name, each in timings.items()
    ]
    return table([what, "seconds", f"ratio to {PEER}", "peak MiB"], rows)


def _program(name: str) -> str | None:
    neighbor = Path(sys.executable).with_name(name)
    return str(neighbor) if neighbor.exists() else shutil.which(name)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000, help="how many manifests the directory has")
    parser.add_argument("--runs", type=int, default=5, help="how often each command runs; three times that on one file")
    parser.add_argument("--against", type=Path, help="another checkout, run in turn")
    options = parser.parse_args()
    print(measure(options.files, options.runs, options.against))


if __name__ == "__main__":
    main()
