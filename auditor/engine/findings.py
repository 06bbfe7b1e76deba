"""Findings of a failing rule: place, actual and expected value. Computed only for repos that fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

from auditor.model import Finding
from auditor.model.values import display, pointer
from auditor.policy import MISSING, Rule, Scope, Target
from auditor.policy.conditions import AnyOf, Condition, FieldCondition, Not
from auditor.policy.fields import Field
from auditor.policy.nouns import noun_of
from auditor.policy.types import Type
from auditor.policy.value_tests import OperatorTest


@dataclass(frozen=True, slots=True)
class _Failure:
    field: Field
    path: str
    key: str
    got: str
    expected: str


def findings_of(rule: Rule, scope: Scope) -> Iterator[Finding]:
    """Yield the findings of a rule whose `must` does not hold for a scope: one for each failing element."""
    member = _member(rule, scope)
    for failure in _failures(rule.must, scope):
        details = {"got": failure.got, "expected": failure.expected, "path": failure.path}
        yield Finding(
            rule=rule.info,
            repo=scope.ref,
            message=rule.message.render(scope, details) if rule.message else _standard_message(scope, failure),
            path=intern(failure.path),  # findings are kept until the end of the run, and most share these texts
            got=intern(failure.got),
            expected=intern(failure.expected),
            key=f"{member}{failure.key}",
            subject=_subject(rule, scope),
        )


def _standard_message(scope: Scope, failure: _Failure) -> str:
    noun = noun_of(failure.field)
    if failure.got == _missing(failure.field):
        return f"{scope.ref.name} has {failure.got}"
    if noun.type is Type.LIST:
        return f"{failure.got} is among the {noun.words} of {scope.ref.name}"
    return f"the {noun.word or 'type'} of {scope.ref.name} is {failure.got}"


def _member(rule: Rule, scope: Scope) -> str:
    """Return the name of the member in a fingerprint: never its index, which changes if a list is reordered."""
    if rule.target in {Target.REPO, Target.BINDING, Target.ROLE, Target.TENANT}:
        return ""
    if scope.tenant_grant:
        return f"{scope.tenant_grant.subject}={scope.tenant_grant.role} "
    if scope.group:
        return f"{scope.group.key} "
    return f"{scope.grant.subject}={scope.grant.role} "


def _subject(rule: Rule, scope: Scope) -> str:
    """Return who or what the finding is about within its repo; empty if it is about the repo itself."""
    if rule.target in {Target.REPO, Target.BINDING, Target.ROLE, Target.TENANT}:
        return ""
    if scope.tenant_grant:
        return intern(str(scope.tenant_grant.subject))
    return scope.group.key if scope.group else intern(str(scope.grant.subject))


def _failures(condition: Condition, scope: Scope) -> list[_Failure]:
    if isinstance(condition, FieldCondition):
        return _field_failures(condition, scope)
    if isinstance(condition, Not | AnyOf):
        first, _ = next(condition.walk())
        expected = _expected(condition, scope)
        return [_Failure(first, first.path(scope), first.name, _got(first, first.read(scope)), expected)]
    failing = next(part for part in condition.children() if part.evaluate(scope) is not True)
    return _failures(failing, scope)


def _field_failures(condition: FieldCondition, scope: Scope) -> list[_Failure]:
    field, expected = condition.field, _expected(condition, scope)
    value, path = field.read(scope), field.path(scope)
    if isinstance(value, list):
        for test in condition.tests:
            if failing := test.failing_elements(value, scope):
                return [
                    _Failure(
                        field,
                        f"{path}{pointer(index)}" if path else "",
                        f"{field.name}/{element if isinstance(element, str) else display(element)}",
                        display(element),
                        expected,
                    )
                    for index, element in failing
                ]
    return [_Failure(field, path, field.name, _got(field, value), expected)]


def _expected(condition: Condition, scope: Scope) -> str:
    return _constant_expectation(condition) or condition.describe(scope)


@lru_cache(maxsize=1024)
def _constant_expectation(condition: Condition) -> str:
    """Return what a condition expects; empty if that depends on the values of fields."""
    compares = (isinstance(test, OperatorTest) and test.operand.field for _, test in condition.walk())
    return "" if any(compares) else condition.describe()


def _got(field: Field, value: object) -> str:
    return _missing(field) if value is MISSING else display(value)


def _missing(field: Field) -> str:
    return noun_of(field).no()
