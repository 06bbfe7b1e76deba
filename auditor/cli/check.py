"""`auditor check`: gate manifest files before they are deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from auditor.cli.connection import Connection, connection_options
from auditor.cli.files_options import PATHS_HELP, FilesOptions, files_options
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
from auditor.cli.runner import Inputs, Progress, run_audit
from auditor.cli.settings import Config, clock, load_config_and_policy
from auditor.errors import InvalidError
from auditor.git import Commit
from auditor.model import Finding, Report, Source
from auditor.pipeline import AuditOptions, audit, unless_stopped
from auditor.policy import Policy
from auditor.sources.files import ManifestFiles
from auditor.sources.files.changes import Changes, CommitTree
from auditor.sources.files.selection import Selection
from auditor.sources.files.tree import STDIN, FileTree, WorkTree, expand_paths
from auditor.triage import baseline_of

if TYPE_CHECKING:
    from auditor.cli.inventory import Inventory


@click.command("check", cls=Command, short_help="Check manifest files")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True), help=PATHS_HELP)
@click.option("--changed-since", metavar="REF", help="Check only documents changed since the branch diverged from REF.")
@click.option("--compare", metavar="REF", help="Report only findings that are new compared with REF.")
@click.option(
    "--policy-from", metavar="REF", help="Read configuration and policy from commit REF instead of the working tree."
)
@click.option("--policy-digest", metavar="sha256:HEX", help="Fail if the policy has a different digest.")
@click.option(
    "--inventory", type=FILE, metavar="SNAPSHOT", help="Check the manifests together with the tenant in SNAPSHOT."
)
@click.option("--live", is_flag=True, help="Check the manifests together with the live tenant.")
@click.option("--allow-empty", is_flag=True, help="Exit with 0 if there are no manifests and everything was read.")
@max_age_option
@files_options
@connection_options
@policy_options
@triage_options
@report_options
def check_command(
    paths: tuple[str, ...],
    changed_since: str | None,
    compare: str | None,
    policy_from: str | None,
    policy_digest: str | None,
    inventory: Path | None,
    live: bool,
    allow_empty: bool,
    max_age: timedelta | None,
    files_options: FilesOptions,
    connection: Connection,
    policy_options: PolicyOptions,
    triage_options: TriageOptions,
    report_options: ReportOptions,
) -> int:
    """Check manifest files before `tfy apply` deploys them.

    Needs no network and no credentials. Rules that need data from the control plane are skipped, and the report lists
    them.

    With --inventory or --live, rules are evaluated on the tenant as it would be after applying the manifests. The
    report lists findings in the manifests, and new findings in the rest of the tenant.
    """
    if inventory and live:
        raise InvalidError("--inventory and --live cannot be used together", "remove one of them")
    with ExitStack() as stack:
        tenant: Inventory | None = None
        if inventory or live:
            from tempfile import TemporaryDirectory

            from auditor.cli.inventory import Inventory

            folder = stack.enter_context(TemporaryDirectory(prefix="auditor-"))
            tenant = Inventory(inventory, max_age, connection, Path(folder))
        else:
            _refuse_unused(max_age, connection.host)
        config, policy = _in_force(
            policy_options, triage_options, policy_from, policy_digest, tenant=tenant is not None
        )
        selection = files_options.selection(
            config, gitignore=policy_from is None or _same_gitignore(policy_from, paths)
        )
        reading = _Reading(paths, selection, files_options.variables(), strict=config.files.strict)
        tree = WorkTree(paths, selection)

        def open_inputs(progress: Progress) -> Inputs:
            source: Source = reading.source(tree, changed_since, across_repos=bool(policy.across_repos.rules))
            report: Report | None = None
            earlier: tuple[Finding, ...] = ()
            if tenant:
                report = tenant.read(policy, config.expect, progress)
                source = tenant.with_change(source)
            elif changed_since is not None and policy.across_repos.rules:
                earlier = _report_at(
                    reading.commit(changed_since, "--changed-since"), reading, policy.across_repos
                ).findings
            if compare is None:
                return Inputs(source, report, earlier=earlier)
            commit = reading.commit(compare, "--compare")
            baseline = baseline_of(_report_at(commit, reading, policy, tenant).findings)
            return Inputs(source, report, baseline, earlier, commit.label)

        return run_audit(
            open_inputs,
            config,
            policy,
            report_options,
            paths=paths,
            snapshot=inventory,
            allow_empty=allow_empty,
            left_out=tree.left_out if files_options.verbose else (),
        )


def _refuse_unused(max_age: timedelta | None, host: str | None) -> None:
    for option, value, needed in (("--max-age", max_age, "--inventory SNAPSHOT"), ("--host", host, "--live")):
        if value is not None:
            raise InvalidError(f"{option} needs a tenant", f"add {needed}, or remove {option}")


def _in_force(
    options: PolicyOptions, triage: TriageOptions, commit: str | None, digest: str | None, *, tenant: bool
) -> tuple[Config, Policy]:
    """Return configuration and policy, from the work tree or from a trusted commit."""
    if commit is None and digest is None:
        return load_config_and_policy(options, triage=triage, tenant=tenant)
    from auditor.cli.policy_from_git import policy_at, require_digest

    if commit is None:
        config, policy = load_config_and_policy(options, triage=triage, tenant=tenant)
    else:
        config, policy = policy_at(commit, options, triage, tenant=tenant)
    if digest is not None:
        require_digest(policy, digest)
    return config, policy


def _same_gitignore(name: str, paths: Sequence[str]) -> bool:
    """Return whether the `.gitignore` files are those of a commit, so that a change cannot hide generated files."""
    now, then = (Commit(_folder(paths), each).files() for each in ("HEAD", name))
    ignores = {path for path in now.keys() | then.keys() if PurePath(path).name == ".gitignore"}
    return all(now.get(path) == then.get(path) for path in ignores)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How manifest files are read, now and at a commit."""

    paths: Sequence[str]
    selection: Selection
    variables: Mapping[str, str]
    strict: bool

    def commit(self, name: str, option: str) -> Commit:
        """Return the commit at which the branch forked from the one in the option."""
        return Commit(_folder(self.paths), name, option=option, fork=True)

    def source(self, tree: FileTree, changed_since: str | None = None, *, across_repos: bool = False) -> ManifestFiles:
        changes = None
        if changed_since is not None:
            changes = Changes(self.commit(changed_since, "--changed-since"), self.selection, self.variables)
        return ManifestFiles(tree, changes, across_repos=across_repos, strict=self.strict, variables=self.variables)


def _folder(paths: Sequence[str]) -> str:
    """Return a directory in the repository of the paths: that of the first path other than stdin."""
    path = Path(next((each for each in expand_paths(paths) if each != STDIN), ""))
    return str(path if path.is_dir() else path.parent)


def _report_at(commit: Commit, reading: _Reading, policy: Policy, tenant: Inventory | None = None) -> Report:
    """Return the report of a policy on the files as they were at a commit."""
    earlier: Source = reading.source(CommitTree(commit, reading.paths, reading.selection))
    if tenant:
        earlier = tenant.with_change(earlier)
    return unless_stopped(audit(earlier, policy, AuditOptions(clock=clock, skips_unavailable=True)))
