"""A raw-socket control plane that fails on purpose, in every way that a network or a server can fail.

A fault is data: a name and a function that gets the connection and the bytes of the normal answer, and does
something else with them; the connection is closed afterwards. `FaultServer` asks a script, by the number of
the request, which fault to inject, so the same table serves a single GET and complete commands.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Self

Fault = Callable[[socket.socket, bytes], None]
Answer = Callable[[bytes], bytes]
Script = Callable[[int], Fault | None]

DRIP_SECONDS = 0.02


def answer_bytes(
    body: bytes,
    status: str = "200 OK",
    kind: str | None = "application/json",
    *headers: str,
    length: bool = True,
) -> bytes:
    """Return a complete HTTP answer."""
    lines = [f"HTTP/1.1 {status}", *headers]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def json_answer(document: object) -> Answer:
    """Answer every request with the same document."""
    return lambda _request: answer_bytes(json.dumps(document).encode())


def body_of(answer: bytes) -> bytes:
    """Return the body of a complete HTTP answer."""
    return answer.partition(b"\r\n\r\n")[2]


def cut(kept: int) -> Fault:
    """Send the first bytes of the answer, then close."""
    return lambda connection, answer: connection.sendall(answer[:kept])


def send(
    body: bytes | None = None,
    status: str = "200 OK",
    *headers: str,
    kind: str | None = "application/json",
    length: bool = True,
) -> Fault:
    """Send another complete answer: with the normal body if none is given."""
    return lambda connection, answer: connection.sendall(
        answer_bytes(body_of(answer) if body is None else body, status, kind, *headers, length=length)
    )


def raw(data: bytes) -> Fault:
    """Send these bytes."""
    return lambda connection, _answer: connection.sendall(data)


def refuse(status: str, message: str, *headers: str) -> Fault:
    """Send an error like the control plane."""
    body = json.dumps({"statusCode": int(status[:3]), "message": message}).encode()
    return lambda connection, _answer: connection.sendall(answer_bytes(body, status, "application/json", *headers))


def redirect(location: str | None, status: str = "302 Found") -> Fault:
    """Redirect to another URL."""
    return refuse(status, "moved", "Connection: close", *([f"Location: {location}"] if location else []))


def reset(connection: socket.socket) -> None:
    """Make the following close a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_after(part: float) -> Fault:
    """Send a fraction of the answer (0 to 1), then reset the connection."""

    def act(connection: socket.socket, answer: bytes) -> None:
        connection.sendall(answer[: int(len(answer) * part)])
        time.sleep(0.01 if part else 0)
        reset(connection)

    return act


def drip(connection: socket.socket, data: bytes) -> None:
    """Send one byte at a time, with pauses."""
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(DRIP_SECONDS)


def drip_body(connection: socket.socket, answer: bytes) -> None:
    """Send the headers immediately and the body byte by byte, after a lot of white space."""
    whole = answer_bytes(b" " * 10_000 + body_of(answer))
    head = len(whole) - len(body_of(whole))
    connection.sendall(whole[:head])
    drip(connection, whole[head:])


def drip_headers(connection: socket.socket, answer: bytes) -> None:
    """Send one endless header line byte by byte."""
    drip(connection, b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 10_000 + answer)


def hang(connection: socket.socket, _answer: bytes) -> None:
    """Send nothing until the other side gives up."""
    with suppress(OSError):
        connection.recv(1)


def stall(connection: socket.socket, answer: bytes) -> None:
    """Send a part of the answer, then nothing until the other side gives up."""
    connection.sendall(answer[:-10])
    hang(connection, answer)


def announce(*lengths: int) -> Fault:
    """Send the normal body with wrong lengths, each an offset from the right one."""

    def act(connection: socket.socket, answer: bytes) -> None:
        body = body_of(answer)
        headers = [f"Content-Length: {len(body) + offset}" for offset in lengths]
        connection.sendall(answer_bytes(body, "200 OK", "application/json", *headers, length=False))

    return act


def chunked(body: bytes, end: bytes) -> bytes:
    """Return an answer in chunks of 40 bytes."""
    chunks = [body[start : start + 40] for start in range(0, len(body), 40)]
    data = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end
    return answer_bytes(data, "200 OK", "application/json", "Transfer-Encoding: chunked", length=False)


def in_chunks(end: bytes) -> Fault:
    """Send the normal body in chunks, with this end."""
    return lambda connection, answer: connection.sendall(chunked(body_of(answer), end))


