"""Operators that compare a value with one or several others."""

from __future__ import annotations

from auditor.model.values import type_name
from auditor.policy import operands
from auditor.policy.operators.registry import ALL_TYPES, Predicate, operator


def same(left: object, right: object) -> bool:
    """Tell whether two scalars are equal and of one JSON type: `1` equals `1.0`, but neither `"1"` nor `true`."""
    return left == right and type_name(left) == type_name(right)


@operator(ALL_TYPES, operands.SCALAR, "{}", null="compared", passes=("aws", "aws"), fails=("1", 1))
def equals(operand: object) -> Predicate:
    """The value is this one, of the same type."""
    return lambda value, _now: same(value, operand)


@operator(
    ALL_TYPES,
    operands.SCALARS,
    "one of {}",
    null="compared",
    passes=("aws", ["aws", "gcp"]),
    fails=("s3", ["aws"]),
)
def in_(operand: tuple[object, ...]) -> Predicate:
    """The value is one of these."""
    return lambda value, _now: any(same(value, item) for item in operand)
