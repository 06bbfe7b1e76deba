"""The peers: how each is installed and run on a folder of manifests, and the rule and file of its findings."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from manifests import RULES, Pairs
from measure import ROOT, Command, auditor

FILES = ROOT / "benchmarks" / "peers"
PYTHON = {"check-jsonschema": "0.38.1", "yamllint": "1.38.0", "semgrep": "1.185.0", "checkov": "3.3.30"}
NODE = {"ajv-cli": "5.0.0", "ajv": "8.20.0", "ajv-formats": "3.0.1", "@stoplight/spectral-cli": "6.16.3"}
_CHECKS = {f"CKV_MLREPO_{number}": rule for number, rule in enumerate(RULES, 1)}
_COUNTS = "`maxContains` counts. Findings have no line and no rule id. The location and the keyword identify the rule."


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to check a folder of manifests.

    Attributes:
        name: What the tables call it.
        arguments: Returns the command line for the folder and its files, without the program.
        findings: Yields the rule and the file of every finding in what the command wrote.
        program: The program; empty for Auditor.
        node: Whether npm installs it; otherwise pip does.
        note: What has to be known about its rule files.
        cannot: Why it cannot express rules, by rule.
    """

    name: str
    arguments: Callable[[Path], list[str]]
    findings: Callable[[Path], Iterator[tuple[str, str]]]
    program: str = ""
    node: bool = False
    note: str = ""
    cannot: Mapping[str, str] = field(default_factory=dict)

    def command(self, tools: Path, folder: Path, output: Path) -> Command:
        """Return the command that checks a folder and writes its findings to a file."""
        if not self.program:
            return _auditor(self.arguments(folder), output)
        programs = _programs(tools, node=self.node)
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        return Command([str(programs / self.program), *self.arguments(folder)], {"PATH": path}, output)

    def pairs(self, output: Path) -> Pairs:
        """Return which rule is broken by which file, from what the command wrote."""
        return {(rule, Path(file).name) for rule, file in self.findings(output) if rule in RULES}


def install(tools: Path) -> None:
    """Install the pinned versions of the peers."""
    tools.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", str(tools / "v")], check=True)
    pins = [f"{name}=={version}" for name, version in PYTHON.items()]
    subprocess.run([str(tools / "v" / "bin" / "python"), "-m", "pip", "install", "--quiet", *pins], check=True)
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("benchmarks/peers.py: npm is not installed; it installs ajv-cli and spectral")
    pins = [f"{name}@{version}" for name, version in NODE.items()]
    subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tools), *pins], check=True)


def versions(tools: Path) -> str:
    """Return the versions that are installed, and those of Python and Node.js that they run on."""
    python = str(_programs(tools, node=False) / "python")
    listed = json.loads(subprocess.check_output([python, "-m", "pip", "list", "--format", "json"], stderr=-3))
    installed = {each["name"]: each["version"] for each in listed}
    found = [f"{name} {installed[name]}" for name in PYTHON]
    for name in NODE:
        package = json.loads((tools / "node_modules" / name / "package.json").read_text("utf-8"))
        found.append(f"{name} {package['version']}")
    node = subprocess.check_output(["node", "--version"], text=True).strip().removeprefix("v")
    return f"{', '.join(found)} (Node.js {node})"


def _programs(tools: Path, *, node: bool) -> Path:
    return tools / "node_modules" / ".bin" if node else tools / "v" / "bin"


def _auditor(arguments: list[str], output: Path) -> Command:
    command = auditor(ROOT, *arguments)
    return Command(command.arguments, command.variables, output)


def _names(folder: Path) -> list[str]:
    return sorted(map(str, folder.rglob("*.yaml")))


def _of_auditor(output: Path) -> Iterator[tuple[str, str]]:
    for line in output.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] == "finding":
            yield row["name"], row["location"]["file"]


def _of_check_jsonschema(output: Path) -> Iterator[tuple[str, str]]:
    for error in json.loads(output.read_text("utf-8"))["errors"]:
        yield rule_at(re.sub(r"\[(\d+)\]", r".\1", error["path"]).split(".")[1:]), error["filename"]


def _of_ajv(output: Path) -> Iterator[tuple[str, str]]:
    text, decoder, start = output.with_suffix(".stderr").read_text("utf-8"), json.JSONDecoder(), 0
    for match in re.finditer(r"^(.+) invalid\n", text, re.MULTILINE):
        if match.end() >= start:
            errors, start = decoder.raw_decode(text, match.end())
            # Below `contains` is why each of the other items is not counted.
            for error in (each for each in errors if "/contains/" not in each["schemaPath"]):
                yield rule_at(error["instancePath"].split("/")[1:]), match[1]


