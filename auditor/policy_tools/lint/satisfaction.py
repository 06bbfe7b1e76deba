"""Satisfiability: whether any value can lead to the wanted results of conditions.

Sound in one direction only: "impossible" is a proof, "possible" may be wrong. A condition is split into tests of single
fields, which are assumed to be independent of each other. For each field, a few values represent all: missing, null,
every constant in its tests, and one in each interval between the numbers in them. If a test cannot be decided for such
a value (does an invented text match this pattern?), both results are possible, but always the same one for equal tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from auditor.errors import RuleError
from auditor.model import Repo
from auditor.policy import Field, Scope
from auditor.policy.conditions import AllOf, Condition, FieldCondition, Not
from auditor.policy.types import Outcome
from auditor.policy.value_tests import ElementTest, MeasureTest, NotTest, OperatorTest, Test
from auditor.policy_tools.lint.values import NOW, Value, values_of

_MOST = 4000
"""The most combinations to try; beyond that, everything counts as possible."""


class Goal(Enum):
    """The wanted results of a condition."""

    TRUE = frozenset({True})
    FALSE = frozenset({False})
    NOT_TRUE = frozenset({False, None})
    NOT_FALSE = frozenset({True, None})

    @property
    def opposite(self) -> Goal:
        """The wanted results of a part of `not`."""
        pairs = {Goal.TRUE: Goal.FALSE, Goal.FALSE: Goal.TRUE}
        return pairs.get(self) or (Goal.NOT_TRUE if self is Goal.NOT_FALSE else Goal.NOT_FALSE)

    @property
    def of_every_part(self) -> bool:
        """Whether "every part holds" has this result only if each part has it."""
        return True in self.value


Wanted: TypeAlias = "tuple[Condition, Goal]"


@dataclass(frozen=True, slots=True)
class _Atom:
    """One test of one field, and its wanted result."""

    field: Field
    test: Test
    goal: Goal


def possible(wanted: Sequence[Wanted]) -> bool:
    """Return whether every condition may have its wanted result for some repo; False is a proof that it cannot."""
    return any(number >= _MOST or _consistent(atoms) for number, atoms in enumerate(_ways(list(wanted), ())))


def _ways(wanted: list[Wanted], atoms: tuple[_Atom, ...]) -> Iterator[tuple[_Atom, ...]]:
    """Yield every way to satisfy the conditions, as tests of fields."""
    if not wanted:
        yield atoms
        return
    (condition, goal), rest = wanted[0], wanted[1:]
    if isinstance(condition, Not):
        yield from _ways([(condition.part, goal.opposite), *rest], atoms)
    elif isinstance(condition, FieldCondition):
        for way in _of_tests(condition.field, condition.tests, goal):
            yield from _ways(rest, (*atoms, *way))
    elif isinstance(condition, AllOf) is goal.of_every_part:
        yield from _ways([*((part, goal) for part in condition.children()), *rest], atoms)
    else:
        for part in condition.children():
            yield from _ways([(part, goal), *rest], atoms)


def _of_tests(field: Field, tests: Sequence[Test], goal: Goal) -> Iterator[tuple[_Atom, ...]]:
    if not goal.of_every_part:
        for test in tests:
            yield from _of_test(field, test, goal)
        return
    ways: list[tuple[_Atom, ...]] = [()]
    for test in tests:
        ways = [(*way, *more) for way in ways for more in _of_test(field, test, goal)]
    yield from ways


def _of_test(field: Field, test: Test, goal: Goal) -> Iterator[tuple[_Atom, ...]]:
    if isinstance(test, NotTest):
        yield from _of_tests(field, test.tests, goal.opposite)
    else:
        yield (_Atom(field, test, goal),)


def _consistent(atoms: Sequence[_Atom]) -> bool:
    fields = {atom.field.name: atom.field for atom in atoms}
    return all(
        _some_value(field, [atom for atom in atoms if atom.field.name == name]) for name, field in fields.items()
    )


def _some_value(field: Field, atoms: Sequence[_Atom]) -> bool:
    if any(_asks_type(atom.test) for atom in atoms):
        return _agree(atoms, present=False)
    return any(_fits(value, atoms) for value in values_of(field, [atom.test for atom in atoms]))


def _asks_type(test: Test) -> bool:
    return isinstance(test, OperatorTest) and test.operator.name == "type"


def _fits(value: Value, atoms: Sequence[_Atom]) -> bool:
    """Return whether a value may lead to the wanted result of every test."""
    free = []
    for atom in atoms:
        if not value.decides(atom.test):
            free.append(atom)
            continue
        try:
            outcome = _outcome(atom.test, value)
        except RuleError:
            return False  # a rule that cannot be evaluated neither holds nor has a finding
        if outcome not in atom.goal.value:
            return False
    return _agree(free, present=True)


def _outcome(test: Test, value: Value) -> Outcome:
    return test.evaluate(value.value, Scope(Repo("", {}), NOW))


def _agree(atoms: Sequence[_Atom], *, present: bool) -> bool:
    """Return whether all undecided tests can have their wanted results, if equal tests have equal results."""
    left: dict[str, set[Outcome]] = {}
    for atom in atoms:
        allowed = left.setdefault(equivalence_key(atom.test), _outcomes(atom.test, present=present))
        allowed &= atom.goal.value
    return all(left.values())


def _outcomes(test: Test, *, present: bool) -> set[Outcome]:
    known = present and isinstance(test, OperatorTest) and not test.operand.field
    return {True, False} if known else {True, False, None}


def equivalence_key(test: Test) -> str:
    """Return a text that is equal for equivalent tests."""
    if isinstance(test, OperatorTest):
        other = test.operand.field.name if test.operand.field else ""
        return f"{test.operator.name}:{test.operand.value!r}:{other}"
    if isinstance(test, ElementTest):
        where = _condition_key(test.where) if test.where else ""
        return f"{test.operator.name}({where})[{' '.join(map(equivalence_key, test.tests))}]"
    name = test.operator.name if isinstance(test, MeasureTest) else "not"
    return f"{name}({' '.join(map(equivalence_key, test.tests))})"


def _condition_key(condition: Condition) -> str:
    if isinstance(condition, FieldCondition):
        return f"{condition.field.name}({' '.join(map(equivalence_key, condition.tests))})"
    return f"{type(condition).__name__}({' '.join(map(_condition_key, condition.children()))})"
