"""`auditor audit`: audit the live control plane, or a saved snapshot."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import click
from click.core import ParameterSource

from auditor.cli.connection import Connection, Verification, connection_options, verification_options
from auditor.cli.help import Command
from auditor.cli.options import (
    FILE,
    PolicyOptions,
    ReportOptions,
    TriageOptions,
    max_age_option,
    policy_options,
    report_options,
    triage_options,
)
from auditor.cli.runner import Inputs, run_audit
from auditor.cli.settings import Config, load_config_and_policy
from auditor.errors import InvalidError
from auditor.model import Source
from auditor.plugins import open_source


@click.command("audit", cls=Command, short_help="Audit the control plane or a snapshot")
@click.argument("snapshot", required=False, type=FILE, help="Snapshot to read instead of the control plane.")
@click.option("--source", metavar="NAME:ARGUMENT", help="Read the repos from a source of an installed package.")
@max_age_option
@click.option(
    "--history",
    envvar="AUDITOR_HISTORY",
    show_default="history in auditor.yaml",
    metavar="FILE|URL",
    help="Record the run in this database: an SQLite file, or postgresql://HOST/DATABASE.",
)
@verification_options("--verify-access")
@connection_options
@policy_options
@triage_options
@report_options
def audit_command(
    snapshot: Path | None,
    source: str | None,
    max_age: timedelta | None,
    history: str | None,
    verification: Verification,
    connection: Connection,
    policy_options: PolicyOptions,
    triage_options: TriageOptions,
    report_options: ReportOptions,
) -> int:
    """Audit the control plane, or a SNAPSHOT saved by `auditor fetch`.

    Uses the credentials of the TrueFoundry CLI: TFY_HOST and TFY_API_KEY, or the file written by `tfy login`.
    """
    if source is not None:
        _refuse_with_source(snapshot, max_age, verification, connection.host)
    config, policy = load_config_and_policy(policy_options, triage=triage_options, tenant=True)
    return run_audit(
        lambda _progress: Inputs(
            verification.source(connection, snapshot, max_age) if source is None else _plugin(source)
        ),
        config,
        policy,
        report_options,
        snapshot=snapshot,
        history=_place(history, config),
    )


def _refuse_with_source(
    snapshot: Path | None, max_age: timedelta | None, verification: Verification, host: str | None
) -> None:
    given = {
        "a SNAPSHOT": snapshot,
        "--max-age": max_age,
        "--verify-access": verification.verify,
        "--verify-seed": verification.verify_seed,
        "--host": host,
    }
    for name, value in given.items():
        if value is not None:
            raise InvalidError(f"--source and {name} cannot be used together", "remove one of them")


def _plugin(text: str) -> Source:
    """Return the source for `NAME:ARGUMENT` or `NAME`."""
    name, _, argument = text.partition(":")
    return open_source(name, argument)


def _place(named: str | None, config: Config) -> str | None:
    """Return the history from the option or the configuration; a password is rejected on the command line."""
    source = click.get_current_context().get_parameter_source("history")
    if named and source is ParameterSource.COMMANDLINE and re.search(r"://[^/@]*:[^/@]+@|[?&](ssl)?password=", named):
        fix = "set PGPASSWORD or AUDITOR_HISTORY, or use a password file"
        raise InvalidError("--history has a password, which other users of this machine can read", fix)
    return named or config.history
