"""`auditor history`: show trends, the oldest findings and the time to fix, from the database of past audits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tabulate import tabulate

from auditor.cli.commands import Group
from auditor.cli.options import FILE, Duration, config_option, format_option
from auditor.cli.output import note, terminal_width, write_stdout, write_text
from auditor.cli.output_guard import refuse_output_over
from auditor.cli.settings import clock, read_config
from auditor.errors import InvalidError
from auditor.model import Severity
from auditor.text import clipped, count_of, json_text, no_commands, visible

if TYPE_CHECKING:
    from auditor.triage.history.store import History
    from auditor.triage.history.trends import Trends

_history_option = click.option(
    "--history",
    "place",
    envvar="AUDITOR_HISTORY",
    show_default="history in auditor.yaml",
    metavar="FILE|URL",
    help="Database of past audits.",
)


@click.group("history", cls=Group, invoke_without_command=True, short_help="Show trends of past audits")
@_history_option
@config_option
@format_option("table", "json", text="Output format.")
@click.pass_context
def history_command(context: click.Context, place: str | None, config: Path | None, format_name: str) -> int:
    """Show trends, the oldest open findings and the time to fix, from the database of past audits.

    `auditor audit --history FILE` records a run in an SQLite database. To share the history between machines, use
    postgresql://HOST/DATABASE.
    """
    if context.invoked_subcommand:
        context.obj = (place, config)
        return 0
    from auditor.triage.history.trends import read_trends

    trends = read_trends(_opened(place, config))
    if format_name == "json":
        write_stdout([json_text([asdict(each) for each in trends]), "\n"])
    else:
        write_stdout(piece for each in trends for piece in _tables(each))
    if not trends:
        note("auditor: no runs are recorded")
    return 0


def _opened(place: str | None, config: Path | None, inherited: object = None) -> History:
    from auditor.triage.history.store import History

    if isinstance(inherited, tuple):
        place, config = place or inherited[0], config or inherited[1]
    named = place or read_config(config).history
    if named is None:
        raise InvalidError("no history database is configured", "use --history FILE, or set `history` in auditor.yaml")
    return History(named, create=False)


def _tables(trends: Trends) -> Iterator[str]:
    who = trends.identity or "an unknown identity"
    where = visible(f"{trends.tenant or 'unknown tenant'} at {trends.host or 'an unknown host'}, visible to {who}")
    yield no_commands(f"{where}: {count_of(trends.all_runs, 'run')}, {trends.complete_runs} complete\n\n")
    labels = [each.label for each in reversed(Severity)]
    rows: list[list[object]] = [
        [
            run.started_at,
            run.status,
            run.repos,
            f"{run.receipt['rules']['evaluated']} of {run.receipt['rules']['loaded']}",
            *(run.by_severity[label] for label in labels),
            run.waived,
            run.baselined,
        ]
        for run in trends.runs
    ]
    yield _table("Runs", ["started", "verdict", "repos", "rules", *labels, "waived", "baselined"], rows)
    rules: list[list[object]] = [
        [each.rule, each.open, each.fixed, "" if each.mean_days_to_fix is None else each.mean_days_to_fix]
        for each in trends.rules
    ]
    yield _table("Rules", ["rule", "open", "fixed", "mean days to fix"], rules)
    times: list[list[object]] = [[label, days] for label, days in trends.mean_days_to_fix.items()]
    if times:
        yield _table("Time to fix", ["severity", "mean days"], times)
    room = max(30, terminal_width() - 60)
    oldest: list[list[object]] = [
        [each.first_seen[:10], each.severity, each.rule, each.repo, clipped(each.message, room)]
        for each in trends.oldest
    ]
    if oldest:
        yield _table("Oldest open findings", ["since", "severity", "rule", "repo", "finding"], oldest)


def _table(title: str, head: list[str], rows: list[list[object]]) -> str:
    shown = [[visible(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return no_commands(f"{title}\n{tabulate(shown, head, tablefmt='orgtbl')}\n\n")


@history_command.command("prune", short_help="Remove old runs and fixed findings")
@click.option(
    "--older-than",
    type=Duration(),
    required=True,
    metavar="DURATION",
    help="Remove what is older than this, for example 365d.",
)
@_history_option
@config_option
@click.pass_context
def prune_command(context: click.Context, older_than: timedelta, place: str | None, config: Path | None) -> int:
    """Remove runs that ended, and findings that were fixed, longer ago than DURATION. Open findings stay."""
    from auditor.triage.history.trends import prune_history

    runs, findings = prune_history(_opened(place, config, context.obj), clock() - older_than)
    note(f"auditor: removed {count_of(runs, 'run')} and {count_of(findings, 'fixed finding')}")
    return 0


@history_command.command("export", short_help="Export the history as JSON lines")
@click.option("-o", "--output", type=FILE, help="Write to FILE instead of stdout.")
@_history_option
@config_option
@click.pass_context
def export_command(context: click.Context, output: Path | None, place: str | None, config: Path | None) -> int:
    """Export runs, counts and findings as JSON lines."""
    from auditor.triage.history.trends import export_history

    history = _opened(place, config, context.obj)
    pieces = export_history(history)
    if output:
        refuse_output_over(output, {"--history": Path(history.name)}, "export")
        write_text(output, pieces)
    else:
        write_stdout(pieces)
    return 0
