"""The types of the rule language, and the value of a missing field."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TypeAlias


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING = Missing.MISSING
"""The value of a missing field; not null, not empty."""

Outcome: TypeAlias = bool | None
"""True, False, or None for unknown (Kleene's three values)."""


class Type(StrEnum):
    """The type of a field."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"
    OBJECT = "object"
    TIMESTAMP = "timestamp"
    ANY = "value of any type"

    @property
    def classes(self) -> frozenset[type]:
        """The exact Python classes of its values, as returned by JSON and YAML decoders."""
        return _CLASSES[self]


_CLASSES: dict[Type, frozenset[type]] = {
    Type.STRING: frozenset({str}),
    Type.NUMBER: frozenset({int, float}),
    Type.BOOLEAN: frozenset({bool}),
    Type.LIST: frozenset({list}),
    Type.OBJECT: frozenset({dict}),
    Type.TIMESTAMP: frozenset({str}),
    Type.ANY: frozenset({str, int, float, bool, list, dict}),
}
