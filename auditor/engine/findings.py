"""Findings of a rule that fails: where, what was got and what was expected. Worked out only for repos that fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

from auditor.model import Finding
from auditor.model.values import display, pointer
from auditor.policy import MISSING, Rule, Scope, Target
from auditor.policy.conditions import AnyOf, Condition, FieldCondition, Not
from auditor.policy.value_tests import OperatorTest, describe_tests


@dataclass(frozen=True, slots=True)
class _Failure:
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
            path=intern(failure.path),  # findings are kept to the end of the run, and most share these texts
            got=intern(failure.got),
            expected=intern(failure.expected),
            key=f"{member}{failure.key}",
        )


def _standard_message(scope: Scope, failure: _Failure) -> str:
    return f"{failure.path or failure.key} of {scope.ref.name} is {failure.got}"


def _member(rule: Rule, scope: Scope) -> str:
    """Return what names the member in a fingerprint: never its index, which changes when a list is reordered."""
    if rule.target in {Target.REPO, Target.BINDING, Target.ROLE, Target.TENANT}:
        return ""
    if scope.tenant_grant:
        return f"{scope.tenant_grant.subject}={scope.tenant_grant.role} "
    if scope.group:
        return f"{scope.group.key} "
    return f"{scope.grant.subject}={scope.grant.role} "


def _failures(condition: Condition, scope: Scope) -> list[_Failure]:
    if isinstance(condition, FieldCondition):
        return _field_failures(condition, scope)
    if isinstance(condition, Not | AnyOf):
        first, _ = next(condition.walk())
        return [_Failure(first.path(scope), first.name, _got(first.read(scope)), _expected(condition, scope))]
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
                        f"{path}{pointer(index)}" if path else "",
                        f"{field.name}/{element if isinstance(element, str) else display(element)}",
                        display(element),
                        expected,
                    )
                    for index, element in failing
                ]
    return [_Failure(path, field.name, _got(value), expected)]


def _expected(condition: Condition, scope: Scope) -> str:
    return _constant_expectation(condition) or _describe(condition, scope)


@lru_cache(maxsize=1024)
def _constant_expectation(condition: Condition) -> str:
    """Return what a condition expects; empty if that depends on the values of fields."""
    compares = (isinstance(test, OperatorTest) and test.operand.field for _, test in condition.walk())
    return "" if any(compares) else _describe(condition, None)


def _describe(condition: Condition, scope: Scope | None) -> str:
    if isinstance(condition, FieldCondition):
        return describe_tests(condition.tests, scope)
    return condition.describe(scope)


def _got(value: object) -> str:
    return "missing" if value is MISSING else display(value)
