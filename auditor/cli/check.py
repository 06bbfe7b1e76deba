"""`auditor check`: gate manifest files before they are deployed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from auditor.cli.check_paths import check_paths
from auditor.cli.connection import Connection, Duration, connection_options
from auditor.cli.options import policy_options, report_options
from auditor.cli.runner import Options
from auditor.errors import InvalidError

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("check")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True))
@click.option("--changed-since", metavar="REF", help="Judge only documents changed since the branch left this commit.")
@click.option("--compare", metavar="REF", help="Report only findings that were not there at this commit.")
@click.option(
    "--policy-from", metavar="REF", help="Take configuration and policy from this commit, not from the files."
)
@click.option("--policy-digest", metavar="sha256:HEX", help="Refuse every policy but the one of this digest.")
@click.option("--inventory", type=_FILE, metavar="SNAPSHOT", help="Judge the manifests as part of this saved tenant.")
@click.option(
    "--live", is_flag=True, help="Judge the manifests as part of the tenant, as the control plane has it now."
)
@click.option("--max-age", type=Duration(), metavar="DURATION", help="Refuse a snapshot that is older than this.")
@connection_options
@policy_options
@report_options
def check_command(
    paths: tuple[str, ...],
    changed_since: str | None,
    compare: str | None,
    inventory: Path | None,
    live: bool,
    max_age: timedelta | None,
    host: str | None,
    token_file: Path | None,
    ca_bundle: Path | None,
    deadline: timedelta,
    concurrency: int,
    **options: Any,  # noqa: ANN401 - click's
) -> int:
    """Judge the manifests in files and folders, before `tfy apply` deploys them.

    A folder stands for every *.yaml, *.yml and *.json below it, a pattern for what it matches, and - for stdin. Needs
    no network and no credentials; rules about what only the control plane knows are listed as not evaluated.

    With --inventory or --live, rules see the tenant as it would be with the manifests applied. The report is about
    the manifests, and about what they break in the rest of the tenant.
    """
    given = Options(**options)
    if inventory and live:
        raise InvalidError("--inventory and --live are two ways to name one tenant", "leave one of them out")
    if not inventory and not live:
        _refuse_unused(max_age, host)
        return check_paths(paths, given, changed_since, compare)
    import tempfile

    from auditor.cli.inventory import Inventory

    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        connection = Connection(host, token_file, ca_bundle, deadline, concurrency)
        tenant = Inventory(inventory, max_age, connection, Path(folder))
        return check_paths(paths, given, changed_since, compare, tenant)


def _refuse_unused(max_age: timedelta | None, host: str | None) -> None:
    for option, value, needed in (("--max-age", max_age, "--inventory SNAPSHOT"), ("--host", host, "--live")):
        if value is not None:
            raise InvalidError(f"{option} is about a tenant, and none is named", f"add {needed}, or leave it out")
