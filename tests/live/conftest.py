"""What the tests of failing control planes share."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from tests.conftest import TOLD
from tests.live.audits import Auditing, Tally
from tests.live.stage import Stage

_TALLY = pytest.StashKey[Tally]()
_USUAL: dict[str, Any] = {}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Make a certificate for 127.0.0.1 that nobody else trusts."""
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
    """Run whole audits in this process."""
    return Auditing(monkeypatch, capsys, tmp_path)


@pytest.fixture
def usual(auditing) -> dict[str, Any]:
    """Return the report of an audit of the sample tenant in which nothing fails."""
    if not _USUAL:
        with Stage() as stage:
            _USUAL.update(auditing.run(stage.url).report)
    return _USUAL


@pytest.fixture
def tally(request) -> Tally:
    """Return where to count what became of audits."""
    return request.config.stash.setdefault(_TALLY, Tally())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell how large the matrix is, and how many false passes are in it."""
    tally: Tally | None = session.config.stash.get(_TALLY, None)
    for name, fates in sorted(tally.items()) if tally else ():
        passes = fates.pop("FALSE PASS", 0)
        told = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
        line = f"{name}: {fates.total() + passes} audits, {told}, {passes} false passes"
        session.config.stash.setdefault(TOLD, []).append(line)
