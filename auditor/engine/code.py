"""Generated code: the plain cases of many rules decided by one Python function.

The function gets a manifest `m` and an envelope `e` and returns the rules that may not pass. It first reads every field
that any rule needs and checks its type; anything unexpected makes every rule suspect. Then each condition is a plain
Boolean expression for "is true": unknown and false are the same there, and `not` is written as "is false".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from auditor.model import Json
from auditor.policy import MISSING, Field, Rule, Target
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
    tests_of,
)
from auditor.policy.types import Missing

Generated: TypeAlias = Callable[[dict[str, Json], dict[str, Json]], tuple[Rule, ...]]
"""A manifest and an envelope in, the rules that may not pass out."""


def generate(rules: Sequence[Rule], now: datetime) -> Generated:
    """Return the function for some rules; those that it cannot decide are always suspect.

    Raises (when called):
        RuleError: A value cannot be read, so every rule is suspect.
    """
    writer = _Writer(rules, now)
    return writer.function()


class _Writer:
    """Writes the function; what it needs besides built-in names are constants in its namespace."""

    def __init__(self, rules: Sequence[Rule], now: datetime) -> None:
        self.rules = rules
        self.constants: dict[str, object] = {"M": MISSING, "now": now, "every": tuple(rules)}
        self.head: list[str] = []
        self.known: dict[object, str] = {}

    def function(self) -> Generated:
        body = [self.rule(index, rule) for index, rule in enumerate(self.rules)]
        lines = [*self.head, "found = ()", *body, "return found"]
        source = "def suspects(m, e):\n" + "".join(f"    {line}\n" for line in lines)
        exec(compile(source, "<the gate>", "exec"), self.constants)  # noqa: S102 - made of checked conditions alone
        suspects: Generated = self.constants["suspects"]  # type: ignore[assignment]
        return suspects

    def rule(self, index: int, rule: Rule) -> str:
        own = self.constant((rule,), f"r{index}")
        if rule.target is not Target.REPO or not _plain(rule):
            return f"found += {own}"
        applies = f"{self.true(rule.when.condition)} and " if rule.when else ""
        return f"if {applies}not {self.true(rule.must.condition)}: found += {own}"

    def constant(self, value: object, name: str) -> str:
        self.constants[name] = value
        return name

    def local(self, key: object, code: str, check: str = "") -> str:
        """Return a local variable that holds an expression, which is evaluated whatever the rules say."""
        if key not in self.known:
            name = self.known[key] = f"v{len(self.known)}"
            self.head += [f"{name} = {code}", *([check.format(name)] if check else [])]
        return self.known[key]

    def field(self, field: Field) -> str:
        classes = self.constant(field.type.classes | {Missing, type(None)}, f"t_{field.type.name}")
        code = field.code if isinstance(field.code, str) else self.call(field.code, "m", "f", ", e")
        return self.local(field.name, code, f"if type({{}}) not in {classes}: return every")

    def true(self, condition: Condition) -> str:
        return self.holds(condition, right=True)

    def holds(self, condition: Condition, *, right: bool) -> str:
        """Write "is true" (`right`) or "is false" for a condition."""
        if isinstance(condition, Not):
            return self.holds(condition.part, right=not right)
        if isinstance(condition, FieldCondition):
            return self.tests(condition.tests, self.field(condition.field), right=right)
        both = isinstance(condition, AllOf) is right
        return _joined([self.holds(part, right=right) for part in condition.parts], both=both)

    def tests(self, tests: Sequence[Test], value: str, *, right: bool, present: bool = False) -> str:
        return _joined([self.test(test, value, right=right, present=present) for test in tests], both=right)

    def test(self, test: Test, value: str, *, right: bool, present: bool) -> str:
        if isinstance(test, NotTest):
            return self.tests(test.tests, value, right=not right, present=present)
        if isinstance(test, OperatorTest) and test.operand.field:
            return self.equal(value, self.field(test.operand.field), right=right)
        there = "" if present else self.there(test, value)
        if isinstance(test, MeasureTest):
            code = test.operator.code
            measured = f"({code(value, None)})" if code else self.call(test.operator.build, value, "m")
            return f"({there}{self.tests(test.tests, measured, right=right, present=True)})"
        if isinstance(test, ElementTest):
            raise TypeError("elements are asked of in full")
        return f"({there}{'' if right else 'not '}{self.predicate(test, value, there)})"

    @staticmethod
    def equal(value: str, other: str, *, right: bool) -> str:
        """Write that two values of one type are there, and equal or not."""
        there = " and ".join(f"{each} is not M and {each} is not None" for each in (value, other))
        return f"({there} and {value} {'==' if right else '!='} {other})"

    def predicate(self, test: OperatorTest, value: str, there: str) -> str:
        operator, operand = test.operator, test.operand.value
        if operator.code:
            return f"({operator.code(value, operand)})"
        key = (value, operator.name, repr(operand))
        if operator.fallible or key in self.known:
            return self.local(key, f"{there}{self.call(operator.build(operand), value, 'p', ', now')}")
        return self.call(operator.build(operand), value, "p", ", now")

    def call(self, function: object, value: str, letter: str, more: str = "") -> str:
        return f"{self.constant(function, f'{letter}{len(self.constants)}')}({value}{more})"

    @staticmethod
    def there(test: MeasureTest | ElementTest | OperatorTest, value: str) -> str:
        """Write that a value is one that the operator answers for; any other makes the test unknown."""
        sees = test.operator.sees
        missing = "" if Missing in sees else f"{value} is not M and "
        null = "" if type(None) in sees else f"{value} is not None and "
        return missing + null


def _plain(rule: Rule) -> bool:
    """Tell whether code can be generated for a rule."""
    tests = [each for part in (rule.when, rule.must) if part for each in tests_of(part.condition)]
    asked = [test for _, test in tests]
    return not rule.captures and not any(_is_special(test) for test in asked) and all(each.code for each in rule.reads)


def _is_special(test: Test) -> bool:
    if isinstance(test, ElementTest):
        return True
    if isinstance(test, OperatorTest) and test.operand.field:
        return test.operator.name != "equals"
    return isinstance(test, OperatorTest) and test.operator.name == "type"


def _joined(parts: Sequence[str], *, both: bool) -> str:
    return parts[0] if len(parts) == 1 else f"({(' and ' if both else ' or ').join(parts)})"
