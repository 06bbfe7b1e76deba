"""Traces: each condition and test with its value and result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from auditor.documents import Cursor
from auditor.errors import RuleError
from auditor.policy.scope import Scope
from auditor.policy.types import Outcome


class Result(StrEnum):
    """The result of a condition: one of Kleene's three values, or an error because a value has the wrong type."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Trace:
    """A condition, or one test of it, as evaluated on one scope.

    Attributes:
        words: What it requires.
        result: Its result.
        got: The value as JSON text, `missing`, or why it could not be evaluated; empty for a group.
        path: JSON Pointer of the value in the manifest; empty if it is not in the manifest.
        parts: Its parts; for a quantifier, one for each element.
        at: Its place in the pack.
    """

    words: str
    result: Result
    got: str = ""
    path: str = ""
    parts: tuple[Trace, ...] = ()
    at: Cursor | None = None


_RESULTS = {True: Result.TRUE, False: Result.FALSE, None: Result.UNKNOWN}


def result_of(evaluate: Callable[[Scope], Outcome], scope: Scope) -> tuple[Result, str]:
    """Return the result of a condition on a scope, and why it could not be evaluated (empty if it could)."""
    try:
        return _RESULTS[evaluate(scope)], ""
    except RuleError as error:
        return Result.ERROR, error.message
