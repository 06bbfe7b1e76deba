"""References: what names a repo in findings and reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RepoRef:
    """What names a repo in findings and reports: small, and kept after the repo itself is gone."""

    id: str
    name: str
    tenant: str | None
