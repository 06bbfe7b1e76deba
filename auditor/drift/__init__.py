"""Drift: manifests in files against the tenant as it is.

::

    files ──▶ Declared ─┐
                        ├──▶ Comparison ──▶ Drift ──▶ table, JSON, Markdown
    repos, bindings ────┘

What is declared is held in memory, what is live streams past it. Nothing here knows a command or prints.
"""

from auditor.drift.drift import drift_between
from auditor.drift.reporters import RENDERERS
from auditor.drift.values import Difference, Drift, Kind, Side

__all__ = ["RENDERERS", "Difference", "Drift", "Kind", "Side", "drift_between"]
