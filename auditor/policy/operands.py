"""Operands: a reader for each kind, which reports the expected kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auditor.errors import near_hint
from auditor.model.values import display, parse_duration
from auditor.policy.formats import FORMATS
from auditor.policy.patterns import compiled
from auditor.policy.subschemas import checked_schema
from auditor.policy.types import Type

_SCALARS = (str, int, float, bool, type(None))

TYPE_NAMES = ("string", "number", "boolean", "list", "object", "null")
"""The JSON types of values."""


@dataclass(frozen=True, slots=True)
class OperandKind:
    """A kind of operand.

    Attributes:
        name: Its name in messages and docs, with its article.
        read: Returns the operand for the operator; raises `ValueError` if the value is of another kind.
        schema: JSON Schema of a literal operand, for editors.
        of_field: Types of the fields that may be used as `{field: ...}`; empty if none.
        like_left: Whether such a field must have the type of the value on the left.
    """

    name: str
    read: Callable[[object], object]
    schema: Mapping[str, object]
    of_field: frozenset[Type] = field(default=frozenset())
    like_left: bool = False


def _exactly(name: str, *classes: type) -> Callable[[object], object]:
    def read(value: object) -> object:
        if type(value) not in classes:
            raise ValueError(f"{display(value)} is not {name}")
        return value

    return read


def _texts(value: object) -> object:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{display(value)} is not a string or a list of one or more strings")
    return tuple(texts)


def _scalars(value: object) -> object:
    if not isinstance(value, list) or not value or not all(isinstance(item, _SCALARS) for item in value):
        raise ValueError(f"{display(value)} is not a list of one or more values")
    return tuple(value)


def _patterns(value: object) -> object:
    texts = _texts(value)
    for pattern in texts if isinstance(texts, tuple) else ():
        compiled(pattern)
    return texts


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f"{display(value)} is not a duration such as 90d")
    return parse_duration(value)


def _words(known: tuple[str, ...]) -> Callable[[object], object]:
    def read(value: object) -> object:
        words = value if isinstance(value, list) and value else [value]
        for word in words:
            if word not in known:
                hint = near_hint(str(word), known)
                raise ValueError(f"{display(word)} is not one of {', '.join(known)}" + (f"; {hint}" if hint else ""))
        return tuple(words)

    return read


def _range(value: object) -> object:
    if not isinstance(value, list) or len(value) != 2 or not all(type(end) in {int, float} for end in value):
        raise ValueError(f"{display(value)} is not a list of two numbers")
    if value[0] > value[1]:
        raise ValueError(f"{display(value)} is an empty range: the first number is larger than the second")
    return tuple(value)


_STRINGS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_SINGLE = {"type": ["string", "number", "boolean", "null"]}


def _one_or_more(words: tuple[str, ...]) -> dict[str, object]:
    one = {"enum": list(words)}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


BOOLEAN = OperandKind("true or false", _exactly("true or false", bool), {"type": "boolean"})
NUMBER = OperandKind("a number", _exactly("a number", int, float), {"type": "number"}, frozenset({Type.NUMBER}))
_SINGLE_TYPES = frozenset({Type.STRING, Type.NUMBER, Type.BOOLEAN, Type.TIMESTAMP, Type.ANY})
SCALAR = OperandKind("a value", _exactly("a single value", *_SCALARS), _SINGLE, _SINGLE_TYPES, like_left=True)
ELEMENT = OperandKind("a value", SCALAR.read, _SINGLE, _SINGLE_TYPES)
SCALARS = OperandKind("a list of values", _scalars, {"type": "array", "minItems": 1}, frozenset({Type.LIST}))
TEXT = OperandKind("a string", _exactly("a string", str), {"type": "string"})
TEXTS = OperandKind("a glob or a list of globs", _texts, _STRINGS)
PATTERNS = OperandKind("an RE2 pattern or a list of them", _patterns, _STRINGS)
DURATION = OperandKind("a duration such as 90d", _duration, {"type": "string", "pattern": "^[0-9]{1,6}[smhdw]$"})
RANGE = OperandKind(
    "a list of the lowest and the highest number",
    _range,
    {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
)
TYPES = OperandKind("a type or a list of types", _words(TYPE_NAMES), _one_or_more(TYPE_NAMES))
FORMAT = OperandKind("a format or a list of formats", _words(tuple(FORMATS)), _one_or_more(tuple(FORMATS)))
SCHEMA = OperandKind("a JSON Schema", checked_schema, {"type": "object"})
