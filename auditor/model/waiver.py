"""Waivers: accepted findings, each with a reason, an owner and an expiry date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

EXPIRES_SOON_DAYS = 14
"""How many days before its expiry a waiver is reported."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An entry of `waivers.yaml`.

    Attributes:
        rule: The id, the name or an alias of the rule.
        repo: The name of the repo, or `glob:` and a glob.
        reason: Why the finding is accepted.
        owner: The person or team responsible for it.
        expires: The last day on which it applies; days begin and end in UTC, wherever Auditor runs.
        subject: The subject of the finding, for example `user:sam@acme.example`; empty for every subject.
        ticket: The ticket that tracks it; empty if there is none.
        approved_by: The person who approved it; empty if not recorded.
        where: Its place, as `file:line:column`.
    """

    rule: str
    repo: str
    reason: str
    owner: str
    expires: date
    subject: str = ""
    ticket: str = ""
    approved_by: str = ""
    where: str = ""

    def expired(self, today: date) -> bool:
        """Return whether its last day is over."""
        return self.expires < today

    def expires_soon(self, today: date) -> bool:
        """Return whether it still applies, but expires soon."""
        return 0 <= (self.expires - today).days <= EXPIRES_SOON_DAYS

    @property
    def name(self) -> str:
        """Its name in messages."""
        subject = f" for {self.subject}" if self.subject else ""
        return f"waiver of {self.rule} on {self.repo}{subject}"

    def __str__(self) -> str:
        return f"{self.reason} (owner: {self.owner}, until {self.expires})"
