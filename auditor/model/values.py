"""JSON values, and how they are named and shown to people."""

from __future__ import annotations

import json
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_NAMES: dict[type, str] = {
    dict: "object",
    list: "list",
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
}

_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)  # made once, since making one costs more than using it

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
