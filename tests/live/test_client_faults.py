"""Every fault of the table, once and for good: the same answer in the end, or one clear error, without the token."""

import json
import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import traceback
import tracemalloc
from contextlib import contextmanager
from random import Random

import pytest

from auditor.errors import UnreadError
from auditor.http import client as client_module
from auditor.http.client import AnswerError, Client
from auditor.http.credentials import Credentials, Secret
from auditor.http.retries import Deadline
from tests.live.faults import (
    CURED,
    FATAL,
    FAULTS,
    FaultServer,
    always,
    answer_bytes,
    chunked,
    cut,
    json_answer,
    once,
    raw,
    redirect,
)

TOKEN = "tfy_CANARY0123456789"
DOCUMENT = {
    "data": [{"id": "r1", "manifest": {"name": "churn: prod"}}],
    "pagination": {"total": 1, "offset": 0},
}
PATH = "/api/svc/v1/ml-repos"


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.4)
    monkeypatch.setattr(client_module, "ATTEMPT_SECONDS", 0.5)


@pytest.fixture
def patient(monkeypatch):
    """Wait one second for the first answer and without limit for the next one, however busy the machine is."""
    monkeypatch.setattr(client_module, "READ_SECONDS", 1.0)
    monkeypatch.setattr(client_module, "ATTEMPT_SECONDS", 1.0)

    def sleep(_seconds):
        monkeypatch.setattr(client_module, "READ_SECONDS", 60.0)
        monkeypatch.setattr(client_module, "ATTEMPT_SECONDS", 60.0)

    return sleep


def client_for(url, seconds=60.0, sleep=lambda _seconds: None, **options):
    """Return a client that does not really wait between attempts."""
    credentials = Credentials(url, Secret(TOKEN), "TFY_API_KEY")
    return Client(credentials, deadline=Deadline(seconds), sleep=sleep, **options)


@contextmanager
def serving(script=(), answer=None, **options):
    """Yield a fault server and a client for it."""
    with (
        FaultServer(answer or json_answer(DOCUMENT), script, **options) as server,
        client_for(server.url) as client,
    ):
        yield server, client


def assert_honest(error):
    """Check that an error is one sentence for people, and that no part of it has the token."""
    assert error.message
    for text in (error.message, error.fix):
        assert text.isprintable()
        assert not text.endswith(".")
        assert len(text) < 500
        for inside in ("Pool(", " object at ", "Errno", "Traceback", "Error(", "Exception"):
            assert inside not in text
    stack = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    kept = [frame.locals for frame in stack if "tests" not in frame.filename]
    shown = [
        str(error),
        repr(error),
        repr(vars(error)),
        repr(kept),
        "".join(traceback.format_exception(error)),
    ]
    assert kept
    assert not [text for text in shown if TOKEN in text]
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("name", CURED)
def test_fault_once_is_cured(name, patient, caplog):
    caplog.set_level(logging.DEBUG)
    with (
        FaultServer(json_answer(DOCUMENT), once(CURED[name])) as server,
        client_for(server.url, sleep=patient) as client,
    ):
        assert client.get(PATH, {"limit": 100}) == DOCUMENT
        assert len(server.requests) == 2
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("name", FATAL)
def test_fatal_fault_is_not_tried_again(name, caplog):
    caplog.set_level(logging.DEBUG)
    with serving(once(FATAL[name])) as (server, client):
        with pytest.raises(UnreadError) as caught:
            client.get(PATH, {"limit": 100})
        assert len(server.requests) == 1
    assert_honest(caught.value)
    assert TOKEN not in caplog.text


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("name", CURED)
def test_a_lasting_fault_is_a_clear_error(name):
    with serving(always(CURED[name])) as (server, client):
        with pytest.raises(UnreadError) as caught:
            client.get(PATH, {"limit": 100})
        assert len(server.requests) == 4
    assert_honest(caught.value)
    assert "4 attempts" in caught.value.message
    assert server.url in caught.value.message


@pytest.mark.parametrize("name", ["hang", "stall", "drip-body", "drip-headers", "continue-storm"])
def test_deadline_of_the_run_ends_everything(name):
    with (
        FaultServer(json_answer(DOCUMENT), always(FAULTS[name])) as server,
        client_for(server.url, 0.3) as client,
    ):
        start = time.monotonic()
        with pytest.raises(UnreadError, match="the time limit of") as caught:
            client.get(PATH, {})
        assert time.monotonic() - start < 1.5
    assert_honest(caught.value)


