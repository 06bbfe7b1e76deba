"""`auditor waivers`: accepted findings, each with a reason, an owner and an expiry date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click
from tabulate import tabulate

from auditor.cli.commands import Group
from auditor.cli.findings_source import FindingsSource, findings_source_options, prune
from auditor.cli.options import FILE, Day, PolicyOptions, TriageOptions, config_option, format_option, policy_options
from auditor.cli.output import note, print_verdict, terminal_width, write_stdout, write_text
from auditor.cli.rules import entries
from auditor.cli.settings import Config, clock, load_config_and_policy, read_config
from auditor.documents import decode
from auditor.errors import InvalidError
from auditor.model import Finding, Status, Verdict, Waiver
from auditor.text import count_of, json_text, no_commands, visible, wrap_lines
from auditor.triage import Scope, latest_expiry, read_waivers, review_waivers, split_by_waivers
from auditor.triage.waivers_text import NEW_FILE, with_waiver, without_waivers

WAIVERS_FILE = "waivers.yaml"

_SHORTEST_PREFIX = 8
_LAST_COLUMNS = 40

_file_option = click.option(
    "--waivers",
    "named",
    type=FILE,
    envvar="AUDITOR_WAIVERS",
    show_default=f"waivers in auditor.yaml, or {WAIVERS_FILE}",
    help="Waivers file.",
)
_as_of_option = click.option(
    "--as-of",
    type=Day(),
    metavar="DATE",
    show_default="today (UTC)",
    help="Evaluate the expiry dates of waivers as of this day.",
)


@click.group("waivers", cls=Group, short_help="List, add, check and prune waivers")
def waivers_command() -> None:
    """List, add, check and prune waivers: accepted findings, each with a reason, an owner and an expiry date."""


def _file(named: Path | None, config: Config) -> Path:
    return named or config.waivers or Path(WAIVERS_FILE)


@waivers_command.command("list", short_help="List waivers and when they expire")
@_file_option
@_as_of_option
@format_option("table", "json", text="Output format.")
@config_option
def list_command(named: Path | None, as_of: date | None, format_name: str, config: Path | None) -> int:
    """List waivers by expiry date."""
    today = as_of or clock().date()
    waivers = sorted(read_waivers(_file(named, read_config(config))), key=lambda each: (each.expires, each.where))
    if format_name == "json":
        documents = [{**asdict(each), "expires": str(each.expires), "status": _status(each, today)} for each in waivers]
        write_stdout([json_text(documents), "\n"])
        return 0
    head = ("expires", "status", "rule", "repo", "subject", "owner", "reason")
    room = max(12, (terminal_width() - _LAST_COLUMNS) // 4)
    rows = [
        [str(w.expires), _status(w, today)]
        + ["\n".join(wrap_lines(text, room)) for text in (w.rule, w.repo, w.subject, w.owner, w.reason)]
        for w in waivers
    ]
    table = tabulate(rows, head, tablefmt="orgtbl", disable_numparse=True)
    write_stdout([no_commands(f"{table}\n") if rows else "no waivers\n"])
    return 0


def _status(waiver: Waiver, today: date) -> str:
    if waiver.expired(today):
        return "expired"
    return "expires soon" if waiver.expires_soon(today) else "active"


@waivers_command.command("check", short_help="Check a waivers file")
@_file_option
@_as_of_option
@policy_options
def check_command(named: Path | None, as_of: date | None, policy_options: PolicyOptions) -> int:
    """Check waivers without a tenant: their dates, and whether their rules exist and can be waived.

    Exit code 1 means that a waiver has expired, expires soon, is too broad or refers to an unknown rule.
    """
    config, policy = load_config_and_policy(policy_options)
    file, today = _file(named, config), clock().date()
    waivers = read_waivers(file, latest_expiry(max(today, as_of or today), config.waiver_days))
    scope = Scope(rules=[each.info for each in entries(policy)])
    notes = list(review_waivers(waivers, (), (), as_of or today, scope))
    write_stdout(no_commands(f"{visible(str(each))}\n") for each in notes)
    reason = f"{count_of(len(waivers), 'waiver')} in {visible(str(file))}, {count_of(len(notes), 'problem')}"
    status = Status.FINDINGS if notes else Status.CLEAN
    print_verdict(Verdict(status, int(bool(notes)), complete=True, reason=reason))
    return int(bool(notes))


@waivers_command.command("add", short_help="Waive a finding")
@click.argument("fingerprint", help="Fingerprint of the finding, or its first 8 characters or more.")
@click.option("--reason", required=True, help="Why the finding is accepted.")
@click.option("--owner", required=True, help="Person or team responsible for the waiver.")
@click.option("--expires", type=Day(), required=True, metavar="DATE", help="Last day on which the waiver applies.")
@click.option("--ticket", default="", help="Ticket that tracks the finding.")
@click.option("--approved-by", default="", metavar="WHO", help="Person or team that approved the waiver.")
@_file_option
@findings_source_options
def add_command(
    fingerprint: str,
    reason: str,
    owner: str,
    expires: date,
    ticket: str,
    approved_by: str,
    named: Path | None,
    source: FindingsSource,
) -> int:
    """Add a waiver for the finding with FINGERPRINT.

    The finding is looked up in manifest files, a snapshot or the control plane. The JSON report lists the fingerprint
    of each finding.
    """
    triage = TriageOptions(no_waivers=True, no_baseline=True)
    config, report = source.report(triage)
    finding = _named(fingerprint, report.findings)
    if not finding.rule.waivable:
        raise InvalidError(f"{finding.rule.id} cannot be waived", "fix the finding")
    file, today = _file(named, config), clock().date()
    latest = latest_expiry(today, config.waiver_days)
    if not today <= expires <= latest:
        raise InvalidError(f"--expires is {expires}, expected a date from {today} to {latest}")
    waiver = Waiver(
        rule=finding.rule.id,
        repo=finding.repo.name,
        subject=finding.subject,
        reason=reason,
        owner=owner,
        expires=expires,
        ticket=ticket,
        approved_by=approved_by,
    )
    text = _text(file) if file.exists() else NEW_FILE
    write_text(file, [with_waiver(text, waiver, str(file))])
    accepted = len(split_by_waivers(report.findings, [waiver], today)[1])
    if accepted > 1:
        note(f"auditor: note: the waiver matches {accepted} findings of {waiver.rule} on {waiver.repo}")
    print_verdict(Verdict(Status.CLEAN, 0, complete=True, reason=f"{waiver.name} added to {file}"))
    return 0


def _text(file: Path) -> str:
    """Return the text of a file of waivers.

    Raises:
        InvalidError: The file cannot be read, or is not a file of waivers.
    """
    read_waivers(file)
    return decode(file.read_bytes(), str(file))


def _named(fingerprint: str, findings: Sequence[Finding]) -> Finding:
    if len(fingerprint) < _SHORTEST_PREFIX:
        raise InvalidError(f"{fingerprint!r} is too short, expected {_SHORTEST_PREFIX} characters or more")
    found = [each for each in findings if each.fingerprint.startswith(fingerprint)]
    if len(found) != 1:
        what = "no open finding has" if not found else f"{len(found)} findings have"
        raise InvalidError(f"{what} the fingerprint {fingerprint}", "see `fingerprint` in the JSON report")
    return found[0]


@waivers_command.command("prune", short_help="Remove waivers that are unused or expired")
@click.option("--write", is_flag=True, help="Apply the diff to the file.")
@_file_option
@findings_source_options
def prune_command(
    write: bool,
    named: Path | None,
    source: FindingsSource,
) -> int:
    """Remove waivers that match no finding. Prints a diff, and applies it with --write.

    Expired waivers are removed too, unless they match an open finding. Waivers of unknown rules, and of repos that are
    not in this run, stay. Nothing is removed if the run is incomplete. Exit code 1 means that there are waivers to
    remove.
    """
    file = _file(named, source.config)
    config, report = source.complete_report(TriageOptions(waivers=file, no_baseline=True))
    places = {each.where for each in report.triage_notes if each.kind in {"unused", "expired", "unknown-repo"}}
    gone = [each for each in config.accepted.waivers if each.where in places]
    before = _text(file)
    after = without_waivers(before, gone, str(file))
    return prune(file, before, after, count_of(len(gone), "waiver"), write=write)
