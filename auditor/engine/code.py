"""Generated code: the plain cases of many rules decided by one Python function.

The function gets a manifest `m` and an envelope `e` and returns which rules may not pass, as bits. It first reads every
field that any rule needs and checks its type; anything unexpected makes every rule suspect. Then each condition is a
plain Boolean expression for "is true": unknown and false are the same there, and `not` is written as "is false".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from auditor.model import Json
from auditor.policy import MISSING, Field
from auditor.policy.conditions import (
    AllOf,
    Condition,
    ElementTest,
    FieldCondition,
    MeasureTest,
    Not,
    NotTest,
    OperatorTest,
    Test,
    fields_of,
    tests_of,
)
from auditor.policy.types import Missing

Counted: TypeAlias = tuple[str, str, str | None]
"""The id of a rule across repos, the key of the group that a repo belongs to, and what is told apart in it."""

Generated: TypeAlias = Callable[[dict[str, Json], dict[str, Json]], tuple[int, int, Sequence[Counted]]]
"""A manifest and an envelope in. Out the bits of the rules that may not pass, of those whose plain half fails, and what
counts across repos. Raises `RuleError` if a value cannot be read, so that every rule is suspect."""


class Code:
    """Writes the function; what it needs besides built-in names are constants in its namespace."""

    def __init__(self, now: datetime, every: int) -> None:
        """Begin a function that is asked at a moment; `every` has the bits of all rules."""
        self._constants: dict[str, object] = {"M": MISSING, "now": now, "every": (every, 0, ())}
        self._head: list[str] = []
        self._known: dict[object, str] = {}
        self._suspect = 0
        self._statements: list[tuple[list[str], str]] = []

    def always(self, bit: int) -> None:
        """Add a rule that cannot be decided."""
        self._suspect |= bit

    def whole(self, bit: int, when: Sequence[Condition], must: Condition | None) -> None:
        """Add a rule that may not pass where all of `when` is true and `must`, if there is one, is not."""
        self._add(when, must, f"found |= {bit}")

    def half(self, bit: int, when: Sequence[Condition], must: Condition | None) -> None:
        """Add the plain half of a rule."""
        self._add(when, must, f"half |= {bit}")

    def count(self, rule: str, when: Sequence[Condition], key: Field, distinct: Field | None) -> None:
        """Add a rule across repos, which counts a repo where all of `when` is true."""
        there, value = self._field(key), self._field(distinct) if distinct else "None"
        told = f"None if {value} is M else {value}"
        conditions = [f"{there} is not M and {there} is not None", *map(self._true, when)]
        self._statements.append(
            (conditions, f"counted.append(({self._constant(rule, f'id_{rule}')}, {there}, {told}))")
        )

    def _add(self, when: Sequence[Condition], must: Condition | None, then: str) -> None:
        unmet = [f"not {self._true(must)}"] if must else []
        self._statements.append(([*map(self._true, when), *unmet], then))

    def function(self) -> Generated:
        """Return the function."""
        often = Counter(code for when, _ in self._statements for code in when)
        names = {code: f"w{number}" for number, (code, times) in enumerate(often.items()) if times > 1}
        once = [f"{name} = {code}" for code, name in names.items()]
        body = [f"if {' and '.join(names.get(code, code) for code in when)}: {then}" for when, then in self._statements]
        lines = [
            *self._head,
            *once,
            f"found, half, counted = {self._suspect}, 0, []",
            *body,
            "return found, half, counted",
        ]
        source = "def decide(m, e):\n" + "".join(f"    {line}\n" for line in lines)
        exec(compile(source, "<the gate>", "exec"), self._constants)  # noqa: S102 - made of checked conditions alone
        decide: Generated = self._constants["decide"]  # type: ignore[assignment]
        return decide

    def _constant(self, value: object, name: str) -> str:
        self._constants[name] = value
        return name

    def _local(self, key: object, code: str, check: str = "") -> str:
        """Return a local variable that holds an expression, which is evaluated whatever the rules say."""
        if key not in self._known:
            name = self._known[key] = f"v{len(self._known)}"
            self._head += [f"{name} = {code}", *([check.format(name)] if check else [])]
        return self._known[key]

    def _field(self, field: Field) -> str:
        classes = self._constant(field.type.classes | {Missing, type(None)}, f"t_{field.type.name}")
        code = field.code if isinstance(field.code, str) else self._call(field.code, "m", "f", ", e")
        return self._local(field.name, code, f"if type({{}}) not in {classes}: return every")

    def _true(self, condition: Condition) -> str:
        return self._holds(condition, right=True)

    def _holds(self, condition: Condition, *, right: bool) -> str:
        """Write "is true" (`right`) or "is false" for a condition."""
        if isinstance(condition, Not):
            return self._holds(condition.part, right=not right)
        if isinstance(condition, FieldCondition):
            return self._tests(condition.tests, self._field(condition.field), right=right)
        both = isinstance(condition, AllOf) is right
        return _joined([self._holds(part, right=right) for part in condition.parts], both=both)

    def _tests(self, tests: Sequence[Test], value: str, *, right: bool, present: bool = False) -> str:
        return _joined([self._test(test, value, right=right, present=present) for test in tests], both=right)

    def _test(self, test: Test, value: str, *, right: bool, present: bool) -> str:
        if isinstance(test, NotTest):
            return self._tests(test.tests, value, right=not right, present=present)
        if isinstance(test, OperatorTest) and test.operand.field:
            return self._equal(value, self._field(test.operand.field), right=right)
        there = "" if present else self._there(test, value)
        if isinstance(test, MeasureTest):
            code = test.operator.code
            measured = f"({code(value, None)})" if code else self._call(test.operator.build, value, "m")
            return f"({there}{self._tests(test.tests, measured, right=right, present=True)})"
        if isinstance(test, ElementTest):
            raise TypeError("elements are asked of in full")
        return f"({there}{'' if right else 'not '}{self._predicate(test, value, there)})"

    @staticmethod
    def _equal(value: str, other: str, *, right: bool) -> str:
        """Write that two values of one type are there, and equal or not."""
        there = " and ".join(f"{each} is not M and {each} is not None" for each in (value, other))
        return f"({there} and {value} {'==' if right else '!='} {other})"

    def _predicate(self, test: OperatorTest, value: str, there: str) -> str:
        operator, operand = test.operator, test.operand.value
        if operator.code:
            return f"({operator.code(value, operand)})"
        key = (value, operator.name, repr(operand))
        if operator.fallible or key in self._known:
            return self._local(key, f"{there}{self._call(operator.build(operand), value, 'p', ', now')}")
        return self._call(operator.build(operand), value, "p", ", now")

    def _call(self, function: object, value: str, letter: str, more: str = "") -> str:
        return f"{self._constant(function, f'{letter}{len(self._constants)}')}({value}{more})"

    @staticmethod
    def _there(test: MeasureTest | ElementTest | OperatorTest, value: str) -> str:
        """Write that a value is one that the operator answers for; any other makes the test unknown."""
        sees = test.operator.sees
        missing = "" if Missing in sees else f"{value} is not M and "
        null = "" if type(None) in sees else f"{value} is not None and "
        return missing + null


def is_plain(condition: Condition) -> bool:
    """Tell whether code can be generated for a condition."""
    asked = [test for _, test in tests_of(condition)]
    return not any(_is_special(test) for test in asked) and all(each.code for each in fields_of(condition))


def _is_special(test: Test) -> bool:
    if isinstance(test, ElementTest):
        return True
    if isinstance(test, OperatorTest) and test.operand.field:
        return test.operator.name != "equals"
    return isinstance(test, OperatorTest) and test.operator.name == "type"


def _joined(parts: Sequence[str], *, both: bool) -> str:
    return parts[0] if len(parts) == 1 else f"({(' and ' if both else ' or ').join(parts)})"