def test_cut_at_every_byte():
    body = json.dumps(DOCUMENT).encode()
    answers = [
        answer_bytes(body),
        answer_bytes(body, "200 OK", "application/json", "Connection: close", length=False),
        chunked(body, b"0\r\n\r\n"),
    ]
    for whole in answers:
        # A document without a length is complete with its last brace, chunks with the final zero.
        least = len(whole) - (len(b"\r\n\r\n") if whole is answers[2] else 0)
        for kept in range(least):
            with serving(once(cut(kept)), answer=lambda _request, answer=whole: answer) as (server, client):
                got = client.get(PATH, {})
                assert (got, len(server.requests)) == (DOCUMENT, 2), kept


def test_each_status_is_distinguished():
    for status in (401, 403, 404, 410, 422):
        with serving(always(FAULTS.get(f"status-{status}"))) as (_, client):
            with pytest.raises(AnswerError, match="no such luck") as caught:
                client.get(PATH, {})
            assert caught.value.status == status


def test_redirect_keeps_the_token_here():
    with FaultServer(json_answer(DOCUMENT)) as other:
        for status in ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"):
            with serving(always(redirect(f"{other.url}/login?to=x", status))) as (server, client):
                with pytest.raises(AnswerError) as caught:
                    client.get(PATH, {})
                assert len(server.requests) == 1
            assert_honest(caught.value)
            assert other.url in caught.value.message
        assert other.requests == []


