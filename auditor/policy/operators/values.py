"""Operators about whether there is a value at all, and of what type."""

from __future__ import annotations

from auditor.model.values import AnyJson, type_name
from auditor.policy import operands
from auditor.policy.operators.registry import ALL_TYPES, Predicate, operator
from auditor.policy.subschemas import schema_test
from auditor.policy.types import MISSING, Type


@operator(
    ALL_TYPES,
    operands.BOOLEAN,
    "{there}",
    "{missing}",
    missing="does not exist",
    null="exists",
    empty="exists",
    passes=("", True),
    fails=(MISSING, True),
)
def exists(operand: bool) -> Predicate:
    """The field exists, even if it is null or empty."""
    return lambda value, _now: (value is not MISSING) is operand


def _is_blank(value: object) -> bool:
    if value is MISSING or value is None:
        return True
    return not value.strip() if isinstance(value, str) else isinstance(value, list | dict) and not value


@operator(
    {Type.STRING, Type.LIST, Type.OBJECT, Type.TIMESTAMP},
    operands.BOOLEAN,
    "{blank}",
    "{some}",
    missing="blank",
    null="blank",
    empty="blank",
    passes=("  ", True),
    fails=("  ", False),
)
def blank(operand: bool) -> Predicate:
    """The field is missing, null, empty or only whitespace."""
    return lambda value, _now: _is_blank(value) is operand


@operator(
    ALL_TYPES,
    operands.TYPES,
    "a value of type {}",
    "a value of a type other than {}",
    null="type null",
    wrong_type="false",
    passes=("aws", "string"),
    fails=(3, ["string", "null"]),
)
def type_(operand: tuple[str, ...]) -> Predicate:
    """The value has this JSON type, or one of these types, whatever the type of the field."""
    return lambda value, _now: type_name(value) in operand


def same(left: object, right: object) -> bool:
    """Return whether two scalars are equal and of one JSON type: `1` equals `1.0`, but neither `"1"` nor `true`."""
    return left == right and type_name(left) == type_name(right)


@operator(
    ALL_TYPES,
    operands.SCALAR,
    "{is}",
    "{is not}",
    null="compared",
    passes=("aws", "aws"),
    fails=("1", 1),
)
def equals(operand: object) -> Predicate:
    """The value equals this one and has the same type."""
    if isinstance(operand, str):
        return lambda value, _now: value == operand
    return lambda value, _now: same(value, operand)


@operator(
    ALL_TYPES,
    operands.SCALARS,
    "{is}",
    "{is not}",
    null="compared",
    passes=("aws", ["aws", "gcp"]),
    fails=("s3", ["aws"]),
)
def in_(operand: tuple[object, ...]) -> Predicate:
    """The value is one of these."""
    texts = frozenset(item for item in operand if isinstance(item, str))
    others = [item for item in operand if not isinstance(item, str)]
    return lambda value, _now: value in texts if isinstance(value, str) else any(same(value, item) for item in others)


@operator(
    {Type.OBJECT, Type.LIST},
    operands.SCHEMA,
    "{a} that matches the schema {}",
    "{a} that does not match the schema {}",
    passes=({"a": 1}, {"required": ["a"]}),
    fails=({}, {"required": ["a"]}),
)
def schema(operand: AnyJson) -> Predicate:
    """The value matches a JSON Schema (2020-12); `$ref` must be local, and patterns take linear time."""
    fits = schema_test(operand)
    return lambda value, _now: fits(value)
