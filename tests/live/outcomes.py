"""Possible outcomes of a failure, and its description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tests.live.stage import AT_SESSION, OFFSETS, Strike


class Outcome(Enum):
    """The outcome of a failure: a text for people, and the exit code; None is that of the audit without the failure."""

    RETRIED = "retried, then normal result", None
    SETTLED = "tolerated, normal result", None
    REFUSED = "fails immediately: exit 3", 3
    LOST = "reported as not read, the rest is audited: exit 3", 3
    UNPROVEN = "several passes, then fails: exit 3", 3
    GIVEN_UP = "fails after 4 attempts: exit 3", 3
    INVALID = "invalid, nothing is checked: exit 2", 2

    def __init__(self, words: str, code: int | None) -> None:
        self.words = words
        self.code = code


RETRIED, SETTLED, REFUSED, LOST, UNPROVEN, GIVEN_UP, INVALID = Outcome

WITH_REPOS = ("first", "middle", "last")
PAGES = tuple(OFFSETS)
PLACES = (*PAGES, AT_SESSION)


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that goes wrong with a server that answers.

    Attributes:
        name: For the test.
        sentence: What goes wrong, for people.
        strike: What the server does.
        once: The outcome if it happens once; None if that is impossible.
        for_good: The outcome if it continues; None if that is not a failure.
        places: Where it happens.
        but: Places with a different outcome, once and for good.
        differs: The parts of the report that may differ from an audit without the failure.
    """

    name: str
    sentence: str
    strike: Strike
    once: Outcome | None = REFUSED
    for_good: Outcome | None = REFUSED
    places: tuple[str, ...] = PAGES
    but: Mapping[str, tuple[Outcome | None, Outcome | None]] = field(default_factory=dict)
    differs: tuple[str, ...] = ()

    def outcomes(self, place: str) -> tuple[Outcome | None, Outcome | None]:
        """Return the outcomes at a place, once and for good."""
        return self.but.get(place, (self.once, self.for_good))


@dataclass(frozen=True, slots=True)
class Start:
    """A failure that appears before the first page, or is not about pages.

    Attributes:
        name: For the test, which knows how to set it up.
        sentence: What goes wrong, for people.
        outcome: The outcome.
        says: What the last line has to name.
    """

    name: str
    sentence: str
    outcome: Outcome
    says: str
