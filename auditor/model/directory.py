"""The directory: the other data of a tenant, part by part, and whether each part was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from auditor.model.people import Integration, PlatformRole, RoleBinding, Team, User, VirtualAccount, Workspace
from auditor.model.unread import Unread

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Part(Generic[Value]):
    """One part of a directory.

    Three things must never be confused: an empty list, a list that could not be read, and a list that was not requested
    or that the control plane lacks.

    Attributes:
        values: What was read; it is certain, even if it is not everything.
        unread: What could not be read, and why.
        provided: Whether it was requested and the control plane has it.
        absent: Whether it was requested and the control plane lacks it.
    """

    values: tuple[Value, ...] = ()
    unread: tuple[Unread, ...] = ()
    provided: bool = True
    absent: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything was read, so that anything not in it does not exist."""
        return self.provided and not self.unread


NOT_PROVIDED: Part[Any] = Part(provided=False)
"""A part that was not requested."""

ABSENT: Part[Any] = Part(provided=False, absent=True)
"""A part that the control plane lacks."""


@dataclass(frozen=True, slots=True)
class Directory:
    """All data besides the repos that determines access; a part that was not requested is not provided.

    Attributes:
        tenant_roles: Whether the parts include roles on the tenant; older snapshots lack them.
    """

    role_bindings: Part[RoleBinding] = NOT_PROVIDED
    users: Part[User] = NOT_PROVIDED
    teams: Part[Team] = NOT_PROVIDED
    virtual_accounts: Part[VirtualAccount] = NOT_PROVIDED
    integrations: Part[Integration] = NOT_PROVIDED
    roles: Part[PlatformRole] = NOT_PROVIDED
    workspaces: Part[Workspace] = NOT_PROVIDED
    tenant_roles: bool = True

    @classmethod
    def of(cls, parts: Mapping[Provider, Part[Any]], *, tenant_roles: bool = True) -> Directory:
        """Return a directory of these parts; the others are not provided."""
        found: dict[str, Any] = {provider.name.lower(): part for provider, part in parts.items()}
        return cls(**found, tenant_roles=tenant_roles)

    def part(self, provider: Provider) -> Part[Any]:
        """Return the part of a provider."""
        part: Part[Any] = getattr(self, provider.name.lower())
        return part

    @property
    def provides(self) -> frozenset[Provider]:
        """The parts that were read completely, and the tenant grants if all parts that they come from were."""
        complete = frozenset(provider for provider in DIRECTORY_PARTS if self.part(provider).complete)
        tenant = self.tenant_roles and complete >= TENANT_SURFACES
        return complete | {Provider.TENANT_GRANTS} if tenant else complete

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Everything that was requested and could not be read."""
        return tuple(each for provider in sorted(DIRECTORY_PARTS) for each in self.part(provider).unread)


class Provider(StrEnum):
    """The data that a field comes from. A rule is not evaluated if the data of one of its fields is not available."""

    MANIFEST = "manifest"
    API = "control plane"
    GRANTS = "grants"
    ROLE_BINDINGS = "role bindings"
    USERS = "users"
    TEAMS = "teams"
    VIRTUAL_ACCOUNTS = "virtual accounts"
    INTEGRATIONS = "storage integrations"
    ROLES = "roles"
    WORKSPACES = "workspaces"
    TENANT_GRANTS = "tenant grants"


GRANT_SURFACES = frozenset(
    {Provider.ROLE_BINDINGS, Provider.VIRTUAL_ACCOUNTS, Provider.WORKSPACES, Provider.USERS, Provider.TEAMS}
)
"""The parts with grants outside manifests, which are needed for the grants of a repo."""

TENANT_SURFACES = frozenset(
    {Provider.ROLES, Provider.USERS, Provider.TEAMS, Provider.VIRTUAL_ACCOUNTS, Provider.ROLE_BINDINGS}
)
"""The parts with grants on the tenant, and the permissions of their roles."""

DIRECTORY_PARTS = GRANT_SURFACES | {Provider.USERS, Provider.TEAMS, Provider.INTEGRATIONS, Provider.ROLES}
"""The parts of a directory."""
