"""What should become of one subject's grant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from auditor.access import DirectoryIndex
from auditor.access.membership import EVERYONE
from auditor.model import Subject

EVERYBODY = Subject("team", EVERYONE)
READING = "mlf-project-viewer"
"""What everybody may hold: the role id that by its name reads only."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What should become of a grant.

    Attributes:
        subject: Who should hold it; None if nobody; the holder itself if that is for a person to decide.
        why: The reason, one sentence without a final full stop.
    """

    subject: Subject | None
    why: str


class Judge:
    """Decides on subjects, by what is known of the tenant.

    Args:
        directory: Who is who.
    """

    def __init__(self, directory: DirectoryIndex) -> None:
        self._directory = directory

    def decide(self, subject: Subject, *, admin: bool, peers: Collection[Subject]) -> Decision | None:
        """Return what should become of a grant; None if it may stay as it is.

        Args:
            subject: Who holds it.
            admin: Whether it is an admin role.
            peers: Who else holds the same on the same.
        """
        if self._directory.active(subject) is False:
            return Decision(None, f"{subject} {self._why_not(subject)}")
        if subject.type != "user":
            return None
        teams = self._directory.memberships(subject.name)
        through = next((team for team in teams if Subject("team", team) in peers), None)
        if through is not None:
            return Decision(None, f"{subject} holds the same through team:{through}")
        return self._as_admin(subject, teams, peers) if admin else None

    def _as_admin(self, subject: Subject, teams: list[str], peers: Collection[Subject]) -> Decision:
        single = f"{subject} is a single user, and admin roles go to teams"
        others = sorted(str(each) for each in peers if each.type == "team" and each != EVERYBODY)
        if others:  # its own team would come to administer what is another's
            return Decision(subject, f"{single}; {others[0]} administers it already, so lower it or take it away")
        if len(teams) == 1 and self._directory.directory.teams.whole:
            return Decision(Subject("team", teams[0]), f"{single}; its only team is team:{teams[0]}")
        among = f"choose one of its teams {', '.join(teams)}" if teams else "no team of it is known, so choose one"
        return Decision(subject, f"{single}; {among}")

    def _why_not(self, subject: Subject) -> str:
        if self._directory.known(subject) is False:
            return "is not in the tenant"
        return {"user": "may not log in any more", "team": "has no active member"}.get(subject.type, "has expired")
