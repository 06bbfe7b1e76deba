"""What a tenant has beside its repos: users, teams, virtual accounts, bindings, roles, storage."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from auditor.model.finding import Location
from auditor.model.subject import Subject


@dataclass(frozen=True, slots=True)
class Permission:
    """A role on one resource.

    Attributes:
        resource_type: The kind of resource; an ML repo is `mlf-project` or `ml-repo`.
        resource: Which one; an ML repo goes by its bare name.
        role: The role, for example `mlf-project-admin`.
    """

    resource_type: str
    resource: str
    role: str

    @property
    def repo(self) -> str | None:
        """The name of the ML repo that it is about; None if it is about something else."""
        return self.resource if self.resource_type in {"mlf-project", "ml-repo"} else None


@dataclass(frozen=True, slots=True)
class RoleBinding:
    """A document of type `role-binding`: each of its subjects holds each of its permissions.

    Attributes:
        name: Its name.
        subjects: Who.
        permissions: What.
        location: Where it stands, if it was read from a file and not from the control plane.
    """

    name: str
    subjects: tuple[Subject, ...]
    permissions: tuple[Permission, ...]
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class User:
    """A user of the tenant.

    Attributes:
        name: The e-mail address, as the control plane writes it.
        active: Whether the user may log in; None if the control plane does not say.
        last_seen: When the user last used the platform, if the control plane says.
        roles: Roles on the tenant as a whole, as the control plane names them.
    """

    name: str
    active: bool | None = None
    last_seen: datetime | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Team:
    """A team.

    Attributes:
        name: Its name.
        members: E-mail addresses of users; one that begins with `team:` would be a team in the team.
        managers: E-mail addresses of those who decide who is a member.
        whole: Whether these are all members.
    """

    name: str
    members: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class VirtualAccount:
    """An account for programs, also called a service account.

    Attributes:
        name: Its name.
        permissions: What it may do, by its own manifest.
        expired: Whether its token has expired; None if the control plane does not say.
        expires: The day on which it expires; None if that is never or not known.
        last_seen: When it was last used, if the control plane says.
    """

    name: str
    permissions: tuple[Permission, ...] = ()
    expired: bool | None = None
    expires: date | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace, whose service account may hold permissions on repos.

    Attributes:
        fqn: Its FQN.
        permissions: What its service account may do, by its manifest.
    """

    fqn: str
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class Integration:
    """An integration of the tenant with a storage.

    Attributes:
        fqn: The FQN that manifests name.
        type: What it is, for example `blob-storage`.
        region: The region of the storage, if its manifest says.
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
        id: The id that the control plane gave it.
        name: What grants call it, for example `mlf-project-admin`.
        resource_type: The kind of resource that it is for.
        permissions: What it allows, as the control plane words it.
    """

    id: str
    name: str
    resource_type: str
    permissions: tuple[str, ...] = ()
