"""From a document to checked conditions: every error with its place and the nearest right word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from auditor.documents import Cursor
from auditor.errors import did_you_mean
from auditor.model.values import shown
from auditor.policy.conditions import (
    AllOf,
    AnyOf,
    Condition,
    FieldCondition,
    MeasureTest,
    Not,
    NotTest,
    Operand,
    OperatorTest,
    Test,
)
from auditor.policy.fields import FIELDS, Field, Target
from auditor.policy.operators import OPERATORS, Operator
from auditor.policy.types import Type

_GROUPS = ("all", "any", "none", "not")
_REFERENCES = ("param", "field")


@dataclass(frozen=True, slots=True)
class ConditionReader:
    """Reads the conditions of one rule.

    Attributes:
        target: What the rule is asked of; decides which fields it may use.
        params: The values of the parameters that it may use.
    """

    target: Target
    params: Mapping[str, object]

    def condition(self, cursor: Cursor) -> Condition:
        """Read a mapping of fields and groups; all of them have to hold."""
        entries = cursor.mapping()
        if not entries:
            cursor.fail("is empty, expected a condition", "name at least one field")
        parts = [self._entry(key, child) for key, child in entries.items()]
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def field(self, name: str, cursor: Cursor, *, at_key: bool = True) -> Field:
        """Return a field that this rule may use; `cursor` tells where it is named."""
        known = {field.name for field in FIELDS.values() if field.only_for in (None, self.target)}
        if name not in known:
            self._refuse_field(name, cursor, known | set(_GROUPS) if at_key else known, at_key=at_key)
        return FIELDS[name]

    def _refuse_field(self, name: str, cursor: Cursor, words: set[str], *, at_key: bool) -> NoReturn:
        elsewhere = FIELDS.get(name)
        if elsewhere and elsewhere.only_for:
            message, fix = f"{name} has no value in a rule `for: {self.target}`", f"write `for: {elsewhere.only_for}`"
        else:
            message, fix = f"unknown field {name!r}", did_you_mean(name, words) or "docs/fields.md lists every field"
        if at_key:
            cursor.fail_at_key(message, fix)
        cursor.fail(f"is wrong: {message}", fix)

    def _entry(self, key: str, cursor: Cursor) -> Condition:
        if key == "not":
            return Not(self.condition(cursor))
        if key in _GROUPS:
            parts = tuple(self.condition(item) for item in cursor.items())
            if not parts:
                cursor.fail("is empty, expected a list of conditions")
            return AllOf(parts) if key == "all" else AnyOf(parts) if key == "any" else Not(AnyOf(parts))
        field = self.field(key, cursor)
        return FieldCondition(field, self._tests(cursor, field.type, field.name))

    def _tests(self, cursor: Cursor, kind: Type, subject: str) -> tuple[Test, ...]:
        if not isinstance(cursor.value, dict):
            name = "in" if isinstance(cursor.value, list) else "equals"
            return (self._test(name, cursor, kind, subject),)
        if not cursor.value:
            cursor.fail("is empty, expected an operator", did_you_mean("", OPERATORS))
        for word in _REFERENCES:
            if word in cursor.value:
                cursor.value[word].fail_at_key(f"{word!r} is not an operator", f"write `equals: {{{word}: ...}}`")
        return tuple(self._test(key, child, kind, subject) for key, child in cursor.value.items())

    def _test(self, name: str, cursor: Cursor, kind: Type, subject: str) -> Test:
        if name == "not":
            return NotTest(self._tests(cursor, kind, subject))
        operator = OPERATORS.get(name)
        if operator is None:
            cursor.fail_at_key(f"unknown operator {name!r}", did_you_mean(name, [*OPERATORS, "not"]))
        if kind not in operator.types:
            usable = ", ".join(sorted(each.name for each in OPERATORS.values() if kind in each.types))
            cursor.fail_at_key(f"`{name}` does not work on {subject}, a {kind}", f"operators for a {kind}: {usable}")
        if operator.operand is None:
            return MeasureTest(operator, self._tests(cursor, Type.NUMBER, f"the {name} of {subject}"))
        return OperatorTest(operator, self._operand(cursor, operator, kind))

    def _operand(self, cursor: Cursor, operator: Operator, kind: Type) -> Operand:
        value = cursor.plain()
        if isinstance(value, dict):
            return self._reference(cursor, operator, kind)
        return Operand(self._read(cursor, operator, value, kind), _in_words(value))

    def _reference(self, cursor: Cursor, operator: Operator, kind: Type) -> Operand:
        words = cursor.keys(_REFERENCES)
        if len(words) != 1:
            cursor.fail("names more than one operand", "keep one of param and field")
        if "param" in words:
            name = words["param"].text()
            if name not in self.params:
                words["param"].fail(f"names an unknown parameter {name!r}", did_you_mean(name, self.params))
            value = self.params[name]
            return Operand(self._read(cursor, operator, value, kind), f"{_in_words(value)} ({name})")
        field = self.field(words["field"].text(), words["field"], at_key=False)
        if operator.name != "equals" or field.type is not kind:
            cursor.fail(f"compares a {kind} with {field.name}, a {field.type}, by `{operator.name}`", "use `equals`")
        return Operand(None, field.name, field)

    def _read(self, cursor: Cursor, operator: Operator, value: object, kind: Type) -> object:
        if operator.operand is None:  # pragma: no cover - measures take tests, not operands
            cursor.fail("takes tests")
        try:
            operand = operator.operand.read(value)
        except ValueError as error:
            cursor.fail(f"does not fit `{operator.name}`: {error}")
        if operator.name in {"equals", "in"}:
            self._comparable(cursor, operand if isinstance(operand, tuple) else (operand,), kind)
        return operand

    def _comparable(self, cursor: Cursor, values: tuple[object, ...], kind: Type) -> None:
        for value in values:
            if value is not None and type(value) not in kind.classes:
                cursor.fail(f"compares a {kind} with {shown(value)}, which it can never equal")


def _in_words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_in_words(item) for item in value)
    return value if isinstance(value, str) and value else shown(value)
