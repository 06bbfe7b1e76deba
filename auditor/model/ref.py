"""References: what names a repo in findings and reports."""

from __future__ import annotations

from typing import NamedTuple


class RepoRef(NamedTuple):
    """What names a repo in findings and reports: small, and kept after the repo itself is gone."""

    id: str
    name: str
    tenant: str | None
