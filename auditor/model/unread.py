"""Unread: something that could not be read or evaluated, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnreadKind(StrEnum):
    """The kind of data that was not read."""

    TENANT = "tenant"
    PAGE = "page"
    REPO = "repo"
    FILE = "file"
    DIRECTORY = "directory"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read or evaluated. It makes the run incomplete.

    Attributes:
        kind: The kind of data.
        what: Its name, for people: `repos 200 to 299`, `repo 420`, `rule MLR003 on churn-prod`.
        reason: The reason: one sentence without a final period.
        fix: How to fix it; may be empty.
    """

    kind: UnreadKind
    what: str
    reason: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the fields by name, as in JSON reports."""
        return {"kind": self.kind.value, "what": self.what, "reason": self.reason, "fix": self.fix}

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}" + (f"; {self.fix}" if self.fix else "")
