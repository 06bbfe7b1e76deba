"""The access to one repo: its grants from every source, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

from auditor.access.index import EMPTY_DIRECTORY, MIRRORS, DirectoryIndex
from auditor.access.membership import EVERYONE, identity, member
from auditor.errors import RuleError
from auditor.model import Grant, GrantOrigin, Json, Level, Repo, Subject
from auditor.model.values import display, type_name

__all__ = ["GRANTS_UNREAD", "Access", "Repetition", "access_of", "defines_access", "grants_are_read"]

GRANTS_UNREAD = "needs grants, but the manifest has no collaborators and role bindings were not read"


class Repetition(Enum):
    """What earlier grants give to the subject of a grant: nothing, the same role, or only other roles."""

    FIRST = "first"
    SAME_ROLE = "same role"
    OTHER_ROLE = "other role"


@dataclass(frozen=True)
class Access:
    """The grants on one repo; derived values are computed when a rule first needs them.

    Attributes:
        grants: Every grant that was seen: inline ones first, in the order of the manifest.
        collaborators: The inline collaborators that the first grants come from, as written.
        directory: The directory of the tenant.
        complete: Whether everything that was requested was read; if not, the run is incomplete.
    """

    grants: tuple[Grant, ...]
    collaborators: list[Json]
    directory: DirectoryIndex = EMPTY_DIRECTORY
    complete: bool = True

    @cached_property
    def subjects(self) -> list[str]:
        """Everyone who holds a grant, once each, in the order of the grants."""
        return _distinct(grant.subject for grant in self.grants)

    @cached_property
    def admins(self) -> list[str]:
        """Everyone who holds an admin role, once each."""
        return _distinct(self._admins())

    @property
    def admin_users(self) -> list[str]:
        """The admins who are single users."""
        return [admin for admin in self.admins if admin.startswith("user:")]

    @property
    def admin_teams(self) -> list[str]:
        """The admins that are teams."""
        return [admin for admin in self.admins if admin.startswith("team:")]

    @property
    def everyone(self) -> list[str]:
        """The roles that every user of the tenant holds, once each."""
        everyone = Subject("team", EVERYONE)
        return list(dict.fromkeys(grant.role for grant in self.grants if grant.subject == everyone))

    @property
    def effective_admins(self) -> list[str]:
        """The users who have an admin role, directly or through a team, once each.

        A team whose members are unknown is kept as a team. Service accounts are not users.
        """
        return list(self._behind_admins[0])

    @property
    def active_admins(self) -> list[str]:
        """The effective admins that are known to be active."""
        return list(self._behind_admins[1])

    @property
    def orphaned(self) -> list[str]:
        """The subjects that do not exist or are inactive, once each."""
        return _distinct(grant.subject for grant in self.grants if self.directory.active(grant.subject) is False)

    @property
    def differing(self) -> list[str]:
        """The subjects whose inline roles differ from their roles in role bindings, if a repo has both, once each."""
        inline = {(grant.subject, grant.role) for grant in self.grants if grant.via is GrantOrigin.INLINE}
        bound = {(grant.subject, grant.role) for grant in self.grants if grant.via is GrantOrigin.ROLE_BINDING}
        if not inline or not bound:
            return []
        return _distinct(grant.subject for grant in self.grants if (grant.subject, grant.role) in inline ^ bound)

    @property
    def virtual_accounts(self) -> list[str]:
        """The virtual accounts that hold a grant by their own permissions, once each."""
        return _distinct(grant.subject for grant in self.grants if grant.via is GrantOrigin.VIRTUAL_ACCOUNT)

    @property
    def workspaces(self) -> list[str]:
        """The workspaces whose service accounts hold a grant, once each."""
        return _distinct(grant.subject for grant in self.grants if grant.via is GrantOrigin.WORKSPACE)

    @cached_property
    def domains(self) -> list[str]:
        """The email domains of the users who hold a grant, in lower case, once each."""
        return list(dict.fromkeys(grant.subject.domain for grant in self.grants if grant.subject.domain))

    @property
    def rows(self) -> list[dict[str, str]]:
        """Every grant as an object: subject, role, via and source."""
        return [
            {"subject": str(each.subject), "role": each.role, "via": each.via.value, "source": each.source}
            for each in self.grants
        ]

    def repetitions(self) -> list[Repetition]:
        """Return for each grant which roles earlier grants give its subject, ignoring case and whitespace."""
        roles: dict[str, set[str]] = {}
        found = []
        for grant in self.grants:
            earlier = roles.setdefault(str(grant.subject).strip().casefold(), set())
            found.append(_repetition(grant.role, earlier))
            earlier.add(grant.role)
        return found

    def _admins(self) -> Iterator[Subject]:
        return (grant.subject for grant in self.grants if grant.is_admin)

    @cached_property
    def _behind_admins(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.directory.users_behind(tuple(self._admins()))

    def expanded(self) -> Iterator[Grant]:
        """Yield every grant; a grant to a team is replaced by grants to its members, if they are known."""
        for grant in self.grants:
            members = self.directory.team_members(grant.subject.name) if grant.subject.type == "team" else None
            if members is None:
                yield grant
                continue
            for name in members:
                yield Grant(member(name), grant.role, GrantOrigin.TEAM, grant.path, grant.subject.name, grant.level)


def access_of(repo: Repo, directory: DirectoryIndex = EMPTY_DIRECTORY) -> Access | None:
    """Return the known grants on a repo; None if they could not be read.

    A repo without `collaborators` has its grants in role bindings. If those are not provided, its
    grants are unknown; if they were read in part, the grants that were read are certain and returned.

    Args:
        repo: The repo.
        directory: What is known besides the repos.

    Raises:
        RuleError: The collaborators cannot be read as grants, so no statement about access is possible.
    """
    if not grants_are_read(repo, directory):
        return None
    collaborators = collaborators_of(repo) or []
    name = repo.manifest.get("name")
    elsewhere = directory.grants_on(name, repo.id) if isinstance(name, str) else ()
    inline = tuple(grant_of(entry, index, directory) for index, entry in enumerate(collaborators))
    if directory.mirrors:
        held = {(grant.subject, grant.role) for grant in inline}
        elsewhere = tuple(
            each for each in elsewhere if each.via not in MIRRORS or (each.subject, each.role) not in held
        )
    return Access((*inline, *elsewhere), collaborators, directory, complete=not directory.grants_unread)


def grants_are_read(repo: Repo, directory: DirectoryIndex = EMPTY_DIRECTORY) -> bool:
    """Return whether the grants on a repo were read, so that rules can be evaluated on them."""
    if repo.manifest.get("collaborators") is not None:
        return True
    written = repo.manifest.get("name")
    name = written if isinstance(written, str) else ""
    if not directory.directory.role_bindings.provided:
        return (
            name in directory.bound or repo.id in directory.bound
        )  # bindings in files: not all of the tenant, but those of this repo are among them
    return not directory.grants_unread or bool(directory.grants_on(name, repo.id))


def _repetition(role: str, earlier: set[str]) -> Repetition:
    if role in earlier:
        return Repetition.SAME_ROLE
    return Repetition.OTHER_ROLE if earlier else Repetition.FIRST


def _distinct(subjects: Iterable[Subject]) -> list[str]:
    """Return subjects as written, once each, even if a user is spelled in two ways."""
    found: dict[Subject, str] = {}
    for subject in subjects:
        key = Subject("user", identity(subject.name)) if subject.type == "user" else subject
        found.setdefault(key, str(subject))
    return list(found.values())


def defines_access(repo: Repo) -> bool:
    """Return whether a repo's manifest defines access."""
    return repo.manifest.get("collaborators") is not None


