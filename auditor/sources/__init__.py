"""Where repos come from: each source yields `Repo` or `Unread`.

Each is imported when it is first used: who reads files does not pay for HTTP.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.sources.control_plane import ControlPlane
    from auditor.sources.credentials import Credentials, find_credentials
    from auditor.sources.diagnosis import Step, diagnose, failed
    from auditor.sources.manifests import ManifestFiles
    from auditor.sources.saving import Saved, save_snapshot
    from auditor.sources.snapshot import Snapshot
    from auditor.sources.tokens import Secret

_HOMES = {
    "control_plane": ("ControlPlane",),
    "credentials": ("Credentials", "find_credentials"),
    "diagnosis": ("Step", "diagnose", "failed"),
    "manifests": ("ManifestFiles",),
    "saving": ("Saved", "save_snapshot"),
    "snapshot": ("Snapshot",),
    "tokens": ("Secret",),
}

__all__ = [
    "ControlPlane",
    "Credentials",
    "ManifestFiles",
    "Saved",
    "Secret",
    "Snapshot",
    "Step",
    "diagnose",
    "failed",
    "find_credentials",
    "save_snapshot",
]


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"auditor.sources.{module}"), name)
    raise AttributeError(f"module 'auditor.sources' has no attribute {name!r}")