def rule_at(path: list[str]) -> str:
    """Return which rule of the schema failed at a place."""
    match path:
        case [] | ["description"]:
            return "missing-description"
        case ["storage_integration_fqn"]:
            return "unapproved-storage"
        case ["collaborators"]:
            return "too-many-admins"
        case ["collaborators", _]:
            return "user-as-admin"
        case ["name"]:
            return "unconventional-name"
    raise ValueError(f"no rule looks at {path}")


def _of_spectral(output: Path) -> Iterator[tuple[str, str]]:
    for each in json.loads(output.read_text("utf-8")):
        yield each["code"], each["source"]


def _of_semgrep(output: Path) -> Iterator[tuple[str, str]]:
    document = json.loads(output.read_text("utf-8"))
    if document["errors"]:
        raise SystemExit(f"semgrep: {document['errors'][:3]}")
    for each in document["results"]:
        yield each["check_id"].rpartition(".")[2], each["path"]


def _of_checkov(output: Path) -> Iterator[tuple[str, str]]:
    for each in json.loads(output.read_text("utf-8"))["results"]["failed_checks"]:
        yield _CHECKS[each["check_id"]], each["file_path"]


def _of_yamllint(output: Path) -> Iterator[tuple[str, str]]:
    for line in output.read_text("utf-8").splitlines():
        yield line.rpartition("(")[2].rstrip(")"), line.partition(":")[0]


def _spectral(ruleset: str) -> Callable[[Path], list[str]]:
    rules = str(FILES / ruleset)
    return lambda folder: ["lint", "--quiet", "--format", "json", "--ruleset", rules, f"{folder}/**/*.yaml"]


TOOLS = (
    Tool(
        "auditor",
        lambda folder: ["check", "--policy", str(FILES / "auditor.yaml"), "--format", "ndjson", str(folder)],
        _of_auditor,
        note="It also validates manifests against its schema and finds duplicates, which is not compared here.",
    ),
    Tool(
        "check-jsonschema",
        lambda folder: ["--output-format", "json", "--schemafile", str(FILES / "schema.json"), *_names(folder)],
        _of_check_jsonschema,
        "check-jsonschema",
        note=_COUNTS,
    ),
    Tool(
        "ajv-cli",
        lambda folder: [
            *("validate", "--spec=draft2020", "--all-errors", "--errors=json"),
            *("-s", str(FILES / "schema.json"), "-d", f"{folder}/**/*.yaml"),
        ],
        _of_ajv,
        "ajv",
        node=True,
        note="The same schema as check-jsonschema, with the same limits.",
    ),
    Tool(
        "spectral",
        _spectral("spectral.yaml"),
        _of_spectral,
        "spectral",
        node=True,
        note="Only core functions. JSONPath cannot count, so a JSON Schema does. Spectral compiles it for every file.",
    ),
    Tool(
        "spectral, own function",
        _spectral("spectral-function.yaml"),
        _of_spectral,
        "spectral",
        node=True,
        note="The same rules, but a function in JavaScript counts the admins.",
    ),
    Tool(
        "semgrep",
        lambda folder: [
            *("scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--quiet", "--json"),
            *("--config", str(FILES / "semgrep.yaml"), str(folder)),
        ],
        _of_semgrep,
        "semgrep",
        note="It has no operator for counting, so the pattern lists six admins. Another limit needs another pattern. "
        "It does not match grants that have a third key.",
    ),
    Tool(
        "checkov",
        lambda folder: [
            *("--directory", str(folder), "--framework", "yaml", "--external-checks-dir", str(FILES / "checkov")),
            *("--check", ",".join(_CHECKS), "--output", "json", "--quiet", "--compact", "--skip-download"),
        ],
        _of_checkov,
        "checkov",
        note="The rules are Python classes, so they express what Python can.",
    ),
    Tool(
        "yamllint",
        lambda folder: ["--format", "parsable", "--config-file", str(FILES / "yamllint.yaml"), str(folder)],
        _of_yamllint,
        "yamllint",
        note="It checks the style of YAML, not its values. Its time is the time to parse YAML in Python.",
        cannot=dict.fromkeys(RULES, "it has no rules about values"),
    ),
)
