"""`auditor baseline`: record the findings of today, so that only new ones fail."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.commands import Group
from auditor.cli.findings_source import FindingsSource, findings_source_options, prune
from auditor.cli.options import FILE, TriageOptions
from auditor.cli.output import note, print_verdict, write_text
from auditor.model import Status, Verdict, pairs_not_evaluated
from auditor.text import count_of, visible
from auditor.triage import BASELINE_FILE, KnownFinding, baseline_text, known_findings, read_baseline


@click.group("baseline", cls=Group, short_help="Record known findings, so that only new ones fail")
def baseline_command() -> None:
    """Record known findings, so that only new ones fail.

    Fixed findings are removed from a baseline. New findings are added only with --accept-new.
    """


_waivers_option = click.option(
    "--waivers", type=FILE, envvar="AUDITOR_WAIVERS", show_default="waivers in auditor.yaml", help="Waivers file."
)


@baseline_command.command("write", short_help="Write the current findings to a file")
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
) -> int:
    """Audit manifest files, a snapshot or the control plane, and write the open findings to a baseline.

    Fixed findings are removed from an existing baseline. Waived findings and those that cannot be waived are not
    written. Nothing is written if the run is incomplete.
    """
    file = output or source.config.baseline or Path(BASELINE_FILE)
    old = read_baseline(file) if file.exists() else None
    found = _current(source, file if old is not None else None, waivers)
    before = set(old or ())
    kept = [each for each in found if old is None or accept_new or each in before]
    write_text(file, [baseline_text(kept)])
    added, gone, refused = len(set(kept) - before), len(before - set(kept)), len(found) - len(kept)
    if refused:
        note(f"auditor: {count_of(refused, 'new finding')} not added; --accept-new adds new findings")
    if source.config.baseline is None:
        note("auditor: note: to use the baseline in every run, set `baseline` in auditor.yaml")
    reason = f"{visible(str(file))}: {count_of(len(kept), 'finding')}, {added} added, {gone} removed"
    print_verdict(Verdict(Status.CLEAN, 0, complete=True, reason=reason))
    return 0


@baseline_command.command("prune", short_help="Remove findings that are fixed")
@click.option("-o", "--output", "named", type=FILE, show_default="baseline in auditor.yaml", help="Baseline to prune.")
@click.option("--write", is_flag=True, help="Apply the diff to the file.")
@_waivers_option
@findings_source_options
def prune_command(
    named: Path | None,
    write: bool,
    waivers: Path | None,
    source: FindingsSource,
) -> int:
    """Remove fixed findings from the baseline. Prints a diff, and applies it with --write.

    Nothing is removed if the run is incomplete. Exit code 1 means that there are entries to remove.
    """
    file = named or source.config.baseline or Path(BASELINE_FILE)
    old = read_baseline(file)
    found = set(_current(source, file, waivers))
    kept = [each for each in old if each in found]
    removed = count_of(len(old) - len(kept), "stale entry", "stale entries")
    return prune(file, baseline_text(old), baseline_text(kept), removed, write=write)


def _current(source: FindingsSource, baseline: Path | None, waivers: Path | None) -> list[KnownFinding]:
    """Return the findings of a complete run that may be in a baseline, and those that must stay in it."""
    triage = TriageOptions(waivers=waivers, baseline=baseline, no_baseline=baseline is None)
    config, report = source.complete_report(triage)
    skipped = pairs_not_evaluated(report.not_evaluated)
    unknown = [each for each in config.accepted.known if (each.rule, each.repo) in skipped]
    return sorted({*known_findings((*report.findings, *report.baselined)), *unknown})
