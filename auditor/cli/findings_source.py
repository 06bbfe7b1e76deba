"""What commands about known findings audit: manifest files, a snapshot, or the live control plane."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from auditor.cli.connection import Connection, connection_options
from auditor.cli.files_options import PATHS_HELP, FilesOptions, files_options
from auditor.cli.options import FILE, PolicyOptions, TriageOptions, options_as, policy_options, quiet_option
from auditor.cli.progress import progress_bar
from auditor.cli.settings import Config, clock, load_config_and_policy
from auditor.errors import InvalidError, UnreadError
from auditor.model import Report, Source
from auditor.pipeline import AuditOptions, audit, unless_stopped
from auditor.sources.files.tree import WorkTree


@dataclass(frozen=True, slots=True)
class FindingsSource:
    """The options that say what is audited."""

    paths: tuple[str, ...]
    snapshot: Path | None
    quiet: bool

    def report(
        self,
        policy_options: PolicyOptions,
        triage: TriageOptions,
        connection: Connection,
        files: FilesOptions,
    ) -> tuple[Config, Report]:
        """Audit it with every rule, and return the configuration and the report.

        Raises:
            InvalidError: Something that the user wrote is wrong.
            StoppedError: The user asked to stop.
        """
        if self.paths and self.snapshot:
            raise InvalidError("paths and --snapshot cannot be used together", "remove one of them")
        config, policy = load_config_and_policy(policy_options, triage=triage, tenant=not self.paths)
        with progress_bar(self.quiet) as progress:
            tree = WorkTree(self.paths, files.selection(config))
            source: Source = files.manifests(tree, config) if self.paths else connection.source(self.snapshot)
            options = AuditOptions(
                skips_unavailable=bool(self.paths),
                expect=config.expect,
                accepted=config.accepted,
                every_rule=config.every_rule,
                owners=config.owners,
                role_levels=config.role_levels,
                clock=clock,
                progress=progress,
            )
            report = unless_stopped(audit(source, policy, options))
            files.note_left_out(tree.left_out)
            return config, report


def findings_source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is audited, with which policy."""
    for decorate in (
        policy_options,
        files_options,
        connection_options,
        options_as(
            "source",
            FindingsSource,
            click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True), help=PATHS_HELP),
            click.option("--snapshot", type=FILE, help="Audit this snapshot instead of the control plane."),
            quiet_option,
        ),
    ):
        command = decorate(command)
    return command


def diff_lines(before: str, after: str, file: Path) -> Sequence[str]:
    """Return a unified diff of two versions of a file."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return [
        each if each.endswith("\n") else f"{each}\n" for each in difflib.unified_diff(old, new, str(file), str(file))
    ]


def refuse_partial(report: Report, *, every_rule: bool) -> None:
    """Refuse to drop entries after a run that cannot tell that findings are gone.

    Raises:
        InvalidError: Rules were left out by an option.
        UnreadError: Not everything was read.
    """
    if not every_rule:
        raise InvalidError(
            "--rule and --exclude-rule leave out rules", "remove them: entries of all rules are compared"
        )
    if not report.verdict.complete:
        raise UnreadError(f"nothing was written, because not everything was read: {report.verdict.reason}")
