"""`auditor baseline`: record the findings of today, so that only new ones fail."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.commands import Group
from auditor.cli.connection import Connection
from auditor.cli.files_options import FilesOptions
from auditor.cli.findings_source import FindingsSource, diff_lines, findings_source_options, refuse_partial
from auditor.cli.options import FILE, PolicyOptions, TriageOptions
from auditor.cli.output import note, print_verdict, write_stdout, write_text
from auditor.cli.settings import read_config
from auditor.model import Status, Verdict
from auditor.text import count_of, no_commands, visible
from auditor.triage import BASELINE_FILE, KnownFinding, baseline_text, known_findings, read_baseline


@click.group("baseline", cls=Group, short_help="Record known findings, so that only new ones fail")
def baseline_command() -> None:
    """Record known findings, so that only new ones fail.

    A baseline only shrinks: findings that are fixed leave it, and new ones enter it only with --accept-new.
    """


_waivers_option = click.option(
    "--waivers", type=FILE, envvar="AUDITOR_WAIVERS", show_default="waivers in auditor.yaml", help="File of waivers."
)


@baseline_command.command("write", short_help="Write the findings of today to a file")
@click.option(
    "-o", "--output", type=FILE, show_default=f"baseline in auditor.yaml, or {BASELINE_FILE}", help="File to write."
)
@click.option("--accept-new", is_flag=True, help="Add findings that an existing baseline does not have.")
@_waivers_option
@findings_source_options
def write_command(
    output: Path | None,
    accept_new: bool,
    waivers: Path | None,
    source: FindingsSource,
    connection: Connection,
    files_options: FilesOptions,
    policy_options: PolicyOptions,
) -> int:
    """Audit manifest files, a snapshot or the control plane, and write the open findings to a baseline.

    Findings that are fixed leave an existing baseline. Waived findings and those that cannot be waived are not written.
    Nothing is written if the run is incomplete.
    """
    file = output or read_config(policy_options.config).baseline or Path(BASELINE_FILE)
    old = read_baseline(file) if file.exists() else None
    found = _current(file if old is not None else None, waivers, source, connection, files_options, policy_options)
    kept = [each for each in found if old is None or accept_new or each in set(old)]
    write_text(file, [baseline_text(kept)])
    added = len(set(kept) - set(old or ()))
    gone, refused = len(set(old or ()) - set(kept)), len(found) - len(kept)
    if refused:
        note(f"auditor: {count_of(refused, 'new finding')} not added; --accept-new adds new findings")
    reason = f"{visible(str(file))}: {count_of(len(kept), 'finding')}, {added} added, {gone} removed"
    print_verdict(Verdict(Status.CLEAN, 0, complete=True, reason=reason))
    return 0


@baseline_command.command("prune", short_help="Remove findings that are fixed")
@click.option("-o", "--output", "named", type=FILE, show_default="baseline in auditor.yaml", help="Baseline to prune.")
@click.option("--write", is_flag=True, help="Change the file instead of printing the diff only.")
@_waivers_option
@findings_source_options
def prune_command(
    named: Path | None,
    write: bool,
    waivers: Path | None,
    source: FindingsSource,
    connection: Connection,
    files_options: FilesOptions,
    policy_options: PolicyOptions,
) -> int:
    """Print a diff that removes fixed findings from the baseline, and apply it with --write.

    Nothing is removed if the run is incomplete. Exit code 1 means that there are entries to remove.
    """
    file = named or read_config(policy_options.config).baseline or Path(BASELINE_FILE)
    old = read_baseline(file)
    found = set(_current(file, waivers, source, connection, files_options, policy_options))
    kept = [each for each in old if each in found]
    write_stdout(no_commands(line) for line in diff_lines(baseline_text(old), baseline_text(kept), file))
    gone = len(old) - len(kept)
    if write and gone:
        write_text(file, [baseline_text(kept)])
    pending = bool(gone and not write)
    entries = count_of(gone, "stale entry", "stale entries")
    reason = f"{entries} {'removed' if write else 'to remove'} in {visible(str(file))}"
    print_verdict(Verdict(Status.FINDINGS if pending else Status.CLEAN, int(pending), complete=True, reason=reason))
    return int(pending)


def _current(
    baseline: Path | None,
    waivers: Path | None,
    source: FindingsSource,
    connection: Connection,
    files: FilesOptions,
    policy_options: PolicyOptions,
) -> list[KnownFinding]:
    """Return the findings of a complete run that a baseline may hold, and those it cannot tell to be gone."""
    triage = TriageOptions(waivers=waivers, baseline=baseline, no_baseline=baseline is None)
    config, report = source.report(policy_options, triage, connection, files)
    refuse_partial(report, every_rule=config.every_rule)
    skipped = {(rule.id, repo.name) for each in report.not_evaluated for rule in each.rules for repo in each.repos}
    unknown = [each for each in config.accepted.known if (each.rule, each.repo) in skipped]
    return sorted({*known_findings((*report.findings, *report.baselined)), *unknown})
