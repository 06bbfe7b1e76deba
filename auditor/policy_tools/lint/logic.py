"""Lints about conditions that cannot hold, cannot fail, or have no effect. They are proved, never guessed."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.documents import Mark
from auditor.policy import Rule, Target
from auditor.policy.conditions import AnyOf, Condition, FieldCondition, Not
from auditor.policy.fields import Field
from auditor.policy.value_tests import ElementTest, NotTest, Test
from auditor.policy_tools.lint.registry import Found, LoadedPack, key_of, label_of, lint
from auditor.policy_tools.lint.satisfaction import Goal, possible


def _parts(rule: Rule) -> list[tuple[str, Condition]]:
    return [(key, part) for key, part in (("when", rule.when), ("must", rule.must)) if part]


@lint("error")
def never_true(pack: LoadedPack) -> Iterator[Found]:
    """A condition, or one alternative of it, contradicts itself, so it is never true."""
    for rule in pack.rules:
        for key, condition in _parts(rule):
            for part in _alternatives(condition):
                if not possible([(part, Goal.TRUE)]):
                    what = f"no value can satisfy this condition of `{key}` of {label_of(rule)}"
                    yield _where(part, key_of(rule, key)), what, "remove one of the tests that contradict each other"
                    break


@lint("error")
def never_fails(pack: LoadedPack) -> Iterator[Found]:
    """`must` is always true when `when` is true, so the rule never has a finding."""
    for rule in pack.rules:
        if _is_vacuous(rule) and not rule.params:
            what = f"{label_of(rule)} can never have a finding: `must` holds wherever the rule applies"
            yield key_of(rule, "must"), what, "check that `must` does not repeat `when` and is not always true"


@lint("warning")
def never_fails_by_default(pack: LoadedPack) -> Iterator[Found]:
    """With the default parameters a rule never has a finding."""
    for rule in pack.rules:
        if rule.params and _is_vacuous(rule):
            names = ", ".join(rule.params)
            what = f"{label_of(rule)} can never have a finding with the default of {names}"
            yield (
                key_of(rule, "must"),
                what,
                "change the default, or exclude this lint if this is intended",
            )


@lint("warning")
def always_fails(pack: LoadedPack) -> Iterator[Found]:
    """`must` contradicts `when`, so every repo that the rule applies to has a finding."""
    for rule in pack.rules:
        if rule.when is None or rule.target is Target.INVENTORY:
            continue
        when, must = rule.when, rule.must
        alone = possible([(when, Goal.TRUE)]) and possible([(must, Goal.TRUE)])
        if alone and not possible([(when, Goal.TRUE), (must, Goal.TRUE)]):
            what = f"{label_of(rule)} always has a finding where it applies: `must` contradicts `when`"
            yield key_of(rule, "must"), what, "write the requirement in `must`, and only its scope in `when`"


@lint("warning")
def always_true(pack: LoadedPack) -> Iterator[Found]:
    """A `when`, or one alternative of a condition, is always true, so it has no effect."""
    for rule in pack.rules:
        for key, condition in _parts(rule):
            for part in _alternatives(condition):
                if (key == "when" or part is not condition) and not possible([(part, Goal.NOT_TRUE)]):
                    what = f"this condition of `{key}` of {label_of(rule)} is always true, so it has no effect"
                    yield _where(part, key_of(rule, key)), what, "remove it, or write the intended condition"
                    break


def _is_vacuous(rule: Rule) -> bool:
    goals = [(rule.must, Goal.NOT_TRUE)]
    if rule.when and rule.target is not Target.INVENTORY:
        if not possible([(rule.when, Goal.TRUE)]):
            return False  # reported by another lint: it never applies
        goals.append((rule.when, Goal.TRUE))
    return not possible(goals)


def _alternatives(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and its independent parts: alternatives, and conditions about elements."""
    yield condition
    if isinstance(condition, FieldCondition):
        for test in condition.tests:
            yield from _of_elements(condition.field, test)
        return
    for part in condition.children():
        if isinstance(condition, AnyOf):
            yield from _alternatives(part)
        else:
            yield from (each for each in _alternatives(part) if each is not part or isinstance(condition, Not))


def _of_elements(field: Field, test: Test) -> Iterator[Condition]:
    if isinstance(test, NotTest):
        for inner in test.tests:
            yield from _of_elements(field, inner)
    if isinstance(test, ElementTest) and test.where:
        yield from _alternatives(test.where)


def _where(condition: Condition, otherwise: Mark) -> Mark:
    leaves = condition.leaves()
    return (leaves[0][0].key_mark or leaves[0][0].mark) if leaves else otherwise
