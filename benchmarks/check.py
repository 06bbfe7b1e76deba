"""How fast does `auditor check` start, and how fast does it judge many files, beside reading them and beside its peers?

    python benchmarks/check.py [--files N] [--runs N] [--install]

Two figures, each the median of runs that take turns: the wall time of `auditor check` on one file over that of
`python -c 'import yaml'`, and that of a folder of N manifests over a Python that only loads them by PyYAML's C loader.
Its peers judge the same files by the same JSON Schema (yamllint by its own rules), as far as they are there;
`--install` fetches them into a temporary folder. No peer asks rules, says what it left out, or finds documents twice.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

import auditor
from auditor.demo import sample_tenant
from auditor.resources import schema

LOAD = (
    "import os, sys, yaml\n"
    "for folder, _, names in os.walk(sys.argv[1]):\n"
    "    for name in names:\n"
    "        with open(os.path.join(folder, name), 'rb') as stream:\n"
    "            yaml.load(stream.read(), yaml.CSafeLoader)\n"
)
PEERS = ("check-jsonschema", "yamllint", "ajv")
PER_FOLDER = 500


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000, help="how many manifests the folder has")
    parser.add_argument("--runs", type=int, default=5, help="how often each command runs")
    parser.add_argument("--install", action="store_true", help="fetch the peers into a temporary folder")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(Path(auditor.__file__).parent, quiet=2)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        peers = _peers(work, install=options.install)
        one, many = _manifests(work, options.files)
        _table(
            "one file",
            "import yaml",
            [sys.executable, "-c", "import yaml"],
            _commands(one, work, peers),
            5 * options.runs,
        )
        load = [sys.executable, "-c", LOAD, str(many)]
        _table(f"{options.files} files", "CSafeLoader", load, _commands(many, work, peers), options.runs)


def _manifests(work: Path, count: int) -> tuple[Path, Path]:
    """Write one manifest and a folder of many."""
    many = work / "manifests"
    for number, row in enumerate(sample_tenant(count)):
        file = many / f"{number // PER_FOLDER:03}" / f"{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(row["manifest"], sort_keys=False), "utf-8")
    one = work / "one.yaml"
    shutil.copy(next(many.rglob("*.yaml")), one)
    (work / "schema.json").write_text(json.dumps(schema("ml-repo")), "utf-8")
    return one, many


def _commands(path: Path, work: Path, peers: dict[str, str | None]) -> dict[str, list[str] | None]:
    files = sorted(map(str, path.rglob("*.yaml"))) if path.is_dir() else [str(path)]
    rules, of_schema = str(work / "schema.json"), peers["check-jsonschema"]
    return {
        "auditor check": [sys.executable, "-m", "auditor", "check", str(path)],
        "check-jsonschema": [of_schema, "--schemafile", rules, *files] if of_schema else None,
        "yamllint": [peers["yamllint"], str(path)] if peers["yamllint"] else None,
        "ajv": _ajv(peers["ajv"], rules, files),
    }


def _ajv(program: str | None, rules: str, files: list[str]) -> list[str] | None:
    options = ["validate", "--spec=draft2020", "--strict=false", "-s", rules]
    return [program, *options, *(word for file in files for word in ("-d", file))] if program else None


def _peers(work: Path, *, install: bool) -> dict[str, str | None]:
    """Return where each peer is; None where it is not."""
    if install:
        subprocess.run([sys.executable, "-m", "venv", str(work / "venv")], check=True)
        tools = ["check-jsonschema", "yamllint"]
        subprocess.run([str(work / "venv/bin/pip"), "install", "--quiet", *tools], check=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(work / "npm"), "ajv-cli"], check=True)
    folders = os.pathsep.join([str(work / "venv/bin"), str(work / "npm/node_modules/.bin"), os.environ.get("PATH", "")])
    return {name: shutil.which(name, path=folders) for name in PEERS}


def _table(what: str, base_name: str, base: list[str], commands: dict[str, list[str] | None], runs: int) -> None:
    times = _times({base_name: base, **{name: each for name, each in commands.items() if each}}, runs)
    print(f"\n| {what} | seconds | over {base_name} |\n| --- | --- | --- |")
    for name in (base_name, *commands):
        if name in times:
            seconds = statistics.median(times[name])
            print(f"| {name} | {seconds:.3f} | {seconds / statistics.median(times[base_name]):.2f} |")
        else:
            print(f"| {name} | not installed | |")


def _times(commands: dict[str, list[str]], runs: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            start = time.perf_counter()
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
            times[name].append(time.perf_counter() - start)
            if done.returncode not in {0, 1}:
                sys.exit(f"{name} ended with {done.returncode}: {done.stderr[-500:]}")
    return times


if __name__ == "__main__":
    main()
