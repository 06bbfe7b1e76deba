"""The embedded control plane: a real HTTP server on this machine's loopback."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeAlias, cast

from auditor.demo.answers import Answer, RefusedError
from auditor.demo.api import Api

LOOPBACK = "127.0.0.1"
"""The only address that the demo listens on."""

_LENGTH_DIGITS = 6
_PAGE_BYTES = 1 << 18


_Request: TypeAlias = Any  # the name of a connection in `socketserver`


class DemoControlPlane:
    """A control plane that serves ML repos over HTTP, from its construction until `close`.

    ::

        with DemoControlPlane(sample_tenant()) as plane:
            headers = {"Authorization": f"Bearer {plane.token}"}
            requests.get(f"{plane.host}/api/svc/v1/ml-repos", headers=headers)

    Args:
        rows: The repos, as rows of the newest generation of the API, in the order of the list.
        token: The bearer token to accept, ASCII; a new random one by default.
        port: The port to listen on; 0 for a free one.
        svc: Whether repos are served under `/api/svc`. If not, it is an old control plane, with `/api/ml` only.
        latency: Seconds to wait before each answer, like a distant control plane.
        directory: The rows of each list except the repos, by its path below `/api/svc/v1`; None for those that match
            the repos (`sample_directory`).
        without: The error status of lists, by path, for example `{"role-bindings": 404}`.
        authority: The directory for the control plane's own list of the grants on a repo; None for the same one.

    Raises:
        OSError: The port is taken.

    Attributes:
        host: Its URL, for `TFY_HOST`: `http://127.0.0.1:PORT`.
        token: Its token, for `TFY_API_KEY`.
    """

    def __init__(
        self,
        rows: Iterable[dict[str, Any]],
        token: str | None = None,
        port: int = 0,
        *,
        svc: bool = True,
        latency: float = 0.0,
        directory: Mapping[str, Sequence[dict[str, Any]]] | None = None,
        without: Mapping[str, int] = MappingProxyType({}),
        authority: Mapping[str, Sequence[dict[str, Any]]] | None = None,
    ) -> None:
        self.token = token or f"tfy_{secrets.token_urlsafe(32)}"
        self._api = partial(Api, token=self.token, svc=svc, directory=directory, without=without, authority=authority)
        self._server = _Server(port, self._api(rows), latency)
        self.host = f"http://{LOOPBACK}:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), name="demo", daemon=True)
        self._thread.start()

    def replace(self, rows: Iterable[dict[str, Any]]) -> None:
        """Serve other repos from the next request on, as if the tenant had changed."""
        self._server.api = self._api(rows)

    def close(self) -> None:
        """Stop serving, end every connection and free the port; a second call does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    """One thread per connection; `close` ends all of them."""

    request_queue_size = 128
    allow_reuse_port = False  # newer versions of Python turn it on, and two demos would share a port

    def __init__(self, port: int, api: Api, latency: float) -> None:
        self.api = api
        self.latency = latency
        self._connections: dict[socket.socket, Thread] = {}
        super().__init__((LOOPBACK, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up our host name, which can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def process_request(self, request: _Request, client_address: object) -> None:
        thread = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: _Request) -> None:
        super().shutdown_request(request)
        self._connections.pop(request, None)

    def server_close(self) -> None:
        super().server_close()
        for connection, thread in list(self._connections.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def handle_error(self, request: _Request, client_address: object) -> None:
        # A client that disconnects is normal; anything else is a bug and must be visible.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Keep-alive connections; each answer is sent in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = _PAGE_BYTES

    def do_GET(self) -> None:
        self._drain()
        server = cast("_Server", self.server)
        time.sleep(server.latency)
        self._send(server.api.answer(self.command, self.path, self.headers.get("Authorization")))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer in JSON where the base class would send a page of HTML."""
        if code == 501:  # a method without its own do_ function
            self.do_GET()
            return
        self.close_connection = True
        self.request_version = self.protocol_version  # or an unreadable request would get no status line
        error = RefusedError(code, message or explain or self.responses[code][0])
        self._send(error.answer(getattr(self, "path", "")))

    def version_string(self) -> str:
        """Return the `Server` header, without the version of Python."""
        return "DemoControlPlane"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as in http.server
        """Log nothing: stderr belongs to the command that runs the demo."""

    def _drain(self) -> None:
        """Read the body of the request, as closing with unread bytes would reset the connection."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or len(length) > _LENGTH_DIGITS:
            self.close_connection = True
        else:
            self.wfile.flush()  # a "100 Continue" may be waiting there
            self.rfile.read(int(length))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()
