"""Operators that compare a list with values."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.errors import RuleError
from auditor.model.values import display
from auditor.policy import operands
from auditor.policy.operators.registry import FindFailing, Predicate, operator
from auditor.policy.operators.values import same
from auditor.policy.types import Type


def _among(element: object, values: Iterable[object]) -> bool:
    return not isinstance(element, list | dict) and any(same(element, value) for value in values)


@operator(
    {Type.LIST},
    operands.ELEMENT,
    "{items} that include {}",
    "{items} without {}",
    empty="false",
    passes=(["a", "b"], "a"),
    fails=(["ab"], "a"),
)
def contains(operand: object) -> Predicate:
    """The list contains this element."""
    return lambda value, _now: any(_among(element, (operand,)) for element in value)


@operator(
    {Type.LIST},
    operands.SCALARS,
    "at least one of {}",
    "none of {}",
    joiner="and",
    empty="false",
    passes=(["a", "b"], ["b", "c"]),
    fails=(["a"], ["b", "c"]),
)
def contains_any(operand: tuple[object, ...]) -> Predicate:
    """The list contains at least one of these elements."""
    return lambda value, _now: any(_among(element, operand) for element in value)


@operator(
    {Type.LIST},
    operands.SCALARS,
    "all of {}",
    "not all of {}",
    joiner="and",
    empty="false",
    passes=(["a", "b", "c"], ["a", "b"]),
    fails=(["a"], ["a", "b"]),
)
def contains_all(operand: tuple[object, ...]) -> Predicate:
    """The list contains all of these elements."""
    return lambda value, _now: all(any(_among(element, (wanted,)) for element in value) for wanted in operand)


def _outside(operand: tuple[object, ...]) -> FindFailing:
    return lambda value: [(index, each) for index, each in enumerate(value) if not _among(each, operand)]


def _inside(operand: tuple[object, ...]) -> FindFailing:
    return lambda value: [(index, each) for index, each in enumerate(value) if _among(each, operand)]


@operator(
    {Type.LIST},
    operands.SCALARS,
    "no {items} other than {}",
    "{items} other than {}",
    joiner="and",
    empty="true",
    passes=(["a"], ["a", "b"]),
    fails=(["a", "x"], ["a", "b"]),
    failing_elements=_outside,
)
def subset_of(operand: tuple[object, ...]) -> Predicate:
    """The list has no other elements than these; an empty list passes."""
    return lambda value, _now: all(_among(element, operand) for element in value)


@operator(
    {Type.LIST},
    operands.SCALARS,
    "none of {}",
    "at least one of {}",
    joiner="and",
    empty="true",
    passes=(["a"], ["b"]),
    fails=(["a", "b"], ["b"]),
    failing_elements=_inside,
)
def disjoint(operand: tuple[object, ...]) -> Predicate:
    """The list contains none of these elements."""
    return lambda value, _now: not any(_among(element, operand) for element in value)


def _repeated(key: str) -> FindFailing:
    def find(value: list[object]) -> list[tuple[int, object]]:
        seen: set[object] = set()
        found: list[tuple[int, object]] = []
        for index, element in enumerate(value):
            if not isinstance(element, dict):
                raise RuleError(f"element {index} is {display(element)}, expected an object")
            item = element.get(key)
            if item is None:
                continue
            if not isinstance(item, str):
                raise RuleError(f"{key} of element {index} is {display(item)}, expected a string")
            folded = item.strip().casefold()
            if folded in seen:
                found.append((index, item))
            seen.add(folded)
        return found

    return find


@operator(
    {Type.LIST},
    operands.TEXT,
    "no two {items} with the same {}",
    "two {items} with the same {}",
    empty="true",
    passes=([{"subject": "a"}, {"subject": "b"}], "subject"),
    fails=([{"subject": "user:a@x.io"}, {"subject": "user:A@x.io"}], "subject"),
    failing_elements=_repeated,
)
def unique_by(operand: str) -> Predicate:
    """No two objects in the list have the same value of this key; ignores case, and whitespace at the ends."""
    find = _repeated(operand)
    return lambda value, _now: not find(value)
