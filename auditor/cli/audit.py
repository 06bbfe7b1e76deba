"""`auditor audit`: audit the live control plane, or a saved snapshot."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from auditor.cli.connection import Connection, Duration, connection_options
from auditor.cli.judging import Options, judge
from auditor.cli.options import policy_options, report_options
from auditor.cli.settings import clock
from auditor.errors import InvalidError
from auditor.model import Source


@click.command("audit")
@click.argument("snapshot", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--max-age", type=Duration(), metavar="DURATION", help="Refuse a snapshot that is older than this.")
@connection_options
@policy_options
@report_options
def audit_command(
    snapshot: Path | None,
    max_age: timedelta | None,
    host: str | None,
    token_file: Path | None,
    ca_bundle: Path | None,
    deadline: timedelta,
    concurrency: int,
    **options: Any,  # noqa: ANN401 - click's
) -> int:
    """Audit the live control plane, or a SNAPSHOT that `auditor fetch` saved.

    Credentials are those of the TrueFoundry CLI: TFY_HOST and TFY_API_KEY, else the file that `tfy login` writes.
    """
    connection = Connection(host, token_file, ca_bundle, deadline, concurrency)
    if max_age is not None and snapshot is None:
        raise InvalidError("--max-age is about snapshots, and none is given", "name a snapshot or leave it out")

    def source() -> Source:
        return connection.control_plane() if snapshot is None else _snapshot(snapshot, max_age)

    return judge(source, Options(**options))


def _snapshot(path: Path, max_age: timedelta | None) -> Source:
    from auditor.sources import Snapshot

    if not path.exists():
        raise InvalidError(f"there is no snapshot {path}", "take one with `auditor fetch --output FILE`")
    return Snapshot(path, max_age=max_age, now=clock())
