"""Repos: what the API says of one, and the manifest that a user wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from sys import intern
from typing import NamedTuple

from auditor.model.values import Json


class RepoRef(NamedTuple):
    """What names a repo in findings and reports: small, and kept after the repo itself is gone."""

    id: str
    name: str
    tenant: str | None


@dataclass(frozen=True, slots=True)
class Repo:
    """An ML repo.

    Attributes:
        id: The id that the control plane gave it.
        manifest: The document that a user wrote (`type: ml-repo`), as it is; validation judges it.
        envelope: What the API says of it: `tenant_name`, `created_at`, `num_runs` and so on. Any key may be absent.
    """

    id: str
    manifest: dict[str, Json]
    envelope: dict[str, Json] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name in the manifest, or `id:<id>` where it has none."""
        name = self.manifest.get("name")
        return name if isinstance(name, str) and name else f"id:{self.id}"

    @property
    def tenant(self) -> str | None:
        """The tenant, if the API says."""
        tenant = self.envelope.get("tenant_name")
        return tenant if isinstance(tenant, str) else None

    @property
    def ref(self) -> RepoRef:
        """What names this repo in a report."""
        return RepoRef(self.id, self.name, intern(self.tenant) if self.tenant else None)
