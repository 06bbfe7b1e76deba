"""Problems in Auditor's own files, each with a place; from the errors and lints that commands print."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import AuditorError, DocumentError

_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>[0-9]+)(?::(?P<column>[0-9]+))?)?", re.DOTALL)
_PLACED = re.compile(r"(?P<where>.+?:[0-9]+:[0-9]+): (?P<message>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem at a place.

    Attributes:
        file: The file; empty if the problem is not in a file.
        line: The line, from 1.
        column: The column, from 1.
        message: What is wrong and what to do about it.
        level: `error`, `warning` or `note`.
        code: The lint or the kind of note; empty for an error that prevents loading the file.
    """

    file: str
    line: int
    column: int
    message: str
    level: str = "error"
    code: str = ""

    @property
    def in_full(self) -> str:
        """The message with the place."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}" if self.file else self.message

    def is_in(self, path: Path) -> bool:
        """Return whether it is about a file."""
        return bool(self.file) and os.path.realpath(self.file) == os.path.realpath(path)


def problem_at(where: str, message: str, level: str = "error", code: str = "") -> Problem:
    """Return a problem at `file:line:column`, or at the known part of it."""
    match = _PLACE.fullmatch(where)
    if not match:
        return Problem("", 1, 1, message, level, code)
    return Problem(match["file"], int(match["line"] or 1), int(match["column"] or 1), message, level, code)


def problem_of(error: AuditorError) -> Problem:
    """Return an error as a problem."""
    if isinstance(error, DocumentError):
        return problem_at(error.where, _with_fix(error.problem, error.fix))
    match = _PLACED.fullmatch(error.message)
    if match:
        return problem_at(match["where"], _with_fix(match["message"], error.fix))
    return Problem("", 1, 1, str(error))


def _with_fix(message: str, fix: str) -> str:
    return f"{message}; {fix}" if fix else message
