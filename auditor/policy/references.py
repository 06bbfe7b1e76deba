"""Operands: literals, and references to parameters, data and fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auditor.documents import Cursor
from auditor.errors import did_you_mean
from auditor.model.values import display
from auditor.policy.fields import Field
from auditor.policy.operators import Operator
from auditor.policy.patterns import compiled
from auditor.policy.types import Type
from auditor.policy.value_tests import Operand

REFERENCES = ("param", "field", "data")
"""What an operand may be instead of a literal."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the rules of a pack may refer to.

    Attributes:
        params: The values of parameters.
        data: The lists that the pack declares.
        used: Collects the names of the parameters and data that were referred to.
    """

    params: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @staticmethod
    def groups(operator: Operator, operand: Operand) -> set[str]:
        """Return the names of the groups that an operand's patterns capture."""
        if operator.name != "matches" or not isinstance(operand.value, tuple):
            return set()
        return {name for pattern in operand.value for name in compiled(pattern).groups}


def read_operand(
    cursor: Cursor, operator: Operator, kind: Type, names: Names, resolve: Callable[[str, Cursor], Field]
) -> Operand:
    """Read what stands to the right of an operator.

    Args:
        cursor: The operand.
        operator: The operator.
        kind: The type of the value on the left.
        names: What may be referred to.
        resolve: Finds a field by its name or raises.

    Raises:
        DocumentError: It does not fit the operator or the type.
    """
    value = cursor.plain()
    reference = isinstance(value, dict) and (operator.name != "schema" or set(value) <= set(REFERENCES))
    if not reference or not value:
        return Operand(_read(cursor, operator, value, kind), describe_value(value))
    words = cursor.keys(REFERENCES)
    if len(words) != 1:
        cursor.fail("names more than one operand", "keep one of param, field and data")
    word, name = next(iter(words.items()))
    if word == "field":
        return _of_field(cursor, operator, kind, resolve(name.text(), name))
    return _named(cursor, operator, kind, names, (word, name))


def _named(cursor: Cursor, operator: Operator, kind: Type, names: Names, reference: tuple[str, Cursor]) -> Operand:
    word, name = reference
    known, what = (names.params, "an unknown parameter") if word == "param" else (names.data, "unknown data")
    text = name.text()
    if text not in known:
        name.fail(f"names {what} {text!r}", did_you_mean(text, known))
    names.used.add(text)
    value = known[text]
    words = f"{describe_value(value)} ({text})" if word == "param" else f"one in the data {text}"
    return Operand(_read(cursor, operator, value, kind), words)


def _of_field(cursor: Cursor, operator: Operator, kind: Type, field: Field) -> Operand:
    operand = operator.operand
    allowed = operand.of_field if operand else frozenset()
    if operand and operand.like_left and kind is not Type.ANY:
        allowed &= {kind}
    if field.type not in allowed and not (allowed and field.type is Type.ANY):
        instead = "use `equals`" if operator.name != "equals" else "compare lists by `subset_of` or `contains_all`"
        fix = f"name a {' or '.join(sorted(allowed))}" if allowed else instead
        cursor.fail(f"compares a {kind} with {field.name}, a {field.type}, by `{operator.name}`", fix)
    return Operand(None, field.name, field)


def _read(cursor: Cursor, operator: Operator, value: object, kind: Type) -> object:
    if operator.operand is None:
        cursor.fail("takes tests")
    try:
        operand = operator.operand.read(value)
    except ValueError as error:
        cursor.fail(f"does not fit `{operator.name}`: {error}")
    if operator.name in {"equals", "in"}:
        _refuse_incomparable(cursor, operand if isinstance(operand, tuple) else (operand,), kind)
    return operand


def _refuse_incomparable(cursor: Cursor, values: tuple[object, ...], kind: Type) -> None:
    for value in values:
        if value is not None and type(value) not in kind.classes:
            cursor.fail(f"compares a {kind} with {display(value)}, which it can never equal")


def describe_value(value: object) -> str:
    """Return a value of a document for people: a list as its elements, a text as it is."""
    if isinstance(value, list | tuple):
        return ", ".join(describe_value(item) for item in value)
    return value if isinstance(value, str) and value else display(value)
