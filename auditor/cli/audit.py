"""`auditor audit`: audit the live control plane."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from auditor.cli.judging import Options, judge
from auditor.cli.options import policy_options, report_options
from auditor.pipeline import Source


@click.command("audit")
@click.option("--host", metavar="URL", help="The control plane.  [default: TFY_HOST]")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="AUDITOR_TOKEN_FILE",
    help="Read the token from this file.  [default: TFY_API_KEY]",
)
@policy_options
@report_options
def audit_command(host: str | None, token_file: Path | None, **options: Any) -> int:  # noqa: ANN401 - click's
    """Audit the live control plane.

    Credentials are those of the TrueFoundry CLI: TFY_HOST and TFY_API_KEY, else the file that `tfy login` writes.
    """

    def source() -> Source:
        from auditor.sources import ControlPlane, find_credentials

        return ControlPlane(find_credentials(host, token_file, os.environ, Path.home()))

    return judge(source, Options(**options))
