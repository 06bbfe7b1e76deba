"""The strict decoder for all responses: UTF-8, finite numbers, unique keys, bounded depth."""

from __future__ import annotations

import json
import re
from typing import cast

import orjson

from auditor.errors import UnreadError
from auditor.model.values import Json, display


class UnreadableRow(str):
    """Replaces a row that cannot be read: the reason."""

    __slots__ = ()


class _DuplicateKeyError(ValueError):
    """A key appears twice in one object."""


def decode_json(body: bytes, where: str) -> Json:
    """Return one JSON document, or raise an error if any part of it is invalid.

    orjson rejects most invalid input: bad UTF-8, a byte order mark, lone surrogates, NaN, numbers that overflow, a
    second document. This function also rejects duplicate keys in an object, of which parsers silently keep the last,
    and more than 254 levels of nesting, so that later code does not run out of stack. Integers beyond 64 bits become
    floats.

    Args:
        body: The entire document.
        where: Where it comes from, for messages: a URL or a file.

    Raises:
        UnreadError: It is not one strict JSON document; no other exception is raised.
    """
    try:
        value = cast("Json", orjson.loads(body))
    except orjson.JSONDecodeError as error:
        problem, line, column = error.msg, error.lineno, error.colno
    else:
        if _may_repeat_a_key(body, value, where):
            _refuse_repeated_keys(body, where)
        return value
    start = body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        raise UnreadError(f"got a login or error page (HTML) instead of JSON from {where}")
    if not start:
        raise UnreadError(f"got an empty body instead of JSON from {where}")
    raise UnreadError(f"got broken JSON from {where}: {problem} at line {line}, column {column}")


_ESCAPES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)")
"""An escaped backslash, a surrogate pair, or (as the group) a lone surrogate."""


def decode_list(body: bytes, where: str) -> Json:
    """Return one JSON document; rows of `data` with a lone surrogate are replaced by `UnreadableRow`.

    In any other place, a lone surrogate makes the document unreadable.

    Raises:
        UnreadError: As `decode_json`.
    """
    one = _decode_with(body, rb"\ufffd", where)
    if one is None:
        return decode_json(body, where)
    other = _decode_with(body, rb"\ufffe", where)
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return decode_json(body, where)  # which raises
    rows, others = one.pop("data", None), other.pop("data", None)
    if one != other or not (isinstance(rows, list) and isinstance(others, list)):
        return decode_json(body, where)
    return {**one, "data": [_readable(*pair) for pair in zip(rows, others, strict=True)]}


def _decode_with(body: bytes, spare: bytes, where: str) -> Json:
    """Read a document with a replacement for every lone surrogate; None if there is none."""
    fixed = _ESCAPES.sub(lambda found: spare if found[1] else found[0], body)
    return None if fixed == body else decode_json(fixed, where)


def _readable(row: Json, other: Json) -> Json:
    """Return a row, unless it depends on the replacement of a lone surrogate."""
    if row == other:
        return row
    name = f"{display(row['id'])} has " if isinstance(row, dict) and isinstance(row.get("id"), str | int) else ""
    return UnreadableRow(f"{name}text with a lone surrogate")


def _may_repeat_a_key(body: bytes, value: Json, where: str) -> bool:
    """Return whether a key may be duplicate, cheaply: if the value is written again, a lost key is a lost colon.

    Colons inside strings stay the same, unless they were written as an escape. So without such escapes, equal counts
    prove that nothing was lost. A false alarm only costs a second pass.
    """
    try:
        again = orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise UnreadError(f"got JSON from {where} that is nested deeper than 254 levels") from None
    if again == body:
        return False
    return body.count(b":") != again.count(b":") or b"\\u003" in body


def _refuse_repeated_keys(body: bytes, where: str) -> None:
    """Read the document a second time, slowly, and reject it if a key appears twice in one object."""
    problem = ""
    try:
        json.loads(body.decode(), object_pairs_hook=_only_once)
    except _DuplicateKeyError as error:
        problem = f"the key {error} appears twice in one object"
    except (ValueError, RecursionError):
        problem = "parsers disagree about it"
    if problem:
        raise UnreadError(f"got ambiguous JSON from {where}: {problem}")


def _only_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the pairs as an object; reject a second value for a key."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKeyError(display(key))
        found[key] = value
    return found
