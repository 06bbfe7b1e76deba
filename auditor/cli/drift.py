"""`auditor drift`: compare declared manifests with the live tenant, or with a saved snapshot of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from auditor.cli.connection import Connection, connection_options
from auditor.cli.files_options import PATHS_HELP, FilesOptions, files_options
from auditor.cli.help import Command
from auditor.cli.options import FILE, config_option, format_option, max_age_option, output_option, quiet_option
from auditor.cli.output import Target, print_verdict, write_rendered
from auditor.cli.output_guard import refuse_overwriting
from auditor.cli.progress import progress_bar
from auditor.cli.settings import clock, read_config
from auditor.drift import RENDERERS, drift_between
from auditor.sources.files.tree import WorkTree


@click.command("drift", cls=Command, short_help="Compare manifest files with the tenant")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True), help=PATHS_HELP)
@click.option("--snapshot", type=FILE, help="Compare with this snapshot instead of the control plane.")
@click.option(
    "--declared-only",
    is_flag=True,
    help="Ignore repos that no file declares, and role bindings that concern only such repos.",
)
@format_option(*RENDERERS)
@output_option
@quiet_option
@config_option
@max_age_option
@files_options
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
    files_options: FilesOptions,
    connection: Connection,
) -> int:
    """Compare manifest files with the tenant, and list what is missing, undeclared or different.

    `surface` marks a grant that only moved between a manifest and a role binding. If the tenant does not meet the
    `expect` section of auditor.yaml, the run is incomplete. Exit codes: 0 no drift, 1 drift, 3 incomplete.
    """
    settings = read_config(config, tenant=True)
    if output:
        refuse_overwriting([Target(format_name, output)], paths, snapshot=snapshot, config=settings)
    tree = WorkTree(paths, files_options.selection(settings))
    files = files_options.manifests(tree, settings)
    live = connection.source(snapshot, max_age)
    with progress_bar(quiet) as progress:
        drift = drift_between(
            files, live, declared_only=declared_only, expect=settings.expect, clock=clock, progress=progress
        )
    files_options.note_left_out(tree.left_out)
    write_rendered(RENDERERS[format_name], drift, output)
    print_verdict(drift.verdict)
    return drift.verdict.exit_code
