"""JSON values, and their types and texts for people."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

AnyJson: TypeAlias = Any
"""A JSON document of any form, for code that knows what to expect."""

_NAMES: dict[type, str] = {
    dict: "object",
    list: "list",
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
}

_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)  # created once, as that takes longer than using it

SHOWN_LENGTH = 200
"""The longest text of a value in a message, in characters."""


def type_name(value: object) -> str:
    """Return the JSON type of a value: object, list, string, number, boolean or null."""
    return _NAMES[type(value)]


def display(value: object) -> str:
    """Return a value as JSON text, clipped to `SHOWN_LENGTH` characters."""
    text = _ENCODER.encode(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"


def pointer(*tokens: str | int) -> str:
    """Return the JSON Pointer (RFC 6901) of these keys and indices."""
    return "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in tokens)


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PLACEHOLDER = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_DURATION = r"([0-9]{1,6})([smhdw])"


def parse_duration(text: str) -> timedelta:
    """Read a duration: seconds, minutes, hours, days or weeks (`45s`, `30m`, `12h`, `90d`, `4w`).

    Raises:
        ValueError: The text is not a duration.
    """
    match = re.fullmatch(_DURATION, text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 30m, 12h, 90d or 4w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_timestamp(text: str) -> datetime:
    """Read an ISO 8601 timestamp; one without an offset is in UTC.

    Raises:
        ValueError: The text is not a timestamp.
    """
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def placeholder_in(value: object) -> str:
    """Return the first `${NAME}` in a value, the syntax of `envsubst`; empty if there is none or it is not text."""
    found = _PLACEHOLDER.search(value) if isinstance(value, str) else None
    return found[0] if found else ""
