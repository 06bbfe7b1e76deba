"""The entries of a directory: from rows of the API to values, and back to rows with only the used fields.

Other fields are never kept: tokens, credentials of integrations, personal data of users.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from auditor.errors import UnreadError
from auditor.model import (
    Integration,
    Json,
    Permission,
    PlatformRole,
    Provider,
    RoleBinding,
    Subject,
    Team,
    User,
    VirtualAccount,
    Workspace,
)
from auditor.sources.directory.row_fields import Fields

_API = "/api/svc/v1"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry.

    Attributes:
        provider: Its part of the directory.
        thing: The name of an entry in messages.
        path: The path of the list.
        read: Returns the entry of a row; raises `UnreadError` if the row is invalid.
        write: Returns a row that `read` accepts.
        params: The query, besides the page.
        other_paths: Other possible paths of the list, in this order.
    """

    provider: Provider
    thing: str
    path: str
    read: Callable[[Fields], Any]
    write: Callable[[Any], dict[str, Any]]
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    other_paths: tuple[str, ...] = ()


def key_of(row: dict[str, Json]) -> Json:
    """Return the key of an entry, unique in its list; not every list has ids."""
    manifest = row.get("manifest")
    inner = manifest.get("name") if isinstance(manifest, dict) else None
    found = next((row[key] for key in ("id", "subjectId", "fqn", "email", "name") if row.get(key)), inner)
    return str(found) if type(found) is int else found


def role_binding_of(manifest: Fields) -> RoleBinding:
    """Return the role binding of a manifest of that type.

    Raises:
        UnreadError: The manifest is invalid.
    """
    subjects = tuple(Subject(each.text("type"), each.text("name")) for each in manifest.objects("subjects"))
    return RoleBinding(manifest.text("name"), subjects, _permissions(manifest))


def _permissions(manifest: Fields) -> tuple[Permission, ...]:
    # Role bindings use camel case, virtual accounts and workspaces use snake case.
    return tuple(
        Permission(
            each.text("resourceType", "resource_type"),
            each.text("resourceFqn", "resource_fqn"),
            each.text("role", "role_id"),
        )
        for each in manifest.objects("permissions")
    )


def _manifest(row: Fields) -> Fields:
    manifest = row.object("manifest")
    if manifest is None:
        raise UnreadError("/manifest is missing, expected an object")
    return manifest


def _roles_on_resources(row: Fields) -> tuple[Permission, ...]:
    return tuple(
        Permission(each.text("resourceType"), each.text("resourceId"), each.text("roleName", "roleId"))
        for each in row.objects("rolesWithResource")
    )


def _user(row: Fields) -> User:
    return User(
        row.text("email"),
        row.flag("active"),
        row.timestamp("lastAccessedAt"),
        row.texts("roles") or (),
        _roles_on_resources(row),
    )


def _team(row: Fields) -> Team:
    manifest = _manifest(row)
    given = (manifest.texts("members"), row.texts("members"))
    members = tuple(dict.fromkeys(name for names in given for name in names or ()))
    total, complete = row.number("totalMemberCount"), row.flag("whole")
    all_listed = any(names is not None for names in given) and (total is None or len(members) >= total)
    return Team(
        manifest.text("name"),
        members,
        manifest.texts("managers") or (),
        all_listed and complete is not False,
        row.texts("roles") or (),
        _roles_on_resources(row),
    )


def _virtual_account(row: Fields) -> VirtualAccount:
    manifest = _manifest(row)
    own, on_resources = _permissions(manifest), _roles_on_resources(row)
    of_resources = {each.maybe_text("roleId") for each in row.objects("rolesWithResource")}
    return VirtualAccount(
        manifest.text("name"),
        (*own, *(each for each in on_resources if each not in own)),
        row.flag("isExpired"),
        _day(manifest.maybe_text("expiration_date") or ""),
        row.timestamp("lastAccessedAt"),
        tuple(role for role in row.texts("roleIds") or () if role not in of_resources),
    )


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text[:10])
    return None


def _integration(row: Fields) -> Integration:
    manifest = row.object("manifest") or Fields({})
    root = _without_secrets(manifest.maybe_text("storage_root") or "")
    return Integration(row.text("fqn"), row.text("type"), manifest.maybe_text("region"), root)


