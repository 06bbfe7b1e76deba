"""Condition trees: each condition and test with the value that it saw and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.documents import Cursor
from auditor.errors import RuleError
from auditor.model.values import display
from auditor.policy import MISSING, Field, Scope
from auditor.policy.compiling import compile_condition
from auditor.policy.conditions import (
    AllOf,
    AnyOf,
    Condition,
    ElementTest,
    FieldCondition,
    Not,
    NotTest,
    Test,
    in_words,
)


class Result(StrEnum):
    """What came of a condition: Kleene's three values, or none because a value is not what it has to be."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Node:
    """A condition, or one test of it, as a scope answered it.

    Attributes:
        words: What it asks.
        result: What came of it.
        got: The value that it saw as JSON text, `missing`, or why it could not be asked; empty for a group.
        path: JSON Pointer of the value in the manifest; empty if it is not there.
        parts: The conditions that it is made of; of a quantifier one for each element.
        at: Where it is written.
    """

    words: str
    result: Result
    got: str = ""
    path: str = ""
    parts: tuple[Node, ...] = ()
    at: Cursor | None = None


def tree(condition: Condition, scope: Scope) -> Node:
    """Ask a condition of a scope, and every part of it."""
    result, reason = _ask(condition, scope)
    if isinstance(condition, FieldCondition):
        nodes = tuple(_test(condition.field, test, scope) for test in condition.tests)
        return nodes[0] if len(nodes) == 1 else Node("all of", result, reason, parts=nodes)
    if isinstance(condition, Not):
        if isinstance(condition.part, AnyOf):
            return Node("none of", result, reason, parts=_all(condition.part.parts, scope))
        return Node("not", result, reason, parts=(tree(condition.part, scope),))
    words = "all of" if isinstance(condition, AllOf) else "any of"
    return Node(words, result, reason, parts=_all(condition.parts, scope))


def _all(parts: Sequence[Condition], scope: Scope) -> tuple[Node, ...]:
    return tuple(tree(part, scope) for part in parts)


def _ask(condition: Condition, scope: Scope) -> tuple[Result, str]:
    try:
        outcome = compile_condition(condition).evaluate(scope)
    except RuleError as error:
        return Result.ERROR, error.message
    return {True: Result.TRUE, False: Result.FALSE, None: Result.UNKNOWN}[outcome], ""


def _test(field: Field, test: Test, scope: Scope) -> Node:
    alone = FieldCondition(field, (test,))
    result, reason = _ask(alone, scope)
    value, path = _read(field.read, scope), _read(field.path, scope)
    return Node(
        words=f"{field.name} is {in_words((test,))}",
        result=result,
        got=reason or ("missing" if value is MISSING else display(value)),
        path=path if isinstance(path, str) and value is not MISSING else "",
        parts=_parts(field, test, value, scope),
        at=test.at,
    )


def _read(read: Callable[[Scope], object], scope: Scope) -> object:
    try:
        return read(scope)
    except RuleError:
        return MISSING


def _parts(field: Field, test: Test, value: object, scope: Scope) -> tuple[Node, ...]:
    if isinstance(test, NotTest) and (len(test.tests) > 1 or isinstance(test.tests[0], ElementTest)):
        return tuple(_test(field, inner, scope) for inner in test.tests)
    if isinstance(test, ElementTest) and test.where and isinstance(value, list):
        return _elements(test.where, value, scope)
    return ()


def _elements(where: Condition, elements: list[object], scope: Scope) -> tuple[Node, ...]:
    around, nodes = scope.item, []
    for index, element in enumerate(elements):
        scope.item = (index, element)
        result, reason = _ask(where, scope)
        inner = tree(where, scope)
        nodes.append(Node(f"element {index}", result, reason or display(element), parts=(inner,), at=inner.at))
    scope.item = around
    return tuple(nodes)


def leaves(condition: Condition) -> list[tuple[Cursor, str]]:
    """Return every test of a condition that is asked by itself, with where it is written and what it asks."""
    if isinstance(condition, FieldCondition):
        return [leaf for test in condition.tests for leaf in _leaves(condition.field, test)]
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return [leaf for part in parts for leaf in leaves(part)]


def _leaves(field: Field, test: Test) -> list[tuple[Cursor, str]]:
    own = [(test.at, f"{field.name} is {in_words((test,))}")] if test.at else []
    if isinstance(test, NotTest) and (len(test.tests) > 1 or isinstance(test.tests[0], ElementTest)):
        return [leaf for inner in test.tests for leaf in _leaves(field, inner)]
    return own + (leaves(test.where) if isinstance(test, ElementTest) and test.where else [])
