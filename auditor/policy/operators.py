"""The operators of the rule language: one function each, with its meaning, its behaviour and two examples.

A function takes the operand once, when rules are compiled, and returns the predicate that is asked of every value.
The values it is asked about are exactly of the types it declares: a missing field is unknown, null is unknown, any
other type is an error. An operator that has its own answer for missing or null says so with `sees`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from auditor.errors import RuleError
from auditor.model.durations import parse_timestamp
from auditor.model.globs import glob_matcher
from auditor.model.values import shown, type_name
from auditor.policy import operands
from auditor.policy.operands import OperandKind
from auditor.policy.patterns import compiled
from auditor.policy.types import MISSING, Missing, Type

Predicate: TypeAlias = Callable[[Any, datetime], bool]
"""A compiled operator: the value and the moment of the run in, the answer out."""

Culprits: TypeAlias = Callable[[Any], list[tuple[int, object]]]
"""The elements of a list at fault: index and what to show of each."""

ANY = frozenset(Type)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        name: What rules call it.
        meaning: What it asks, one sentence.
        types: Field types that it works on.
        operand: What may stand to its right; None if it takes tests on a number that it measures.
        build: Makes the predicate of an operand; for a measure, returns the measured number itself.
        phrase: The expectation in words; `{}` stands for the operand.
        negated: The expectation in words where the operand is `false`.
        on_missing: What a missing field means, for the docs.
        on_null: What null means, for the docs.
        sees: Classes besides those of its types that it answers for itself.
        passes: Value and operand of an example that holds.
        fails: Value and operand of an example that does not hold.
        culprits: Makes the finder of elements at fault, of an operand; None if the whole value is at fault.
    """

    name: str
    meaning: str
    types: frozenset[Type]
    operand: OperandKind | None
    build: Callable[[Any], Any]
    phrase: str
    negated: str
    on_missing: str
    on_null: str
    sees: frozenset[type]
    passes: tuple[object, object]
    fails: tuple[object, object]
    culprits: Callable[[Any], Culprits] | None = None

    @property
    def classes(self) -> frozenset[type]:
        """The exact Python classes of the values that it answers for."""
        return self.sees.union(*(kind.classes for kind in self.types))


OPERATORS: dict[str, Operator] = {}
"""Every operator by its name."""

_UNKNOWN = "unknown"


