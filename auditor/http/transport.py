"""The HTTP transport: restrict what `requests` does.

Nothing unrequested is taken from the environment, redirects are not followed, and every read from the socket ends at
the deadline.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from auditor.errors import InvalidError
from auditor.http.credentials import Secret
from auditor.http.retries import BodyTooLargeError

MAX_BODY = 32 * 1024 * 1024
"""The largest body that is read, in bytes."""

READ_SECONDS = 30.0
"""The longest time without a byte."""


def trusted(given: Path | None) -> str | bool:
    """Return the authorities to trust: a file or directory, or True for those of `requests`.

    Args:
        given: A PEM file or directory; None to use the environment (`REQUESTS_CA_BUNDLE` and similar variables).

    Raises:
        InvalidError: It contains no certificates, or `SSLKEYLOGFILE` would log the keys.
    """
    if os.environ.get("SSLKEYLOGFILE"):
        raise InvalidError(
            "SSLKEYLOGFILE would write the TLS keys that protect the token to a file", "unset SSLKEYLOGFILE"
        )
    variables = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    named = {"--ca-bundle": str(given)} if given else {name: os.environ.get(name) for name in variables}
    for where, path in named.items():
        if path:
            folder = path if os.path.isdir(path) else None  # noqa: PTH112 - ssl takes texts
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(None if folder else path, folder)
            except (OSError, ValueError) as error:
                reason = "it contains no certificates" if isinstance(error, ssl.SSLError) else str(error.args[-1])
                raise InvalidError(f"{where} {path} cannot be used: {reason}", "pass a PEM file") from None
            return path
    return True


class Bearer(AuthBase):
    """Adds the token to a request; also prevents `requests` from using `.netrc`."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a request."""
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class PlainSession(requests.Session):
    """A session that ignores the environment and cookies, and follows no redirects."""

    def __init__(self, remaining: Callable[[], float]) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "Cache-Control": "no-cache"})
        self.mount("https://", _Adapter(remaining))
        self.mount("http://", _Adapter(remaining))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None, as otherwise `requests` would read and decode the body, however large."""


class _Adapter(HTTPAdapter):
    """Keeps one connection; its answers are read through `_TimedReader`."""

    def __init__(self, remaining: Callable[[], float]) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)

        class Answer(http.client.HTTPResponse):
            def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
                super().__init__(sock, *args, **kwargs)
                self.fp.close()
                self.fp = io.BufferedReader(_TimedReader(sock, remaining))

        self._answer = Answer

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed on
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        plain = pool.ConnectionCls
        if plain.response_class is not self._answer:
            pool.ConnectionCls = type(plain.__name__, (plain,), {"response_class": self._answer})
        return pool


class _TimedReader(io.RawIOBase):
    """The bytes of one answer, limited by the deadline and by size.

    Timeouts of sockets apply to each read, so one byte now and then would keep a request alive forever. Some lines of
    the protocol are read completely, however long they are.
    """

    def __init__(self, sock: socket.socket, remaining: Callable[[], float]) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._remaining = remaining
        self._left = 2 * MAX_BODY  # chunks have some additional bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:  # noqa: ANN401 - whatever Python's buffers are
        remaining = self._remaining()
        if remaining <= 0:
            raise TimeoutError("the deadline has passed")
        self._sock.settimeout(min(READ_SECONDS, remaining))
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise BodyTooLargeError
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
