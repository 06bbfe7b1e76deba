"""Unread: what could not be seen, as a value with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnreadKind(StrEnum):
    """What sort of thing was not read."""

    TENANT = "tenant"
    PAGE = "page"
    REPO = "repo"
    FILE = "file"
    DIRECTORY = "directory"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that the audit did not see or could not evaluate; one of these makes the verdict incomplete.

    Attributes:
        kind: What sort of thing.
        what: Which one, for people: `repos 200 to 299`, `repo 420`, `rule MLR003 on churn-prod`.
        reason: Why, one sentence without a final full stop.
        fix: What to do about it; may be empty.
    """

    kind: UnreadKind
    what: str
    reason: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the fields by their names, as every JSON document holds them."""
        return {"kind": self.kind.value, "what": self.what, "reason": self.reason, "fix": self.fix}

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}" + (f"; {self.fix}" if self.fix else "")
