"""Fixtures for the tools of rule authors: commands in this process, and packs written to a folder."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.cli import run
from tests.conftest import Ran

HEAD = "policy: 1\nname: acme\nversion: '1'\ntitle: Rules of Acme\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty folder, without variables of Auditor in the environment."""
    for name in ("AUDITOR_POLICY", "AUDITOR_CONFIG", "NO_COLOR", "SOURCE_DATE_EPOCH", "TFY_HOST", "TFY_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def auditor(here: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Ran]]:
    """Run complete commands in this process."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def command(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    yield command
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def write(here: Path) -> Callable[[str, str], str]:
    """Write a file below the folder and return its name."""

    def write(name: str, text: str) -> str:
        (here / name).write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture
def pack(write: Callable[[str, str], str]) -> Callable[..., str]:
    """Write a pack of rules; each rule is the YAML of the keys that differ from the usual ones."""

    def pack(*rules: str, head: str = "", name: str = "acme.yaml") -> str:
        lines = [HEAD, head, "rules:\n"]
        for number, rule in enumerate(rules, start=1):
            usual = {
                "id": f"ACME{number:03}",
                "name": f"wrong-{'abcdefgh'[number]}",
                "title": "Every repo has a name",
                "severity": "low",
                "rationale": "It is needed.",
                "remediation": "Give it one.",
                "message": '"{repo.name} has no name"',
                "examples": "{pass: [{manifest: {name: a}}], fail: [{manifest: {}}]}",
            }
            own = dict(line.split(": ", 1) for line in rule.strip().splitlines())
            keys = {key: value for key, value in {**usual, **own}.items() if value != "NONE"}
            lines.append("  - " + "\n    ".join(f"{key}: {value}" for key, value in keys.items()) + "\n")
        return write(name, "".join(lines))

    return pack
