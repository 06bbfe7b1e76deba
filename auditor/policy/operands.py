"""What may stand to the right of an operator: one reader a kind, each naming what it expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from auditor.model.durations import parse_duration
from auditor.model.values import shown
from auditor.policy.patterns import compiled

_SCALARS = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class OperandKind:
    """A kind of operand.

    Attributes:
        name: What it is called in messages and docs, with its article.
        read: Returns the operand ready for the operator; raises `ValueError` if the value is of another kind.
        schema: JSON Schema of a literal operand, for editors.
    """

    name: str
    read: Callable[[object], object]
    schema: Mapping[str, object]


def _exactly(name: str, *classes: type) -> Callable[[object], object]:
    def read(value: object) -> object:
        if type(value) not in classes:
            raise ValueError(f"{shown(value)} is not {name}")
        return value

    return read


def _texts(value: object) -> object:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{shown(value)} is not a text or a list of texts")
    return tuple(texts)


def _scalars(value: object) -> object:
    if not isinstance(value, list) or not value or not all(isinstance(item, _SCALARS) for item in value):
        raise ValueError(f"{shown(value)} is not a list of values")
    return tuple(value)


def _patterns(value: object) -> object:
    texts = _texts(value)
    for pattern in texts if isinstance(texts, tuple) else ():
        compiled(pattern)
    return texts


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a duration such as 90d")
    return parse_duration(value)


_STRINGS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}

BOOLEAN = OperandKind("true or false", _exactly("true or false", bool), {"type": "boolean"})
NUMBER = OperandKind("a number", _exactly("a number", int, float), {"type": "number"})
SCALAR = OperandKind(
    "a value", _exactly("a single value", *_SCALARS), {"type": ["string", "number", "boolean", "null"]}
)
SCALARS = OperandKind("a list of values", _scalars, {"type": "array", "minItems": 1})
TEXT = OperandKind("a text", _exactly("a text", str), {"type": "string"})
TEXTS = OperandKind("a glob or a list of globs", _texts, _STRINGS)
PATTERNS = OperandKind("an RE2 pattern or a list of them", _patterns, _STRINGS)
DURATION = OperandKind("a duration such as 90d", _duration, {"type": "string", "pattern": "^[0-9]{1,6}[smhdw]$"})
