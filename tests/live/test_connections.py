"""Complete audits over all kinds of connections: TLS, a proxy, other variables; and who sees the token."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

import pytest

from tests.live.audits import write_pack
from tests.live.stage import TOKEN, Stage


class ConnectProxy:
    """A proxy on loopback that records requests and the data that passes through."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        self.passed = bytearray()
        self._closing = False
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._closing:
                client.close()
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and (data := client.recv(65536)):
            head += data
        self.asked.append(head)
        name, _, port = head.split(b" ")[1].decode().rpartition(":")
        with client, socket.create_connection((name, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = self._start(self._pump, server, client)
            self._pump(client, server)
            back.join()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.passed += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def secure(certificate):
    """Serve the sample tenant over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Stage(tls=context) as stage:
        yield stage


@pytest.fixture
def audit(run_auditor, certificate, tmp_path):
    def run(url, *arguments, **variables):
        env = {"TFY_HOST": url, "TFY_API_KEY": TOKEN, **variables}
        ran = run_auditor("audit", "-f", "json", "--policy", write_pack(tmp_path), *arguments, env=env)
        assert TOKEN not in ran.out + ran.err
        return ran

    return run


def test_https_goes_through_the_proxy_which_sees_neither_token_nor_answer(secure, audit, certificate):
    with ConnectProxy() as proxy:
        address = f"http://someone:secret@{proxy.address}"
        ran = audit(secure.url, "--ca-bundle", str(certificate), HTTPS_PROXY=address)
    assert (ran.code, json.loads(ran.out)["receipt"]["repos"]) == (1, 250)
    assert proxy.asked
    assert all(head.startswith(b"CONNECT 127.0.0.1:") for head in proxy.asked)
    assert not [text for text in (TOKEN.encode(), b"ml-repo") if text in b"".join(proxy.asked) + proxy.passed]
    assert "secret" not in ran.out + ran.err


@pytest.mark.parametrize("hosts", ["127.0.0.1", "*", "example.com,127.0.0.0/8"])
def test_no_proxy_goes_past_it(secure, audit, certificate, hosts):
    with ConnectProxy() as proxy:
        ran = audit(secure.url, "--ca-bundle", str(certificate), HTTPS_PROXY=f"http://{proxy.address}", NO_PROXY=hosts)
    assert (ran.code, proxy.asked) == (1, [])


def test_a_bundle_is_trusted_by_option_and_by_environment_and_nothing_else_is(secure, audit, certificate):
    assert audit(secure.url, "--ca-bundle", str(certificate)).code == 1
    assert audit(secure.url, AUDITOR_CA_BUNDLE=str(certificate)).code == 1
    assert audit(secure.url, REQUESTS_CA_BUNDLE=str(certificate)).code == 1
    asked = len(secure._server.requests)
    ran = audit(secure.url)
    assert ran.code == 3
    assert "--ca-bundle" in ran.last_line
    assert len(secure._server.requests) == asked


def test_the_token_may_come_from_stdin(run_auditor, tmp_path):
    arguments = ("audit", "-f", "json", "--policy", write_pack(tmp_path), "--token-file", "-")
    with Stage() as stage:
        ran = run_auditor(*arguments, env={"TFY_BASE_URL": stage.url}, stdin=f"{TOKEN}\n")
        refused = run_auditor(*arguments, env={"TFY_API_HOST": stage.url})
        assert stage.strangers == 0
    assert (ran.code, json.loads(ran.out)["receipt"]["repos"]) == (1, 250)
    assert (refused.code, refused.out) == (2, "")
    assert "the token in --token-file - is empty" in refused.last_line
    assert TOKEN not in ran.out + ran.err
