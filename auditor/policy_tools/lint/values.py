"""Values that represent all values of a field, as far as the given tests distinguish them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise, product

from auditor.policy import MISSING, Field
from auditor.policy.types import Type
from auditor.policy.value_tests import MeasureTest, NotTest, OperatorTest, Test

NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""The time from which ages of values are measured."""

_OLDEST = (NOW - datetime.min.replace(tzinfo=UTC)).total_seconds()
_LATEST = (datetime.max.replace(tzinfo=UTC) - NOW).total_seconds()
ALWAYS_THERE = frozenset(
    (
        "grant.subject",
        "grant.subject.type",
        "grant.subject.name",
        "grant.role",
        "grant.via",
        "access.collaborators",
        "access.subjects",
        "access.admins",
        "access.admin_users",
        "access.admin_teams",
        "group.key",
        "group.size",
        "group.repos",
        "group.members",
        "group.distinct",
        "group.values",
    )
)
"""Fields that are never missing when a rule about them is evaluated."""

NEVER_NULL = ALWAYS_THERE | frozenset(
    (
        "grant.subject.domain",
        "storage.tenant",
        "storage.provider",
        "storage.account",
        "storage.type",
        "storage.name",
        "repo.name",
    )
)
"""Fields that are never null, like captures."""

_MOST_ELEMENTS = 6
_LONGEST = 1000
_SETS = frozenset({"contains", "contains_any", "contains_all", "subset_of", "disjoint"})
_ANYWHERE = frozenset({"exists", "blank"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value that represents others.

    Attributes:
        value: The value.
        decided: Names of the operators whose result for it holds for all represented values; None for every operator.
    """

    value: object
    decided: frozenset[str] | None = None

    def decides(self, test: Test) -> bool:
        """Return whether the result of a test for this value holds for every value that it represents."""
        if _reads_fields(test):
            return self.value is None or self.value is MISSING
        if isinstance(test, OperatorTest) and test.operator.name == "like" and "*" in _operands(test):
            return True
        return isinstance(test, NotTest) or self.decided is None or test.operator.name in self.decided


def values_of(field: Field, tests: Sequence[Test]) -> Iterator[Value]:
    """Yield values that together represent every value of a field."""
    if field.name not in ALWAYS_THERE:
        yield Value(MISSING)
    if field.name not in NEVER_NULL and not field.name.startswith("captured."):
        yield Value(None)
    yield from _OF_TYPE.get(field.type, _anything)(tests)


def _reads_fields(test: Test) -> bool:
    if isinstance(test, OperatorTest):
        return test.operand.field is not None
    return any(map(_reads_fields, test.tests))


def _operands(test: OperatorTest) -> tuple[object, ...]:
    value = test.operand.value
    return value if isinstance(value, tuple) else (value,)


def _constants(tests: Iterable[Test], *names: str) -> list[object]:
    found = [test for test in tests if isinstance(test, OperatorTest) and test.operator.name in names]
    return [value for test in found for value in _operands(test)]


def _bounds(tests: Iterable[Test]) -> list[float]:
    names = ("equals", "in", "gt", "ge", "lt", "le", "between")
    return [
        value
        for value in _constants(_flat(tests), *names)
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _flat(tests: Iterable[Test]) -> Iterator[Test]:
    for test in tests:
        if isinstance(test, NotTest):
            yield from _flat(test.tests)
        else:
            yield test


def _numbers(tests: Sequence[Test]) -> Iterator[Value]:
    for number in (-math.inf, *_around(_bounds(tests)), math.inf):
        yield Value(number)


def _around(bounds: Sequence[float]) -> list[float]:
    """Return each bound, and a number in each interval before, between and after them."""
    ordered = sorted(set(bounds)) or [0]
    between = [low + (high - low) / 2 for low, high in pairwise(ordered)]
    return [ordered[0] - 1, *ordered, *between, ordered[-1] + 1]


def _measured(tests: Iterable[Test], name: str) -> list[float]:
    inner = (
        each for test in tests if isinstance(test, MeasureTest) and test.operator.name == name for each in test.tests
    )
    return _bounds(inner)


def _lengths(tests: Iterable[Test], name: str) -> list[int]:
    """Return integers, one for each interval that the tests on a length distinguish, if possible."""
    near = {math.floor(bound) + step for bound in _measured(tests, name) for step in (-1, 0, 1, 2)}
    return sorted({0, 1, 2, *(number for number in near if 0 <= number <= _LONGEST)})


def _measurable(tests: Sequence[Test]) -> frozenset[str]:
    """Return the measures for which `_lengths` has every interval."""
    return frozenset(name for name in ("length", "words") if all(each < _LONGEST for each in _measured(tests, name)))


def _texts(tests: Sequence[Test]) -> Iterator[Value]:
    """Yield the texts in tests, and one for each length and number of words that they distinguish."""
    constants = {text for text in _constants(tests, "equals", "in", "like") if isinstance(text, str)}
    for text in sorted({*constants, ""}):
        yield Value(text)
    decided = frozenset({*_ANYWHERE, *_measurable(tests), "equals", "in"})
    for length, words in product(_lengths(tests, "length"), _lengths(tests, "words")):
        made_up = _generated_text(length, words, constants)
        if made_up is not None:
            yield Value(made_up, decided)


def _generated_text(length: int, words: int, constants: set[str]) -> str | None:
    """Return a text with this length and number of words other than the constants; None if there is none."""
    if (length == 0) is not (words == 0) or length < 2 * words - 1:
        return None
    for letter in "\ue000\ue001\ue002":
        text = (f"{letter} " * (words - 1) + letter * (length - 2 * (words - 1))) if words else f" {letter}"[:1]
        if text not in constants:
            return text
    return None


def _moments(tests: Sequence[Test]) -> Iterator[Value]:
    for text in _constants(tests, "equals", "in"):
        yield Value(text, frozenset({*_ANYWHERE, "equals", "in", "format"}))
    yield Value("")
    ages = [age.total_seconds() for age in _constants(tests, "older_than", "newer_than") if isinstance(age, timedelta)]
    for seconds in _around([each for each in ages if each < _OLDEST] + [-_LATEST, _OLDEST]):
        with suppress(OverflowError):  # beyond the first and the last timestamp there are none
            moment = (NOW - timedelta(seconds=seconds)).isoformat()
            yield Value(moment, frozenset({*_ANYWHERE, "equals", "in", "older_than", "newer_than"}))


def _booleans(_tests: Sequence[Test]) -> Iterator[Value]:
    yield from (Value(True), Value(False))


def _lists(tests: Sequence[Test]) -> Iterator[Value]:
    """Yield lists with each combination of the elements in tests, with or without others, of several lengths."""
    yield Value([])
    named = list(dict.fromkeys(_constants(tests, *_SETS)))
    known = _ANYWHERE | _measurable(tests) | (_SETS if len(named) <= _MOST_ELEMENTS else frozenset())
    universe = [*(named if len(named) <= _MOST_ELEMENTS else ()), "\ue000"]
    for size in range(1, len(universe) + 1):
        for elements in combinations(universe, size):
            for length in _lengths(tests, "length"):
                if length >= size:
                    yield Value([*elements, *[elements[-1]] * (length - size)], known)
            yield Value(list(elements), known)


def _objects(tests: Sequence[Test]) -> Iterator[Value]:
    for length in _lengths(tests, "length"):
        yield Value({f"\ue000{key}": None for key in range(length)}, _ANYWHERE | _measurable(tests))


def _anything(_tests: Sequence[Test]) -> Iterator[Value]:
    yield Value("\ue000", frozenset({"exists"}))


_OF_TYPE = {
    Type.STRING: _texts,
    Type.NUMBER: _numbers,
    Type.BOOLEAN: _booleans,
    Type.LIST: _lists,
    Type.OBJECT: _objects,
    Type.TIMESTAMP: _moments,
}
