"""`auditor audit`: audit the live control plane, or a saved snapshot."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

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
from auditor.cli.settings import load_config_and_policy


@click.command("audit", cls=Command, short_help="Audit the control plane or a snapshot")
@click.argument("snapshot", required=False, type=FILE, help="Snapshot to read instead of the control plane.")
@max_age_option
@verification_options("--verify-access")
@connection_options
@policy_options
@triage_options
@report_options
def audit_command(
    snapshot: Path | None,
    max_age: timedelta | None,
    verification: Verification,
    connection: Connection,
    policy_options: PolicyOptions,
    triage_options: TriageOptions,
    report_options: ReportOptions,
) -> int:
    """Audit the control plane, or a SNAPSHOT saved by `auditor fetch`.

    Uses the credentials of the TrueFoundry CLI: TFY_HOST and TFY_API_KEY, or the file written by `tfy login`.
    """
    config, policy = load_config_and_policy(policy_options, triage=triage_options, tenant=True)
    return run_audit(
        lambda _progress: Inputs(verification.source(connection, snapshot, max_age)),
        config,
        policy,
        report_options,
        snapshot=snapshot,
    )
