"""The registry of operators: a function, the types that it works on, and its documentation.

A function takes the operand once, when rules are compiled, and returns the predicate that is evaluated on every value.
The values it is asked about are exactly of the types it declares: a missing field is unknown, null is unknown, any
other type is an error. An operator with its own answer for missing or null declares it.
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
"""A compiled operator: the value and the moment of the run in, the answer out."""

FindFailing: TypeAlias = Callable[[Any], list[tuple[int, object]]]
"""The elements of a list at fault: index and what to show of each."""

ALL_TYPES = frozenset(Type)
SAME = "like any value"
UNKNOWN = "unknown"
ERROR = "an error"


class Form(Enum):
    """What is to the right of an operator, and what its function makes of it.

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
        name: What rules call it.
        meaning: What it requires, one sentence.
        types: Field types that it works on.
        form: What is to its right.
        operand: The kind of its operand; None unless the form is `VALUE`.
        build: Its function; see `Form`.
        phrase: The expectation in words, for example `{a} matching {}`; see `Noun.fill` for its gaps. `{n}` is replaced
            by tests on a number, `{where}` by a condition on elements.
        negated: The opposite of it in words.
        joiner: What joins the last two of several operands: `or`, `and`.
        on_missing: What a missing field means, for the docs.
        on_null: What null means, for the docs.
        on_empty: What an empty text, list or object means, for the docs.
        on_wrong_type: What a value of another type than the field's means, for the docs.
        sees: Classes besides those of its types that it answers for itself.
        passes: Value and operand of an example that holds.
        fails: Value and operand of an example that does not hold.
        failing_elements: Makes the finder of elements at fault, of an operand; None if the whole value is at fault.
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
        """The exact Python classes of the values that it answers for."""
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
