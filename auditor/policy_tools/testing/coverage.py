"""Coverage: which conditions of a rule its tests saw true, and which they saw not true."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.documents import Cursor, Mark
from auditor.engine import Explanation, Outcome
from auditor.policy import Rule
from auditor.policy.trace import Result, Trace
from auditor.policy_tools.testing.outcomes import Coverage, place


class Sightings:
    """What was seen of the conditions of one rule.

    A condition of `must` counts only where the rule applies; "not true" is false or unknown, which come to the same.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._passing = self._failing = 0
        parts = [part for part in (rule.when, rule.must) if part]
        self._words: dict[Mark, str] = {place(at): words for part in parts for at, words in part.leaves()}
        self._true: set[Mark] = set()
        self._not_true: set[Mark] = set()

    def see(self, explanations: Iterable[Explanation], *, fails: bool) -> None:
        """Note one test, and whether it shows that the rule can fail."""
        self._failing += fails
        self._passing += not fails
        for explanation in explanations:
            for asked in (*explanation.asked, *(each for _, each in explanation.groups)):
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
        """Return what the tests showed."""
        both = self._true & self._not_true
        return Coverage(
            rule=self._rule.info.id,
            name=self._rule.info.name,
            passing=self._passing,
            failing=self._failing,
            both=sum(mark in both for mark in self._words),
            conditions=len(self._words),
            unseen=tuple(
                (mark, words, "not true" if mark in self._true else "true" if mark in self._not_true else "either way")
                for mark, words in self._words.items()
                if mark not in both
            ),
        )
