"""Parameters: the settings of a pack that its users choose."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from auditor.documents import Cursor
from auditor.errors import InvalidError
from auditor.model import Json
from auditor.model.values import display, parse_duration
from auditor.policy.patterns import compiled


def _string(value: object) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{display(value)} is not a string")


def _number(value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{display(value)} is not a number")


def _list(value: object) -> None:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{display(value)} is not a list of strings")


def _duration(value: object) -> None:
    _string(value)
    parse_duration(str(value))


def _pattern(value: object) -> None:
    _string(value)
    compiled(str(value))


_TYPES: dict[str, Callable[[object], None]] = {
    "string": _string,
    "number": _number,
    "list": _list,
    "duration": _duration,
    "pattern": _pattern,
}


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a pack.

    Attributes:
        name: Its name.
        type: string, number, list (of texts), duration or pattern (RE2).
        description: Its meaning.
        value: The current value.
    """

    name: str
    type: str
    description: str
    value: object

    def parse(self, text: str) -> object:
        """Read a value as written on the command line: a list is separated by commas.

        Raises:
            InvalidError: The text is not of the parameter's type.
        """
        value: object = text
        if self.type == "list":
            value = [item.strip() for item in text.split(",") if item.strip()]
        elif self.type == "number":
            try:
                value = int(text) if text.lstrip("+-").isdecimal() else float(text)
            except ValueError:
                raise InvalidError(f"--param {self.name}: {text!r} is not a number") from None
        try:
            _TYPES[self.type](value)
        except ValueError as error:
            raise InvalidError(f"--param {self.name}: {error}") from None
        return value

    def accept(self, cursor: Cursor) -> Json:
        """Read a value as written in a document."""
        value = cast("Json", cursor.plain())
        try:
            _TYPES[self.type](value)
        except ValueError as error:
            cursor.fail(f"is not a valid value of the parameter: {error}")
        return value


def read_params(cursor: Cursor, *, presets: bool) -> tuple[dict[str, Param], dict[str, Cursor]]:
    """Read the `params` of a pack: its own, and defaults for those of packs that it extends.

    Args:
        cursor: As written.
        presets: Whether the pack extends others; then an entry with only a default is about a parameter of theirs.
    """
    params: dict[str, Param] = {}
    defaults: dict[str, Cursor] = {}
    for name, child in cursor.mapping().items():
        keys = child.keys(_KEYS)
        if presets and set(keys) == {"default"}:
            defaults[name] = keys["default"]
        else:
            params[name] = _read_param(name, child)
    return params, defaults


def _read_param(name: str, cursor: Cursor) -> Param:
    keys = cursor.keys(_KEYS, _KEYS)
    kind = keys["type"].choice(PARAM_TYPES)
    param = Param(name, kind, keys["description"].text(), None)
    return Param(name, kind, param.description, param.accept(keys["default"]))


_KEYS = ("description", "type", "default")

PARAM_TYPES = tuple(_TYPES)
"""The types that a parameter may have."""
