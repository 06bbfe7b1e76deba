"""The contents of a directory: users, teams, virtual accounts, bindings, roles, storage."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from auditor.model.finding import Location
from auditor.model.subject import Subject

REPO_TYPES = frozenset({"mlf-project", "ml-repo", "repository"})
"""The names of ML repos as a type of resource: in the server, the documentation, and the permissions of roles."""

TENANT_TYPES = frozenset({"tenant", "account"})
"""Types of resources that mean everything in a tenant."""

OTHER_TYPES = frozenset(Path(__file__).with_name("resource_types.txt").read_text("utf-8").split())
"""Types of resources that are not about ML repos: those of TrueFoundry's SDK 0.6.0 and its guides."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A role on one resource.

    Attributes:
        resource_type: The kind of resource; an ML repo is one of `REPO_TYPES`.
        resource: Its name; an ML repo has its bare name, `<tenant>:<name>` or its id.
        role: The role, for example `mlf-project-admin`.
    """

    resource_type: str
    resource: str
    role: str

    @property
    def repo(self) -> str | None:
        """The name or id of the ML repo that it is about; None if it is about something else."""
        if self.resource_type not in REPO_TYPES:
            return None
        tenant, colon, name = self.resource.partition(":")
        return name if colon and tenant and name and ":" not in name else self.resource

    @property
    def of_tenant(self) -> bool:
        """Whether it is about the tenant, and so possibly about every repo."""
        return self.resource_type in TENANT_TYPES

    @property
    def known_type(self) -> bool:
        """Whether its type of resource is known, so that it is certain whether it is about repos."""
        return self.resource_type in REPO_TYPES | TENANT_TYPES | OTHER_TYPES


@dataclass(frozen=True, slots=True)
class RoleBinding:
    """A document of type `role-binding`: each of its subjects holds each of its permissions.

    Attributes:
        name: Its name.
        subjects: Its subjects.
        permissions: Its permissions.
        location: Its place, if it was read from a file and not from the control plane.
    """

    name: str
    subjects: tuple[Subject, ...]
    permissions: tuple[Permission, ...]
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class User:
    """A user of the tenant.

    Attributes:
        name: The email address, as written by the control plane.
        active: Whether the user may log in; None if unknown.
        last_seen: When the user last used the platform, if known.
        roles: Roles on the tenant, as named by the control plane.
        permissions: Roles on single resources.
    """

    name: str
    active: bool | None = None
    last_seen: datetime | None = None
    roles: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class Team:
    """A team.

    Attributes:
        name: Its name.
        members: Email addresses of users; one that begins with `team:` is a nested team.
        managers: Email addresses of those who manage its members.
        complete: Whether the list is complete.
        roles: Roles on the tenant, which every member has.
        permissions: Roles on single resources.
    """

    name: str
    members: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    complete: bool = True
    roles: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class VirtualAccount:
    """An account for programs, also called a service account.

    Attributes:
        name: Its name.
        permissions: The permissions in its own manifest.
        expired: Whether its token has expired; None if unknown.
        expires: The day on which it expires; None if that is never or unknown.
        last_seen: When it was last used, if known.
        roles: Roles on the tenant.
    """

    name: str
    permissions: tuple[Permission, ...] = ()
    expired: bool | None = None
    expires: date | None = None
    last_seen: datetime | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace; its service account may have permissions on repos.

    Attributes:
        fqn: Its FQN.
        permissions: The permissions of its service account, from its manifest.
    """

    fqn: str
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class Integration:
    """An integration of the tenant with a storage.

    Attributes:
        fqn: The FQN, as in manifests.
        type: Its type, for example `blob-storage`.
        region: The region of the storage, if its manifest has one.
        storage_root: The URL below which everything is stored, without a query; empty if there is none.
    """

    fqn: str
    type: str
    region: str | None = None
    storage_root: str = ""

    @property
    def bucket(self) -> str | None:
        """The bucket of an `s3://` or `gs://` root, the container of an Azure root; None for others."""
        match = re.match(r"(?:s3|gs)://([^/]+)|https://[^/]+\.blob\.core\.windows\.net/([^/]+)", self.storage_root)
        return (match[1] or match[2]) if match else None


@dataclass(frozen=True, slots=True)
class PlatformRole:
    """A role that can be granted.

    Attributes:
        id: The id from the control plane.
        name: Its name in grants, for example `mlf-project-admin`.
        resource_type: The kind of resource that it is for.
        permissions: Its permissions, as returned by the control plane; None if unknown.
        built_in: Whether it comes with the platform; None if unknown.
    """

    id: str
    name: str
    resource_type: str
    permissions: tuple[str, ...] | None = None
    built_in: bool | None = None
