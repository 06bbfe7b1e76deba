"""Drift: manifests in files compared with the live tenant.

::

    files ──▶ Declared ─┐
                        ├──▶ Comparison ──▶ Drift ──▶ table, JSON, Markdown
    repos, bindings ────┘

Declared manifests are kept in memory, and the live repos are compared one by one. Nothing here depends on commands or
prints.
"""

from auditor.drift.drift import drift_between
from auditor.drift.reporters import RENDERERS
from auditor.drift.values import Difference, Drift, Kind, Side

__all__ = ["RENDERERS", "Difference", "Drift", "Kind", "Side", "drift_between"]
