"""`auditor check`: gate manifest files before they are deployed."""

from __future__ import annotations

from typing import Any

import click

from auditor.cli.checking import check_paths
from auditor.cli.judging import Options
from auditor.cli.options import policy_options, report_options


@click.command("check")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True))
@click.option("--changed-since", metavar="REF", help="Judge only documents changed since the branch left this commit.")
@click.option("--compare", metavar="REF", help="Report only findings that were not there at this commit.")
@click.option(
    "--policy-from", metavar="REF", help="Take configuration and policy from this commit, not from the files."
)
@click.option("--policy-digest", metavar="sha256:HEX", help="Refuse every policy but the one of this digest.")
@policy_options
@report_options
def check_command(
    paths: tuple[str, ...],
    changed_since: str | None,
    compare: str | None,
    **options: Any,  # noqa: ANN401 - click's
) -> int:
    """Judge the manifests in files and folders, before `tfy apply` deploys them.

    A folder stands for every *.yaml, *.yml and *.json below it, a pattern for what it matches, and - for stdin. Needs
    no network and no credentials; rules about what only the control plane knows are listed as not evaluated.
    """
    return check_paths(paths, Options(**options), changed_since, compare)
