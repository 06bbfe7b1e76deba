"""Where repos come from: each source yields `Repo` or `Unread`."""

from auditor.sources.control_plane import ControlPlane
from auditor.sources.credentials import Credentials, find_credentials
from auditor.sources.diagnosis import Step, diagnose, failed
from auditor.sources.saving import Saved, save_snapshot
from auditor.sources.snapshot import Snapshot
from auditor.sources.tokens import Secret

__all__ = [
    "ControlPlane",
    "Credentials",
    "Saved",
    "Secret",
    "Snapshot",
    "Step",
    "diagnose",
    "failed",
    "find_credentials",
    "save_snapshot",
]
