"""The source of a command: the live control plane, or a saved snapshot."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from auditor.cli.connection import Connection
from auditor.cli.settings import clock
from auditor.errors import InvalidError
from auditor.model import Source


def source_of(snapshot: Path | None, max_age: timedelta | None, connection: Connection) -> Source:
    """Return a snapshot as a source, or the control plane if none is named.

    Raises:
        InvalidError: There is no such snapshot, or an option makes no sense.
    """
    if snapshot is None:
        if max_age is not None:
            raise InvalidError("--max-age is about snapshots, and none is given", "name a snapshot or leave it out")
        return connection.control_plane()
    from auditor.sources.snapshot.reader import Snapshot

    if not snapshot.exists():
        raise InvalidError(f"there is no snapshot {snapshot}", "take one with `auditor fetch --output FILE`")
    return Snapshot(snapshot, max_age=max_age, now=clock())
