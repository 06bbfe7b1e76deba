"""Auditor: the audit and policy linter for TrueFoundry ML Repos.

The pipeline, from left to right; what could not be read travels along as a value and decides the verdict::

    sources ──Repo | Unread──▶ validation ──Finding──▶ engine ──Finding──▶ triage ──▶ verdict ──Report──▶ reporters
    (control plane, files)     (JSON Schema)           (the policy's rules)  (identity)  (complete?)       (table, JSON)

The public API::

    from auditor import audit, check, load_policy
    report = audit(source, load_policy(["ml-repo-baseline"]))
    report = check(["manifests"], load_policy(["ml-repo-baseline"]))

`audit` takes any object that is a `Source`: one method that yields repos and what could not be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from auditor.model import (
        Finding,
        Origin,
        Receipt,
        Repo,
        Report,
        Severity,
        Source,
        Status,
        Unread,
        UnreadKind,
        Verdict,
    )
    from auditor.pipeline import AuditOptions, audit, check
    from auditor.policy import Policy, load_policy

__all__ = [
    "AuditOptions",
    "Finding",
    "Origin",
    "Policy",
    "Receipt",
    "Repo",
    "Report",
    "Severity",
    "Source",
    "Status",
    "Unread",
    "UnreadKind",
    "Verdict",
    "audit",
    "check",
    "load_policy",
]


def __getattr__(name: str) -> object:
    """Import the public API when it is first used, so that the launcher can report a dependency that is broken."""
    if name not in __all__:
        raise AttributeError(f"module 'auditor' has no attribute {name!r}")
    from auditor import model, pipeline, policy  # noqa: PLC0415 - as above

    return next(getattr(home, name) for home in (model, pipeline, policy) if hasattr(home, name))
