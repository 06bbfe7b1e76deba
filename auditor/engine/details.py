"""Details of a failure: where, what was got and what was expected. Worked out only for repos that fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

from auditor.model import Finding
from auditor.model.values import display, pointer
from auditor.policy import MISSING, Field, Rule, Scope, Target
from auditor.policy.compiling import Compiled, compile_condition, outcomes_of
from auditor.policy.conditions import (
    AnyOf,
    Condition,
    ElementTest,
    FieldCondition,
    Not,
    OperatorTest,
    Test,
    condition_in_words,
    in_words,
    tests_of,
)


@dataclass(frozen=True, slots=True)
class _Failure:
    path: str
    key: str
    got: str
    expected: str


def findings_of(rule: Rule, scope: Scope) -> Iterator[Finding]:
    """Return the findings of a rule whose `must` does not hold for a scope: one for each element at fault."""
    element = _element(rule, scope)
    for failure in _failures(rule.must, scope):
        details = {"got": failure.got, "expected": failure.expected, "path": failure.path}
        yield Finding(
            rule=rule.info,
            repo=scope.ref,
            message=rule.message.render(scope, details) if rule.message else _standard(scope, failure),
            path=intern(failure.path),  # findings are kept to the end of the run, and most share these texts
            got=intern(failure.got),
            expected=intern(failure.expected),
            key=f"{element}{failure.key}",
        )


def _standard(scope: Scope, failure: _Failure) -> str:
    place = failure.path or failure.key
    return f"{place} of {scope.ref.name} is {failure.got}"


def _element(rule: Rule, scope: Scope) -> str:
    """Return what names the element in a fingerprint: never its index, which changes when a list is reordered."""
    if rule.target in {Target.REPO, Target.BINDING}:
        return ""
    if scope.group:
        return f"{scope.group.key} "
    return f"{scope.grant.subject}={scope.grant.role} "


def _failures(compiled: Compiled, scope: Scope) -> list[_Failure]:
    condition = compiled.condition
    if isinstance(condition, FieldCondition):
        return _field_failures(condition, _expected(compiled, scope), scope)
    if isinstance(condition, Not | AnyOf):
        first = _first_field(compiled)
        value = first.field.read(scope)
        return [_Failure(first.field.path(scope), first.field.name, _in_words(value), _expected(compiled, scope))]
    failing = next(part for part in compiled.parts if part.evaluate(scope) is not True)
    return _failures(failing, scope)


def _expected(compiled: Compiled, scope: Scope) -> str:
    return _constant_words(compiled) or _words(compiled.condition, scope)


@lru_cache(maxsize=1024)
def _constant_words(compiled: Compiled) -> str:
    """Return what a condition expects; empty if that depends on values of fields."""
    of_fields = (isinstance(test, OperatorTest) and test.operand.field for _, test in tests_of(compiled.condition))
    return "" if any(of_fields) else _words(compiled.condition, None)


def _words(condition: Condition, scope: Scope | None) -> str:
    if isinstance(condition, FieldCondition):
        return in_words(condition.tests, scope)
    return condition_in_words(condition, scope)


def _field_failures(condition: FieldCondition, expected: str, scope: Scope) -> list[_Failure]:
    field = condition.field
    value, place = field.read(scope), field.path(scope)
    if isinstance(value, list):
        for test in condition.tests:
            culprits = _culprits(test, value, scope)
            if culprits:
                return [_of_element(field, place, index, item, expected) for index, item in culprits]
    return [_Failure(place, field.name, _in_words(value), expected)]


def _of_element(field: Field, place: str, index: int, item: object, expected: str) -> _Failure:
    path = f"{place}{pointer(index)}" if place else ""
    return _Failure(path, f"{field.name}/{item if isinstance(item, str) else display(item)}", display(item), expected)


def _culprits(test: Test, value: list[object], scope: Scope) -> list[tuple[int, object]]:
    """Return the elements at fault, where it is some of them and not the list as a whole."""
    if isinstance(test, OperatorTest) and test.operator.culprits and test.operand.field is None:
        return test.operator.culprits(test.operand.value)(value)
    if isinstance(test, ElementTest) and test.where and test.operator.name in {"all", "none"}:
        right = test.operator.name == "all"
        outcomes = outcomes_of(compile_condition(test.where).evaluate, value, scope)
        return [(index, value[index]) for index, outcome in enumerate(outcomes) if outcome is not right]
    return []


def _first_field(compiled: Compiled) -> FieldCondition:
    while not isinstance(compiled.condition, FieldCondition):
        compiled = compiled.parts[0]
    return compiled.condition


def _in_words(value: object) -> str:
    return "missing" if value is MISSING else display(value)
