"""Subjects and grants: who may do what on a repo."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from auditor.model.levels import Level, level_by_id


@dataclass(frozen=True, slots=True)
class Subject:
    """The holder of a grant, written `<type>:<name>` and split at the first colon (like the vendor's CLI).

    A text without a colon has an empty type, so that rules about types see it.
    """

    type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Subject:
        """Read `<type>:<name>`."""
        return _parsed(text)

    @property
    def domain(self) -> str | None:
        """The email domain of a user in lower case; None for anything else."""
        if self.type != "user" or "@" not in self.name:
            return None
        return self.name.rpartition("@")[2].lower()

    def __str__(self) -> str:
        return f"{self.type}:{self.name}" if self.type else self.name


@lru_cache(maxsize=8192)  # the same subjects have grants on many repos
def _parsed(text: str) -> Subject:
    kind, colon, name = text.partition(":")
    return Subject(kind, name) if colon else Subject("", text)


class GrantOrigin(StrEnum):
    """Where a grant comes from."""

    INLINE = "inline"
    ROLE_BINDING = "role-binding"
    VIRTUAL_ACCOUNT = "virtual-account"
    WORKSPACE = "workspace"
    TEAM = "team"
    USER_ROLE = "user-role"
    TEAM_ROLE = "team-role"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role of a subject on a repo.

    Attributes:
        subject: Who.
        role: The role id, for example `mlf-project-admin`.
        via: Where the grant comes from.
        path: JSON Pointer of the grant in the repo's manifest; empty if it is elsewhere.
        source: The name of the role binding, virtual account, workspace or team that it comes from; empty if inline.
        level: What the role allows on the repo; None if unknown.
    """

    subject: Subject
    role: str
    via: GrantOrigin
    path: str
    source: str = ""
    level: Level | None = field(default=None, compare=False)

    @property
    def is_admin(self) -> bool:
        """Whether it is an admin role on the repo."""
        return (self.level or level_by_id(self.role)) is Level.ADMIN


@dataclass(frozen=True, slots=True)
class TenantGrant:
    """A role of a subject on the tenant, and so possibly on every repo.

    Attributes:
        subject: Who.
        role: The role, for example `tenant-admin` or the name of a custom role.
        via: Where the grant comes from.
        source: The name of the role binding, user, team, virtual account or workspace that it comes from.
        level: What the role allows on every repo; None if unknown.
        permissions: The permissions of the role, as returned by the control plane; empty if unknown.
    """

    subject: Subject
    role: str
    via: GrantOrigin
    source: str
    level: Level | None
    permissions: tuple[str, ...] = ()
