"""`auditor fetch`: save everything that the control plane shows as a snapshot."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from auditor.cli.connection import Connection, connection_options
from auditor.cli.directory import leave_out_option, parts_but
from auditor.cli.output import note, say
from auditor.cli.progress import progress_bar
from auditor.cli.settings import clock
from auditor.verdict import unseen


@click.command("fetch")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
@click.option("--quiet", is_flag=True, help="No progress; the last line on stderr stays.")
@leave_out_option
@connection_options
def fetch_command(
    output: Path,
    quiet: bool,
    leave_out: tuple[str, ...],
    host: str | None,
    token_file: Path | None,
    ca_bundle: Path | None,
    deadline: timedelta,
    concurrency: int,
) -> int:
    """Save every ML repo of the tenant, and what decides who can do what, to a file for `auditor audit FILE`.

    The file is gzipped lines of JSON with a SHA-256 at its end, written whole or not at all and readable by you alone.
    What could not be read is noted in it, so that an audit of it is incomplete too.
    """
    from auditor.sources.snapshot.writer import save_snapshot

    source = Connection(host, token_file, ca_bundle, deadline, concurrency).control_plane()
    with progress_bar(quiet) as progress:
        saved = save_snapshot(source, output, clock, progress, parts_but(leave_out))
    note(f"auditor: {saved.repos} repos saved to {output}")
    verdict = unseen(saved.origin, saved.repos, (*saved.unread, *saved.directory.unread))
    if verdict is None:
        return 0
    say(verdict)
    return verdict.exit_code
