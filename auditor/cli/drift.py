"""`auditor drift`: declared manifests against the live tenant, or against a saved snapshot of it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import click

from auditor.cli.connection import Connection, Duration, connection_options
from auditor.cli.output import Target, say, terminal_width, write_stdout
from auditor.cli.output_guard import refuse_overwriting
from auditor.cli.progress import progress_bar
from auditor.cli.settings import clock, read_config
from auditor.cli.sources import source_of
from auditor.files import write_file

_FILE_WIDTH = 120
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("drift")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True))
@click.option("--snapshot", type=_FILE, help="Compare with this snapshot, not with the control plane.")
@click.option(
    "--declared-only",
    is_flag=True,
    help="Leave out live repos that no file declares, and such role bindings about none of the declared repos.",
)
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(("table", "json")),
    default="table",
    show_default=True,
    help="The format.",
)
@click.option("-o", "--output", type=_FILE, help="Write to this file, not to stdout.")
@click.option("--quiet", is_flag=True, help="No progress; the last line on stderr stays.")
@click.option("--config", type=_FILE, envvar="AUDITOR_CONFIG", help="Read this file, not auditor.yaml.")
@click.option("--max-age", type=Duration(), metavar="DURATION", help="Refuse a snapshot that is older than this.")
@connection_options
def drift_command(
    paths: tuple[str, ...],
    snapshot: Path | None,
    declared_only: bool,
    format_name: str,
    output: Path | None,
    quiet: bool,
    config: Path | None,
    max_age: timedelta | None,
    host: str | None,
    token_file: Path | None,
    ca_bundle: Path | None,
    deadline: timedelta,
    concurrency: int,
) -> int:
    """Compare the manifests in files and folders with the tenant: what is missing, undeclared, or not the same.

    A grant that is inline in one place and by role binding in the other is a difference of surface, not of access.
    Exit codes: 0 no drift, 1 drift, 3 if either side was not seen whole. Of `auditor.yaml`, `expect` is obeyed.
    """
    from auditor.drift import drift_between, render_json, render_table
    from auditor.sources.files import ManifestFiles

    settings = read_config(config, os.getcwd(), tenant=True)
    if output:
        refuse_overwriting([Target(format_name, output)], paths, snapshot=snapshot, config=settings)
    files = ManifestFiles(paths)
    live = source_of(snapshot, max_age, Connection(host, token_file, ca_bundle, deadline, concurrency))
    with progress_bar(quiet) as progress:
        drift = drift_between(
            files, live, declared_only=declared_only, expect=settings.expect, clock=clock, progress=progress
        )
    render = render_json if format_name == "json" else render_table
    if output:
        write_file(output, (piece.encode("utf-8", "backslashreplace") for piece in render(drift, _FILE_WIDTH)))
    else:
        write_stdout(render(drift, terminal_width()))
    say(drift.verdict)
    return drift.verdict.exit_code
