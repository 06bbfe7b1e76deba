"""Every error that Auditor raises on purpose, with an exit code for each branch.

::

    AuditorError
    ├── InvalidError       2  usage, configuration or policy is wrong; nothing was checked
    │   └── DocumentError  2  a file that users write (pack, configuration) is wrong at a line
    ├── UnreadError        3  something could not be read; sources turn it into an `Unread`
    ├── RuleError          3  a rule could not be evaluated; the engine turns it into an `Unread`
    ├── PluginError        4  a reporter or source of another package failed
    ├── UndeliveredError   5  a requested report could not be written completely
    └── StoppedError     130  stopped by a signal (143 for SIGTERM)

Any other exception is a bug, with exit code 4. A message is one sentence for people: what and where, actual and
expected value. The advice is in `fix`, so that it can be shown separately.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class AuditorError(Exception):
    """The base class of all errors of Auditor.

    Args:
        message: What is wrong and where, and what was expected: one sentence without a final period.
        fix: How to fix it: one sentence without a final period; empty if the message includes it.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}" if self.fix else self.message


class InvalidError(AuditorError):
    """The usage, configuration or policy is invalid. Nothing was checked."""

    exit_code = 2


class DocumentError(InvalidError):
    """A document that users write is wrong at a place.

    Args:
        where: `file:line:column`, or the known part of it.
        message: What is wrong there.
        fix: What to do about it.
    """

    def __init__(self, where: str, message: str, fix: str = "") -> None:
        super().__init__(f"{where}: {message}", fix)
        self.where = where
        self.problem = message


class UnreadError(AuditorError):
    """Something could not be read."""

    exit_code = 3


class RuleError(AuditorError):
    """A rule could not be evaluated on a repo."""

    exit_code = 3


class PluginError(AuditorError):
    """A reporter or source of another package could not be loaded, or failed."""


class UndeliveredError(AuditorError):
    """A report could not be written completely."""

    exit_code = 5


class StoppedError(AuditorError):
    """The run was stopped by the user (SIGINT, 130) or the system (SIGTERM, 143)."""

    exit_code = 130

    def __init__(self, signal_number: int) -> None:
        super().__init__("interrupted by a signal")
        self.signal_number = signal_number


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the known word most similar to `word`; empty if none is similar."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=cutoff)), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a fix with the known word nearest to `word`, or all known words if there are few."""
    words = sorted(set(known) - {word})
    if near := near_hint(word, words):
        return near
    return f"available: {', '.join(words)}" if 0 < len(words) <= 40 else ""


def near_hint(word: str, known: Iterable[str]) -> str:
    """Return a fix with the known word nearest to `word`; empty if none is similar."""
    near = nearest(word, known)
    return f"did you mean {near!r}?" if near else ""
