"""Tests: the requirements of a rule for one value. Each test evaluates, describes and traces itself.

The outcome of a test is True, False or None for unknown. A missing or null value is unknown unless the operator has its
own result for it; a value of a type that the operator does not support is an error, never False.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, TypeAlias

from auditor.documents import Cursor
from auditor.errors import RuleError
from auditor.model.values import display, type_name
from auditor.policy.fields import Field
from auditor.policy.nouns import Noun, named_noun_of, sentence
from auditor.policy.operands import BOOLEAN
from auditor.policy.operators import OPERATORS, Operator
from auditor.policy.patterns import compiled
from auditor.policy.scope import Scope
from auditor.policy.trace import Trace, result_of
from auditor.policy.types import MISSING, Missing, Outcome, Type

if TYPE_CHECKING:
    from auditor.policy.conditions import Condition

Evaluate: TypeAlias = Callable[[object, Scope], Outcome]
"""Evaluates a test of a value. Raises `RuleError` on a value of the wrong type."""

Leaf: TypeAlias = "tuple[Cursor, str]"
"""The place of a test, and its requirement in words."""


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """The right-hand side of an operator.

    Attributes:
        value: The value, ready for the operator; unused if it comes from a field.
        words: The operand in words.
        note: Where it comes from, for example `parameter max_admins`; empty if it is written in the rule.
        field: The field that it is read from at each evaluation.
    """

    value: object
    words: str
    note: str = ""
    field: Field | None = None

    def describe(self, scope: Scope | None) -> tuple[str, str]:
        """Return the operand for people, and where it comes from; a scope shows the value of its field."""
        if self.field is None or scope is None:
            return self.words, self.note
        try:
            value = self.field.read(scope)
        except RuleError:  # nothing was compared with it, so it has no effect
            return self.words, self.note
        if value is MISSING:
            return self.words, "which is missing"
        number = value is None or isinstance(value, bool | int | float)
        text = value if isinstance(value, str) else display(value)
        return text if number else f"`{text}`", f"`{self.field.name}`"


@dataclass(frozen=True, slots=True, eq=False)
class ValueTest(ABC):
    """The base class of tests.

    Attributes:
        at: The place of the test in the pack.
        evaluate: Returns the outcome for a value; compiled once, when the test is created.
    """

    at: Cursor | None = field(default=None, kw_only=True, repr=False)
    evaluate: Evaluate = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "evaluate", self._compile())

    @abstractmethod
    def _compile(self) -> Evaluate: ...

    @abstractmethod
    def describe(self, noun: Noun, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return what the test requires, in words.

        Args:
            noun: The noun for the value.
            scope: Shows the values of fields; None for their names.
            negated: Whether to return the opposite.
        """

    def failing_elements(self, _value: list[object], _scope: Scope) -> list[tuple[int, object]]:
        """Return the elements that make the test fail, each with its index; none if the list fails as a whole."""
        return []

    def leaves(self, of: Field) -> list[Leaf]:
        """Return each test that is evaluated on its own."""
        return self._as_leaf(of)

    def _as_leaf(self, of: Field) -> list[Leaf]:
        return [(self.at, sentence(of, self.describe(named_noun_of(of))))] if self.at else []

    def trace(self, of: Field, scope: Scope) -> Trace:
        """Evaluate the test on the value of a field, and every part of it."""
        evaluate = field_evaluator(of, (self,))  # type: ignore[arg-type]  # one of the four below
        result, reason = result_of(evaluate, scope)
        value, path = _read(of.read, scope), _read(of.path, scope)
        return Trace(
            words=sentence(of, self.describe(named_noun_of(of))),
            result=result,
            got=reason or ("missing" if value is MISSING else display(value)),
            path=path if isinstance(path, str) and value is not MISSING else "",
            parts=self._trace_parts(of, value, scope),
            at=self.at,
        )

    def _trace_parts(self, _of: Field, _value: object, _scope: Scope) -> tuple[Trace, ...]:
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class OperatorTest(ValueTest):
    """An operator and its operand.

    Attributes:
        operator: The operator.
        operand: The operand.
        captures: Patterns whose named groups are kept for `must` and `message`; empty if none has such groups.
    """

    operator: Operator
    operand: Operand
    captures: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the outcome depends only on the value and the time of the run."""
        return self.operand.field is None and not self.captures and self.operator.name != "type"

    def _compile(self) -> Evaluate:
        if self.operand.field:
            return self._comparing(self.operand.field)
        return self._capturing() if self.captures else self._predicate()

    def _predicate(self) -> Evaluate:
        predicate, classes = self.operator.build(self.operand.value), self.operator.classes
        if self.operator.name == "type":
            return lambda value, scope: None if isinstance(value, Missing) else predicate(value, scope.now)

        def evaluate(value: object, scope: Scope) -> Outcome:
            if type(value) in classes:
                return predicate(value, scope.now)  # type: ignore[no-any-return]
            return _unknown(value, self)

        return evaluate

    def _capturing(self) -> Evaluate:
        """Keep the captures of the first matching pattern."""
        matches, patterns = self._predicate(), [compiled(text) for text in self.captures]

        def evaluate(value: object, scope: Scope) -> Outcome:
            outcome = matches(value, scope)
            if outcome is True and isinstance(value, str):
                found = next(filter(None, (pattern.captures(value) for pattern in patterns)), None)
                scope.captured |= found or {}
            return outcome

        return evaluate

    def _comparing(self, other: Field) -> Evaluate:
        """Compare with the value of another field at each evaluation."""
        operator, kind, classes = self.operator, self.operator.operand, self.operator.classes

        def evaluate(value: object, scope: Scope) -> Outcome:
            right = _of_type(other, other.read(scope))
            if value is None or right is None or isinstance(value, Missing) or isinstance(right, Missing):
                return None
            if type(value) not in classes:
                return _unknown(value, self)
            try:
                operand = kind.read(right) if kind and not (right == [] and Type.LIST in kind.of_field) else ()
            except ValueError as error:
                raise RuleError(f"{other.name}: {error}") from None
            return bool(operator.build(operand)(value, scope.now))

        return evaluate

    def describe(self, noun: Noun, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the requirement in words."""
        operator, value = self.operator, self.operand.value
        if value is False and operator.operand is BOOLEAN:
            negated = not negated
        words, note = self.operand.describe(scope)
        text = noun.fill(
            operator.negated if negated else operator.phrase, words if self.operand.field else value, words
        )
        return f"{text} ({note})" if note else text

    def failing_elements(self, value: list[object], _scope: Scope) -> list[tuple[int, object]]:
        """Return the elements that make the test fail, each with its index."""
        find = self.operator.failing_elements
        return find(self.operand.value)(value) if find and self.operand.field is None else []


