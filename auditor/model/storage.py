"""Storage integrations: where a repo keeps its artifacts."""

from __future__ import annotations

from dataclasses import dataclass


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
