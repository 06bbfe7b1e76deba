"""Repos: the data of a repo from the API, and its manifest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from sys import intern
from typing import TypeAlias

from auditor.model.finding import Location, RepoRef
from auditor.model.values import Json

Locate: TypeAlias = Callable[[str], Location | None]
"""Returns the location of a JSON Pointer, or of its nearest parent, in the file that a document was read from."""


@dataclass(frozen=True, slots=True)
class Repo:
    """An ML repo.

    Attributes:
        id: The unique id.
        manifest: The manifest (`type: ml-repo`), before validation.
        envelope: Other data from the API: `tenant_name`, `created_at`, `num_runs` and so on. Any key may be missing.
        locate: Returns the location of a part of the manifest, if it was read from a file.
        deployed: Whether the repo exists on the control plane. Otherwise, only the tenant is known.
        placeholders: The keys of the manifest whose values contain unresolved placeholders such as `${NAME}`.
        unchanged: Whether the repo did not change, so that only rules across repos are evaluated on it.
    """

    id: str
    manifest: dict[str, Json]
    envelope: dict[str, Json] = field(default_factory=dict)
    locate: Locate | None = field(default=None, compare=False, repr=False)
    deployed: bool = True
    placeholders: frozenset[str] = frozenset()
    unchanged: bool = False

    @property
    def name(self) -> str:
        """The name in the manifest, or `id:<id>` if it has none."""
        name = self.manifest.get("name")
        return name if isinstance(name, str) and name else f"id:{self.id}"

    @property
    def tenant(self) -> str | None:
        """The tenant, if known."""
        tenant = self.envelope.get("tenant_name")
        return tenant if isinstance(tenant, str) else None

    @property
    def ref(self) -> RepoRef:
        """The id, name and tenant of this repo for a report."""
        return RepoRef(self.id, self.name, intern(self.tenant) if self.tenant else None)


@dataclass(frozen=True, slots=True)
class StorageIntegration:
    """The parsed FQN `<tenant>:<provider>:<account>:<type>:<name>` of a storage integration."""

    tenant: str
    provider: str
    account: str
    type: str
    name: str

    @classmethod
    def parse(cls, fqn: str) -> StorageIntegration | None:
        """Read an FQN; None if it does not have five segments, none of them empty."""
        segments = fqn.split(":")
        return cls(*segments) if len(segments) == 5 and all(segments) else None


@dataclass(frozen=True, slots=True)
class Group:
    """Members of an inventory that share a key.

    Attributes:
        key: The shared key.
        size: The number of members: repos, or grants.
        repos: The number of distinct repos that they belong to.
        members: Names of those repos, sorted; only the first if there are many.
        values: The distinct values of the field in `distinct`, sorted.
    """

    key: str
    size: int
    repos: int
    members: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """A role binding that a user wrote (`type: role-binding`).

    Attributes:
        id: Its unique id.
        manifest: The document, before validation.
        locate: Returns the location of a part of the manifest, if it was read from a file.
        placeholders: The keys of the manifest whose values contain unresolved placeholders such as `${NAME}`.
    """

    id: str
    manifest: dict[str, Json]
    locate: Locate | None = field(default=None, compare=False, repr=False)
    placeholders: frozenset[str] = frozenset()

    @property
    def ref(self) -> RepoRef:
        """The reference for reports, used in place of a repo."""
        name = self.manifest.get("name")
        return RepoRef(self.id, f"role-binding:{name if isinstance(name, str) and name else self.id}", None)
