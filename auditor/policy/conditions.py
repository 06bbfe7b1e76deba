"""Conditions: the checked form of `when` and `must`, a tree of frozen values.

A condition speaks about a scope; a test speaks about one value. Both are Kleene logic: true, false or unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from auditor.documents import Cursor
from auditor.errors import RuleError
from auditor.model.values import display
from auditor.policy.fields import Field
from auditor.policy.operators import Operator
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING


@dataclass(frozen=True, slots=True)
class Operand:
    """What stands to the right of an operator.

    Attributes:
        value: The value, ready for the operator; unused if it comes from a field.
        shown: The operand in words.
        field: The field that it is read from at each evaluation.
    """

    value: object
    shown: str
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class OperatorTest:
    """An operator and its operand.

    Attributes:
        operator: The operator.
        operand: What it compares with.
        captures: Patterns whose named groups are kept for `must` and `message`; empty if none has such groups.
        at: Where it is written.
    """

    operator: Operator
    operand: Operand
    captures: tuple[str, ...] = ()
    at: Cursor | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MeasureTest:
    """Tests on a number that an operator measures, for example the length."""

    operator: Operator
    tests: tuple[Test, ...]
    at: Cursor | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ElementTest:
    """A condition asked of the elements of a list.

    Attributes:
        operator: What is made of the outcomes.
        where: The condition, which may speak about `item`; None to count every element.
        tests: Tests on the number, where the operator counts.
    """

    operator: Operator
    where: Condition | None
    tests: tuple[Test, ...]
    at: Cursor | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NotTest:
    """The opposite of tests that hold together."""

    tests: tuple[Test, ...]
    at: Cursor | None = field(default=None, compare=False, repr=False)


Test: TypeAlias = OperatorTest | MeasureTest | ElementTest | NotTest


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """Every test holds for the value of a field."""

    field: Field
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; `none: [a, b]` reads as not any of a and b."""

    part: Condition


Condition: TypeAlias = FieldCondition | AllOf | AnyOf | Not


def fields_of(condition: Condition) -> set[Field]:
    """Return every field that a condition reads, operands included."""
    if isinstance(condition, FieldCondition):
        return {condition.field}.union(*(_operand_fields(test) for test in condition.tests))
    if isinstance(condition, Not):
        return fields_of(condition.part)
    return set().union(*(fields_of(part) for part in condition.parts))


def _operand_fields(test: Test) -> set[Field]:
    if isinstance(test, OperatorTest):
        return {test.operand.field} if test.operand.field else set()
    inner = set().union(*(_operand_fields(each) for each in test.tests))
    return inner | fields_of(test.where) if isinstance(test, ElementTest) and test.where else inner


def tests_of(condition: Condition) -> Iterator[tuple[Field, Test]]:
    """Yield every test of a condition with the field that it is about, those on measures and elements included."""
    if isinstance(condition, FieldCondition):
        for test in condition.tests:
            yield from _nested(condition.field, test)
    else:
        for part in (condition.part,) if isinstance(condition, Not) else condition.parts:
            yield from tests_of(part)


def _nested(field: Field, test: Test) -> Iterator[tuple[Field, Test]]:
    yield field, test
    if not isinstance(test, OperatorTest):
        for inner in test.tests:
            yield from _nested(field, inner)
    if isinstance(test, ElementTest) and test.where:
        yield from tests_of(test.where)


def in_words(tests: tuple[Test, ...], scope: Scope | None = None) -> str:
    """Return what tests expect, in words: `not blank`, `at least 20 long`; a scope shows the values of fields."""
    return " and ".join(_test_in_words(test, scope) for test in tests)


def _test_in_words(test: Test, scope: Scope | None) -> str:
    if isinstance(test, NotTest):
        return f"not {in_words(test.tests, scope)}"
    if isinstance(test, MeasureTest):
        return test.operator.phrase.replace("{n}", in_words(test.tests, scope))
    if isinstance(test, ElementTest):
        where = condition_in_words(test.where, scope) if test.where else ""
        phrase = test.operator.phrase if where else test.operator.phrase.removesuffix(" where {}")
        return phrase.replace("{n}", in_words(test.tests, scope)).replace("{}", where)
    if test.operand.value is False and test.operator.negated:
        return test.operator.negated
    return test.operator.phrase.replace("{}", _operand_in_words(test.operand, scope))


def _operand_in_words(operand: Operand, scope: Scope | None) -> str:
    if operand.field is None or scope is None:
        return operand.shown
    try:
        value = operand.field.read(scope)
    except RuleError:  # nothing was compared with it, so it does not decide
        return operand.shown
    text = "missing" if value is MISSING else value if isinstance(value, str) else display(value)
    return f"{text} ({operand.field.name})"


def condition_in_words(condition: Condition, scope: Scope | None = None) -> str:
    """Return what a condition expects, in words."""
    if isinstance(condition, FieldCondition):
        return f"{condition.field.name} {in_words(condition.tests, scope)}"
    if isinstance(condition, Not):
        return f"not ({condition_in_words(condition.part, scope)})"
    word = " and " if isinstance(condition, AllOf) else " or "
    return word.join(condition_in_words(part, scope) for part in condition.parts)
