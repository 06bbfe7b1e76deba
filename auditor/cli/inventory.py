"""The tenant that a change is merged into: a saved snapshot, or the control plane, read once into one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from auditor.cli.connection import Connection
from auditor.cli.settings import clock
from auditor.cli.sources import source_of
from auditor.model import Report, Source
from auditor.pipeline import audit, parts_for, unless_stopped
from auditor.policy import Policy
from auditor.verdict import Expectations


class Inventory:
    """A tenant, read once and judged more than once: alone, and with the change.

    Attributes:
        snapshot: The snapshot that it is; None if it is the control plane.
    """

    def __init__(self, snapshot: Path | None, max_age: timedelta | None, connection: Connection, folder: Path) -> None:
        """Find out whether there is such a tenant; nothing is asked yet.

        Args:
            snapshot: A snapshot; None for the control plane.
            max_age: The oldest that the snapshot may be.
            connection: How to reach the control plane.
            folder: Where the control plane is saved, to be deleted afterwards.

        Raises:
            InvalidError: There is no such snapshot, or an option makes no sense.
        """
        self._source = source_of(snapshot, max_age, connection)
        self._file = folder / "tenant.ndjson.gz"
        self.snapshot = snapshot
        self._saved = snapshot is not None

    def read(self, policy: Policy, expect: Expectations, progress: Callable[[int, int | None], None]) -> Report:
        """Read the tenant and return what it comes to without any change.

        Raises:
            InvalidError: The control plane is not what the user takes it for.
            StoppedError: The user asked to stop.
            UndeliveredError: There is no room to save it.
        """
        if not self._saved:
            from auditor.sources.snapshot.reader import Snapshot
            from auditor.sources.snapshot.writer import save_snapshot

            save_snapshot(self._source, self._file, clock, progress, parts_for(policy))
            self._source = Snapshot(self._file)
        return unless_stopped(audit(self._source, policy, expect=expect, clock=clock))

    def with_change(self, files: Source) -> Source:
        """Return the tenant with the manifests in files applied to it, after it was read."""
        from auditor.sources.merged import Merged

        return Merged(files, self._source, now=clock() if self._saved else None)
