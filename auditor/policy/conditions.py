"""Conditions: `when` and `must` as a tree whose nodes evaluate, describe and trace themselves.

A condition is about a scope (a repo, a grant, a group of repos), and a test in it is about one value. Both follow
Kleene's logic: True, False, or None for unknown. Every part is always evaluated, so that a rule that cannot be
evaluated is an error whatever the order of its parts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from auditor.policy.fields import Field
from auditor.policy.nouns import named_noun_of, noun_of, sentence
from auditor.policy.scope import Scope
from auditor.policy.trace import Trace, result_of
from auditor.policy.types import Outcome
from auditor.policy.value_tests import Leaf, NotTest, OperatorTest, Test, describe_tests, field_evaluator, walk_tests

Evaluate: TypeAlias = Callable[[Scope], Outcome]
"""Evaluates a condition on a scope. Raises `RuleError` on a value of the wrong type."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition(ABC):
    """The base class of conditions; no two are equal.

    Attributes:
        evaluate: Returns the outcome for a scope; compiled once, when the condition is created.
    """

    evaluate: Evaluate = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "evaluate", self._compile())

    @abstractmethod
    def _compile(self) -> Evaluate: ...

    @abstractmethod
    def describe(self, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return what the condition requires, or its opposite, in words; a scope shows the values of fields."""

    @abstractmethod
    def clause(self, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the same as a clause after `an element`, for example `whose role is ...`."""

    @property
    def is_negation(self) -> bool:
        """Whether it is a negation."""
        return False

    @abstractmethod
    def labeled(self) -> tuple[str, tuple[Condition, ...]]:
        """Return the label of the condition (`all of`, `any of`, `none of` or `not`) and its parts."""

    def children(self) -> tuple[Condition, ...]:
        """Return its parts."""
        return ()

    def trace(self, scope: Scope) -> Trace:
        """Evaluate the condition on a scope, and every part of it."""
        label, parts = self.labeled()
        return Trace(label, *result_of(self.evaluate, scope), parts=tuple(part.trace(scope) for part in parts))

    def outline(self, depth: int = 0) -> Iterator[tuple[int, str]]:
        """Yield the condition as a list, each line with its depth: the parts of a group are one level deeper."""
        label, parts = self.labeled()
        yield depth, label
        for part in parts:
            yield from part.outline(depth + 1)

    def walk(self) -> Iterator[tuple[Field, Test]]:
        """Yield every test with its field, including those of measures and elements."""
        for child in self.children():
            yield from child.walk()

    def leaves(self) -> list[Leaf]:
        """Return each test that is evaluated separately: its place and its requirement."""
        return [leaf for child in self.children() for leaf in child.leaves()]


@dataclass(frozen=True, slots=True, eq=False)
class FieldCondition(Condition):
    """Every test holds for the value of a field."""

    field: Field
    tests: tuple[Test, ...]

    def _compile(self) -> Evaluate:
        return field_evaluator(self.field, self.tests)

    def describe(self, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return what the tests require of the field, in words."""
        return describe_tests(self.tests, noun_of(self.field), scope, negated=negated)

    def clause(self, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the same as a clause."""
        name = self.field.name
        if name == "item":
            return f"that is {self.describe(scope, negated=negated)}".replace("that is one ", "")
        text = describe_tests(self.tests, named_noun_of(self.field), scope, negated=negated)
        if name.startswith("item."):
            return f"whose {sentence(self.field, text, name.removeprefix('item.'))}"
        return f"where {sentence(self.field, text)}"

    @property
    def is_negation(self) -> bool:
        """Whether there is only one test, and it is negated."""
        return len(self.tests) == 1 and isinstance(self.tests[0], NotTest)

    def labeled(self) -> tuple[str, tuple[Condition, ...]]:
        """Return the field and its requirement."""
        noun, name = named_noun_of(self.field), self.field.name
        first, *others = (sentence(self.field, test.describe(noun)) for test in self.tests)
        return " and ".join([first, *(each.removeprefix(f"{name} ") for each in others)]), ()

    def trace(self, scope: Scope) -> Trace:
        """Evaluate each test."""
        traces = tuple(test.trace(self.field, scope) for test in self.tests)
        return traces[0] if len(traces) == 1 else Trace("all of", *result_of(self.evaluate, scope), parts=traces)

    def walk(self) -> Iterator[tuple[Field, Test]]:
        """Yield every test with its field."""
        for test in self.tests:
            yield from walk_tests(self.field, test)

    def leaves(self) -> list[Leaf]:
        """Return each test that is evaluated separately."""
        return [leaf for test in self.tests for leaf in test.leaves(self.field)]


@dataclass(frozen=True, slots=True, eq=False)
class _Group(Condition):
    parts: tuple[Condition, ...]
    word: ClassVar[str]
    opposite: ClassVar[str]
    label: ClassVar[str]
    decisive: ClassVar[bool]

    def _compile(self) -> Evaluate:
        evaluators, decisive = [part.evaluate for part in self.parts], self.decisive

        def evaluate(scope: Scope) -> Outcome:
            outcome: Outcome = not decisive
            for each in evaluators:
                result = each(scope)
                if result is decisive:
                    outcome = decisive
                elif result is None and outcome is not decisive:
                    outcome = None
            return outcome

        return evaluate

    def describe(self, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the requirement of the parts, in words."""
        return self._joined([part.describe(scope, negated=negated) for part in self.parts], negated)

    def clause(self, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the same as a clause."""
        return self._joined([part.clause(scope, negated=negated) for part in self.parts], negated)

    def _joined(self, parts: Sequence[str], negated: bool) -> str:
        word = self.opposite if negated else self.word
        return (f" {word} " if word == "and" else f", {word} ").join(dict.fromkeys(parts))

    def labeled(self) -> tuple[str, tuple[Condition, ...]]:
        """Return the label of the group and its parts."""
        return self.label, self.parts

    def children(self) -> tuple[Condition, ...]:
        """Return the parts."""
        return self.parts


class AllOf(_Group):
    """Every part holds: one False decides, an unknown part leaves the rest unknown."""

    __slots__ = ()
    word = "and"
    opposite = "or"
    label = "all of"
    decisive = False


class AnyOf(_Group):
    """At least one part holds: one True decides, an unknown part leaves the rest unknown."""

    __slots__ = ()
    word = "or"
    opposite = "and"
    label = "any of"
    decisive = True


@dataclass(frozen=True, slots=True, eq=False)
class Not(Condition):
    """The part does not hold; `none: [a, b]` reads as not any of a and b."""

    part: Condition

    def _compile(self) -> Evaluate:
        evaluate_part = self.part.evaluate

        def evaluate(scope: Scope) -> Outcome:
            outcome = evaluate_part(scope)
            return None if outcome is None else not outcome

        return evaluate

    def describe(self, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return what must not hold, in words."""
        return self.part.describe(scope, negated=not negated)

    def clause(self, scope: Scope | None = None, *, negated: bool = False) -> str:
        """Return the same as a clause."""
        return self.part.clause(scope, negated=not negated)

    @property
    def is_negation(self) -> bool:
        """True."""
        return True

    def labeled(self) -> tuple[str, tuple[Condition, ...]]:
        """Return `not` and the part, or `none of` and its alternatives."""
        return ("none of", self.part.parts) if isinstance(self.part, AnyOf) else ("not", (self.part,))

    def children(self) -> tuple[Condition, ...]:
        """Return the part."""
        return (self.part,)


def fields_of(condition: Condition) -> set[Field]:
    """Return every field that a condition reads, operands included."""
    found: set[Field] = set()
    for of, test in condition.walk():
        found.add(of)
        if isinstance(test, OperatorTest) and test.operand.field:
            found.add(test.operand.field)
    return found
