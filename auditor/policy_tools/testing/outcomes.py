"""What came of testing a pack, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from auditor.documents import Cursor, Mark


def place(at: Cursor) -> Mark:
    """Return where something is written: its key, if it has one."""
    return at.key_mark or at.mark


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that did not come out as it says.

    Attributes:
        where: Where the test is written.
        what: The test, in words.
        expected: What it says, one line each.
        got: What came instead, one line each.
    """

    where: Mark
    what: str
    expected: tuple[str, ...]
    got: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the tests of one rule showed.

    Attributes:
        rule: Its id.
        name: Its name.
        passing: How many tests it passes or does not apply to.
        failing: How many tests it has findings in.
        both: How many of its conditions were seen true and not true.
        conditions: How many conditions it has.
        unseen: The conditions that were not seen both ways: where, what it asks, and what was not seen.
    """

    rule: str
    name: str
    passing: int
    failing: int
    both: int
    conditions: int
    unseen: tuple[tuple[Mark, str, str], ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of the tests of one pack.

    Attributes:
        pack: The pack.
        files: Its test files.
        rules: How many rules of its own it has.
        examples: How many examples were run.
        cases: How many cases were run.
        failures: What did not come out as it says.
        coverage: What the tests showed, by rule.
    """

    pack: Path
    files: tuple[Path, ...]
    rules: int
    examples: int
    cases: int
    failures: tuple[Failure, ...]
    coverage: tuple[Coverage, ...]
