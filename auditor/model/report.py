"""The report: the whole outcome of a run, the only input of every reporter and of the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auditor.model.finding import Finding, RepoRef, RuleInfo, Severity
from auditor.model.overview import Overview, PastRun
from auditor.model.unread import Unread


class Status(StrEnum):
    """What a run came to."""

    CLEAN = "clean"
    FINDINGS = "findings"
    INCOMPLETE = "incomplete"
    INVALID = "invalid"
    UNDELIVERED = "undelivered"
    INTERNAL_ERROR = "internal-error"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Complete or not, clean or not.

    Attributes:
        status: What the run came to.
        exit_code: What the process returns.
        complete: Whether everything was read and evaluated.
        reason: Why, one sentence without a final full stop.
    """

    status: Status
    exit_code: int
    complete: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where repos came from, as reported by their source after the last one.

    Attributes:
        source: The kind of source, for example `control-plane`.
        host: The base URL, if there is one.
        tenant: The tenant that the identity belongs to, if known.
        identity: Who asked, if known.
        passes: How often the whole list was read.
        pages: How many pages were read.
        total: How many repos the source reports; None if unknown.
        files: How many files were read.
        proof: How it was proven that every repo was seen, if it was; then `total`, which may have moved on, decides
            nothing.
        notes: What is odd about the source and yet lost nothing, a sentence each without a final full stop.
        bindings: How many role bindings were read besides the repos.
        roles: How many custom roles on the tenant were read besides the repos.
        skipped: How many documents are of other types and were not checked, by type.
        excluded: How many files and directories were left out by what users exclude or git ignores, by reason.
        paths: The files, directories and patterns that were named, if it reads files.
        rules: Rules that the source itself asks of what it reads.
        left_out: Documents that --changed-since skipped because they did not change.
        since: Since when, for people; empty if nothing was to be left out.
        undeclared: Repos on which role bindings in files grant, and which no file declares.
        declared: Number of repos that files declare, if they were merged into a tenant.
        against: The tenant that they were merged into, for people; empty if there is none.
        started_at: When the source began to look, if it looked before this run.
        finished_at: When it was done.
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
    """How many rules were in force, were evaluated on at least one repo, were not evaluated on at least one."""

    loaded: int
    evaluated: int
    not_evaluated: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """The evidence of a run: who looked, where, when, at how much, with which policy, and what was not read.

    `ids_sha256` is the SHA-256 of the sorted repo ids, one a line; `policy_sha256` that of the policy in force.
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

    Never a pass: the run is incomplete unless someone accepted it beforehand.

    Attributes:
        rules: The rules.
        reason: Why, without a final full stop.
        repos: The repos.
        accepted: What accepted it, for people: an option or a key; empty if nothing did.
    """

    rules: tuple[RuleInfo, ...]
    reason: str
    repos: tuple[RepoRef, ...]
    accepted: str = ""

    @property
    def explanation(self) -> str:
        """The reason, and what accepted it if anything did."""
        return f"{self.reason} (accepted: {self.accepted})" if self.accepted else self.reason

    @property
    def extent(self) -> str:
        """How many repos these are, in words."""
        return "1 repo" if len(self.repos) == 1 else f"{len(self.repos)} repos"


def pairs_not_evaluated(entries: Iterable[NotEvaluated]) -> frozenset[tuple[str, str]]:
    """Return the pairs of rule id and repo name that were not evaluated."""
    return frozenset((rule.id, repo.name) for each in entries for rule in each.rules for repo in each.repos)


@dataclass(frozen=True, slots=True)
class TriageNote:
    """Something about waivers or the baseline that someone has to look at.

    Attributes:
        kind: `reopened` (a waiver has expired and its findings are open), `expired`, `expires-soon`, `unused`,
            `unknown-rule`, `unknown-repo`, `too-broad`, `not-waivable` or `stale-baseline`.
        where: The place in the file, as `file:line:column`, or the file.
        message: What is wrong, one sentence without a final full stop.
    """

    kind: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """The whole outcome of a run.

    Attributes:
        verdict: Complete or not, clean or not.
        receipt: The evidence.
        fail_on: The lowest severity that makes the run fail.
        findings: The open ones, worst first.
        waived: Accepted by a waiver.
        baselined: Known before.
        not_evaluated: Rules that were not evaluated on some repos.
        rules: Every rule in force, those of the manifest schema included.
        triage_notes: What someone has to look at in the waivers and the baseline.
        partial: What it leaves out although it is complete, a sentence each: rules, or what did not change.
        overview: What the repos are like; None if no reporter asked for it.
        trend: Earlier runs of the history, the oldest first; empty without a history.
        only_owner: The owner whose findings alone are in it; None for those of all owners. Empty for those without.
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
