"""Teams and their members, including those of nested teams."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from auditor.model import Part, Subject, Team, User

EVERYONE = "everyone"
"""The built-in team of all users of the tenant."""

_TEAM = "team:"
_USER = "user:"


_OTHERS = ("virtualaccount:", "serviceaccount:", "agent:", "external-identity:")
"""Prefixes of members that are not users; all others are users, even with colons in their names."""


def member(name: str) -> Subject:
    """Return a member of a team as a subject."""
    return Subject.parse(name) if name.startswith(_OTHERS) else Subject("user", name)


def identity(user: str) -> str:
    """Return a key that all spellings of a user's name share: email addresses are compared ignoring case."""
    return user.casefold()


class Membership:
    """The members of every team; each team is resolved once, when it is first needed.

    Args:
        teams: The teams.
        users: The users, who are the members of `everyone`.
    """

    def __init__(self, teams: Part[Team], users: Part[User]) -> None:
        self._part, self._users = teams, users
        self._teams = {team.name: team for team in teams.values}
        self._members: dict[str, dict[str, str] | None] = {}
        self._complete: dict[str, bool] = {}
        self._of: dict[str, list[str]] | None = None

    def __contains__(self, name: str) -> bool:
        """Return whether the control plane lists a team."""
        return name in self._teams

    def members(self, name: str) -> Mapping[str, str] | None:
        """Return the members of a team by their identity: users with their names as written, and service accounts.

        Empty if there is no such team, None if unknown. If the team was not read completely, the members that were
        read.
        """
        if name not in self._members:
            self._members[name] = self._resolved(name)
        return self._members[name]

    def is_complete(self, name: str) -> bool:
        """Return whether `members` is complete."""
        if name not in self._complete:
            self._complete[name] = self._all_seen(name)
        return self._complete[name]

    def of(self, user: str) -> list[str]:
        """Return the teams that a user is known to be in, directly or through other teams."""
        if self._of is None:
            self._of = {}
            for name in self._teams.keys() - {EVERYONE}:
                for member in self.members(name) or ():
                    self._of.setdefault(member, []).append(name)
        return sorted(self._of.get(identity(user), ()))

    def _resolved(self, name: str) -> dict[str, str] | None:
        if name == EVERYONE and (self._users.provided or name not in self._teams):
            return distinct(user.name for user in self._users.values) if self._users.provided else None
        if name not in self._teams:
            return {} if self._part.complete else None
        return distinct(member for team in self._reach(name) for member in _users_in(team))

    def _all_seen(self, name: str) -> bool:
        if name == EVERYONE:
            return self._users.complete
        if name not in self._teams:
            return self._part.complete
        nested = {inner for team in self._reach(name) for inner in _teams_in(team)}
        return all(team.complete for team in self._reach(name)) and (
            self._part.complete or nested <= self._teams.keys()
        )

    def _reach(self, name: str) -> Iterator[Team]:
        """Yield a team and all teams in it, each once, however they contain each other."""
        seen = {name}
        waiting = deque(seen)
        while waiting:
            team = self._teams.get(waiting.popleft())
            if team is None:
                continue
            yield team
            fresh = [inner for inner in _teams_in(team) if inner not in seen]
            seen.update(fresh)
            waiting.extend(dict.fromkeys(fresh))


def _teams_in(team: Team) -> Iterator[str]:
    return (member.removeprefix(_TEAM) for member in team.members if member.startswith(_TEAM))


def _users_in(team: Team) -> Iterator[str]:
    return (member.removeprefix(_USER) for member in team.members if not member.startswith(_TEAM))


def distinct(users: Iterable[str]) -> dict[str, str]:
    """Return names of users as first written, by their identity."""
    found: dict[str, str] = {}
    for user in users:
        found.setdefault(user if user.startswith(_OTHERS) else identity(user), user)
    return found