def test_what_is_sent(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with serving() as (server, client):
        client.get(PATH, {"limit": 100, "offset": 0})
        client.get(PATH, {"name": "a b&c"})
    first, second = (request.decode() for request in server.requests)
    lines = first.splitlines()
    assert lines[0] == f"GET {PATH}?limit=100&offset=0 HTTP/1.1"
    assert second.splitlines()[0] == f"GET {PATH}?name=a+b%26c HTTP/1.1"
    assert [line for line in lines if line.startswith("Authorization")] == [f"Authorization: Bearer {TOKEN}"]
    for line in ("Accept: application/json", "Accept-Encoding: gzip", "Cache-Control: no-cache"):
        assert line in lines
    assert "User-Agent: auditor" in lines


def test_cookies_are_not_kept():
    answer = answer_bytes(b"{}", "200 OK", "application/json", "Set-Cookie: session=1; Path=/")
    with serving(answer=lambda _request: answer) as (server, client):
        client.get(PATH, {})
        client.get(PATH, {})
    assert b"Cookie" not in server.requests[1]


def test_connection_is_used_again_and_each_thread_has_its_own():
    with serving() as (server, client):
        found = []
        threads = [threading.Thread(target=lambda: found.append(client.get(PATH, {}))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(5):
            found.append(client.get(PATH, {}))
        assert found == [DOCUMENT] * 13
        assert len(server._threads) - 1 <= 9


def test_bytes_left_over_do_not_become_the_next_answer():
    other = answer_bytes(b'{"data": "smuggled"}')
    normal = json_answer(DOCUMENT)(b"")
    with serving(answer=lambda _request: normal + other) as (_, client):
        for _ in range(3):
            assert client.get(PATH, {}) == DOCUMENT


@pytest.mark.parametrize("name", ["gzip-bomb", "huge-body", "endless-body", "endless-chunks", "endless-trailers"])
def test_memory_stays_bounded(name):
    with serving(always(FATAL[name])) as (_, client):
        tracemalloc.start()
        try:
            with pytest.raises(UnreadError):
                client.get(PATH, {})
            assert tracemalloc.get_traced_memory()[1] < 100 * 1024 * 1024
        finally:
            tracemalloc.stop()


def test_a_process_that_meets_bombs_stays_small():
    """Measure the entire process, including the memory of libraries."""
    program = (
        "import sys; from auditor.cli import run; code = run(sys.argv[1:]); "
        "print(code, *[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    )
    with FaultServer(json_answer(DOCUMENT), always(FATAL["gzip-bomb"])) as server:
        env = {**os.environ, "TFY_HOST": server.url, "TFY_API_KEY": TOKEN}
        command = [sys.executable, "-c", program, "fetch", "-o", os.devnull]
        ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    code, kilobytes = map(int, ran.stdout.split())
    assert code in {3, 5}
    assert kilobytes < 200 * 1024


def test_server_that_repeats_the_token_is_blanked_out():
    def refused(fault):
        with serving(always(fault)) as (_, client), pytest.raises(UnreadError) as caught:
            client.get(PATH, {})
        assert_honest(caught.value)
        return str(caught.value)

    def unauthorised(message):
        return raw(answer_bytes(json.dumps({"message": message}).encode(), "401 Unauthorized"))

    assert "bad token ***\\x1b[31m Try" in refused(unauthorised(f"bad token {TOKEN}\x1b[31m\nTry again"))
    assert "tfy_" not in refused(unauthorised("x" * 190 + TOKEN))
    assert "https://***.example" in refused(redirect(f"https://{TOKEN}.example/"))
    assert "https://other.example" in refused(redirect(f"https://x:{TOKEN}@other.example/"))
    assert "appears twice" in refused(raw(answer_bytes(f'{{"{TOKEN}": 1, "{TOKEN}": 2}}'.encode())))


def test_refused_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        client_for(f"http://127.0.0.1:{port}") as client,
        pytest.raises(UnreadError, match="refused") as caught,
    ):
        client.get(PATH, {})
    assert_honest(caught.value)


def test_ipv6_loopback():
    try:
        server = FaultServer(json_answer(DOCUMENT), host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with server, client_for(server.url) as client:
        assert client.get(PATH, {}) == DOCUMENT


def test_random_bytes_give_an_answer_or_an_unseen_error():
    random = Random(7)
    normal = [json_answer(DOCUMENT)(b""), chunked(json.dumps(DOCUMENT).encode(), b"0\r\n\r\n")]

    def damaged():
        data = bytearray(random.choice(normal))
        for _ in range(random.randint(1, 4)):
            data[random.randrange(len(data))] = random.choice(
                b'\r\n\x00\xff0-9:;,az "{}' + bytes([random.randrange(256)])
            )
        return raw(bytes(data))

    for _ in range(200):
        with serving(always(damaged())) as (_, client):
            try:
                client.get(PATH, {})
            except UnreadError as error:
                assert_honest(error)


def test_proxy_is_used_for_https_without_the_token(monkeypatch):
    for variable in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with FaultServer(json_answer(DOCUMENT), always(FAULTS["status-403"])) as proxy:
        address = proxy.url.removeprefix("http://")
        monkeypatch.setenv("HTTPS_PROXY", f"http://someone:password@{address}")
        with client_for("https://control.example") as client:
            assert client.proxy == address
            with pytest.raises(UnreadError) as caught:
                client.get(PATH, {})
    assert_honest(caught.value)
    assert f"proxy {address}" in caught.value.message
    assert "password" not in str(caught.value)
    assert proxy.requests[0].startswith(b"CONNECT control.example:443")
    assert TOKEN.encode() not in b"".join(proxy.requests)


def test_tls(certificate, monkeypatch):
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with FaultServer(json_answer(DOCUMENT), tls=context) as server:
        with client_for(server.url) as client, pytest.raises(UnreadError, match=r"self.signed") as caught:
            client.get(PATH, {})
        assert_honest(caught.value)
        assert "--ca-bundle" in caught.value.fix
        with client_for(server.url, ca_bundle=certificate) as client:
            assert client.get(PATH, {}) == DOCUMENT
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        with client_for(server.url) as client:
            assert client.get(PATH, {}) == DOCUMENT
        other = server.url.replace("127.0.0.1", "localhost")
        with client_for(other) as client, pytest.raises(UnreadError, match="valid for 'localhost'") as caught:
            client.get(PATH, {})
        assert_honest(caught.value)
    with FaultServer(json_answer(DOCUMENT)) as plain:
        other = plain.url.replace("http:", "https:")
        with client_for(other) as client, pytest.raises(UnreadError, match="no TLS connection") as caught:
            client.get(PATH, {})
    assert_honest(caught.value)


@pytest.mark.parametrize("name", ["drip-body", "reset-mid-body", "cut-last-byte", "unlengthed-cut"])
def test_fault_once_is_cured_over_tls(name, patient, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with (
        FaultServer(json_answer(DOCUMENT), once(CURED[name]), tls=context) as server,
        client_for(server.url, sleep=patient, ca_bundle=certificate) as client,
    ):
        assert client.get(PATH, {}) == DOCUMENT
