"""Operands: literals, and references to parameters, data and fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auditor.documents import Cursor
from auditor.errors import did_you_mean
from auditor.model.values import display
from auditor.policy.fields import Field
from auditor.policy.operands import DURATION, FORMAT, TEXT, TYPES
from auditor.policy.operators import Operator
from auditor.policy.patterns import compiled
from auditor.policy.types import Type
from auditor.policy.value_tests import Operand
from auditor.text import clipped

REFERENCES = ("param", "field", "data")
"""The keys of operands that are not literals."""

_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_FORMATS = {
    "email": "email address",
    "ip": "IP address",
    "repo-name": "repo name",
    "storage-fqn": "FQN of a storage integration",
    "uri": "URI",
    "uuid": "UUID",
}
"""Phrases for formats whose name is not an English noun."""

_SHOWN = 80
"""The most characters to show of the value of a parameter or of data, as its name is shown too."""

_ABOUT_ELEMENTS = frozenset({"contains", "contains_any", "contains_all", "subset_of", "disjoint"})
"""The operators that compare their operand with the elements of a list."""


@dataclass(frozen=True, slots=True)
class Names:
    """The parameters and data that the rules of a pack may refer to.

    Attributes:
        params: The values of parameters.
        data: The lists that the pack declares.
        used: Collects the names of used parameters and data.
    """

    params: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @staticmethod
    def groups(operator: Operator, operand: Operand) -> set[str]:
        """Return the names of the groups captured by an operand's patterns."""
        if operator.name != "matches" or not isinstance(operand.value, tuple):
            return set()
        return {name for pattern in operand.value for name in compiled(pattern).groups}


def read_operand(
    cursor: Cursor,
    operator: Operator,
    kind: Type,
    subject: Field,
    names: Names,
    resolve: Callable[[str, Cursor], Field],
) -> Operand:
    """Read the operand of an operator.

    Args:
        cursor: The operand.
        operator: The operator.
        kind: The type of the value on the left.
        subject: The field of that value.
        names: The parameters and data that may be referred to.
        resolve: Finds a field by its name or raises.

    Raises:
        DocumentError: It does not fit the operator or the type.
    """
    value = cursor.plain()
    reference = isinstance(value, dict) and (operator.name != "schema" or set(value) <= set(REFERENCES))
    if not reference or not value:
        return Operand(_read(cursor, operator, value, kind, subject), _words(operator, value))
    words = cursor.keys(REFERENCES)
    if len(words) != 1:
        cursor.fail("has more than one operand", "keep one of param, field and data")
    word, name = next(iter(words.items()))
    if word == "field":
        return _of_field(cursor, operator, kind, subject, resolve(name.text(), name))
    value = _named(word, name, names)
    note = f"{'parameter' if word == 'param' else word} `{name.text()}`"
    return Operand(_read(cursor, operator, value, kind, subject), _words(operator, value, _SHOWN), note)


def _named(word: str, name: Cursor, names: Names) -> object:
    """Return the value of a parameter or of data."""
    known, what = (names.params, "an unknown parameter") if word == "param" else (names.data, "unknown data")
    text = name.text()
    if text not in known:
        name.fail(f"refers to {what} {text!r}", did_you_mean(text, known))
    names.used.add(text)
    return known[text]


def _of_field(cursor: Cursor, operator: Operator, kind: Type, subject: Field, field: Field) -> Operand:
    operand = operator.operand
    allowed = operand.of_field if operand else frozenset()
    if operand and operand.like_left and kind is not Type.ANY:
        allowed &= {kind}
    if field.type not in allowed and not (allowed and field.type is Type.ANY):
        instead = "use `equals`" if operator.name != "equals" else "compare lists with `subset_of` or `contains_all`"
        fix = f"use a field of type {' or '.join(sorted(allowed))}" if allowed else instead
        message = f"compares a {kind} with {field.name}, a {field.type}, but `{operator.name}` does not support that"
        cursor.fail(message, fix)
    if operator.name in _ABOUT_ELEMENTS:
        _refuse_foreign_field(cursor, field, subject)
    return Operand(None, f"`{field.name}`", field=field)