def collaborators_of(repo: Repo) -> list[Json] | None:
    """Return the inline collaborators as written; None if the manifest has none.

    Raises:
        RuleError: They are not a list.
    """
    collaborators = repo.manifest.get("collaborators")
    if collaborators is not None and not isinstance(collaborators, list):
        raise RuleError(f"manifest.collaborators is of type {type_name(collaborators)}, expected a list")
    return collaborators


def grant_of(entry: object, index: int, directory: DirectoryIndex = EMPTY_DIRECTORY) -> Grant:
    """Return a collaborator as a grant.

    Raises:
        RuleError: It cannot be read as one.
    """
    path = f"/collaborators/{index}"
    if not isinstance(entry, dict):
        raise RuleError(f"a collaborator is {display(entry)}, expected an object with subject and role_id (at {path})")
    subject, role = entry.get("subject"), entry.get("role_id")
    if not isinstance(subject, str) or not isinstance(role, str):
        raise RuleError(f"a collaborator is {display(entry)}, expected subject and role_id to be strings (at {path})")
    return _grant(subject, role, path, directory.roles.level_on_repo(role))


@lru_cache(maxsize=8192)  # the same subjects have the same roles on many repos
def _grant(subject: str, role: str, path: str, level: Level | None) -> Grant:
    return Grant(Subject.parse(subject), role, GrantOrigin.INLINE, path, level=level)
