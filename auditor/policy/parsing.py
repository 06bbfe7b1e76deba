"""From a document to checked conditions: every error has its place and the nearest right word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from auditor.documents import Cursor
from auditor.errors import did_you_mean
from auditor.links import docs_page
from auditor.policy.conditions import AllOf, AnyOf, Condition, FieldCondition, Not
from auditor.policy.fields import FIELDS, Field, Target, item_fields
from auditor.policy.operators import OPERATORS, Form, Operator
from auditor.policy.references import REFERENCES, Names, read_operand
from auditor.policy.types import Type
from auditor.policy.value_tests import ElementTest, MeasureTest, NotTest, OperatorTest, Test

_APART_FROM = {
    Target.INVENTORY: "group of repos",
    Target.BINDING: "role binding",
    Target.TENANT_GRANT: "grant on the tenant",
    Target.ROLE: "role",
    Target.TENANT: "tenant",
}
_APART = frozenset(_APART_FROM)
_GROUPS = ("all", "any", "none", "not")
_COUNTING = sorted(each.name for each in OPERATORS.values() if Type.NUMBER in each.types)


@dataclass(frozen=True, slots=True)
class ConditionReader:
    """Reads the conditions of one rule.

    Attributes:
        targets: The targets whose fields it may use, besides the common fields: usually the `for:` of the rule.
        names: The parameters and data that it may use.
        own: Fields from the rule itself: `item` under a quantifier, and captures in `when`.
        capturing: Collects the names of captured groups; None if nothing may capture.
    """

    targets: frozenset[Target]
    names: Names
    own: Mapping[str, Field] = field(default_factory=dict)
    capturing: set[str] | None = None

    def condition(self, cursor: Cursor) -> Condition:
        """Read a mapping of fields and groups, all of which have to hold."""
        entries = cursor.mapping()
        if not entries:
            cursor.fail("is empty, expected a condition", "name at least one field")
        parts = [self._entry(key, child) for key, child in entries.items()]
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def field(self, name: str, cursor: Cursor, *, at_key: bool = True) -> Field:
        """Return a field that this rule may use; `cursor` is the place of its name."""
        if name in self.own:
            return self.own[name]
        found = FIELDS.get(name)
        if found is None or not self._usable(found):
            self._refuse_field(name, cursor, at_key=at_key)
        return found

    def _usable(self, each: Field) -> bool:
        if self.targets & _APART:
            return each.only_for in self.targets
        return each.only_for is None or each.only_for in self.targets

    def _refuse_field(self, name: str, cursor: Cursor, *, at_key: bool) -> NoReturn:
        known = {each.name for each in FIELDS.values() if self._usable(each)} | set(self.own)
        message, fix = self._reason(name, known | set(_GROUPS) if at_key else known)
        if at_key:
            cursor.fail_at_key(message, fix)
        cursor.fail(f"is invalid: {message}", fix)

    def _reason(self, name: str, words: set[str]) -> tuple[str, str]:
        elsewhere = FIELDS.get(name)
        if elsewhere is None:
            if name.startswith("captured."):
                return f"unknown capture {name!r}", self._captures(name)
            return f"unknown field {name!r}", did_you_mean(name, words) or f"see {docs_page('fields')}"
        target = "/".join(sorted(self.targets))
        if self.targets & _APART:
            return f"{name} has no value for a {_APART_FROM[Target(target)]}", did_you_mean(name, words)
        return f"{name} has no value in a rule `for: {target}`", f"write `for: {elsewhere.only_for}`"

    def _captures(self, name: str) -> str:
        known = [word for word in self.own if word.startswith("captured.")]
        general = "capture it in `when`, outside of any, none and not: {matches: '(?P<name>...)'}"
        return did_you_mean(name, known) or general

    def _entry(self, key: str, cursor: Cursor) -> Condition:
        if key == "not":
            return Not(replace(self, capturing=None).condition(cursor))
        if key in _GROUPS:
            within = self if key == "all" else replace(self, capturing=None)
            parts = tuple(within.condition(item) for item in cursor.items())
            if not parts:
                cursor.fail("is empty, expected a list of conditions")
            return AllOf(parts) if key == "all" else AnyOf(parts) if key == "any" else Not(AnyOf(parts))
        found = self.field(key, cursor)
        return FieldCondition(found, self.tests(cursor, found.type, found))

    def tests(self, cursor: Cursor, kind: Type, subject: Field, measured: str = "") -> tuple[Test, ...]:
        """Read tests on the value of a field, or on a number measured from it."""
        if not isinstance(cursor.value, dict):
            name = "in" if isinstance(cursor.value, list) else "equals"
            return (self._test(name, cursor, kind, subject, measured),)
        if not cursor.value:
            cursor.fail("is empty, expected an operator", did_you_mean("", OPERATORS))
        for word in REFERENCES:
            if word in cursor.value:
                cursor.value[word].fail_at_key(f"{word!r} is not an operator", f"write `equals: {{{word}: ...}}`")
        return tuple(self._test(key, child, kind, subject, measured) for key, child in cursor.value.items())

    def _test(self, name: str, cursor: Cursor, kind: Type, subject: Field, measured: str) -> Test:
        if name == "not":
            return NotTest(replace(self, capturing=None).tests(cursor, kind, subject, measured), at=cursor)
        operator = OPERATORS.get(name)
        if operator is None:
            cursor.fail_at_key(f"unknown operator {name!r}", did_you_mean(name, [*OPERATORS, "not"]))
        if kind not in operator.types:
            usable = ", ".join(sorted(each.name for each in OPERATORS.values() if kind in each.types))
            what = measured or subject.name
            cursor.fail_at_key(f"`{name}` does not work on {what}, a {kind}", f"operators for a {kind}: {usable}")
        if operator.form is Form.MEASURE:
            what = f"the {name} of {subject.name}"
            tests = replace(self, capturing=None).tests(cursor, Type.NUMBER, subject, what)
            return MeasureTest(operator, tests, at=cursor)
        if operator.form in {Form.ELEMENTS, Form.COUNT}:
            return self._elements(operator, cursor, subject)
        return self._operator(operator, cursor, kind, subject)

    def _operator(self, operator: Operator, cursor: Cursor, kind: Type, subject: Field) -> OperatorTest:
        def resolve(name: str, at: Cursor) -> Field:
            return self.field(name, at, at_key=False)

        operand = read_operand(cursor, operator, kind, subject, self.names, resolve)
        groups = self.names.groups(operator, operand)
        if groups and self.capturing is not None:
            for name in sorted(groups & self.capturing):
                cursor.fail(f"captures {name!r}, which another pattern captures too", "give each group its own name")
            self.capturing.update(groups)
            return OperatorTest(operator, operand, operand.value if isinstance(operand.value, tuple) else (), at=cursor)
        return OperatorTest(operator, operand, at=cursor)

    def _elements(self, operator: Operator, cursor: Cursor, subject: Field) -> ElementTest:
        reader = replace(self, own={**self.own, **item_fields(subject)}, capturing=None)
        if operator.form is Form.ELEMENTS:
            return ElementTest(operator, reader.about_item(cursor), (), at=cursor)
        entries = cursor.mapping()
        where = reader.about_item(entries["where"]) if "where" in entries else None
        rest = {key: child for key, child in entries.items() if key != "where"}
        for key, child in rest.items():
            if key not in OPERATORS and key != "not":
                child.fail_at_key(f"unknown operator {key!r}", did_you_mean(key, [*_COUNTING, "where"]))
        if not rest:
            cursor.fail("has no test of the count", "add one, for example `ge: 1`")
        tests = reader.tests(cursor.without("where"), Type.NUMBER, subject, f"the count of {subject.name}")
        return ElementTest(operator, where, tests, at=cursor)

    def about_item(self, cursor: Cursor) -> Condition:
        """Read a condition about `item`; tests alone are short for `item: ...`."""
        if _is_tests(cursor, self.own):
            item = self.own["item"]
            return FieldCondition(item, self.tests(cursor, item.type, item))
        return self.condition(cursor)


def _is_tests(cursor: Cursor, own: Iterable[str]) -> bool:
    """Return whether a mapping has tests of `item`, not a condition; a misspelled operator counts as the nearest."""
    if not isinstance(cursor.value, dict):
        return True
    return any(
        _is_tests(child, own) and not isinstance(child.value, list)
        if key == "not"
        else (key in OPERATORS and _fits(key, child)) or _is_misspelled(key, own)
        for key, child in cursor.value.items()
    )


def _is_misspelled(key: str, own: Iterable[str]) -> bool:
    if key in OPERATORS or key in _GROUPS or "." in key or key in own:
        return False
    near = did_you_mean(key, {*OPERATORS, *own})
    return any(near == f"did you mean {name!r}?" for name in OPERATORS)


def _fits(key: str, cursor: Cursor) -> bool:
    """Return whether a key is an operator, not the group of the same name: a group has a list of conditions."""
    return not (key in _GROUPS and isinstance(cursor.value, list))
