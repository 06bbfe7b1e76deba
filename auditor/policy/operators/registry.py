"""The registry of operators: a function, the types that it works on, and its documentation.

A function takes the operand once, when rules are compiled, and returns the predicate that is evaluated on every value.
The predicate only gets values of the types that the operator declares: a missing field is unknown, null is unknown, and
any other type is an error. An operator with its own result for missing or null declares it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from auditor.policy.operands import OperandKind
from auditor.policy.types import Missing, Type

Predicate: TypeAlias = Callable[[Any, datetime], bool]
"""A compiled operator: (value, time of the run) -> outcome."""

FindFailing: TypeAlias = Callable[[Any], list[tuple[int, object]]]
"""The failing elements of a list: index and shown value of each."""

ALL_TYPES = frozenset(Type)
SAME = "like any value"
UNKNOWN = "unknown"
ERROR = "an error"


class Form(Enum):
    """The form of an operand, and the result of the operator's function.

    VALUE: an operand; the function returns a predicate. MEASURE: tests on a number; the function measures the value.
    ELEMENTS: a condition about `item`; the function gets the outcome for each element and returns one outcome.
    COUNT: such a condition under `where`, and tests on the number that the function returns.
    """

    VALUE = "value"
    MEASURE = "measure"
    ELEMENTS = "elements"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        name: Its name in rules.
        meaning: What it requires, one sentence.
        types: Field types that it works on.
        form: The form of its operand.
        operand: The kind of its operand; None unless the form is `VALUE`.
        build: Its function; see `Form`.
        phrase: The expectation in words, for example `{a} matching {}`; see `Noun.fill` for its gaps. `{n}` is replaced
            by tests on a number, `{where}` by a condition on elements.
        negated: The opposite in words.
        joiner: The word between the last two of several operands: `or`, `and`.
        on_missing: What a missing field means, for the docs.
        on_null: What null means, for the docs.
        on_empty: What an empty text, list or object means, for the docs.
        on_wrong_type: What a value of another type than the field's means, for the docs.
        sees: Classes besides those of its types for which it has a result.
        passes: Value and operand of an example that holds.
        fails: Value and operand of an example that does not hold.
        failing_elements: Returns a function that finds the failing elements; None if the value as a whole fails.
    """

    name: str
    meaning: str
    types: frozenset[Type]
    form: Form
    operand: OperandKind | None
    build: Callable[[Any], Any]
    phrase: str
    negated: str
    joiner: str
    on_missing: str
    on_null: str
    on_empty: str
    on_wrong_type: str
    sees: frozenset[type]
    passes: tuple[object, object]
    fails: tuple[object, object]
    failing_elements: Callable[[Any], FindFailing] | None

    @property
    def classes(self) -> frozenset[type]:
        """The exact Python classes of the values for which it has a result."""
        return self.sees.union(*(kind.classes for kind in self.types))


OPERATORS: dict[str, Operator] = {}
"""Every operator by its name."""


def operator(
    types: Iterable[Type],
    operand: OperandKind | Form,
    phrase: str,
    negated: str,
    *,
    passes: tuple[object, object],
    fails: tuple[object, object],
    joiner: str = "or",
    missing: str = UNKNOWN,
    null: str = UNKNOWN,
    empty: str = SAME,
    wrong_type: str = ERROR,
    failing_elements: Callable[[Any], FindFailing] | None = None,
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register a function under its name (less a trailing underscore); its docstring is its meaning."""
    sees = ({Missing} if missing != UNKNOWN else set()) | ({type(None)} if null != UNKNOWN else set())

    def register(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
        name = build.__name__.rstrip("_")
        OPERATORS[name] = Operator(
            name=name,
            meaning=(build.__doc__ or "").strip(),
            types=frozenset(types) | ({Type.ANY} if operand not in (Form.ELEMENTS, Form.COUNT) else set()),
            form=operand if isinstance(operand, Form) else Form.VALUE,
            operand=operand if isinstance(operand, OperandKind) else None,
            build=build,
            phrase=phrase,
            negated=negated,
            joiner=joiner,
            on_missing=missing,
            on_null=null,
            on_empty=empty,
            on_wrong_type=wrong_type,
            sees=frozenset(sees),
            passes=passes,
            fails=fails,
            failing_elements=failing_elements,
        )
        return build

    return register
