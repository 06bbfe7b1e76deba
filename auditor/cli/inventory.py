"""The tenant that a change is merged into: a saved snapshot, or the control plane, read once into one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from auditor.cli.connection import Connection
from auditor.cli.runner import Progress
from auditor.cli.settings import clock
from auditor.model import Report, Source
from auditor.pipeline import AuditOptions, audit, unless_stopped
from auditor.policy import Policy
from auditor.sources.merged import Merged
from auditor.sources.snapshot.reader import Snapshot
from auditor.sources.snapshot.writer import save_snapshot
from auditor.verdict import Expectations


class Inventory:
    """A tenant, read once and audited more than once: alone, and with the change."""

    def __init__(self, snapshot: Path | None, max_age: timedelta | None, connection: Connection, folder: Path) -> None:
        """Check that there is such a tenant; nothing is requested yet.

        Args:
            snapshot: A snapshot; None for the control plane.
            max_age: The oldest that the snapshot may be.
            connection: How to reach the control plane.
            folder: Where the control plane is saved, to be deleted afterwards.

        Raises:
            InvalidError: There is no such snapshot, or an option makes no sense.
        """
        self._source = connection.source(snapshot, max_age)
        self._live = snapshot is None
        self._file = folder / "tenant.ndjson.gz"

    def read(self, policy: Policy, expect: Expectations, progress: Progress) -> Report:
        """Read the tenant and return its report without any change.

        Raises:
            InvalidError: The control plane does not match the configuration.
            StoppedError: The run was stopped by a signal.
            UndeliveredError: It could not be saved.
        """
        if self._live:
            save_snapshot(self._source, self._file, clock, progress, policy.parts)
            self._source = Snapshot(self._file)
        return unless_stopped(audit(self._source, policy, AuditOptions(expect=expect, clock=clock)))

    def with_change(self, files: Source) -> Source:
        """Return the tenant with the manifests in files applied to it, after it was read."""
        return Merged(files, self._source, now=None if self._live else clock())
