"""Fixtures for the tests of failing control planes."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from tests.conftest import SUMMARY_LINES
from tests.live.audits import Auditing, Tally
from tests.live.stage import Stage

_TALLY = pytest.StashKey[Tally]()
_USUAL: dict[str, Any] = {}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Create a certificate for 127.0.0.1 that nothing else trusts."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    key = path.with_suffix(".key")
    subject = ["-subj", "/CN=faults", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", path, *subject]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + key.read_text())
    return path


@pytest.fixture
def auditing(monkeypatch, capsys, tmp_path) -> Auditing:
    """Run complete audits in this process."""
    return Auditing(monkeypatch, capsys, tmp_path)


@pytest.fixture
def usual(auditing) -> dict[str, Any]:
    """Return the report of an audit of the sample tenant without failures."""
    if not _USUAL:
        with Stage() as stage:
            _USUAL.update(auditing.run(stage.url).report)
    return _USUAL


@pytest.fixture
def tally(request) -> Tally:
    """Return the counts of audits by outcome."""
    return request.config.stash.setdefault(_TALLY, Tally())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Print the size of the matrix and its number of false passes."""
    tally: Tally | None = session.config.stash.get(_TALLY, None)
    for name, fates in sorted(tally.items()) if tally else ():
        passes = fates.pop("FALSE PASS", 0)
        reported = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
        line = f"{name}: {fates.total() + passes} audits, {reported}, {passes} false passes"
        session.config.stash.setdefault(SUMMARY_LINES, []).append(line)
