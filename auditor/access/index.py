"""The index of a directory: lookups per repo and per grant, built in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property, lru_cache

from auditor.access.membership import EVERYONE, Membership, identity, member
from auditor.access.tenant import Roles, holders_by_role, tenant_grants, unread_access
from auditor.model import (
    GRANT_SURFACES,
    Directory,
    Grant,
    GrantOrigin,
    Integration,
    Level,
    Permission,
    Subject,
    TenantGrant,
    Unread,
)

MIRRORS = frozenset({GrantOrigin.USER_ROLE, GrantOrigin.TEAM_ROLE})
"""Sources in which the control plane repeats grants of a user or team from other sources."""

_ACCOUNT_TYPES = frozenset({"virtualaccount", "serviceaccount"})


class DirectoryIndex:
    """A directory with indexes for fast lookup. None always means unknown.

    A grant does not name its repo, so all repos of one binding share its grants. The index is as large as the
    directory, not as large as the resulting access.

    Attributes:
        directory: What is indexed.
        grants_unread: Whether grants besides the manifests could not be read completely.
        teams: The members of every team.
        bound: The names of the repos that role bindings grant access to.
        roles: What roles allow.
        mirrors: Whether documents of users or teams have roles on repos, which may repeat grants from other sources.
        users_behind: Cache of `_users_behind`, as many repos share a group of admins.
    """

    def __init__(self, directory: Directory, levels: Mapping[str, Level] | None = None) -> None:
        """Index a directory.

        Args:
            directory: What is indexed.
            levels: Levels of roles that users set, which override their ids and permissions.
        """
        self.directory = directory
        self.roles = Roles(directory, levels or {})
        self.grants_unread = any(directory.part(surface).unread for surface in GRANT_SURFACES)
        self.teams = Membership(directory.teams, directory.users)
        self._users = {identity(user.name): user for user in directory.users.values}
        self._accounts = {account.name: account for account in directory.virtual_accounts.values}
        self._integrations = {each.fqn: each for each in directory.integrations.values}
        self._on_repo: dict[str, list[tuple[Grant, ...]]] = {}
        self._active_teams: dict[str, bool | None] = {}
        self.users_behind = lru_cache(maxsize=256)(self._users_behind)
        self.mirrors = False
        self._index_grants()
        self.bound = frozenset(
            each.repo for binding in directory.role_bindings.values for each in binding.permissions if each.repo
        )

    def _index_grants(self) -> None:
        for binding in self.directory.role_bindings.values:
            self._add(binding.permissions, binding.subjects, GrantOrigin.ROLE_BINDING, binding.name)
        for account in self.directory.virtual_accounts.values:
            subject = Subject("virtualaccount", account.name)
            self._add(account.permissions, (subject,), GrantOrigin.VIRTUAL_ACCOUNT, account.name)
        for workspace in self.directory.workspaces.values:
            self._add(
                workspace.permissions, (Subject("workspace", workspace.fqn),), GrantOrigin.WORKSPACE, workspace.fqn
            )
        for user in self.directory.users.values:
            self._add(user.permissions, (Subject("user", user.name),), GrantOrigin.USER_ROLE, user.name)
        for team in self.directory.teams.values:
            self._add(team.permissions, (Subject("team", team.name),), GrantOrigin.TEAM_ROLE, team.name)

    def _add(
        self, permissions: Iterable[Permission], subjects: tuple[Subject, ...], via: GrantOrigin, source: str
    ) -> None:
        of_role: dict[str, tuple[Grant, ...]] = {}
        for repo, role in dict.fromkeys((each.repo, each.role) for each in permissions):
            if repo is None:
                continue
            self.mirrors = self.mirrors or via in MIRRORS
            if role not in of_role:
                level = self.roles.level_on_repo(role)
                of_role[role] = tuple(
                    Grant(subject, role, via, "", source, level) for subject in dict.fromkeys(subjects)
                )
            self._on_repo.setdefault(repo, []).append(of_role[role])

    def grants_on(self, repo: str, repo_id: str = "") -> tuple[Grant, ...]:
        """Return the grants on a repo outside its manifest; they refer to it by its name or its id."""
        groups = self._on_repo.get(repo, ())
        by_id = self._on_repo.get(repo_id, ()) if repo_id != repo else ()
        found = [grant for grants in (*groups, *by_id) for grant in grants]
        if by_id:
            found = list(dict.fromkeys(found))
        return _without_mirrors(found) if self.mirrors else tuple(found)

    @cached_property
    def tenant_grants(self) -> tuple[TenantGrant, ...]:
        """Every grant on the tenant."""
        return tuple(tenant_grants(self.directory, self.roles))

    @cached_property
    def tenant_admins(self) -> tuple[Subject, ...]:
        """Subjects that are admins of every repo through a role on the tenant, once each."""
        return tuple(dict.fromkeys(each.subject for each in self.tenant_grants if each.level is Level.ADMIN))

    @cached_property
    def tenant_writers(self) -> tuple[Subject, ...]:
        """Subjects that can write to every repo through a role on the tenant, including admins, once each."""
        writes = {Level.ADMIN, Level.WRITE}
        return tuple(dict.fromkeys(each.subject for each in self.tenant_grants if each.level in writes))

    @cached_property
    def holders(self) -> Mapping[str, tuple[str, ...]]:
        """Who holds each role, on the tenant or on a single resource."""
        return holders_by_role(self.directory, self.roles)

    @cached_property
    def unread_access(self) -> tuple[Unread, ...]:
        """Roles and resource types that may give access to repos, but are unknown."""
        return tuple(unread_access(self.directory, self.roles))

    @property
    def repos(self) -> list[str]:
        """The names of all repos with grants outside the manifests."""
        return sorted(self._on_repo)

    def known(self, subject: Subject) -> bool | None:
        """Return whether the tenant has a subject; None for types that no list names."""
        if subject.type == "team" and subject.name == EVERYONE:
            return True
        if subject.type == "user":
            found, complete = identity(subject.name) in self._users, self.directory.users.complete
        elif subject.type == "team":
            found, complete = subject.name in self.teams, self.directory.teams.complete
        elif subject.type in _ACCOUNT_TYPES:
            found, complete = subject.name in self._accounts, self.directory.virtual_accounts.complete
        else:
            return None
        return found if found or complete else None

    def active(self, subject: Subject) -> bool | None:
        """Return whether a subject is active.

        Missing users, users who may not log in, expired accounts, and teams without an active user are inactive.
        """
        known = self.known(subject)
        if not known:
            return known
        if subject.type == "user":
            return self._users[identity(subject.name)].active
        if subject.type == "team":
            if subject.name not in self._active_teams:
                self._active_teams[subject.name] = self._team_active(subject.name)
            return self._active_teams[subject.name]
        expired = self._accounts[subject.name].expired
        return None if expired is None else not expired

    def _team_active(self, name: str) -> bool | None:
        members = self.teams.members(name)
        if members is None:
            return None
        states = {self.active(member(name)) for name in members.values()}
        if True in states:
            return True
        return None if None in states or not self.teams.is_complete(name) else False

    def last_seen(self, subject: Subject) -> datetime | None:
        """Return when a user or a virtual account last used the platform."""
        if subject.type == "user":
            user = self._users.get(identity(subject.name))
            return user.last_seen if user else None
        account = self._accounts.get(subject.name) if subject.type in _ACCOUNT_TYPES else None
        return account.last_seen if account else None

    def integration(self, fqn: str) -> Integration | None:
        """Return the storage integration of an FQN; if the part was read completely, None means that there is none."""
        return self._integrations.get(fqn)

    def team_members(self, name: str) -> tuple[str, ...] | None:
        """Return the members of a team, including those of nested teams; None if unknown.

        Users appear by their names alone, service accounts as `<type>:<name>`.
        """
        members = self.teams.members(name)
        return None if members is None else tuple(members.values())

    def _users_behind(self, subjects: tuple[Subject, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the users among subjects and in their teams, and those of them who are known to be active.

        A team whose members are unknown is kept as a team; service accounts are not users.
        """
        found: dict[str, str] = {}
        for subject in subjects:
            members = self.teams.members(subject.name) if subject.type == "team" else None
            if members is not None:
                for key, name in members.items():
                    if member(name).type == "user":
                        found.setdefault(key, f"user:{name}")
            elif subject.type == "user":
                found.setdefault(identity(subject.name), str(subject))
            elif subject.type == "team":
                found.setdefault(str(subject), str(subject))
        return tuple(found.values()), tuple(name for name in found.values() if self.active(Subject.parse(name)))

    def memberships(self, user: str) -> list[str]:
        """Return the teams that a user is known to be in, except `everyone`."""
        return self.teams.of(user)


EMPTY_DIRECTORY = DirectoryIndex(Directory())
"""The index of a directory of which nothing was requested."""


def _without_mirrors(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return grants without those in documents of users or teams that repeat a grant from another source."""
    elsewhere = {(grant.subject, grant.role) for grant in grants if grant.via not in MIRRORS}
    return tuple(each for each in grants if each.via not in MIRRORS or (each.subject, each.role) not in elsewhere)
