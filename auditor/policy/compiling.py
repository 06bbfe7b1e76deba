"""From checked conditions to functions: a rule is compiled once and asked of every repo.

Every part is always evaluated, so that a rule that cannot be evaluated is an error whatever the order of its parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from auditor.errors import RuleError
from auditor.model.values import display, type_name
from auditor.policy.conditions import (
    AllOf,
    Condition,
    ElementTest,
    FieldCondition,
    MeasureTest,
    Not,
    NotTest,
    OperatorTest,
    Test,
    in_words,
)
from auditor.policy.fields import Field
from auditor.policy.patterns import compiled
from auditor.policy.scope import Scope
from auditor.policy.types import Missing, Outcome, Type

Evaluate: TypeAlias = Callable[[Scope], Outcome]
_Ask: TypeAlias = Callable[[object, Scope], Outcome]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A condition with the function that evaluates it; no two are equal.

    Attributes:
        condition: What it came from.
        evaluate: True, False or None (unknown) for a scope; raises `RuleError` on a value of the wrong type.
        parts: The compiled parts of a group, for explanations.
    """

    condition: Condition
    evaluate: Evaluate
    parts: tuple[Compiled, ...] = ()


def compile_condition(condition: Condition) -> Compiled:
    """Compile a condition and its parts."""
    if isinstance(condition, FieldCondition):
        return Compiled(condition, _field(condition))
    if isinstance(condition, Not):
        part = compile_condition(condition.part)
        return Compiled(condition, _opposite(part.evaluate), (part,))
    parts = tuple(compile_condition(part) for part in condition.parts)
    decisive = not isinstance(condition, AllOf)
    return Compiled(condition, _group([part.evaluate for part in parts], decisive), parts)


def _group(parts: list[Evaluate], decisive: bool) -> Evaluate:
    """AND where False decides, OR where True decides; an unknown part leaves what is not decided unknown."""

    def evaluate(scope: Scope) -> Outcome:
        outcome: Outcome = not decisive
        for part in parts:
            result = part(scope)
            if result is decisive:
                outcome = decisive
            elif result is None and outcome is not decisive:
                outcome = None
        return outcome

    return evaluate


def _opposite(evaluate: Evaluate) -> Evaluate:
    def opposite(scope: Scope) -> Outcome:
        outcome = evaluate(scope)
        return None if outcome is None else not outcome

    return opposite


def _field(condition: FieldCondition) -> Evaluate:
    read, ask, name = condition.field.read, _tests(condition.tests), condition.field.name
    refuse = _refuse_foreign_types(condition.field) if not asks_of_types(condition) else _accept

    def evaluate(scope: Scope) -> Outcome:
        try:
            value = read(scope)
            refuse(value)
            return ask(value, scope)
        except RuleError as error:
            raise RuleError(f"{name}: {error}") from None

    return evaluate


def asks_of_types(condition: FieldCondition) -> bool:
    """Tell whether a condition asks only of the type of a value, so that no type of it is wrong."""
    return all(map(_is_of_type, condition.tests))


def _is_of_type(test: Test) -> bool:
    if isinstance(test, NotTest):
        return all(map(_is_of_type, test.tests))
    return isinstance(test, OperatorTest) and test.operator.name == "type"


def _accept(_value: object) -> None:
    """Refuse nothing."""


def _refuse_foreign_types(field: Field) -> Callable[[object], None]:
    # A field has one type; an operator that works on several must not answer for a value of another one.
    right = field.type.classes | {Missing, type(None)}

    def refuse(value: object) -> None:
        if type(value) not in right:
            raise RuleError(f"got {display(value)} of type {type_name(value)}, expected a {field.type}")

    return refuse


def _tests(tests: tuple[Test, ...]) -> _Ask:
    asks = [_test(test) for test in tests]
    if len(asks) == 1:
        return asks[0]

    def ask(value: object, scope: Scope) -> Outcome:
        outcomes = [each(value, scope) for each in asks]
        return False if False in outcomes else None if None in outcomes else True

    return ask


