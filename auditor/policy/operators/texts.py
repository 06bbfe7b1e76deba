"""Operators over texts."""

from __future__ import annotations

from datetime import datetime

from auditor.errors import RuleError
from auditor.model.globs import glob_matcher
from auditor.model.values import display
from auditor.policy import operands
from auditor.policy.formats import FORMATS
from auditor.policy.operators.registry import Form, Predicate, operator
from auditor.policy.patterns import compiled
from auditor.policy.types import Type


@operator(
    {Type.STRING},
    operands.TEXTS,
    "{a} matching {}",
    "{a} not matching {}",
    passes=("a:aws:b", "*:aws:*"),
    fails=("a:AWS:b", "*:aws:*"),
)
def like(operand: tuple[str, ...]) -> Predicate:
    """The entire text matches a glob, or one of several; it is case-sensitive, and `*` matches any characters."""
    matches = glob_matcher(operand)
    return lambda value, _now: matches(value)


@operator(
    {Type.STRING},
    operands.PATTERNS,
    "{a} matching the pattern {}",
    "{a} not matching the pattern {}",
    passes=("fraud-prod", "[a-z]+-prod"),
    fails=("x-prod", "prod"),
)
def matches(operand: tuple[str, ...]) -> Predicate:
    """The entire text matches an RE2 pattern, or one of several; start it with `(?i)` to ignore case."""
    first, *others = [compiled(pattern).matches for pattern in operand]

    def ask(value: str, _now: datetime) -> bool:
        try:
            return first(value) or any(other(value) for other in others)
        except UnicodeEncodeError:
            raise RuleError(f"{display(value)} has a lone surrogate, so no pattern can match it") from None

    return ask


@operator(
    {Type.STRING, Type.TIMESTAMP},
    operands.FORMAT,
    "a valid {}",
    "not a valid {}",
    passes=("sam@example.com", "email"),
    fails=("sam at example.com", "email"),
)
def format_(operand: tuple[str, ...]) -> Predicate:
    """The entire text has this format, or one of several: email, hostname, uri, date and so on."""
    formats = [FORMATS[name] for name in operand]
    return lambda value, _now: any(well_formed(value) for well_formed in formats)


@operator(
    {Type.STRING, Type.LIST, Type.OBJECT},
    Form.MEASURE,
    "{n}",
    "{n}",
    empty="length 0",
    passes=("abc", {"ge": 3}),
    fails=(["a"], {"ge": 2}),
)
def length(value: str | list[object] | dict[str, object]) -> int:
    """Tests the number of characters (without whitespace at the ends), elements or keys."""
    return len(value.strip() if isinstance(value, str) else value)


@operator(
    {Type.STRING},
    Form.MEASURE,
    "{n}",
    "{n}",
    empty="0 words",
    passes=("fraud scoring", {"ge": 2}),
    fails=("fraud", {"ge": 2}),
)
def words(value: str) -> int:
    """Tests the number of words, separated by whitespace."""
    return len(value.split())
