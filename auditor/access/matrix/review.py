"""A review of access: the result of one run, and the only input of every renderer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from auditor.access.matrix.matrix import Matrix, MatrixRow
from auditor.access.matrix.rows import View, subject_key
from auditor.access.membership import member
from auditor.model import DIRECTORY_PARTS, Grant, Origin, Provider, Subject, Unread
from auditor.text import count_of

__all__ = ["RemovalImpact", "Review"]


@dataclass(frozen=True, slots=True)
class Review:
    """Who can do what, as far as it could be read.

    Attributes:
        complete: Whether everything was read.
        reason: The outcome, one sentence without a final period.
        origin: Where the repos came from.
        started_at: When the first request was sent.
        finished_at: When the last response was read.
        unread: What was not read.
        matrix: Every grant.
        view: What to show of it.
        impact: The effect of removing a subject, if requested.
    """

    complete: bool
    reason: str
    origin: Origin
    started_at: datetime
    finished_at: datetime
    unread: tuple[Unread, ...]
    matrix: Matrix
    view: View
    impact: RemovalImpact | None = None

    def changed(self, change: Callable[[Any], Any]) -> Review:
        """Return the review with every shown value changed, such as names replaced by pseudonyms."""
        others = {field.name: change(getattr(self, field.name)) for field in fields(self) if field.name != "matrix"}
        return Review(matrix=self.matrix.changed(change), **others)

    @property
    def tenant_admins(self) -> list[str]:
        """Subjects that are admins of every repo through a role on the tenant, once each."""
        return sorted({str(grant.subject) for grant in self.matrix.tenant_grants if grant.is_admin})

    @property
    def parts(self) -> dict[str, str]:
        """The state of each part of the directory: complete, incomplete, absent, or not read."""
        return {provider.value: self._state(provider) for provider in sorted(DIRECTORY_PARTS)}

    def _state(self, provider: Provider) -> str:
        part = self.matrix.directory.directory.part(provider)
        if part.provided:
            return "complete" if part.complete else "incomplete"
        return "absent" if part.absent else "not read"

    @property
    def notes(self) -> list[str]:
        """Notes that a reader needs to understand the matrix, one sentence each."""
        parts = self.parts
        found = [
            f"{provider.value}: {parts[provider]}, so {what} may be missing"
            for provider, what in COULD_BE_MISSING.items()
            if parts[provider] in {"incomplete", "not read"}
        ]
        unknown = dict.fromkeys(grant.role for grant in self.matrix.tenant_grants if grant.level is None)
        found += self.origin.notes
        found += [f"the permissions of role {role} are unknown, so it is listed for every repo" for role in unknown]
        return found


COULD_BE_MISSING = {
    Provider.ROLES: "permissions of custom roles on every repo",
    Provider.USERS: "roles of users on every repo, and the state of users,",
    Provider.TEAMS: "roles of teams on every repo, and access through teams,",
    Provider.VIRTUAL_ACCOUNTS: "access of virtual accounts",
    Provider.ROLE_BINDINGS: "grants in role bindings",
}
"""What may be missing from a matrix if a list was not read completely."""

NO_GRANTS, NO_ADMIN, NO_PERSON = "no grants", "no admin", "no active admin"


@dataclass(frozen=True, slots=True)
class RemovalImpact:
    """The effect of removing a subject.

    Attributes:
        subject: The subject.
        touched: On how many repos it has a role, directly or through teams.
        left: The repos that would lose their last admin or last grant, each with what would remain.
        tenant_admins: How many other subjects would remain admins of every repo, through a role on the tenant.
    """

    subject: str
    touched: int
    left: tuple[tuple[MatrixRow, str], ...]
    tenant_admins: int = 0

    @property
    def sentence(self) -> str:
        """The impact in one line, without a final period."""
        fates = [fate for _, fate in self.left]
        parts = [f"{fates.count(fate)} would have {fate}" for fate in (NO_GRANTS, NO_ADMIN, NO_PERSON) if fate in fates]
        repos = count_of(self.touched, "repo")
        kept = f" ({count_of(self.tenant_admins, 'tenant admin')} would remain)" if self.tenant_admins else ""
        return f"removing {self.subject} affects {repos}: {', '.join(parts) or 'all of them keep an admin'}{kept}"

    @property
    def details(self) -> list[str]:
        """The affected repos, one line each."""
        return [
            f"would have {fate}: {', '.join(place.name for place, left in self.left if left == fate)}"
            for fate in dict.fromkeys(fate for _, fate in self.left)
        ]


def removal_impact(matrix: Matrix, subject: Subject) -> RemovalImpact:
    """Return the effect of removing a subject from the tenant."""
    touched, left = 0, []
    concerned = [_concerns(matrix, grant, subject) for grant in matrix.grants]
    everywhere = any(_concerns(matrix, grant, subject) for grant in matrix.tenant_grants)
    admins = {grant.subject for grant in matrix.tenant_grants if grant.is_admin}
    kept = sum(subject_key(each) != subject_key(subject) and _is_active(matrix, each, subject) for each in admins)
    for place in matrix.places:
        numbers = list(matrix.on(place))
        if not everywhere and not any(concerned[number] for number in numbers):
            continue
        touched += 1
        fate = _remaining(matrix, [matrix.grants[number] for number in numbers], subject)
        if fate:
            left.append((place, fate))
    return RemovalImpact(str(subject), touched, tuple(left), kept)


def _concerns(matrix: Matrix, grant: Grant, subject: Subject) -> bool:
    if subject_key(grant.subject) == subject_key(subject):
        return True
    return subject.type == "user" and subject_key(subject).name in _members(matrix, grant.subject)


def _members(matrix: Matrix, subject: Subject) -> Mapping[str, str]:
    return (matrix.directory.teams.members(subject.name) if subject.type == "team" else None) or {}


def _remaining(matrix: Matrix, grants: Sequence[Grant], subject: Subject) -> str:
    """Return what would remain of a repo's access; empty if it keeps an active admin, or had none before."""
    kept = [grant for grant in grants if subject_key(grant.subject) != subject_key(subject)]
    if not kept and grants:
        return NO_GRANTS
    before, after = ([grant.subject for grant in some if grant.is_admin] for some in (grants, kept))
    if any(_is_active(matrix, admin, subject) for admin in after):
        return ""
    if not any(_is_active(matrix, admin, None) for admin in before):
        return ""
    return NO_PERSON if after else NO_ADMIN


def _is_active(matrix: Matrix, admin: Subject, without: Subject | None) -> bool:
    """Return whether an admin is active, as far as known; a team is active if any other member is."""
    if admin.type != "team" or not matrix.directory.teams.is_complete(admin.name):
        return matrix.directory.active(admin) is not False
    key = without and subject_key(without).name
    members = _members(matrix, admin).items()
    return any(name != key and matrix.directory.active(member(shown)) is not False for name, shown in members)