def _test(test: Test) -> _Ask:
    if isinstance(test, NotTest):
        return _not(_tests(test.tests))
    if isinstance(test, MeasureTest):
        return _measure(test)
    if isinstance(test, ElementTest):
        return _elements(test)
    if test.operand.field:
        return _compare(test, test.operand.field)
    return _capture(test) if test.captures else _operator(test)


def test_outcome(test: Test, value: object, scope: Scope) -> Outcome:
    """Ask one test of a value.

    Raises:
        RuleError: The value is not of a type that it knows.
    """
    return _test(test)(value, scope)


def _not(ask: _Ask) -> _Ask:
    def opposite(value: object, scope: Scope) -> Outcome:
        outcome = ask(value, scope)
        return None if outcome is None else not outcome

    return opposite


def _measure(test: MeasureTest) -> _Ask:
    measure, classes, inner = test.operator.build, test.operator.classes, _tests(test.tests)

    def ask(value: object, scope: Scope) -> Outcome:
        if type(value) in classes:
            return inner(measure(value), scope)
        _refuse_other_types(value, test)
        return None

    return ask


def _elements(test: ElementTest) -> _Ask:
    conclude, number = test.operator.build, _tests(test.tests) if test.tests else None
    evaluate = compile_condition(test.where).evaluate if test.where else _every

    def ask(value: object, scope: Scope) -> Outcome:
        if type(value) is not list:
            _refuse_other_types(value, test)
            return None
        result: Outcome = conclude(outcomes_of(evaluate, value, scope))
        return result if number is None or result is None else number(result, scope)

    return ask


def _every(_scope: Scope) -> Outcome:
    """Hold for every element."""
    return True


def outcomes_of(evaluate: Evaluate, elements: list[object], scope: Scope) -> list[Outcome]:
    """Ask a condition about `item` of every element, in order.

    Raises:
        RuleError: It cannot be asked of one of them.
    """
    around = scope.item
    try:
        outcomes = []
        for scope.item in enumerate(elements):
            outcomes.append(evaluate(scope))
        return outcomes
    finally:
        scope.item = around


def _operator(test: OperatorTest) -> _Ask:
    predicate, classes = test.operator.build(test.operand.value), test.operator.classes
    if test.operator.name == "type":
        return lambda value, scope: None if isinstance(value, Missing) else predicate(value, scope.now)

    def ask(value: object, scope: Scope) -> Outcome:
        if type(value) in classes:
            return bool(predicate(value, scope.now))
        _refuse_other_types(value, test)
        return None

    return ask


def _capture(test: OperatorTest) -> _Ask:
    """Ask whether one of several patterns matches, and keep what its named groups matched."""
    ask, patterns = _operator(test), [compiled(text) for text in test.captures]

    def keep(value: object, scope: Scope) -> Outcome:
        outcome = ask(value, scope)
        if outcome is True and isinstance(value, str):
            found = next(filter(None, (pattern.captures(value) for pattern in patterns)), None)
            scope.captured |= found or {}
        return outcome

    return keep


def _compare(test: OperatorTest, field: Field) -> _Ask:
    refuse, classes, build, kind = (
        _refuse_foreign_types(field),
        test.operator.classes,
        test.operator.build,
        test.operator.operand,
    )

    def ask(value: object, scope: Scope) -> Outcome:
        other = field.read(scope)
        refuse(other)
        if value is None or other is None or isinstance(value, Missing) or isinstance(other, Missing):
            return None
        if type(value) not in classes:
            _refuse_other_types(value, test)
        try:
            operand = kind.read(other) if kind and not (other == [] and Type.LIST in kind.of_field) else ()
        except ValueError as error:
            raise RuleError(f"{field.name}: {error}") from None
        return bool(build(operand)(value, scope.now))

    return ask


def _refuse_other_types(value: object, test: Test) -> None:
    # Missing and null are unknown; any other type that the operator does not know is an error, never false.
    if value is not None and not isinstance(value, Missing):
        raise RuleError(f"got {display(value)} of type {type_name(value)}, expected a value {in_words((test,))}")
