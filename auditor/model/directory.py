"""The directory: what a tenant has beside its repos, part by part, and how far each part could be seen."""

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
    nobody asked for or that the control plane does not have.

    Attributes:
        values: What was seen; what is here is certain, even if it is not everything.
        unread: What could not be seen of it, and why.
        provided: Whether it was asked for and the control plane has it.
        absent: Whether it was asked for and the control plane does not have it.
    """

    values: tuple[Value, ...] = ()
    unread: tuple[Unread, ...] = ()
    provided: bool = True
    absent: bool = False

    @property
    def whole(self) -> bool:
        """Whether everything was seen, so that what is not in it does not exist."""
        return self.provided and not self.unread


NOT_PROVIDED: Part[Any] = Part(provided=False)
"""A part that nobody asked for."""

ABSENT: Part[Any] = Part(provided=False, absent=True)
"""A part that the control plane does not have."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything beside the repos that decides who can do what; a part that was not asked for is not provided."""

    role_bindings: Part[RoleBinding] = NOT_PROVIDED
    users: Part[User] = NOT_PROVIDED
    teams: Part[Team] = NOT_PROVIDED
    virtual_accounts: Part[VirtualAccount] = NOT_PROVIDED
    integrations: Part[Integration] = NOT_PROVIDED
    roles: Part[PlatformRole] = NOT_PROVIDED
    workspaces: Part[Workspace] = NOT_PROVIDED

    @classmethod
    def of(cls, parts: Mapping[Provider, Part[Any]]) -> Directory:
        """Return a directory of these parts; the others are not provided."""
        return cls(**{provider.name.lower(): part for provider, part in parts.items()})

    def part(self, provider: Provider) -> Part[Any]:
        """Return the part that a provider stands for."""
        part: Part[Any] = getattr(self, provider.name.lower())
        return part

    @property
    def provides(self) -> frozenset[Provider]:
        """The parts that were seen whole."""
        return frozenset(provider for provider in DIRECTORY_PARTS if self.part(provider).whole)

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Everything that was asked for and could not be seen."""
        return tuple(each for provider in sorted(DIRECTORY_PARTS) for each in self.part(provider).unread)


class Provider(StrEnum):
    """Who knows a fact. A rule is not evaluated where the provider of one of its facts has nothing to say."""

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


GRANT_SURFACES = frozenset({Provider.ROLE_BINDINGS, Provider.VIRTUAL_ACCOUNTS, Provider.WORKSPACES})
"""Where grants live beside the manifest: who wants to see the grants of a repo has to ask for these."""

DIRECTORY_PARTS = GRANT_SURFACES | {Provider.USERS, Provider.TEAMS, Provider.INTEGRATIONS, Provider.ROLES}
"""The parts of a directory."""