def _without_secrets(url: str) -> str:
    """Return a URL without user, password, query and fragment, which may contain signatures and keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _role(row: Fields) -> PlatformRole:
    manifest = row.object("manifest") or Fields({})
    name = manifest.maybe_text("name") or row.text("name", "id")
    kind = row.maybe_text("resourceType") or manifest.text("resourceType")
    reserved, editable = row.flag("isReserved"), row.flag("isEditable")
    built_in = reserved if reserved is not None or editable is None else not editable
    return PlatformRole(row.text("id", "name"), name, kind, _allowed(row, manifest), built_in)


def _allowed(row: Fields, manifest: Fields) -> tuple[str, ...] | None:
    """Return the permissions of a role, in either form of the control plane; None if they have neither form."""
    stated = manifest.texts("permissions")
    sets = [*row.objects("permissionSetsV2"), *manifest.objects("permissionSetsV2")]
    in_sets = [f"{each.text('resourceType')}:{name}" for each in sets for name in each.texts("permissions") or ()]
    return None if stated is None and not sets else tuple(dict.fromkeys((*(stated or ()), *in_sets)))


def _workspace(row: Fields) -> Workspace:
    return Workspace(row.text("fqn"), _permissions(row.object("manifest") or Fields({})))


def _written(permissions: tuple[Permission, ...]) -> list[dict[str, str]]:
    return [
        {"resourceType": each.resource_type, "resourceFqn": each.resource, "role": each.role} for each in permissions
    ]


def _written_roles(permissions: tuple[Permission, ...]) -> list[dict[str, str]]:
    return [
        {"resourceType": each.resource_type, "resourceId": each.resource, "roleName": each.role} for each in permissions
    ]


def _role_binding_row(binding: RoleBinding) -> dict[str, Any]:
    subjects = [{"type": each.type, "name": each.name} for each in binding.subjects]
    return {"manifest": {"name": binding.name, "subjects": subjects, "permissions": _written(binding.permissions)}}


def _user_row(user: User) -> dict[str, Any]:
    return {
        "email": user.name,
        "active": user.active,
        "lastAccessedAt": user.last_seen,
        "roles": user.roles,
        "rolesWithResource": _written_roles(user.permissions),
    }


def _team_row(team: Team) -> dict[str, Any]:
    return {
        "manifest": {"name": team.name, "members": team.members, "managers": team.managers},
        "whole": team.complete,
        "roles": team.roles,
        "rolesWithResource": _written_roles(team.permissions),
    }


def _virtual_account_row(account: VirtualAccount) -> dict[str, Any]:
    return {
        "manifest": {
            "name": account.name,
            "permissions": _written(account.permissions),
            "expiration_date": account.expires,
        },
        "isExpired": account.expired,
        "lastAccessedAt": account.last_seen,
        "roleIds": account.roles,
    }


def _integration_row(integration: Integration) -> dict[str, Any]:
    manifest = {"region": integration.region, "storage_root": integration.storage_root}
    return {"fqn": integration.fqn, "type": integration.type, "manifest": manifest}


def _role_row(role: PlatformRole) -> dict[str, Any]:
    manifest = {"name": role.name, "permissions": role.permissions}
    return {"id": role.id, "resourceType": role.resource_type, "isReserved": role.built_in, "manifest": manifest}


def _workspace_row(workspace: Workspace) -> dict[str, Any]:
    return {"fqn": workspace.fqn, "manifest": {"permissions": _written(workspace.permissions)}}


KINDS = (
    Kind(
        Provider.ROLE_BINDINGS,
        "role binding",
        f"{_API}/role-bindings",
        lambda row: role_binding_of(_manifest(row)),
        _role_binding_row,
    ),
    Kind(Provider.USERS, "user", f"{_API}/users", _user, _user_row, {"showInvalidUsers": "true"}),
    Kind(Provider.TEAMS, "team", f"{_API}/teams/user", _team, _team_row, {"includeMembership": "true"}),
    Kind(
        Provider.VIRTUAL_ACCOUNTS,
        "virtual account",
        f"{_API}/virtual-accounts",
        _virtual_account,
        _virtual_account_row,
    ),
    Kind(
        Provider.INTEGRATIONS,
        "storage integration",
        f"{_API}/provider-integrations",
        _integration,
        _integration_row,
        {"type": "blob-storage"},
    ),
    Kind(
        Provider.ROLES,
        "role",
        f"{_API}/roles",
        _role,
        _role_row,
        other_paths=(f"{_API}/role/list", f"{_API}/role"),
    ),
    Kind(Provider.WORKSPACES, "workspace", f"{_API}/workspaces", _workspace, _workspace_row),
)
"""Every kind of entry, in the order of reading."""
