"""Operators over moments; the moment of the run is what they are measured from."""

from __future__ import annotations

from datetime import datetime, timedelta

from auditor.errors import RuleError
from auditor.model.values import display, parse_timestamp
from auditor.policy import operands
from auditor.policy.operators.registry import Predicate, operator
from auditor.policy.types import Type


def _moment(value: str) -> datetime:
    try:
        return parse_timestamp(value)
    except ValueError:
        raise RuleError(f"{display(value)} is not a timestamp") from None


@operator(
    {Type.TIMESTAMP},
    operands.DURATION,
    "more than {} ago",
    passes=("2025-01-01T00:00:00Z", "90d"),
    fails=("2025-12-31T00:00:00Z", "90d"),
)
def older_than(operand: timedelta) -> Predicate:
    """The moment lies further back than this duration."""
    return lambda value, now: now - _moment(value) > operand


@operator(
    {Type.TIMESTAMP},
    operands.DURATION,
    "at most {} ago",
    passes=("2025-12-31T00:00:00Z", "90d"),
    fails=("2025-01-01T00:00:00Z", "90d"),
)
def newer_than(operand: timedelta) -> Predicate:
    """The moment lies no further back than this duration, or in the future."""
    return lambda value, now: now - _moment(value) <= operand
