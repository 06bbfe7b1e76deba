"""The security model: every promise of the page has a test; those that fit nowhere else are here."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "security.md"
CLAIM = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")

RECORDER = """\
import os, sys

def record(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        target = arguments[1] if event == "socket.connect" else arguments[:2]
        with open(os.environ["CONTACTS"], "a") as file:
            file.write(f"{target[0]} {target[1]}\\n")

sys.addaudithook(record)
"""
GOOD = """\
type: ml-repo
name: fraud-prod
description: Scores card payments for fraud
storage_integration_fqn: acme:aws:aws-prod:blob-storage:models
"""


def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_a_test_that_exists():
    rows = re.findall(
        r"^\| (.+) \| (.*) \|$", PAGE.read_text("utf-8").partition("## What can go wrong")[2], re.MULTILINE
    )
    promises = [(promise, held_by) for promise, held_by in rows if promise not in {"promise", "---"}]
    assert len(promises) >= 30
    for promise, held_by in promises:
        claims = CLAIM.findall(held_by)
        assert len(claims) == held_by.count("](") > 0, promise
        for name, file in claims:
            assert name in functions_of(file), f"{promise}: {file} has no {name}"


@pytest.fixture
def recorded(tmp_path) -> dict[str, str]:
    """Variables that make a process record every address that it looks up or connects to."""
    (tmp_path / "recorder").mkdir()
    (tmp_path / "recorder" / "sitecustomize.py").write_text(RECORDER, "utf-8")
    (tmp_path / "contacts").touch()
    return {"PYTHONPATH": str(tmp_path / "recorder"), "CONTACTS": str(tmp_path / "contacts")}


def contacts(recorded: dict[str, str]) -> set[tuple[str, ...]]:
    return {tuple(line.split()) for line in Path(recorded["CONTACTS"]).read_text().splitlines()}


def test_an_audit_contacts_only_the_control_plane(start_plane, environment, run_auditor, recorded):
    env = {**environment(start_plane()), **recorded}
    host = urlsplit(env["TFY_HOST"])
    for arguments in (
        ["audit", "--report", "html=report.html"],
        ["access"],
        ["fetch", "-o", "tenant.ndjson.gz"],
        ["doctor"],
    ):
        assert run_auditor(*arguments, env=env).code in {0, 1}
        assert contacts(recorded) == {(host.hostname, str(host.port))}, arguments


def test_a_check_opens_no_connection(run_auditor, recorded, tmp_path):
    (tmp_path / "repo.yaml").write_text(GOOD, "utf-8")
    assert run_auditor("check", "repo.yaml", "--report", "html=report.html", env=recorded).code == 0
    assert contacts(recorded) == set()


def test_every_license_is_accepted():
    code = "import licenses as l; print({n: l.license_of(n) for n in l.locked()}, sorted(l.ACCEPTED), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "docs", capture_output=True, text=True, check=True)
    licenses, accepted = map(ast.literal_eval, done.stdout.splitlines())
    assert len(licenses) > 20
    for package, expression in licenses.items():
        names = set(re.findall(r"[\w.-]+", expression)) - {"AND", "OR"}
        assert names <= set(accepted), f"{package}: {expression}"