@dataclass(frozen=True, slots=True, eq=False)
class MeasureTest(ValueTest):
    """Tests of a number that an operator measures, for example a length."""

    operator: Operator
    tests: tuple[Test, ...]

    def _compile(self) -> Evaluate:
        measure, classes, holds = self.operator.build, self.operator.classes, all_hold(self.tests)

        def evaluate(value: object, scope: Scope) -> Outcome:
            return holds(measure(value), scope) if type(value) in classes else _unknown(value, self)

        return evaluate

    def describe(self, noun: Noun, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the requirement in words."""
        word = "word" if self.operator.name == "words" else _MEASURED.get(noun.type, noun.word)
        return describe_tests(self.tests, Noun(word, Type.NUMBER), scope, negated=negated)


@dataclass(frozen=True, slots=True, eq=False)
class ElementTest(ValueTest):
    """A condition on the elements of a list.

    Attributes:
        operator: The operator that combines the outcomes.
        where: The condition about `item`; None to count every element.
        tests: Tests of the number, if the operator counts.
    """

    operator: Operator
    where: Condition | None
    tests: tuple[Test, ...]

    def _compile(self) -> Evaluate:
        conclude, number = self.operator.build, all_hold(self.tests) if self.tests else None

        def evaluate(value: object, scope: Scope) -> Outcome:
            if not isinstance(value, list):
                return _unknown(value, self)
            result: Outcome = conclude(self._outcomes(value, scope))
            return result if number is None or result is None else number(result, scope)

        return evaluate

    def _outcomes(self, elements: list[object], scope: Scope) -> list[Outcome]:
        if self.where is None:
            return [True] * len(elements)
        evaluate, around = self.where.evaluate, scope.item
        try:
            outcomes = []
            for scope.item in enumerate(elements):
                outcomes.append(evaluate(scope))
            return outcomes
        finally:
            scope.item = around

    def describe(self, noun: Noun, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the requirement in words."""
        operator = OPERATORS["all"] if self._denies_the_opposite and not negated else self.operator
        inner = operator is not self.operator or (negated and operator.name == "all")
        where = self.where.clause(scope, negated=inner) if self.where else ""
        number = describe_tests(self.tests, Noun(noun.word, Type.NUMBER), scope, negated=negated)
        phrase = operator.negated if negated else operator.phrase
        return noun.fill(phrase, number=number, where=where)

    @property
    def _denies_the_opposite(self) -> bool:
        """Whether it is `none where not`, which is described as `only`."""
        return self.operator.name == "none" and self.where is not None and self.where.is_negation

    def failing_elements(self, value: list[object], scope: Scope) -> list[tuple[int, object]]:
        """Return the elements that make the test fail, each with its index."""
        if self.operator.name not in {"all", "none"}:
            return []
        wanted = self.operator.name == "all"
        outcomes = self._outcomes(value, scope)
        return [(index, value[index]) for index, outcome in enumerate(outcomes) if outcome is not wanted]

    def leaves(self, of: Field) -> list[Leaf]:
        """Return the tests within that are evaluated on their own."""
        return self._as_leaf(of) + (self.where.leaves() if self.where else [])

    def _trace_parts(self, _of: Field, value: object, scope: Scope) -> tuple[Trace, ...]:
        if self.where is None or not isinstance(value, list):
            return ()
        around, where, traces = scope.item, self.where, []
        for index, element in enumerate(value):
            scope.item = (index, element)
            result, reason = result_of(where.evaluate, scope)
            inner = where.trace(scope)
            traces.append(Trace(f"element {index}", result, reason or display(element), parts=(inner,), at=inner.at))
        scope.item = around
        return tuple(traces)


@dataclass(frozen=True, slots=True, eq=False)
class NotTest(ValueTest):
    """The opposite of a conjunction of tests."""

    tests: tuple[Test, ...]

    def _compile(self) -> Evaluate:
        holds = all_hold(self.tests)

        def evaluate(value: object, scope: Scope) -> Outcome:
            outcome = holds(value, scope)
            return None if outcome is None else not outcome

        return evaluate

    def describe(self, noun: Noun, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the requirement in words."""
        return describe_tests(self.tests, noun, scope, negated=not negated)

    @property
    def _has_parts(self) -> bool:
        return len(self.tests) > 1 or isinstance(self.tests[0], ElementTest)

    def leaves(self, of: Field) -> list[Leaf]:
        """Return the tests within that are evaluated on their own."""
        if self._has_parts:
            return [leaf for test in self.tests for leaf in test.leaves(of)]
        return self._as_leaf(of)

    def _trace_parts(self, of: Field, _value: object, scope: Scope) -> tuple[Trace, ...]:
        return tuple(test.trace(of, scope) for test in self.tests) if self._has_parts else ()


Test: TypeAlias = OperatorTest | MeasureTest | ElementTest | NotTest


_MEASURED = {Type.STRING: "character", Type.OBJECT: "key", Type.ANY: "character"}
"""What the length of a value counts, if not its elements."""


def describe_tests(tests: Sequence[Test], noun: Noun, scope: Scope | None = None, *, negated: bool = False) -> str:
    """Return the requirement of tests, in words: `a non-empty description`, `at least 20 characters`.

    Args:
        tests: The tests.
        noun: The noun for the value.
        scope: Shows the values of fields; None for their names.
        negated: Whether to return the opposite.
    """
    return (" or " if negated else " and ").join(test.describe(noun, scope, negated=negated) for test in tests)


def walk_tests(of: Field, test: Test) -> Iterator[tuple[Field, Test]]:
    """Yield a test of a field and every test within it, each with its field."""
    yield of, test
    if not isinstance(test, OperatorTest):
        for inner in test.tests:
            yield from walk_tests(of, inner)
    if isinstance(test, ElementTest) and test.where:
        yield from test.where.walk()


def all_hold(tests: Sequence[Test]) -> Evaluate:
    """Return the conjunction of tests; each is always evaluated, so an error does not depend on their order."""
    evaluators = [test.evaluate for test in tests]
    if len(evaluators) == 1:
        return evaluators[0]

    def evaluate(value: object, scope: Scope) -> Outcome:
        outcomes = [each(value, scope) for each in evaluators]
        return False if False in outcomes else None if None in outcomes else True

    return evaluate


def field_evaluator(of: Field, tests: Sequence[Test]) -> Callable[[Scope], Outcome]:
    """Return the function that evaluates tests on the value of a field.

    A field has one type; an operator for several types must not have a result for a value of another one. Only tests of
    the type itself accept a value of any type.
    """
    if len(tests) == 1 and isinstance(tests[0], OperatorTest) and tests[0].is_plain:
        return _plain_evaluator(of, tests[0])
    read, name, holds = of.read, of.name, all_hold(tests)
    classes = (Type.ANY if all(map(is_type_test, tests)) else of.type).classes | {Missing, NoneType}

    def evaluate(scope: Scope) -> Outcome:
        try:
            value = read(scope)
            if type(value) not in classes:
                _of_type(of, value)
            return holds(value, scope)
        except RuleError as error:
            raise RuleError(f"{name}: {error}") from None

    return evaluate


def _plain_evaluator(of: Field, test: OperatorTest) -> Callable[[Scope], Outcome]:
    """Return the same for one operator with a constant operand, the most common condition: it has fewer calls."""
    read, name, holds, classes = of.read, of.name, test.operator.build(test.operand.value), of.type.classes

    def evaluate(scope: Scope) -> Outcome:
        try:
            value = read(scope)
            if type(value) in classes:
                return holds(value, scope.now)  # type: ignore[no-any-return]
            return test.evaluate(_of_type(of, value), scope)
        except RuleError as error:
            raise RuleError(f"{name}: {error}") from None

    return evaluate


def is_type_test(test: Test) -> bool:
    """Return whether a test is only about the type of a value, so that no type is an error."""
    if isinstance(test, NotTest):
        return all(map(is_type_test, test.tests))
    return isinstance(test, OperatorTest) and test.operator.name == "type"


def _of_type(of: Field, value: object) -> object:
    if type(value) not in of.type.classes | {Missing, NoneType}:
        raise RuleError(f"got {display(value)} of type {type_name(value)}, expected a {of.type}")
    return value


def _unknown(value: object, test: Test) -> Outcome:
    """Return None (unknown) for a missing or null value; raise for any other, which has an unsupported type."""
    if value is not None and not isinstance(value, Missing):
        raise RuleError(f"got {display(value)} of type {type_name(value)}, expected {test.describe(Noun('value'))}")
    return None


def _read(read: Callable[[Scope], object], scope: Scope) -> object:
    try:
        return read(scope)
    except RuleError:
        return MISSING
