"""The suggested change of one subject's grant."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from auditor.access import DirectoryIndex
from auditor.access.membership import EVERYONE
from auditor.model import Subject

TEAM_EVERYONE = Subject("team", EVERYONE)
READING = "mlf-project-viewer"
"""The role that `team:everyone` may have: by its name, read access only."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The suggested change of a grant.

    Attributes:
        subject: The suggested holder; None to remove it; the present holder if a person has to decide.
        why: The reason, one sentence without a final period.
    """

    subject: Subject | None
    why: str


class Advisor:
    """Decides on the grants of subjects, from the directory of the tenant.

    Args:
        directory: The directory of the tenant.
    """

    def __init__(self, directory: DirectoryIndex) -> None:
        self._directory = directory

    def decide(self, subject: Subject, *, admin: bool, peers: Collection[Subject]) -> Decision | None:
        """Return the suggested change of a grant; None if it may stay unchanged.

        Args:
            subject: The holder.
            admin: Whether it is an admin role.
            peers: Other holders of the same role on the same repo.
        """
        if self._directory.active(subject) is False:
            return Decision(None, f"the {subject.type} {self._why_not(subject)}")
        if subject.type != "user":
            return None
        teams = self._directory.memberships(subject.name)
        through = next((team for team in teams if Subject("team", team) in peers), None)
        if through is not None:
            return Decision(None, f"the user has the same role through team:{through}")
        return self._as_admin(subject, teams, peers) if admin else None

    def _as_admin(self, subject: Subject, teams: list[str], peers: Collection[Subject]) -> Decision:
        single = f"admin roles belong to teams, and {subject} is a user"
        others = sorted(str(each) for each in peers if each.type == "team" and each != TEAM_EVERYONE)
        if others:  # its own team would become an admin of another team's repo
            return Decision(
                subject, f"{single}. {others[0]} is already an admin, so lower the role of the user or remove the grant"
            )
        if len(teams) == 1 and self._directory.directory.teams.complete:
            return Decision(Subject("team", teams[0]), f"{single}, whose only team is team:{teams[0]}")
        among = (
            f"Choose one of the user's teams: {', '.join(teams)}"
            if teams
            else "The user is in no known team. Choose one"
        )
        return Decision(subject, f"{single}. {among}")

    def _why_not(self, subject: Subject) -> str:
        if self._directory.known(subject) is False:
            return "does not exist"
        return {"user": "is deactivated", "team": "has no active member"}.get(subject.type, "has expired")


_CLIP = 25
_LONGEST = 63
_PREFIX = "mlf-project-"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Names:
    """Names for bindings, each of them unique.

    Args:
        taken: Names that are in use.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._given: dict[tuple[str, str], str] = {}

    def of(self, repo: str, role: str) -> str:
        """Return the name of the binding of a role on a repo: `mlr-<repo>-<role>-<two letters or digits>`."""
        if (repo, role) not in self._given:
            stem = f"mlr-{_clipped(repo)}-{_segment(role).removeprefix(_PREFIX) or 'access'}"[:_LONGEST].rstrip("-")
            names = (f"{stem}-{_tail(repo, role, str(number))}" for number in itertools.count())
            name = next(each for each in names if each not in self._taken)
            self._taken.add(name)
            self._given[repo, role] = name
        return self._given[repo, role]


def _clipped(repo: str) -> str:
    segment = _segment(repo)
    return segment if len(segment) <= _CLIP else segment[:_CLIP].rstrip("-") + _tail(repo)


def _segment(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def _tail(*parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:4])
    return _DIGITS[number // 36 % 36] + _DIGITS[number % 36]