def _operator(
    types: Iterable[Type],
    operand: OperandKind | None,
    phrase: str,
    *,
    passes: tuple[object, object],
    fails: tuple[object, object],
    negated: str = "",
    missing: str = _UNKNOWN,
    null: str = _UNKNOWN,
    culprits: Callable[[Any], Culprits] | None = None,
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    sees = ({Missing} if missing != _UNKNOWN else set()) | ({type(None)} if null != _UNKNOWN else set())

    def register(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
        name = build.__name__.rstrip("_")
        OPERATORS[name] = Operator(
            name=name,
            meaning=(build.__doc__ or "").strip(),
            types=frozenset(types),
            operand=operand,
            build=build,
            phrase=phrase,
            negated=negated,
            on_missing=missing,
            on_null=null,
            sees=frozenset(sees),
            passes=passes,
            fails=fails,
            culprits=culprits,
        )
        return build

    return register


def same(left: object, right: object) -> bool:
    """Tell whether two scalars are equal and of one JSON type: `1` equals `1.0`, but neither `"1"` nor `true`."""
    return left == right and type_name(left) == type_name(right)


@_operator(ANY, operands.SCALAR, "{}", null="compared", passes=("aws", "aws"), fails=("1", 1))
def equals(operand: object) -> Predicate:
    """The value is this one, of the same type."""
    return lambda value, _now: same(value, operand)


@_operator(ANY, operands.SCALARS, "one of {}", null="compared", passes=("aws", ["aws", "gcp"]), fails=("s3", ["aws"]))
def in_(operand: tuple[object, ...]) -> Predicate:
    """The value is one of these."""
    return lambda value, _now: any(same(value, item) for item in operand)


@_operator({Type.STRING}, operands.TEXTS, "like {}", passes=("a:aws:b", "*:aws:*"), fails=("a:AWS:b", "*:aws:*"))
def like(operand: tuple[str, ...]) -> Predicate:
    """The whole text matches a glob, or one of several; case counts, `*` is any run of characters."""
    matches = glob_matcher(operand)
    return lambda value, _now: matches(value)


@_operator(
    {Type.STRING},
    operands.PATTERNS,
    "matching {}",
    passes=("fraud-prod", "[a-z]+-prod"),
    fails=("x-prod", "prod"),
)
def matches(operand: tuple[str, ...]) -> Predicate:
    """The whole text matches an RE2 pattern, or one of several; `(?i)` in front makes it blind to case."""
    patterns = [compiled(pattern) for pattern in operand]

    def ask(value: str, _now: datetime) -> bool:
        try:
            return any(pattern.fullmatch(value) is not None for pattern in patterns)
        except UnicodeEncodeError:
            raise RuleError(f"{shown(value)} has half a surrogate pair, so no pattern can judge it") from None

    return ask


@_operator(
    ANY,
    operands.BOOLEAN,
    "present",
    negated="absent",
    missing="does not exist",
    null="exists",
    passes=("", True),
    fails=(MISSING, True),
)
def exists(operand: bool) -> Predicate:
    """The field is there, even if it is null or empty."""
    return lambda value, _now: (value is not MISSING) is operand


def _is_blank(value: object) -> bool:
    if value is MISSING or value is None:
        return True
    return not value.strip() if isinstance(value, str) else isinstance(value, list | dict) and not value


@_operator(
    {Type.STRING, Type.LIST, Type.OBJECT, Type.TIMESTAMP},
    operands.BOOLEAN,
    "blank",
    negated="not blank",
    missing="blank",
    null="blank",
    passes=("  ", True),
    fails=("  ", False),
)
def blank(operand: bool) -> Predicate:
    """The field is missing, null, empty, or a text of nothing but white space."""
    return lambda value, _now: _is_blank(value) is operand


@_operator(
    {Type.STRING, Type.LIST, Type.OBJECT},
    None,
    "{} long",
    passes=("abc", {"ge": 3}),
    fails=(["a"], {"ge": 2}),
)
def length(value: str | list[object] | dict[str, object]) -> int:
    """How many characters (without white space at the ends), elements or keys; tests on that number follow."""
    return len(value.strip() if isinstance(value, str) else value)


@_operator({Type.STRING}, None, "{} words", passes=("fraud scoring", {"ge": 2}), fails=("fraud", {"ge": 2}))
def words(value: str) -> int:
    """How many words, separated by white space; tests on that number follow."""
    return len(value.split())


@_operator({Type.NUMBER}, operands.NUMBER, "greater than {}", passes=(2, 1), fails=(1, 1))
def gt(operand: float) -> Predicate:
    """The number is greater than this one."""
    return lambda value, _now: bool(value > operand)


@_operator({Type.NUMBER}, operands.NUMBER, "at least {}", passes=(1, 1), fails=(0, 1))
def ge(operand: float) -> Predicate:
    """The number is this one or greater."""
    return lambda value, _now: bool(value >= operand)


@_operator({Type.NUMBER}, operands.NUMBER, "less than {}", passes=(0, 1), fails=(1, 1))
def lt(operand: float) -> Predicate:
    """The number is less than this one."""
    return lambda value, _now: bool(value < operand)


@_operator({Type.NUMBER}, operands.NUMBER, "at most {}", passes=(1, 1), fails=(2, 1))
def le(operand: float) -> Predicate:
    """The number is this one or less."""
    return lambda value, _now: bool(value <= operand)


def _moment(value: str) -> datetime:
    try:
        return parse_timestamp(value)
    except ValueError:
        raise RuleError(f"{shown(value)} is not a timestamp") from None


@_operator(
    {Type.TIMESTAMP},
    operands.DURATION,
    "more than {} ago",
    passes=("2025-01-01T00:00:00Z", "90d"),
    fails=("2025-12-31T00:00:00Z", "90d"),
)
def older_than(operand: timedelta) -> Predicate:
    """The moment lies further back than this duration."""
    return lambda value, now: now - _moment(value) > operand


@_operator(
    {Type.TIMESTAMP},
    operands.DURATION,
    "at most {} ago",
    passes=("2025-12-31T00:00:00Z", "90d"),
    fails=("2025-01-01T00:00:00Z", "90d"),
)
def newer_than(operand: timedelta) -> Predicate:
    """The moment lies no further back than this duration, or in the future."""
    return lambda value, now: now - _moment(value) <= operand


@_operator({Type.LIST}, operands.SCALAR, "a list that contains {}", passes=(["a", "b"], "a"), fails=(["ab"], "a"))
def contains(operand: object) -> Predicate:
    """The list has this element."""
    return lambda value, _now: any(same(item, operand) for item in value if not isinstance(item, list | dict))


def _repeated(key: str) -> Culprits:
    def find(value: list[object]) -> list[tuple[int, object]]:
        seen: set[object] = set()
        found: list[tuple[int, object]] = []
        for index, element in enumerate(value):
            if not isinstance(element, dict):
                raise RuleError(f"element {index} is {shown(element)}, expected an object")
            item = element.get(key)
            if item is None:
                continue
            if not isinstance(item, str):
                raise RuleError(f"{key} of element {index} is {shown(item)}, expected a string")
            folded = item.strip().casefold()
            if folded in seen:
                found.append((index, item))
            seen.add(folded)
        return found

    return find


@_operator(
    {Type.LIST},
    operands.TEXT,
    "listed once by {}",
    passes=([{"subject": "a"}, {"subject": "b"}], "subject"),
    fails=([{"subject": "user:a@x.io"}, {"subject": "user:A@x.io"}], "subject"),
    culprits=_repeated,
)
def unique_by(operand: str) -> Predicate:
    """No two objects of the list have the same text under this key; case and white space at the ends do not count."""
    find = _repeated(operand)
    return lambda value, _now: not find(value)
