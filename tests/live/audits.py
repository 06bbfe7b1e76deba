"""Complete audits within this process, without waiting, and what has to hold for each of them."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from auditor.cli import run
from auditor.http import client as client_module
from auditor.http.client import Client
from auditor.sources import control_plane
from tests.conftest import kept_signals
from tests.live.outcomes import GIVEN_UP, INVALID, RETRIED, UNPROVEN, Outcome
from tests.live.stage import LISTS, MOVED, SESSION, SURFACES, TOKEN

NOW = "1767225600"
ATTEMPT = 0.5

PACK = """
policy: 1
name: matrix
version: 1.0.0
title: Two rules that some repos of the sample tenant break
rules:
  - {id: MAT001, name: no-description, title: Repos are described, severity: medium,
     must: {manifest.description: {blank: false}}}
  - {id: MAT002, name: user-as-admin, title: Users are no admins, severity: high, for: grant,
     when: {grant.role: {like: "*-admin"}}, must: {grant.subject.type: {in: [team, virtualaccount]}}}
"""

SHOWN = (TOKEN, quote(TOKEN[4:]), b64encode(TOKEN.encode()).decode().rstrip("="))
"""The forms in which the token could leak."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit.

    Attributes:
        code: The exit code.
        out: Its stdout.
        err: Its stderr.
        pauses: The seconds that it would have waited between attempts.
        seconds: How long it took.
    """

    code: int
    out: str
    err: str
    pauses: tuple[float, ...]
    seconds: float

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report."""
        return json.loads(self.out)

    @property
    def last_line(self) -> str:
        """The last line on stderr, which gives the reason."""
        return self.err.splitlines()[-1]


def same_report(report: dict[str, Any], *differs: str) -> dict[str, Any]:
    """Return what two reports on the same tenant share: all except times, pages, passes, host and notes."""
    receipt = report["receipt"]
    unlike = {"started_at", "finished_at", "pages", "passes", "host", "notes", *differs}
    return {**report, "receipt": {key: value for key, value in receipt.items() if key not in unlike}}


def write_pack(folder: Path) -> str:
    """Write the policy of the audits."""
    (folder / "matrix.yaml").write_text(PACK, "utf-8")
    return str(folder / "matrix.yaml")


class Auditing:
    """Runs `auditor audit` in this process, in a folder of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys, self._monkeypatch, self.folder = capsys, monkeypatch, folder
        self._pauses: list[float] = []
        self._pack = write_pack(folder)
        (folder / "home").mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(control_plane, "Client", partial(Client, sleep=self._pauses.append))
        variables = {"TFY_API_KEY": TOKEN, "HOME": str(folder / "home"), "SOURCE_DATE_EPOCH": NOW}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "TFY_HOST"):
            monkeypatch.delenv(name, raising=False)

    def hurry(self) -> None:
        """Wait less for answers that never come."""
        self._monkeypatch.setattr(client_module, "READ_SECONDS", ATTEMPT)
        self._monkeypatch.setattr(client_module, "ATTEMPT_SECONDS", ATTEMPT)

    def run(self, url: str | None, *arguments: str) -> Audit:
        """Audit the control plane at a URL."""
        self._pauses.clear()
        host = [] if url is None else ["--host", url]
        start = time.monotonic()
        with kept_signals():
            code = run(["audit", "-f", "json", "--policy", self._pack, *host, *arguments])
        seconds = time.monotonic() - start
        captured = self._capsys.readouterr()
        return Audit(code, captured.out, captured.err, tuple(self._pauses), seconds)


class Tally(defaultdict[str, Counter[str]]):
    """Counts of audits by outcome, by the name of the test."""

    def __init__(self) -> None:
        super().__init__(Counter)


def fate(audit: Audit, usual: dict[str, Any], *differs: str) -> str:
    """Return the outcome of an audit: as usual, refused, or a false pass, which must never happen."""
    if audit.code not in {0, 1}:
        return "refused"
    as_usual = same_report(audit.report, *differs) == same_report(usual, *differs)
    return "as usual" if as_usual and audit.code == usual["verdict"]["exit_code"] else "FALSE PASS"


def assert_outcome(audit: Audit, outcome: Outcome) -> None:
    """Check the exit code and the reason."""
    assert audit.code == (1 if outcome.code is None else outcome.code), audit.last_line
    assert bool(audit.pauses) is (outcome in {RETRIED, GIVEN_UP}), audit.pauses
    if outcome is GIVEN_UP:
        assert "4 attempts" in audit.last_line
    if outcome.code == 3:
        receipt = audit.report["receipt"]
        assert receipt["unread"] or receipt["repos"] == 0
        assert (receipt["passes"] == 6) is (outcome is UNPROVEN)
    if outcome is INVALID:
        assert audit.out == ""
    assert audit.seconds < 10


def assert_honest(audit: Audit, folder: Path, paths: set[str] = frozenset()) -> None:
    """Check what holds for every audit, whatever fails."""
    assert audit.last_line.startswith(f"auditor: exit {audit.code}, ")
    assert audit.code != 4, audit.last_line
    everything = [audit.out, audit.err, *(path.read_text("utf-8") for path in folder.rglob("*") if path.is_file())]
    for text in everything:
        assert "Traceback" not in text
        assert not [form for form in SHOWN if form in text]
    assert paths <= {*LISTS, *SURFACES, SESSION, MOVED + LISTS[0], "/elsewhere"}
    if audit.code not in {0, 1}:
        assert not audit.out or audit.report["verdict"]["complete"] is False
