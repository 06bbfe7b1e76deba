"""`auditor diff`: new, fixed and still open findings between two runs."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.help import Command
from auditor.cli.options import FILE, PolicyOptions, TriageOptions, format_option, policy_options, triage_options
from auditor.cli.output import print_verdict, write_rendered
from auditor.cli.output_guard import refuse_output_over
from auditor.cli.runner import audit_options
from auditor.cli.settings import load_config_and_policy
from auditor.errors import InvalidError
from auditor.model import Report
from auditor.pipeline import audit, unless_stopped
from auditor.reporters.diff import RENDERERS, summary
from auditor.reporters.json_reader import read_report
from auditor.sources.snapshot.reader import Snapshot
from auditor.triage.diff import Run, compare_runs
from auditor.verdict import conclude_diff

_GZIP = b"\x1f\x8b"


@click.command("diff", cls=Command, short_help="Compare two reports or snapshots")
@click.argument("old", type=FILE, help="JSON report or snapshot of the earlier run.")
@click.argument("new", type=FILE, help="JSON report or snapshot of the later run.")
@format_option(*RENDERERS, text="Output format.")
@click.option("-o", "--output", type=FILE, help="Write to FILE instead of stdout.")
@policy_options
@triage_options
def diff_command(
    old: Path,
    new: Path,
    format_name: str,
    output: Path | None,
    policy_options: PolicyOptions,
    triage_options: TriageOptions,
) -> int:
    """Compare two JSON reports or two snapshots. Snapshots are audited with the current policy.

    A finding is reported as fixed only if both runs are complete and have the same scope and policy. Otherwise the exit
    code is 3. Exit code 1 means that there are new or reopened findings.
    """
    if output:
        refuse_output_over(output, {"OLD": old, "NEW": new})
    diff = compare_runs(*(_run(file, policy_options, triage_options) for file in (old, new)))
    write_rendered(RENDERERS[format_name], diff, output)
    verdict = conclude_diff(diff.obstacles, len(diff.added) + len(diff.reopened), summary(diff))
    print_verdict(verdict)
    return verdict.exit_code


def _run(file: Path, policy_options: PolicyOptions, triage: TriageOptions) -> Run:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InvalidError(f"{file} cannot be read: {error.strerror or error}") from None
    if not data.startswith(_GZIP):
        return Run(str(file), read_report(data, str(file)))
    return Run(str(file), _audited(file, policy_options, triage))


def _audited(file: Path, policy_options: PolicyOptions, triage: TriageOptions) -> Report:
    """Return the report on a snapshot."""
    config, policy = load_config_and_policy(policy_options, triage=triage, tenant=True)
    return unless_stopped(audit(Snapshot(file), policy, audit_options(config)))
