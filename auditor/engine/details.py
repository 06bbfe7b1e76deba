"""Details of a failure: where, what was got and what was expected. Worked out only for repos that fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern

from auditor.model import Finding
from auditor.model.values import pointer, shown
from auditor.policy import MISSING, Rule, Scope, Target
from auditor.policy.compiling import Compiled
from auditor.policy.conditions import (
    AnyOf,
    FieldCondition,
    Not,
    OperatorTest,
    condition_in_words,
    in_words,
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
    return f"{place} of {scope.repo.name} is {failure.got}"


def _element(rule: Rule, scope: Scope) -> str:
    """Return what names the element in a fingerprint: never its index, which changes when a list is reordered."""
    if rule.target is Target.REPO:
        return ""
    return f"{scope.grant.subject}={scope.grant.role} "


def _failures(compiled: Compiled, scope: Scope) -> list[_Failure]:
    condition = compiled.condition
    if isinstance(condition, FieldCondition):
        return _field_failures(condition, scope)
    if isinstance(condition, Not | AnyOf):
        first = _first_field(compiled)
        value = first.field.read(scope)
        place, expected = first.field.path(scope), condition_in_words(condition, scope)
        return [_Failure(place, first.field.name, _in_words(value), expected)]
    failing = next(part for part in compiled.parts if part.evaluate(scope) is not True)
    return _failures(failing, scope)


def _field_failures(condition: FieldCondition, scope: Scope) -> list[_Failure]:
    field = condition.field
    value, place, expected = field.read(scope), field.path(scope), in_words(condition.tests, scope)
    for test in condition.tests:
        if isinstance(test, OperatorTest) and test.operator.culprits and isinstance(value, list):
            culprits = test.operator.culprits(test.operand.value)(value)
            if culprits:
                return [
                    _Failure(f"{place}{pointer(index)}", f"{field.name}/{item}", shown(item), expected)
                    for index, item in culprits
                ]
    return [_Failure(place, field.name, _in_words(value), expected)]


def _first_field(compiled: Compiled) -> FieldCondition:
    while not isinstance(compiled.condition, FieldCondition):
        compiled = compiled.parts[0]
    return compiled.condition


def _in_words(value: object) -> str:
    return "missing" if value is MISSING else shown(value)
