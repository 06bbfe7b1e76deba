"""Sources for the tests of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import auditor

MANIFEST = {
    "type": "ml-repo",
    "name": "fraud-prod",
    "description": "Scores card payments for fraud",
    "storage_integration_fqn": "acme:aws:aws-prod:blob-storage:models",
}


class Repos:
    """Repos with these manifests."""

    provides = frozenset({auditor.Provider.MANIFEST})

    def __init__(self, *manifests: dict[str, Any], **origin: Any) -> None:
        self.manifests, self.facts = manifests, {"total": len(manifests), **origin}

    def collect(self) -> Iterator[auditor.Repo | auditor.Unread]:
        yield from (auditor.Repo(str(number), each) for number, each in enumerate(self.manifests))

    def origin(self) -> auditor.Origin:
        return auditor.Origin("memory", **self.facts)
