"""The input of commands about known findings: manifest files, a snapshot, or the live control plane."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from auditor.cli.connection import Connection, connection_options
from auditor.cli.files_options import PATHS_HELP, FilesOptions, files_options
from auditor.cli.options import FILE, PolicyOptions, TriageOptions, options_as, pack_options, quiet_option
from auditor.cli.output import print_verdict, write_stdout, write_text
from auditor.cli.progress import progress_bar
from auditor.cli.runner import audit_options
from auditor.cli.settings import Config, load_config_and_policy, read_config
from auditor.errors import InvalidError, UnreadError
from auditor.model import Report, Source, Status, Verdict
from auditor.pipeline import audit, unless_stopped
from auditor.sources.files.tree import WorkTree
from auditor.text import no_commands, visible


@dataclass(frozen=True, slots=True)
class FindingsSource:
    """The options that choose the input and the policy."""

    paths: tuple[str, ...]
    snapshot: Path | None
    quiet: bool
    connection: Connection
    files: FilesOptions
    policy: PolicyOptions

    @property
    def config(self) -> Config:
        """The configuration."""
        return read_config(self.policy.config)

    def report(self, triage: TriageOptions) -> tuple[Config, Report]:
        """Audit it, and return the configuration and the report.

        Raises:
            InvalidError: Something that the user wrote is wrong.
            StoppedError: The run was stopped by a signal.
        """
        if self.paths and self.snapshot:
            raise InvalidError("paths and --snapshot cannot be used together", "remove one of them")
        config, policy = load_config_and_policy(self.policy, triage=triage, tenant=not self.paths)
        with progress_bar(self.quiet) as progress:
            tree = WorkTree(self.paths, self.files.selection(config))
            source: Source = self.files.manifests(tree, config) if self.paths else self._tenant()
            options = audit_options(config, skips_unavailable=bool(self.paths), progress=progress)
            report = unless_stopped(audit(source, policy, options))
            self.files.note_left_out(tree.left_out)
            return config, report

    def _tenant(self) -> Source:
        try:
            return self.connection.source(self.snapshot)
        except InvalidError as error:
            raise InvalidError(
                error.message, f"to audit manifest files, add their paths; otherwise {error.fix}"
            ) from None

    def complete_report(self, triage: TriageOptions) -> tuple[Config, Report]:
        """Audit it; return the configuration and the report if it proves that missing findings are fixed.

        Raises:
            InvalidError: Something that the user wrote is wrong.
            StoppedError: The run was stopped by a signal.
            UnreadError: Not everything was read.
        """
        config, report = self.report(triage)
        if not report.verdict.complete:
            raise UnreadError(f"nothing was written, because not everything was read: {report.verdict.reason}")
        return config, report


def findings_source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose the input; the command gets them as one `FindingsSource`."""

    @wraps(command)
    def with_source(
        *,
        inputs: _Inputs,
        connection: Connection,
        files_options: FilesOptions,
        policy_options: PolicyOptions,
        **given: object,
    ) -> object:
        source = FindingsSource(inputs.paths, inputs.snapshot, inputs.quiet, connection, files_options, policy_options)
        return command(source=source, **given)

    return _input_options(connection_options(files_options(pack_options(with_source))))


@dataclass(frozen=True, slots=True)
class _Inputs:
    paths: tuple[str, ...]
    snapshot: Path | None
    quiet: bool


_input_options = options_as(
    "inputs",
    _Inputs,
    click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True), help=PATHS_HELP),
    click.option("--snapshot", type=FILE, help="Audit this snapshot instead of the control plane."),
    quiet_option,
)


def prune(file: Path, before: str, after: str, removed: str, *, write: bool) -> int:
    """Print what is removed from a file, remove it on demand, and return the exit code.

    Args:
        file: The file.
        before: Its text.
        after: Its text without what is removed.
        removed: How much is removed, for people.
        write: Whether to change the file.

    Raises:
        UndeliveredError: The file could not be written completely.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, str(file), str(file))
    write_stdout(no_commands(line if line.endswith("\n") else f"{line}\n") for line in lines)
    if write and before != after:
        write_text(file, [after])
    pending = before != after and not write
    reason = f"{removed} {'removed' if write else 'to remove'} from {visible(str(file))}"
    print_verdict(Verdict(Status.FINDINGS if pending else Status.CLEAN, int(pending), complete=True, reason=reason))
    return int(pending)