def unlengthed(part: float) -> Fault:
    """Send a part of the body without its length, then close."""

    def act(connection: socket.socket, answer: bytes) -> None:
        body = body_of(answer)
        connection.sendall(answer_bytes(body[: int(len(body) * part)], length=False))

    return act


def for_ever(head: bytes, again: bytes) -> Fault:
    """Send something, then repeat it as long as the other side reads."""

    def act(connection: socket.socket, _answer: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(again)

    return act


def zipped(trailer: int = 8, bomb: int = 0, damage: bytes = b"", more: bytes = b"") -> Fault:
    """Send the normal body compressed: without its last 8 bytes, damaged, with more data, or with a lot of space."""
    space = gzip.compress(b" " * bomb) if bomb else b""

    def act(connection: socket.socket, answer: bytes) -> None:
        data = space or gzip.compress(body_of(answer))
        data = data[: len(data) - 8 + trailer] + more
        data = data[:20] + damage + data[20 + len(damage) :]
        headers = ("Connection: close", "Content-Encoding: gzip")
        connection.sendall(answer_bytes(data, "200 OK", "application/json", *headers))

    return act


def wrapped(before: bytes, after: bytes) -> Fault:
    """Send the normal document with something around it."""
    return lambda connection, answer: connection.sendall(answer_bytes(before + body_of(answer) + after))


LOGIN = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>...</body></html>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEBIBYTE = b" " * 1024 * 1024
TRAILERS = b"X: %s\r\n" % (b"x" * 60_000) * 16
DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT"

CURED: dict[str, Fault] = {
    "reset-before-answer": reset_after(0),
    "reset-in-headers": reset_after(0.2),
    "reset-mid-body": reset_after(0.8),
    "close-before-answer": cut(0),
    "cut-in-headers": cut(30),
    "cut-last-byte": lambda connection, answer: connection.sendall(answer[:-1]),
    "hang": hang,
    "stall": stall,
    "drip-body": drip_body,
    "drip-headers": drip_headers,
    "continue-storm": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "length-too-long": announce(10),
    "length-too-short": announce(-10),
    "lengths-differ": announce(0, 5),
    "length-is-no-number": send(None, "200 OK", "Content-Length: abc", length=False),
    "length-negative": send(None, "200 OK", "Content-Length: -1", length=False),
    "unlengthed-cut": unlengthed(0.7),
    "chunked-without-end": in_chunks(b""),
    "chunk-size-garbage": in_chunks(b"zz\r\nxx\r\n0\r\n\r\n"),
    "chunk-size-negative": in_chunks(b"-5\r\nxx\r\n0\r\n\r\n"),
    "chunk-size-huge": in_chunks(b"ffffffffffffffffffff\r\nxx"),
    "garbage-status-line": for_ever(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", b"\x00" * 100),
    "status-no-number": raw(b"HTTP/1.1 abc\r\n\r\n"),
    "gzip-without-trailer": zipped(trailer=0),
    "gzip-damaged": zipped(damage=b"\xff"),
    "gzip-and-more": zipped(more=b"{}"),
    "login-page": send(LOGIN, kind="text/html; charset=utf-8"),
    "login-page-as-json": send(LOGIN),
    "login-page-untyped": send(LOGIN, kind=None),
    "login-page-after-space": send(b"\r\n\t  <html>", kind="text/html"),
    "plain-text": send(b"upstream connect error", kind="text/plain"),
    "json-as-text": send(kind="text/plain"),
    "json-untyped": send(kind=None),
    "empty-body": send(b""),
    "bad-utf-8": wrapped(b'["\xff",', b"]"),
    "utf-16": send('{"data": []}'.encode("utf-16")),
    "byte-order-mark": wrapped(b"\xef\xbb\xbf", b""),
    "nan": wrapped(b"[NaN,", b"]"),
    "infinity": wrapped(b"[-Infinity,", b"]"),
    "overflow": wrapped(b"[1e999,", b"]"),
    "long-integer": wrapped(b"[" + b"9" * 5000 + b",", b"]"),
    "lone-surrogate": wrapped(rb'["\ud800",', b"]"),
    "deep-nesting": wrapped(b"[" * 100_000, b"]" * 100_000),
    "rather-deep-nesting": wrapped(b"[" * 300, b"]" * 300),
    "duplicate-key": wrapped(b'{"data": 1, "data": ', b"}"),
    "duplicate-key-hidden": wrapped(b'{"a": "\\u003a", "data": 1, "data": ', b"}"),
    "two-documents": wrapped(b"", b"{}"),
    **{f"status-{code}": refuse(f"{code} Busy", "busy") for code in (408, 425, 429, 500, 502, 503, 504)},
    "status-502-html": send(LOGIN, "502 Bad Gateway", kind="text/html"),
    "status-503-cut": raw(answer_bytes(b"{}", "503 Busy").replace(b": 2", b": 20")),
    **{
        f"retry-after-{name}": refuse("429 Too Many Requests", "slow down", f"Retry-After: {value}", DATE)
        for name, value in {
            "zero": "0",
            "one": "1",
            "fraction": "0.5",
            "date": "Sun, 06 Nov 1994 08:49:38 GMT",
            "date-past": "Sun, 06 Nov 1994 08:00:00 GMT",
            "negative": "-5",
            "exponent": "1e9",
            "nan": "nan",
            "word": "abc",
        }.items()
    },
}
"""Faults that another attempt recovers from."""

FATAL: dict[str, Fault] = {
    "redirect-nowhere": redirect(None),
    "redirect-unreadable": redirect("http://[::"),
    "redirect-with-bomb": raw(
        answer_bytes(
            gzip.compress(bytes(1000)),
            "302 Found",
            "text/html",
            "Location: https://login.example/",
            "Content-Encoding: gzip",
        )
    ),
    "not-modified": raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "switching-protocols": raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    "early-hints": raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "status-201": send(None, "201 Created"),
    "status-203": send(None, "203 Non-Authoritative Information"),
    "status-204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "status-206": send(None, "206 Partial Content", "Content-Range: bytes 0-9/100"),
    "status-299": send(None, "299 Odd"),
    **{f"status-{code}": refuse(f"{code} No", "no such luck") for code in (400, 401, 403, 404, 410, 422, 501, 999)},
    "gzip-twice": send(None, "200 OK", "Content-Encoding: gzip, gzip"),
    "gzip-bomb": zipped(bomb=200 * 1024 * 1024),
    "deflate": send(None, "200 OK", "Content-Encoding: deflate"),
    "huge-body": send(MEBIBYTE * 33),
    "endless-body": for_ever(HEAD + b"\r\n", MEBIBYTE),
    "endless-chunks": for_ever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n%s\r\n" % MEBIBYTE),
    "endless-trailers": for_ever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", TRAILERS),
    "retry-after-too-long": refuse("429 Too Many Requests", "slow down", "Retry-After: 99999999999"),
    "retry-after-date-too-late": refuse("503 Busy", "later", "Retry-After: Sun, 06 Nov 1994 18:49:37 GMT", DATE),
}
"""Faults that are not retried."""

FAULTS: dict[str, Fault] = CURED | FATAL
"""Every fault by its name."""


def once(fault: Fault) -> Script:
    """Affect the first request only."""
    return lambda number: fault if number == 0 else None


def always(fault: Fault) -> Script:
    """Affect every request."""
    return lambda _number: fault


class FaultServer:
    """A server on a loopback port, for a `with` block; afterwards all its threads and sockets are gone.

    Args:
        answer: Request -> the bytes of the complete normal answer.
        script: What to inject: the number of the request (from 0) -> a fault or None, or a list of these.
        tls: Uses TLS with this context.
        host: The address to listen on.
    """

    def __init__(
        self,
        answer: Answer,
        script: Script | Sequence[Fault | None] = (),
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._answer = answer
        self._script = script if callable(script) else partial(_nth, script)
        self._tls = tls
        self._lock = threading.Lock()
        self._closing = False
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.requests: list[bytes] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=128)
        self.port = self._listener.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{name}:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        with suppress(OSError):
            socket.create_connection(self._listener.getsockname()[:2], timeout=1).close()
        self._threads[0].join()
        self._listener.close()
        with self._lock:
            connections, threads = list(self._connections), self._threads[1:]
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                connection.close()
                return
            with self._lock:
                self._connections.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):  # the other side went away, or the server is closing
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._connections.append(connection)
            with connection:
                while self._one(connection):
                    pass
        connection.close()

    def _one(self, connection: socket.socket) -> bool:
        """Serve one request; return whether the connection stays open."""
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            data = connection.recv(65536)
            request += data
            if not data or request.startswith(b"\x16"):  # a TLS greeting, which plain servers answer like this
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" if data else b"")
                return False
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
        fault = self._script(number)
        if fault is None:
            answer = self._answer(request)
            connection.sendall(answer)
            return b"\r\nConnection: close\r\n" not in answer
        fault(connection, self._answer(request))
        return False


def _nth(script: Sequence[Fault | None], number: int) -> Fault | None:
    return script[number] if number < len(script) else None