def _read(cursor: Cursor, operator: Operator, value: object, kind: Type, subject: Field) -> object:
    if operator.operand is None:
        cursor.fail("takes tests")
    try:
        operand = operator.operand.read(value)
    except ValueError as error:
        cursor.fail(f"has an invalid operand: {error}")
    values = operand if isinstance(operand, tuple) else (operand,)
    if operator.name in {"equals", "in"}:
        _refuse_incomparable(cursor, values, kind)
    elif operator.name in _ABOUT_ELEMENTS:
        _refuse_foreign_values(cursor, values, subject)
    elif operator.name == "unique_by":
        _refuse_unknown_key(cursor, str(operand), subject)
    return operand


def _refuse_foreign_field(cursor: Cursor, field: Field, subject: Field) -> None:
    kind, other = subject.element_type, field.element_type if field.type is Type.LIST else field.type
    if kind is Type.STRING and str not in other.classes:
        what = f"a list of {other}s" if field.type is Type.LIST else f"a {field.type}"
        cursor.fail(
            f"is {field.name}, {what}, expected strings as in {subject.name}", "use a field that contains strings"
        )


def _refuse_foreign_values(cursor: Cursor, values: tuple[object, ...], subject: Field) -> None:
    """Reject values that no element of a list of texts can equal."""
    if subject.element_type is not Type.STRING:
        return
    for value in values:
        if not isinstance(value, str):
            fix = f"quote it if it is text: {json.dumps(display(value))}"
            cursor.fail(f"has {display(value)}, expected a string like the elements of {subject.name}", fix)


def _refuse_unknown_key(cursor: Cursor, key: str, subject: Field) -> None:
    if subject.element_type not in {Type.OBJECT, Type.ANY}:
        cursor.fail(f"is {key!r}, but the elements of {subject.name} are {subject.element_type}s without keys")
    known = {part.name for part in subject.parts if part.name}
    if known and key not in known:
        cursor.fail(f"is {key!r}, expected a key of the elements of {subject.name}", did_you_mean(key, known))


def _refuse_incomparable(cursor: Cursor, values: tuple[object, ...], kind: Type) -> None:
    for value in values:
        if value is not None and type(value) not in kind.classes:
            cursor.fail(f"compares a {kind} with {display(value)}, which can never be equal")


def _words(operator: Operator, value: object, longest: int | None = None) -> str:
    """Return an operand for people: a list as its elements, values in backticks.

    Args:
        operator: The operator.
        value: The operand.
        longest: The most characters to show; None for all.
    """
    if operator.operand is DURATION and isinstance(value, str):
        unit = _UNITS.get(value[-1:], "")
        return f"{value[:-1]} {unit}{'' if value[:-1] == '1' else 's'}" if unit else value
    if not isinstance(value, list | tuple):
        return _value(operator, value, longest)
    shown = [_value(operator, each, longest) for each in value] or [_value(operator, [], longest)]
    kept = 1
    while kept < len(shown) and (longest is None or len(", ".join(shown[: kept + 1])) <= longest):
        kept += 1
    *first, last = [*shown[:kept], *([f"{len(shown) - kept} more"] if kept < len(shown) else [])]
    return f"{', '.join(first)} {operator.joiner} {last}" if first else last


def _value(operator: Operator, value: object, longest: int | None) -> str:
    if operator.operand is FORMAT and isinstance(value, str):
        return _FORMATS.get(value, value)
    text = value if isinstance(value, str) and value else display(value)
    text = text if longest is None else clipped(text, longest)
    bare = value is None or isinstance(value, bool | int | float) or operator.operand in (TYPES, TEXT)
    return text if bare else f"`{text}`"
