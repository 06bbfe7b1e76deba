"""`auditor demo`: start the embedded control plane, and audit its sample tenant."""

from __future__ import annotations

import threading
from contextlib import suppress

import click

from auditor.cli.help import Command
from auditor.cli.options import (
    PolicyOptions,
    ReportOptions,
    TriageOptions,
    policy_options,
    report_options,
    triage_options,
)
from auditor.cli.output import note, write_stdout
from auditor.cli.runner import Inputs, run_audit
from auditor.cli.settings import load_config_and_policy
from auditor.demo import DemoControlPlane, sample_tenant
from auditor.errors import InvalidError, StoppedError
from auditor.http.credentials import Credentials, Secret
from auditor.sources.control_plane import ControlPlane

_COMPANY = {"company_domains": "example.com"}


@click.command("demo", cls=Command, short_help="Audit a sample tenant on this machine")
@click.option("--serve", is_flag=True, help="Keep the control plane running, and print its URL and token.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    show_default="any free port",
    help="Port to listen on.",
)
@click.option(
    "--repos",
    type=click.IntRange(min=1),
    default=250,
    metavar="N",
    show_default=True,
    help="Number of repos in the sample tenant.",
)
@policy_options
@triage_options
@report_options
def demo_command(
    serve: bool,
    port: int,
    repos: int,
    policy_options: PolicyOptions,
    triage_options: TriageOptions,
    report_options: ReportOptions,
) -> int:
    """Start a control plane with a sample tenant on this machine, and audit it.

    Nothing is installed, and nothing leaves the machine. The people in the sample tenant are invented.
    """
    try:
        plane = DemoControlPlane(sample_tenant(repos), port=port)
    except OSError as error:
        raise InvalidError(f"port {port} cannot be used: {error.strerror or error}", "choose another --port") from None
    with plane:
        if serve:
            return _serve(plane)
        config, policy = load_config_and_policy(policy_options, _COMPANY, triage=triage_options, tenant=True)
        credentials = Credentials(plane.host, Secret(plane.token), "the demo")
        return run_audit(lambda _progress: Inputs(ControlPlane(credentials)), config, policy, report_options)


def _serve(plane: DemoControlPlane) -> int:
    note("The demo control plane is running until you press Ctrl+C. In another terminal:")
    write_stdout([f"export TFY_HOST={plane.host}\nexport TFY_API_KEY={plane.token}\n"])
    note("auditor audit")
    with suppress(StoppedError):
        threading.Event().wait()
    return 0
