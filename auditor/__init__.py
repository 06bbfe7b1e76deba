"""Auditor: the audit and policy linter for TrueFoundry ML Repos.

The pipeline, from left to right. Everything that could not be read is a value, and decides the verdict::

    sources ──Repo | Unread──▶ validation ──Finding──▶ engine ──Finding──▶ triage ──▶ verdict ──Report──▶ reporters
    (control plane, files)     (JSON Schema)           (the policy's rules)  (identity)  (complete?)       (table, JSON)

The public API (`docs/python.md` explains it)::

    from auditor import Snapshot, audit, check, load_policy, records, render
    report = audit(Snapshot("tenant.ndjson.gz"), load_policy("ml-repo-baseline"))
    report = check("manifests", load_policy("ml-repo-baseline"))
    print(report.verdict.reason, render(report, "markdown"), records(report))

`audit` takes any `Source`: an object with `provides`, `collect` and `origin`. No function prints. Names that are not in
`__all__` may change in any version.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from auditor.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from auditor.api import load_policy, read_report, render
    from auditor.errors import AuditorError, InvalidError, PluginError, UndeliveredError
    from auditor.model import (
        Finding,
        Location,
        Origin,
        Provider,
        Receipt,
        Repo,
        RepoRef,
        Report,
        RuleInfo,
        Severity,
        Source,
        Status,
        Unread,
        UnreadKind,
        Verdict,
    )
    from auditor.pipeline import AuditOptions, audit, check
    from auditor.policy import Policy
    from auditor.reporters import Reporter, Style
    from auditor.reporters.records import records
    from auditor.sources.control_plane import ControlPlane
    from auditor.sources.files import ManifestFiles
    from auditor.sources.snapshot.reader import Snapshot
    from auditor.verdict import Expectations

__all__ = [
    "AuditOptions",
    "AuditorError",
    "ControlPlane",
    "Expectations",
    "Finding",
    "InvalidError",
    "Location",
    "ManifestFiles",
    "Origin",
    "PluginError",
    "Policy",
    "Provider",
    "Receipt",
    "Repo",
    "RepoRef",
    "Report",
    "Reporter",
    "RuleInfo",
    "Severity",
    "Snapshot",
    "Source",
    "Status",
    "Style",
    "UndeliveredError",
    "Unread",
    "UnreadKind",
    "Verdict",
    "audit",
    "check",
    "load_policy",
    "read_report",
    "records",
    "render",
]

_HOMES = {
    "auditor.api": ("load_policy", "read_report", "render"),
    "auditor.errors": ("AuditorError", "InvalidError", "PluginError", "UndeliveredError"),
    "auditor.pipeline": ("AuditOptions", "audit", "check"),
    "auditor.policy": ("Policy",),
    "auditor.reporters": ("Reporter", "Style"),
    "auditor.reporters.records": ("records",),
    "auditor.sources.control_plane": ("ControlPlane",),
    "auditor.sources.files": ("ManifestFiles",),
    "auditor.sources.snapshot.reader": ("Snapshot",),
    "auditor.verdict": ("Expectations",),
}
"""The modules of public names; the others are in `auditor.model`."""


def __getattr__(name: str) -> object:
    """Import the public API when it is first used, so that the launcher can report a broken dependency."""
    if name not in __all__:
        raise AttributeError(f"module 'auditor' has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "auditor.model")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    """Return the public names, for completion in notebooks."""
    return [*__all__, "__version__"]
