"""The report: the result of a run, and the only input of every reporter and of the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auditor.model.finding import Finding, RepoRef, RuleInfo, Severity
from auditor.model.overview import Overview, PastRun
from auditor.model.unread import Unread


class Status(StrEnum):
    """The result of a run."""

    CLEAN = "clean"
    FINDINGS = "findings"
    INCOMPLETE = "incomplete"
    INVALID = "invalid"
    UNDELIVERED = "undelivered"
    INTERNAL_ERROR = "internal-error"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status of a run, and whether it is complete.

    Attributes:
        status: The result of the run.
        exit_code: The exit code of the process.
        complete: Whether everything was read and evaluated.
        reason: The reason for the status: one sentence without a final period.
    """

    status: Status
    exit_code: int
    complete: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of the repos, as their source reports it after the last repo.

    Attributes:
        source: The kind of source, for example `control-plane`.
        host: The base URL, if there is one.
        tenant: The tenant that the identity belongs to, if known.
        identity: The owner of the token, if known.
        passes: How often the complete list was read.
        pages: Number of pages that were read.
        total: Number of repos that the source reports; None if unknown.
        files: Number of files that were read.
        proof: Why no repo can be missing; None if that was not proved. With a proof, `total` is not compared, because
            it may have changed.
        notes: Anomalies of the source that lost no data: one sentence each without a final period.
        bindings: Number of role bindings that were read.
        roles: Number of custom roles on the tenant that were read.
        skipped: Number of documents that were not checked because of their type, by type.
        excluded: Number of excluded or ignored files and directories, by reason.
        paths: The paths that the user passed, if the source reads files.
        rules: Rules that the source itself evaluates.
        left_out: Number of documents that --changed-since skipped because they did not change.
        since: The human-readable name of the commit of --changed-since; empty without this option.
        undeclared: Repos in role bindings in files that no file declares.
        declared: Number of repos in files that were merged into a tenant.
        against: The human-readable name of the tenant that the files were merged into; empty if there is none.
        started_at: When the source started to read, if that was before this run.
        finished_at: When the source finished reading.
    """

    source: str
    host: str | None = None
    tenant: str | None = None
    identity: str | None = None
    passes: int = 0
    pages: int = 0
    total: int | None = None
    files: int = 0
    proof: str | None = None
    notes: tuple[str, ...] = ()
    bindings: int = 0
    roles: int = 0
    skipped: tuple[tuple[str, int], ...] = ()
    excluded: tuple[tuple[str, int], ...] = ()
    paths: tuple[str, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    left_out: int = 0
    since: str = ""
    undeclared: tuple[str, ...] = ()
    declared: int = 0
    against: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """Numbers of rules: in the policy, evaluated on at least one repo, and not evaluated on at least one repo."""

    loaded: int
    evaluated: int
    not_evaluated: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """The evidence of a run: the source, the time, the number of repos, the policy, and what was not read.

    `ids_sha256` is the SHA-256 of the sorted repo ids, one per line. `policy_sha256` is the SHA-256 of the policy.
    """

    origin: Origin
    started_at: datetime
    finished_at: datetime
    repos: int
    ids_sha256: str
    policy_sha256: str
    rules: RuleCounts
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """Rules that were not evaluated on some repos, because the source lacks data that they need.

    The rules never count as passed: the run is incomplete unless a setting accepts it.

    Attributes:
        rules: The rules.
        reason: The reason, without a final period.
        repos: The repos.
        accepted: The option or key that accepts it, for people; empty if there is none.
    """

    rules: tuple[RuleInfo, ...]
    reason: str
    repos: tuple[RepoRef, ...]
    accepted: str = ""

    @property
    def explanation(self) -> str:
        """The reason, and what accepted it if anything did."""
        return f"{self.reason} (accepted by {self.accepted})" if self.accepted else self.reason

    @property
    def extent(self) -> str:
        """The number of repos, in words."""
        return "1 repo" if len(self.repos) == 1 else f"{len(self.repos)} repos"


def pairs_not_evaluated(entries: Iterable[NotEvaluated]) -> frozenset[tuple[str, str]]:
    """Return the pairs of rule id and repo name that were not evaluated."""
    return frozenset((rule.id, repo.name) for each in entries for rule in each.rules for repo in each.repos)


@dataclass(frozen=True, slots=True)
class TriageNote:
    """A waiver or a baseline that needs attention.

    Attributes:
        kind: `reopened` (a waiver has expired and its findings are open), `expired`, `expires-soon`, `unused`,
            `unknown-rule`, `unknown-repo`, `too-broad`, `not-waivable` or `stale-baseline`.
        where: The place in the file, as `file:line:column`, or the file.
        message: What is wrong, one sentence without a final period.
    """

    kind: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run.

    Attributes:
        verdict: The status of the run, and whether it is complete.
        receipt: The evidence of the run.
        fail_on: The lowest severity that fails the run.
        findings: The open findings, worst first.
        waived: The findings that a waiver accepts.
        baselined: The findings that are in the baseline.
        not_evaluated: Rules that were not evaluated on some repos.
        rules: Every rule of the run, including the built-in rules.
        triage_notes: Waivers and baselines that need attention.
        partial: What options excluded from the run, one sentence each.
        overview: Storage and access of the repos; None if no reporter needs it.
        trend: Earlier runs of the history, the oldest first; empty without a history.
        only_owner: The owner, if the report has the findings of one owner only; empty for findings without an owner,
            None for all findings.
    """

    verdict: Verdict
    receipt: Receipt
    fail_on: Severity
    findings: tuple[Finding, ...] = ()
    waived: tuple[Finding, ...] = ()
    baselined: tuple[Finding, ...] = ()
    not_evaluated: tuple[NotEvaluated, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    triage_notes: tuple[TriageNote, ...] = ()
    partial: tuple[str, ...] = ()
    overview: Overview | None = None
    trend: tuple[PastRun, ...] = ()
    only_owner: str | None = None
