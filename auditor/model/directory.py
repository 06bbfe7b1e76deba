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

    Three things must never be taken for each other: an empty list, a list that could not be read, and a list that
    was not requested or that the control plane does not have.

    Attributes:
        values: What was read; what is here is certain, even if it is not everything.
        unread: What could not be seen of it, and why.
        provided: Whether it was requested and the control plane has it.
        absent: Whether it was requested and the control plane does not have it.
    """

    values: tuple[Value, ...] = ()
    unread: tuple[Unread, ...] = ()
    provided: bool = True
    absent: bool = False

    @property
    def whole(self) -> bool:
        """Whether everything was read, so that anything not in it does not exist."""
        return self.provided and not self.unread


NOT_PROVIDED: Part[Any] = Part(provided=False)
"""A part that nobody asked for."""

ABSENT: Part[Any] = Part(provided=False, absent=True)
"""A part that the control plane does not have."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything besides the repos that decides who can do what; a part that was not requested is not provided.

    Attributes:
        tenant_roles: Whether roles on the tenant are in the parts; older snapshots do not hold them.
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
        whole = frozenset(provider for provider in DIRECTORY_PARTS if self.part(provider).whole)
        tenant = self.tenant_roles and whole >= TENANT_SURFACES
        return whole | {Provider.TENANT_GRANTS} if tenant else whole

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
"""Where grants live besides the manifest: who wants to see the grants of a repo has to ask for these."""

TENANT_SURFACES = frozenset(
    {Provider.ROLES, Provider.USERS, Provider.TEAMS, Provider.VIRTUAL_ACCOUNTS, Provider.ROLE_BINDINGS}
)
"""Where grants on the tenant live, with what their roles allow."""

DIRECTORY_PARTS = GRANT_SURFACES | {Provider.USERS, Provider.TEAMS, Provider.INTEGRATIONS, Provider.ROLES}
"""The parts of a directory."""
