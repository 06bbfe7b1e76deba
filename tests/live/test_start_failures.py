"""Failures of the entire run: the host, the token, and what is visible to the token."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
from base64 import urlsafe_b64encode
from contextlib import ExitStack

import pytest

from tests.live.audits import assert_honest, assert_outcome
from tests.live.faults import FAULTS
from tests.live.matrix import starts
from tests.live.stage import AT_SESSION, TOKEN, Stage, Struck, same

STARTS = {start.name: start for start in starts()}
ELSEWHERE = "https://control.example"
TENANT = "truefoundry"

EXPECTED = {
    "few-repos": "{min_repos: 251}",
    "repo-not-included": "{include: [nowhere]}",
    "other-tenant": "{tenant: someone-else}",
    "unknown-tenant": "{tenant: truefoundry}",
}
"""The `expect` section of the configuration."""

TOKENS = {
    "no-token": None,
    "empty-token": "",
    "token-with-line-break": f"{TOKEN}\n",
    "expired-token": ".".join(urlsafe_b64encode(json.dumps(each).encode()).decode() for each in ({}, {"exp": 1}, {})),
}
"""The values of `TFY_API_KEY`."""

HOSTS = {
    "no-host": None,
    "http-host": "http://control.example",
    "host-with-password": "https://someone:password@control.example",
    "unknown-name": ELSEWHERE,
    "proxy-down": ELSEWHERE,
}
"""The values of `--host`."""


def nobody_listens() -> str:
    """Return a host and port without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def scene(request, auditing, monkeypatch, tmp_path_factory):  # noqa: C901 - one line a failure
    """Set up a failure; return the stage, the host to name and more arguments."""
    outside = tmp_path_factory.mktemp("outside")  # the token may be in files there

    known = socket.getaddrinfo

    def unknown(host: object, *more: object, **options: object) -> list:
        if host == "control.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *more, **options)

    def set_up(name: str, stack: ExitStack) -> tuple[Stage, str | None, list[str]]:  # noqa: C901
        options, arguments = {}, []
        if name == "untrusted":
            options["tls"] = request.getfixturevalue("context")
        if name == "no-repo-visible":
            options["rows"] = []
        strike = same(FAULTS["status-403"]) if name == "unknown-tenant" else None
        stage = stack.enter_context(Stage(strike, Struck(AT_SESSION), **options))
        host = HOSTS.get(name, stage.url)
        if name in EXPECTED:
            (auditing.folder / "auditor.yaml").write_text(f"expect: {EXPECTED[name]}\n", "utf-8")
        if name in TOKENS:
            monkeypatch.setenv("TFY_API_KEY", TOKENS[name] or "")
        if name in {"no-token", "token-for-other-host"}:
            monkeypatch.delenv("TFY_API_KEY")
        if name == "token-for-other-host":
            (outside / ".truefoundry").mkdir()
            login = json.dumps({"host": ELSEWHERE, "access_token": TOKEN})
            (outside / ".truefoundry" / "credentials.json").write_text(login, "utf-8")
            monkeypatch.setenv("HOME", str(outside))
        if name == "open-token-file":
            (outside / "token").write_text(TOKEN, "utf-8")
            (outside / "token").chmod(0o644)
            arguments = ["--token-file", str(outside / "token")]
        if name == "unknown-name":
            monkeypatch.setattr(socket, "getaddrinfo", unknown)
        if name == "proxy-down":
            monkeypatch.setenv("HTTPS_PROXY", f"http://someone:password@{nobody_listens()}")
        if name == "refused-connection":
            host = f"http://{nobody_listens()}"
        if name == "no-tls":
            host = stage.url.replace("http:", "https:")
        return stage, host, arguments

    return set_up


@pytest.fixture(scope="module")
def context(tmp_path_factory) -> ssl.SSLContext:
    """Serve TLS with a certificate for 127.0.0.1 that nothing trusts."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    folder = tmp_path_factory.mktemp("tls")
    files = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    subject = ["-subj", "/CN=failures", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject]
    subprocess.run(command, check=True, capture_output=True)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return made


@pytest.mark.parametrize("name", STARTS)
def test_it_ends_as_the_table_says(name, scene, auditing, tally):
    start = STARTS[name]
    with ExitStack() as stack:
        stage, host, arguments = scene(name, stack)
        audit = auditing.run(host, *arguments)
        asked = stage.paths
    tally["start failures"]["FALSE PASS" if audit.code in {0, 1} else "refused"] += 1
    assert start.says in audit.last_line
    assert "password@" not in audit.err
    assert_outcome(audit, start.outcome)
    assert_honest(audit, auditing.folder, asked)
    if start.outcome.code == 2 or host != stage.url:
        assert not asked, "nothing is asked before the credentials are right"


def test_every_expectation_that_holds_changes_nothing(auditing, usual):
    expected = f"expect: {{tenant: {TENANT}, min_repos: 250, include: [devtest-finetuning-test-420]}}\n"
    (auditing.folder / "auditor.yaml").write_text(expected, "utf-8")
    with Stage() as stage:
        assert auditing.run(stage.url).report["verdict"] == usual["verdict"]
