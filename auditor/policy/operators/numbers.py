"""Operators that compare numbers."""

from __future__ import annotations

from datetime import datetime, timedelta

from auditor.errors import RuleError
from auditor.model.values import display, parse_timestamp
from auditor.policy import operands
from auditor.policy.operators.registry import Predicate, operator
from auditor.policy.types import Type


@operator(
    {Type.NUMBER},
    operands.NUMBER,
    "more than {counted}",
    "at most {counted}",
    passes=(2, 1),
    fails=(1, 1),
)
def gt(operand: float) -> Predicate:
    """The number is greater than this one."""
    return lambda value, _now: bool(value > operand)


@operator(
    {Type.NUMBER},
    operands.NUMBER,
    "at least {counted}",
    "{fewer} than {counted}",
    passes=(1, 1),
    fails=(0, 1),
)
def ge(operand: float) -> Predicate:
    """The number is greater than or equal to this one."""
    return lambda value, _now: bool(value >= operand)


@operator(
    {Type.NUMBER},
    operands.NUMBER,
    "{fewer} than {counted}",
    "at least {counted}",
    passes=(0, 1),
    fails=(1, 1),
)
def lt(operand: float) -> Predicate:
    """The number is less than this one."""
    return lambda value, _now: bool(value < operand)


@operator(
    {Type.NUMBER},
    operands.NUMBER,
    "at most {counted}",
    "more than {counted}",
    passes=(1, 1),
    fails=(2, 1),
)
def le(operand: float) -> Predicate:
    """The number is less than or equal to this one."""
    return lambda value, _now: bool(value <= operand)


@operator(
    {Type.NUMBER},
    operands.RANGE,
    "between {counted}",
    "not between {counted}",
    joiner="and",
    passes=(5, [1, 5]),
    fails=(6, [1, 5]),
)
def between(operand: tuple[float, float]) -> Predicate:
    """The number is in this range, including both ends."""
    return lambda value, _now: bool(operand[0] <= value <= operand[1])


def _moment(value: str) -> datetime:
    try:
        return parse_timestamp(value)
    except ValueError:
        raise RuleError(f"{display(value)} is not a timestamp") from None


@operator(
    {Type.TIMESTAMP},
    operands.DURATION,
    "{time} more than {} ago",
    "{time} at most {} ago",
    passes=("2025-01-01T00:00:00Z", "90d"),
    fails=("2025-12-31T00:00:00Z", "90d"),
)
def older_than(operand: timedelta) -> Predicate:
    """The time is longer ago than this duration."""
    return lambda value, now: now - _moment(value) > operand


@operator(
    {Type.TIMESTAMP},
    operands.DURATION,
    "{time} at most {} ago",
    "{time} more than {} ago",
    passes=("2025-12-31T00:00:00Z", "90d"),
    fails=("2025-01-01T00:00:00Z", "90d"),
)
def newer_than(operand: timedelta) -> Predicate:
    """The time is at most this duration ago, or in the future."""
    return lambda value, now: now - _moment(value) <= operand
