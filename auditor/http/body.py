"""The bodies of responses: complete, limited in size, in the requested encoding, and strict JSON."""

from __future__ import annotations

import json
import zlib

import requests

from auditor.errors import UnreadError
from auditor.http.decoding import decode_json, decode_list
from auditor.http.retries import Failure
from auditor.http.transport import MAX_BODY
from auditor.model.values import Json
from auditor.text import one_line

_GZIP = 16 + zlib.MAX_WBITS
_STEP = 4 * 1024 * 1024


def read_document(response: requests.Response, url: str, token: str) -> Json | Failure:
    """Read the document of a 200; reject it if it contains the token, as reports may show anything in it.

    Raises:
        UnreadError: It is not complete, or not strict JSON.
    """
    coding = _coding(response)
    if coding not in {"identity", "gzip"}:
        return Failure(f"got content encoding {one_line(coding)} from {url}, expected gzip or none")
    body = _body(response, url)
    if body is None:
        return Failure(f"got more than {MAX_BODY} bytes from {url}")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json") and not body.lstrip().startswith(b"<"):
        return Failure(f"got {one_line(kind) or 'an unnamed type'} instead of JSON from {url}", transient=True)
    document = decode_list(body, url)
    if token.encode() in body or (b"\\" in body and token in json.dumps(document)):
        fix = "report it to the operators of the control plane, and renew the token"
        return Failure(f"the response of {url} contains the token, which must not be shown", fix)
    return document


def server_message(response: requests.Response) -> str:
    """Return the error message of the server; empty if the body is not JSON with a message."""
    try:
        answer = decode_json(_body(response, "") or b"", "") if _coding(response) in {"identity", "gzip"} else None
    except (UnreadError, requests.RequestException):
        return ""
    said = (answer.get("message") or answer.get("detail")) if isinstance(answer, dict) else None
    if isinstance(said, list):
        said = said[0] if said else None
    if isinstance(said, dict):
        said = said.get("msg")
    return said if isinstance(said, str) else ""


def _coding(response: requests.Response) -> str:
    return response.headers.get("Content-Encoding", "identity").strip().lower()


def _body(response: requests.Response, url: str) -> bytes | None:
    """Return the complete body, decoded; None if it is too large.

    Raises:
        UnreadError: Its chunks are invalid, or its length differs from the header.
    """
    response.raw.headers.pop("Content-Encoding", None)  # urllib3 accepts a gzip stream without its checksum as complete
    body = bytearray()
    try:
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if len(body) > MAX_BODY:
                return None
    except ValueError:  # urllib3 raises it for a chunk of negative size
        raise UnreadError(f"the response of {url} is not valid HTTP") from None
    announced = response.headers.get("Content-Length")
    if announced is not None and any(size.strip() != str(len(body)) for size in announced.split(",")):
        raise UnreadError(f"got {len(body)} bytes from {url}, expected {one_line(announced)} as announced")
    return _unzipped(bytes(body), url) if _coding(response) == "gzip" else bytes(body)


def _unzipped(body: bytes, url: str) -> bytes | None:
    """Return the content of a gzip stream with its checksum verified; None if it is too large."""
    announced = int.from_bytes(body[-4:], "little")  # a complete stream ends with the size of its content
    stream = zlib.decompressobj(_GZIP)
    try:
        if announced > MAX_BODY and _is_large(body):
            return None
        content = stream.decompress(body, min(announced, MAX_BODY) + 1)
    except zlib.error:
        content = b""
    if len(content) != announced or not stream.eof or stream.unused_data:
        raise UnreadError(f"the compressed response of {url} is damaged or truncated")
    return content


def _is_large(body: bytes) -> bool:
    """Return whether a stream has more content than the limit, without keeping any of it."""
    stream, size = zlib.decompressobj(_GZIP), 0
    while body and not stream.eof and size <= MAX_BODY:
        size += len(stream.decompress(body, _STEP))
        body = stream.unconsumed_tail
    return size > MAX_BODY
