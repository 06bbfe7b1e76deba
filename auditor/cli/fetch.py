"""`auditor fetch`: save everything that the control plane returns as a snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from auditor.cli.connection import Connection, connection_options
from auditor.cli.help import Command
from auditor.cli.options import FILE, quiet_option
from auditor.cli.output import note, print_verdict
from auditor.cli.output_guard import refuse_output_over
from auditor.cli.progress import progress_bar
from auditor.cli.settings import clock
from auditor.model import DIRECTORY_PARTS, Provider
from auditor.sources.snapshot.writer import save_snapshot
from auditor.text import count_of
from auditor.verdict import conclude_reading

_PARTS = {provider.value.replace(" ", "-"): provider for provider in sorted(DIRECTORY_PARTS)}


@click.command("fetch", cls=Command, short_help="Save a snapshot of the tenant")
@click.option("-o", "--output", required=True, type=FILE, help="File to write.")
@quiet_option
@click.option(
    "--leave-out",
    multiple=True,
    type=click.Choice(list(_PARTS)),
    metavar="LIST",
    help=f"Do not fetch this list (repeatable): {', '.join(_PARTS)}.",
)
@connection_options
def fetch_command(output: Path, quiet: bool, leave_out: tuple[str, ...], connection: Connection) -> int:
    """Save every ML repo of the tenant and its access data to a file for `auditor audit FILE`.

    The file contains gzipped JSON lines and a SHA-256, and is readable only by you. If something could not be read, the
    file records that, and an audit of the file is incomplete too.
    """
    inputs = {"--token-file": connection.token_file, "--ca-bundle": connection.ca_bundle}
    refuse_output_over(output, inputs, "snapshot")
    source = connection.control_plane()
    with progress_bar(quiet) as progress:
        saved = save_snapshot(source, output, clock, progress, _all_parts_except(leave_out))
    note(f"auditor: {count_of(saved.repos, 'repo')} saved to {output}")
    verdict = conclude_reading(saved.origin, saved.repos, (*saved.unread, *saved.directory.unread))
    if verdict is None:
        return 0
    print_verdict(verdict)
    return verdict.exit_code


def _all_parts_except(names: Iterable[str]) -> frozenset[Provider]:
    return DIRECTORY_PARTS - {_PARTS[name] for name in names}
