"""Tenant grants: roles on the tenant, and what they allow on every repo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from auditor.model import (
    Directory,
    GrantOrigin,
    Level,
    Permission,
    PlatformRole,
    Subject,
    TenantGrant,
    Unread,
    UnreadKind,
)
from auditor.model.levels import BUILT_IN, highest, level_by_id, level_by_permissions
from auditor.model.people import OTHER_TYPES

_HeldRole = tuple[Subject, str, GrantOrigin, str]
_ENDINGS = frozenset({"admin", "editor", "manager", "member", "viewer"})
"""The last words of the names of built-in roles, after the type of resource."""

_FIX = "set its level under `role_levels` in auditor.yaml, or report it"


class Roles:
    """What roles allow, by their names and ids.

    Args:
        directory: The directory; its list of roles may be incomplete.
        levels: The levels of roles that users set.
    """

    def __init__(self, directory: Directory, levels: Mapping[str, Level]) -> None:
        self._levels = levels
        self._listed: dict[str, PlatformRole] = {}
        for role in directory.roles.values:
            self._listed.setdefault(role.name, role)
            self._listed.setdefault(role.id, role)

    def listed(self, role: str) -> PlatformRole | None:
        """Return a role as listed by the control plane."""
        return self._listed.get(role)

    def level_on_repo(self, role: str) -> Level | None:
        """Return what a role on one repo allows there; None if that is not known.

        A custom role allows what its permissions say, whatever its name.
        """
        if role in self._levels or role in BUILT_IN:
            return self._levels.get(role) or BUILT_IN[role]
        listed = self._listed.get(role)
        if listed is None or listed.built_in or listed.permissions is None:
            return level_by_id(role)
        level, unknown = level_by_permissions(listed.permissions)
        return None if unknown and level is not Level.ADMIN else level

    def level_on_tenant(self, role: str) -> Level | None:
        """Return what a role on the tenant allows on every repo; None if that is not known."""
        if role in self._levels:
            return self._levels[role]
        listed, built_in = self._listed.get(role), BUILT_IN.get(role)
        if listed is None or listed.permissions is None:
            return built_in
        level = highest(each for each in (built_in, level_by_permissions(listed.permissions)[0]) if each)
        # It is not documented what an account role allows on repos, so it is never treated as nothing.
        of_account = listed.resource_type == "account" and built_in is None
        return None if of_account and level is Level.NONE else level

    def is_of_tenant(self, role: str) -> bool:
        """Return whether a role is a role on the tenant, as far as is known."""
        listed = self._listed.get(role)
        if listed is not None:
            return listed.resource_type not in OTHER_TYPES
        kind, _, ending = role.rpartition("-")
        return kind not in OTHER_TYPES or ending not in _ENDINGS

    def reason_unknown(self, role: str) -> str:
        """Return why the permissions of a role on the tenant are unknown; empty if they are known."""
        if role in self._levels:
            return ""
        listed = self._listed.get(role)
        if listed is None:
            return "" if role in BUILT_IN else "it is not in the list of roles, so its permissions on repos are unknown"
        if listed.permissions is None:
            return "" if role in BUILT_IN else "the list of roles does not contain its permissions"
        unknown = level_by_permissions(listed.permissions)[1]
        return f"it allows unknown actions: {', '.join(unknown)}" if unknown else ""


def tenant_grants(directory: Directory, roles: Roles) -> Iterator[TenantGrant]:
    """Yield every grant on the tenant, once each."""
    for subject, role, via, source in dict.fromkeys(_all_roles(directory, roles)):
        listed = roles.listed(role)
        name = listed.name if listed else role
        permissions = (listed.permissions if listed else None) or ()
        yield TenantGrant(subject, name, via, source, roles.level_on_tenant(role), permissions)


def holders_by_role(directory: Directory, roles: Roles) -> dict[str, tuple[str, ...]]:
    """Return the subjects with each role, on the tenant or on a single resource, by the name of the role."""
    found: dict[str, dict[str, None]] = {}
    pairs = [(str(who), each.role) for who, each, _, _ in _permissions(directory)]
    pairs += [(str(who), role) for who, held, _ in _holders(directory) for role in held]
    for who, role in pairs:
        listed = roles.listed(role)
        found.setdefault(listed.name if listed else role, {})[who] = None
    return {role: tuple(subjects) for role, subjects in found.items()}


def unread_access(directory: Directory, roles: Roles) -> Iterator[Unread]:
    """Yield the roles on the tenant with unknown permissions, and unknown resource types."""
    asked = directory.roles.provided or directory.roles.absent
    for role in sorted({role for _, role, _, _ in _all_roles(directory, roles)}) if asked else ():
        if reason := roles.reason_unknown(role):
            yield Unread(UnreadKind.DIRECTORY, f"the role {role}", reason, _FIX)
    unknown = {each.resource_type for _, each, _, _ in _permissions(directory) if not each.known_type}
    for kind in sorted(unknown):
        reason = "permissions on it may give access to repos"
        yield Unread(
            UnreadKind.DIRECTORY, f"the resource type {kind}", reason, "report it, with the version of the platform"
        )


def _all_roles(directory: Directory, roles: Roles) -> Iterator[_HeldRole]:
    for subject, permission, via, source in _permissions(directory):
        if permission.of_tenant:
            yield subject, permission.role, via, source
    for subject, held, via in _holders(directory):
        yield from ((subject, role, via, subject.name) for role in held if roles.is_of_tenant(role))


def _permissions(directory: Directory) -> Iterator[tuple[Subject, Permission, GrantOrigin, str]]:
    """Yield every permission on a single resource or on the tenant, with its subject and source."""
    for binding in directory.role_bindings.values:
        for permission in binding.permissions:
            yield from ((who, permission, GrantOrigin.ROLE_BINDING, binding.name) for who in binding.subjects)
    for user in directory.users.values:
        yield from _permissions_of(Subject("user", user.name), user.permissions, GrantOrigin.USER_ROLE)
    for team in directory.teams.values:
        yield from _permissions_of(Subject("team", team.name), team.permissions, GrantOrigin.TEAM_ROLE)
    for account in directory.virtual_accounts.values:
        yield from _permissions_of(
            Subject("virtualaccount", account.name), account.permissions, GrantOrigin.VIRTUAL_ACCOUNT
        )
    for workspace in directory.workspaces.values:
        yield from _permissions_of(Subject("workspace", workspace.fqn), workspace.permissions, GrantOrigin.WORKSPACE)


def _permissions_of(
    subject: Subject, permissions: Iterable[Permission], via: GrantOrigin
) -> Iterator[tuple[Subject, Permission, GrantOrigin, str]]:
    return ((subject, each, via, subject.name) for each in permissions)


def _holders(directory: Directory) -> Iterator[tuple[Subject, tuple[str, ...], GrantOrigin]]:
    """Yield the subjects of roles that are listed by name, without a resource."""
    for user in directory.users.values:
        yield Subject("user", user.name), user.roles, GrantOrigin.USER_ROLE
    for team in directory.teams.values:
        yield Subject("team", team.name), team.roles, GrantOrigin.TEAM_ROLE
    for account in directory.virtual_accounts.values:
        yield Subject("virtualaccount", account.name), account.roles, GrantOrigin.VIRTUAL_ACCOUNT
