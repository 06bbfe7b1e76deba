"""The results of the tests of a pack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.documents import Cursor, Mark
from auditor.engine.explanation import Explanation, Outcome
from auditor.model import Finding
from auditor.policy import Rule
from auditor.policy.trace import Result, Trace
from auditor.policy_tools.testing.cases import Expectation


def place(at: Cursor) -> Mark:
    """Return the place of something: that of its key, if it has one."""
    return at.key_mark or at.mark


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that failed.

    Attributes:
        where: The place of the test.
        what: The test, in words.
        expected: The expected result, in lines.
        got: The actual result, in lines.
    """

    where: Mark
    what: str
    expected: tuple[str, ...]
    got: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of one rule by tests.

    Attributes:
        rule: Its id.
        name: Its name.
        passing: The number of tests in which it passes or does not apply.
        failing: The number of tests in which it has findings.
        both: The number of its conditions that were both true and not true.
        conditions: The number of its conditions.
        unseen: The other conditions: place, requirement, and the result that did not occur.
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
    """The results of the tests of one pack.

    Attributes:
        pack: The pack.
        files: Its test files.
        rules: The number of its own rules.
        examples: The number of examples that were run.
        cases: The number of cases that were run.
        failures: The tests that failed.
        coverage: The coverage of each rule.
    """

    pack: Path
    files: tuple[Path, ...]
    rules: int
    examples: int
    cases: int
    failures: tuple[Failure, ...]
    coverage: tuple[Coverage, ...]


class ConditionCoverage:
    """The results of the conditions of one rule in tests.

    A condition of `must` counts only if the rule applies; "not true" is false or unknown, which have the same effect.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._passing = self._failing = 0
        parts = [part for part in (rule.when, rule.must) if part]
        self._words: dict[Mark, str] = {place(at): words for part in parts for at, words in part.leaves()}
        self._true: set[Mark] = set()
        self._not_true: set[Mark] = set()

    def see(self, explanations: Iterable[Explanation], *, fails: bool) -> None:
        """Add one test, and whether it shows that the rule can fail."""
        self._failing += fails
        self._passing += not fails
        for explanation in explanations:
            for asked in (*explanation.evaluations, *(each for _, each in explanation.groups)):
                for node in (asked.when, asked.must):
                    if node and asked.outcome is not Outcome.ERROR:
                        self._note(node)

    def _note(self, node: Trace) -> None:
        if isinstance(node.at, Cursor):
            seen = self._true if node.result is Result.TRUE else self._not_true
            seen.add(place(node.at))
        for part in node.parts:
            self._note(part)

    def coverage(self) -> Coverage:
        """Return the coverage."""
        both = self._true & self._not_true
        return Coverage(
            rule=self._rule.info.id,
            name=self._rule.info.name,
            passing=self._passing,
            failing=self._failing,
            both=sum(mark in both for mark in self._words),
            conditions=len(self._words),
            unseen=tuple(
                (mark, words, "not true" if mark in self._true else "true" if mark in self._not_true else "evaluated")
                for mark, words in self._words.items()
                if mark not in both
            ),
        )


def unmatched(expected: Sequence[Expectation], findings: Sequence[Finding]) -> tuple[list[Expectation], list[Finding]]:
    """Return the expectations that no finding meets, and the unexpected findings.

    They are paired so that most of them have a partner, so the order of loose and strict expectations does not matter.
    """
    taken: dict[int, int] = {}

    def pair(index: int, tried: set[int]) -> bool:
        for number, finding in enumerate(findings):
            if number not in tried and meets(finding, expected[index]):
                tried.add(number)
                if number not in taken or pair(taken[number], tried):
                    taken[number] = index
                    return True
        return False

    missing = [each for index, each in enumerate(expected) if not pair(index, set())]
    return missing, [finding for number, finding in enumerate(findings) if number not in taken]


def meets(finding: Finding, wanted: Expectation) -> bool:
    """Return whether a finding meets an expectation."""
    pairs = ((wanted.repo, finding.repo.name), (wanted.path, finding.path), (wanted.message, finding.message))
    return finding.rule.id == wanted.rule and all(expected is None or expected == got for expected, got in pairs)


def in_words(wanted: Expectation) -> str:
    """Return an expectation in words."""
    parts = [wanted.rule, f"on {wanted.repo}" if wanted.repo else "", f"at {wanted.path}" if wanted.path else ""]
    said = f": {wanted.message}" if wanted.message is not None else ""
    return " ".join(part for part in parts if part) + said


def finding_in_words(finding: Finding) -> str:
    """Return a finding in the same words."""
    place = f" at {finding.path}" if finding.path else ""
    return f"{finding.rule.id} on {finding.repo.name}{place}: {finding.message}"
