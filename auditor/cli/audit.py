"""`auditor audit`: audit the live control plane, or a saved snapshot."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from auditor.cli.connection import Connection, Duration, connection_options
from auditor.cli.options import policy_options, report_options
from auditor.cli.runner import Options, judge
from auditor.cli.sources import source_of


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
    return judge(lambda: source_of(snapshot, max_age, connection), Options(**options), snapshot=snapshot)
