"""The lines of a matrix, sorted and expanded as a view requires."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from auditor.access.matrix.matrix import EVERY_REPO, Matrix, MatrixRow
from auditor.access.membership import identity, member
from auditor.model import Grant, Level, Subject


class SortBy(StrEnum):
    """The order of the lines."""

    REPO = "repo"
    SUBJECT = "subject"
    TEAM = "team"
    ROLE = "role"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class View:
    """What to show of a matrix.

    Attributes:
        by: The order.
        subject: Only the grants of this subject, directly or through teams; None for everyone.
        repo: Only the repo with this name; None for all.
        admins: Only admin roles, and roles with unknown permissions.
        expand: Whether teams are replaced by their members, and "every repo" by the repos.
    """

    by: SortBy = SortBy.REPO
    subject: Subject | None = None
    repo: str | None = None
    admins: bool = False
    expand: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A role of a subject on a repo.

    Attributes:
        place: The repo; `EVERY_REPO` for a grant on the tenant.
        grant: The grant that it comes from.
        subject: The subject of the grant, or a member of that team.
        through: The team that the subject is in; empty if the grant is to the subject itself.
        state: `inactive` or `unknown` if the subject cannot use it; else empty.
        tenant_wide: Whether the grant is on the tenant, even if each repo is listed.
    """

    place: MatrixRow
    grant: Grant
    subject: str
    through: str
    state: str
    tenant_wide: bool = False

    @property
    def via(self) -> str:
        """The source of the grant, in words; a name that the subject has too is not repeated."""
        surface = self.grant.via.value.replace("-", " ")
        named = self.grant.source not in {"", self.grant.subject.name}
        words = f"{surface} {self.grant.source}" if named else surface
        return f"{words}, through team {self.through}" if self.through else words


def lines(matrix: Matrix, view: View) -> Iterator[Line]:
    """Yield the lines of a view one by one, since there may be many more lines than grants."""
    places = [place for place in matrix.places if view.repo is None or place.name == view.repo]
    holders = _Holders(matrix, view)
    for place in places if view.expand else (EVERY_REPO,):
        yield from _tenant_lines(matrix, holders, place, view.by)
    if view.by in {SortBy.REPO, SortBy.STORAGE}:
        if view.by is SortBy.STORAGE:
            places.sort(key=lambda place: place.storage)
        for place in places:
            for number in matrix.on(place):
                yield from (Line(place, matrix.grants[number], *holder) for holder in holders.of(number))
        return
    repos = _by_grant(matrix, places)
    for number, holder in holders.ordered(view.by):
        grant = matrix.grants[number]
        yield from (Line(places[index], grant, *holder) for index in repos.get(number, ()))


def _tenant_lines(matrix: Matrix, holders: _Holders, place: MatrixRow, by: SortBy) -> Iterator[Line]:
    """Yield the grants on the tenant, those with the most permissions first."""
    found = [
        Line(place, grant, *holder, tenant_wide=True)
        for grant in matrix.tenant_grants
        for holder in holders.of_grant(grant)
    ]
    levels = [Level.ADMIN, None, Level.WRITE, Level.READ]
    subjects = by in {SortBy.SUBJECT, SortBy.TEAM}
    yield from sorted(
        found,
        key=lambda line: (
            identity(line.subject) if subjects else "",
            levels.index(line.grant.level),
            line.grant.role,
            identity(line.subject),
            line.via,
        ),
    )


def _by_grant(matrix: Matrix, places: list[MatrixRow]) -> dict[int, array[int]]:
    """Return the places of each grant, as indices."""
    found: dict[int, array[int]] = defaultdict(lambda: array("I"))
    for index, place in enumerate(places):
        for number in matrix.on(place):
            found[number].append(index)
    return found


class _Holders:
    """The holders of a grant: its subject, or the members of that team. Each grant is resolved once."""

    def __init__(self, matrix: Matrix, view: View) -> None:
        self._matrix, self._view = matrix, view
        wanted = view.subject
        self._expand = view.expand or (wanted is not None and wanted.type == "user")
        self._wanted = wanted and subject_key(wanted)
        self._found: dict[int, list[tuple[str, str, str]]] = {}

    def of(self, number: int) -> list[tuple[str, str, str]]:
        """Return subject, team and state of every selected holder of a grant."""
        if number not in self._found:
            self._found[number] = self.of_grant(self._matrix.grants[number])
        return self._found[number]

    def of_grant(self, grant: Grant) -> list[tuple[str, str, str]]:
        """Return the same of any grant."""
        may_administer = grant.is_admin or grant.level is None
        shown = (may_administer or not self._view.admins) and (
            self._view.by is not SortBy.TEAM or grant.subject.type == "team"
        )
        return list(self._resolved(grant)) if shown else []

    def ordered(self, by: SortBy) -> Iterator[tuple[int, tuple[str, str, str]]]:
        """Yield every grant with all its holders, in the order of subjects, teams or roles."""
        grants = self._matrix.grants
        pairs = [(number, holder) for number in range(len(grants)) for holder in self.of(number)]

        def order(pair: tuple[int, tuple[str, str, str]]) -> tuple[str, ...]:
            grant, (subject, through, _) = grants[pair[0]], pair[1]
            rest = (subject, through, grant.role, grant.via.value, grant.source)
            first = {SortBy.SUBJECT: identity(subject), SortBy.TEAM: str(grant.subject), SortBy.ROLE: grant.role}
            return (first[by], *rest)

        return iter(sorted(pairs, key=order))

    def _resolved(self, grant: Grant) -> Iterator[tuple[str, str, str]]:
        members = self._members(grant.subject)
        if members is None:
            if self._wanted is None or subject_key(grant.subject) == self._wanted:
                yield str(grant.subject), "", state_of(self._matrix, grant.subject)
            return
        for name in members:
            subject = member(name)
            yield str(subject), grant.subject.name, state_of(self._matrix, subject)

    def _members(self, subject: Subject) -> list[str] | None:
        """Return the members that replace a team; None if the team is kept."""
        if not self._expand or subject.type != "team":
            return None
        members = self._matrix.directory.teams.members(subject.name)
        if members is None or self._wanted is None:
            return None if members is None else list(members.values())
        key = self._wanted.name
        return [members[key]] if key in members else []


def subject_key(subject: Subject) -> Subject:
    """Return a key that all spellings of a subject share; a service account is a virtual account."""
    if subject.type == "serviceaccount":
        return Subject("virtualaccount", subject.name)
    return Subject("user", identity(subject.name)) if subject.type == "user" else subject


def state_of(matrix: Matrix, subject: Subject) -> str:
    """Return `unknown` or `inactive` for a subject that does not exist or is inactive; else an empty text."""
    if matrix.directory.known(subject) is False:
        return "unknown"
    return "inactive" if matrix.directory.active(subject) is False else ""
