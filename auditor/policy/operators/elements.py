"""Operators that evaluate a condition on every element of a list.

Each gets the outcomes for the elements, in order, and returns one outcome; an outcome may be unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.policy.operators.registry import Form, operator
from auditor.policy.types import Outcome, Type

_ADMIN = {"item.role_id": "mlf-project-admin"}
_A, _B = {"role_id": "mlf-project-admin"}, {"role_id": "mlf-project-viewer"}


@operator(
    {Type.LIST},
    Form.ELEMENTS,
    "at least one {item} {where}",
    "no {item} {where}",
    empty="false",
    passes=([_A, _B], _ADMIN),
    fails=([_B], _ADMIN),
)
def any_(outcomes: Sequence[Outcome]) -> Outcome:
    """At least one element matches a condition about `item`."""
    return True if True in outcomes else None if None in outcomes else False


@operator(
    {Type.LIST},
    Form.ELEMENTS,
    "only {items} {where}",
    "at least one {item} {where}",
    empty="unknown",
    passes=([_A], _ADMIN),
    fails=([_A, _B], _ADMIN),
)
def all_(outcomes: Sequence[Outcome]) -> Outcome:
    """The list has elements, and all of them match a condition about `item`."""
    return False if False in outcomes else None if None in outcomes or not outcomes else True


@operator(
    {Type.LIST},
    Form.ELEMENTS,
    "no {item} {where}",
    "at least one {item} {where}",
    empty="true",
    passes=([_B], _ADMIN),
    fails=([_A, _B], _ADMIN),
)
def none(outcomes: Sequence[Outcome]) -> Outcome:
    """No element matches a condition about `item`."""
    return False if True in outcomes else None if None in outcomes else True


@operator(
    {Type.LIST},
    Form.COUNT,
    "{n} {where}",
    "{n} {where}",
    empty="counts 0",
    passes=([_A, _B], {"where": _ADMIN, "ge": 1}),
    fails=([_A, _A], {"where": _ADMIN, "le": 1}),
)
def count(outcomes: Sequence[Outcome]) -> int | None:
    """Tests the number of elements that match the condition in `where`."""
    return None if None in outcomes else sum(outcome is True for outcome in outcomes)
