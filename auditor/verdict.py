"""The verdict: the only place that decides whether a run is complete and clean, and the exit code.

A run is incomplete until it is proved complete. `EXIT_CODES` lists the outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from auditor.errors import AuditorError, InvalidError, RuleError, StoppedError, UndeliveredError, UnreadError
from auditor.model import (
    Finding,
    NotEvaluated,
    Origin,
    RepoRef,
    Report,
    Severity,
    Status,
    TriageNote,
    Unread,
    UnreadKind,
    Verdict,
)
from auditor.text import agreeing, count_of


class ExitCode(NamedTuple):
    """An exit code in words.

    Attributes:
        codes: The code, or several with one meaning.
        verdict: The name of the verdict.
        when: When a run ends with it.
    """

    codes: str
    verdict: str
    when: str


EXIT_CODES = (
    ExitCode("4", "internal error", "a bug, or a broken installation or plugin"),
    ExitCode("2", "invalid", "usage, configuration or policy is invalid; nothing was checked"),
    ExitCode("5", "undelivered", "a report could not be written completely"),
    ExitCode("3", "incomplete", "something could not be read or evaluated"),
    ExitCode("1", "findings", "everything was read, and there are findings at or above `--fail-on`"),
    ExitCode("0", "clean", "everything was read, and there are no findings at or above `--fail-on` (default `low`)"),
    ExitCode("130, 143", "interrupted", "stopped by SIGINT or SIGTERM"),
)
"""Every exit code. An interruption has precedence, then the first of the others that applies."""

_FILES = "manifest files"
_NAMED = 3
"""The most skipped rules to list in a reason; of more, it has the number."""

_TOLERATED = frozenset({"reopened", "stale-baseline"})
"""Notes that `--strict-waivers` ignores: open findings fail the run anyway, and the baseline is not a waiver."""


def conclude(
    *,
    origin: Origin,
    repos: int,
    unread: Sequence[Unread],
    findings: Sequence[Finding],
    not_evaluated: Sequence[NotEvaluated],
    evaluated: int,
    fail_on: Severity,
    empty_allowed_by: str = "",
    known: int = 0,
    waived: int = 0,
    triage_notes: Sequence[TriageNote] = (),
    strict_waivers: bool = False,
    as_of: date | None = None,
    partial: Sequence[str] = (),
) -> Verdict:
    """Return the verdict of a run.

    Args:
        origin: The origin of the repos, with their expected number.
        repos: How many repos were checked.
        unread: What was not read.
        findings: The open findings.
        not_evaluated: Rules that were not evaluated on some repos, and the setting that accepts it.
        evaluated: How many rules of the policy were evaluated on at least one repo.
        fail_on: The lowest severity that fails the run.
        empty_allowed_by: The option or setting that allows a run without repos; empty if none does.
        known: Number of findings in the baseline.
        waived: Number of waived findings.
        triage_notes: Problems with the waivers and the baseline.
        strict_waivers: Whether a problem with a waiver makes the run invalid.
        as_of: The day for which waivers were evaluated, if an option chose it.
        partial: What options left out, one sentence each without a final period.
    """
    if strict_waivers and (wrong := [each for each in triage_notes if each.kind not in _TOLERATED]):
        more = f" (and {count_of(len(wrong) - 1, 'more problem')})" if len(wrong) > 1 else ""
        return Verdict(Status.INVALID, 2, complete=False, reason=f"{wrong[0]}{more} (--strict-waivers)")
    failing = sum(finding.rule.severity >= fail_on for finding in findings)
    audited = origin.declared if origin.against else repos
    incomplete = _unseen(origin, repos, unread, may_be_empty=bool(empty_allowed_by))
    if not incomplete:
        incomplete = _unaccepted(not_evaluated, nothing=bool(repos) and not evaluated)
    if incomplete:
        checked = f". So far: {_counted(audited, failing, fail_on, origin.files)}" if audited or failing else ""
        return Verdict(Status.INCOMPLETE, 3, complete=False, reason=f"{incomplete}{checked}")
    day = f" as of {as_of} (--as-of)" if as_of else ""
    accepted = f", {count_of(waived, 'finding')} waived{day}" if waived else ""
    before = f", {count_of(known, 'finding')} in the baseline" if known else ""
    expired = len({each.waiver.where for each in findings if each.waiver})
    lapsed = f", {count_of(expired, 'waiver')} expired" if expired else ""
    note = f"{_note(not_evaluated)}{accepted}{before}{lapsed}{_left_out(origin)}{_against(origin)}"
    note += "".join(f"; {each}" for each in partial)
    if failing:
        reason = f"{_counted(audited, failing, fail_on, origin.files)}{note}"
        return Verdict(Status.FINDINGS, 1, complete=True, reason=reason)
    reason = f"{count_of(audited, 'repo')} checked, no findings at or above {fail_on.label}{note}"
    if _is_empty(origin, repos) and origin.source == _FILES:
        reason = f"no manifests in {_files(origin)} ({empty_allowed_by})"
    return Verdict(Status.CLEAN, 0, complete=True, reason=reason)


def conclude_reading(origin: Origin, repos: int, unread: Sequence[Unread]) -> Verdict | None:
    """Return the verdict if something could not be read; None if everything was read and nothing was checked."""
    incomplete = _unseen(origin, repos, unread, may_be_empty=False)
    return Verdict(Status.INCOMPLETE, 3, complete=False, reason=incomplete) if incomplete else None


def unread_without_change(tenant: Report, *, may_be_empty: bool) -> Iterator[Unread]:
    """Yield the unread parts of a tenant before a change is merged into it.

    Rules that could not be evaluated are omitted: they are reported for the tenant with the change.

    Args:
        tenant: The report on the tenant without the change.
        may_be_empty: Whether a run without repos is allowed.
    """
    receipt = tenant.receipt
    unread = [each for each in receipt.unread if each.kind is not UnreadKind.RULE]
    yield from unread
    incomplete = "" if unread else _unseen(receipt.origin, receipt.repos, (), may_be_empty=may_be_empty)
    if incomplete:
        yield Unread(UnreadKind.TENANT, f"the {receipt.origin.source}", incomplete)


def conclude_drift(
    declared: tuple[Origin, int, Sequence[Unread]],
    live: tuple[Origin, int, Sequence[Unread]],
    differences: int,
    *,
    may_be_empty: bool = False,
) -> Verdict:
    """Return the verdict of a comparison with the tenant.

    Args:
        declared: The origin of the manifests, the number of declared repos, and unread parts.
        live: The same for the tenant.
        differences: The number of differences.
        may_be_empty: Whether a run without repos is allowed.
    """
    total = f"{count_of(differences, 'difference')} between {count_of(declared[1], 'declared repo')} and {live[1]} live"
    incomplete = _unseen(*declared, may_be_empty=may_be_empty) or _unseen(*live, may_be_empty=may_be_empty)
    if incomplete:
        return Verdict(Status.INCOMPLETE, 3, complete=False, reason=f"{incomplete}. So far: {total}")
    if differences:
        return Verdict(Status.FINDINGS, 1, complete=True, reason=total)
    return Verdict(Status.CLEAN, 0, complete=True, reason=total)


def conclude_diff(obstacles: Sequence[str], new: int, summary: str) -> Verdict:
    """Return the verdict of a comparison of two runs.

    Args:
        obstacles: Why no finding can be reported as fixed.
        new: The number of findings that are new or open again.
        summary: The changes, without a final period.
    """
    if obstacles:
        more = f" (and {len(obstacles) - 1} more)" if len(obstacles) > 1 else ""
        reason = f"no finding can be reported as fixed: {obstacles[0]}{more}. Comparison so far: {summary}"
        return Verdict(Status.INCOMPLETE, 3, complete=False, reason=reason)
    return Verdict(Status.FINDINGS if new else Status.CLEAN, int(bool(new)), complete=True, reason=summary)


def conclude_fix(verdict: Verdict, pending: int, unwritten: Sequence[Unread]) -> Verdict:
    """Return the verdict on files that were fixed.

    Args:
        verdict: The verdict on the files after every fix.
        pending: The number of fixes that were shown but not applied.
        unwritten: The files that could not be written.
    """
    if verdict.exit_code not in {0, 1}:
        return verdict
    if unwritten:
        return Verdict(Status.INCOMPLETE, 3, complete=False, reason=f"{unwritten[0]}. Otherwise: {verdict.reason}")
    if pending:
        reason = f"{count_of(pending, 'fix', 'fixes')} available (not applied); remaining: {verdict.reason}"
        return Verdict(Status.FINDINGS, 1, verdict.complete, reason)
    return verdict


def apply_exit_zero(verdict: Verdict) -> Verdict:
    """Return the verdict under `--exit-zero`, which maps exit code 1 to 0 and no other."""
    if verdict.exit_code != 1:
        return verdict
    return Verdict(verdict.status, 0, verdict.complete, f"{verdict.reason} (--exit-zero)")


def failed(error: AuditorError) -> Verdict:
    """Return the verdict of a run that ended with an error."""
    reason = str(error)
    if isinstance(error, StoppedError):
        return Verdict(Status.INTERRUPTED, 128 + error.signal_number, complete=False, reason=reason)
    if isinstance(error, InvalidError):
        return Verdict(Status.INVALID, 2, complete=False, reason=reason)
    if isinstance(error, UndeliveredError):
        return Verdict(Status.UNDELIVERED, 5, complete=False, reason=reason)
    if isinstance(error, UnreadError | RuleError):
        return Verdict(Status.INCOMPLETE, 3, complete=False, reason=reason)
    return Verdict(Status.INTERNAL_ERROR, 4, complete=False, reason=reason)


def _unseen(origin: Origin, repos: int, unread: Sequence[Unread], *, may_be_empty: bool) -> str:
    """Return what was not read, empty if everything was."""
    if unread:
        more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
        return f"{unread[0]}{more}"
    if _is_empty(origin, repos) and not may_be_empty:
        return _nothing(origin)
    if origin.proof is None and origin.total is not None and repos < origin.total:
        return f"only {repos} of {origin.total} repos were read"
    if origin.proof is None and origin.total is None:
        return (
            f"the source ({origin.source}) states neither how many repos it has nor why its list is complete; "
            "set `total` or `proof` in its origin"
        )
    return ""


def _nothing(origin: Origin) -> str:
    """Return why nothing was checked."""
    if origin.source != _FILES:
        return (
            "no repos are visible; use a token that can see the repos of the tenant, for example of a tenant admin, "
            "or set `expect: {min_repos: 0}` if there are none"
        )
    fix = "pass files or directories that contain manifests, or use --allow-empty"
    return f"no ML repos or role bindings in {_files(origin)}; {fix}"


def _is_empty(origin: Origin, repos: int) -> bool:
    """Return whether there was nothing to check, and nothing was skipped as unchanged."""
    checked = origin.declared if origin.against else repos
    return checked == 0 and not origin.bindings and not origin.roles and not origin.left_out


def _files(origin: Origin) -> str:
    others = sum(count for _, count in origin.skipped)
    besides = f" ({count_of(others, 'document')} skipped)" if others else ""
    return f"{count_of(origin.files, 'file')}{besides}"


def _counted(repos: int, failing: int, fail_on: Severity, files: int) -> str:
    checked = count_of(files, "file") if files and not repos else count_of(repos, "repo")
    return f"{checked} checked, {count_of(failing, 'finding')} at or above {fail_on.label}"


def _unaccepted(not_evaluated: Sequence[NotEvaluated], *, nothing: bool) -> str:
    """Return which rules were skipped without being accepted; empty if there are none.

    Args:
        not_evaluated: Rules that were not evaluated, with the setting that accepts it.
        nothing: Whether no rule was evaluated on the repos, which no setting can accept.
    """
    if nothing:
        why = f": {_reason(not_evaluated)}" if not_evaluated else ""
        return f"no rule of the policy was evaluated on any repo{why}"
    missing = [each for each in not_evaluated if not each.accepted]
    if not missing:
        return ""
    why = agreeing(_reason(missing), len(_ids(missing)))
    fix = "provide the data, or accept this with `when_unavailable: skip` or --unavailable skip"
    return f"{_rules(missing)} skipped for {_repos(missing)}: {why}; {fix}"


def _reason(not_evaluated: Sequence[NotEvaluated]) -> str:
    """Return the first reason why rules were not evaluated, and the number of rules with another one."""
    reason = not_evaluated[0].reason
    others = [each for each in not_evaluated if each.reason != reason]
    return f"{reason} (and other reasons for {_count_rules(others)} on {_repos(others)})" if others else reason


def _note(not_evaluated: Sequence[NotEvaluated]) -> str:
    by: dict[str, list[NotEvaluated]] = {}
    for each in not_evaluated:
        by.setdefault(each.accepted, []).append(each)
    return "".join(f", {_names(these)} skipped for {_repos(these)} ({accepted})" for accepted, these in by.items())


def _repos(not_evaluated: Sequence[NotEvaluated]) -> str:
    by_rule: dict[str, set[RepoRef]] = {}
    for each in not_evaluated:
        for rule in each.rules:
            by_rule.setdefault(rule.id, set()).update(each.repos)  # repos that no file declares have no id
    extents = set(map(frozenset, by_rule.values()))
    repos = count_of(len(frozenset[RepoRef]().union(*extents)), "repo")
    return repos if len(extents) == 1 else f"up to {repos}"


def _left_out(origin: Origin) -> str:
    if not origin.since:
        return ""
    return f", {count_of(origin.left_out, 'document')} skipped as unchanged since {origin.since}"


def _against(origin: Origin) -> str:
    return f", merged into {origin.against}" if origin.against else ""


def _rules(not_evaluated: Sequence[NotEvaluated]) -> str:
    return f"{_names(not_evaluated)} {'was' if len(_ids(not_evaluated)) == 1 else 'were'}"


def _names(not_evaluated: Sequence[NotEvaluated]) -> str:
    """Return the ids of a few rules, or their number."""
    *first, last = ids = _ids(not_evaluated)
    if len(ids) > _NAMED:
        return _count_rules(not_evaluated)
    return f"{', '.join(first)} and {last}" if first else last


def _ids(not_evaluated: Sequence[NotEvaluated]) -> list[str]:
    return sorted({rule.id for each in not_evaluated for rule in each.rules})


def _count_rules(not_evaluated: Sequence[NotEvaluated]) -> str:
    return count_of(len(_ids(not_evaluated)), "rule")


@dataclass(frozen=True, slots=True)
class Expectations:
    """Expectations about the tenant. If one is not met, the run is incomplete.

    Attributes:
        tenant: The tenant that the token must belong to.
        min_repos: Minimum number of visible repos; 0 allows an empty tenant.
        include: Names of repos that must be visible.
        max_drop: Maximum share of the repos in `previous` that may be missing now, from 0 to 1.
        previous: The earlier number of visible repos, and the name of its snapshot.
    """

    tenant: str | None = None
    min_repos: int | None = None
    include: tuple[str, ...] = ()
    max_drop: float | None = None
    previous: tuple[int, str] | None = None

    def unmet(self, origin: Origin, repos: int, names: AbstractSet[str]) -> Iterator[Unread]:
        """Yield the expectations that are not met.

        Args:
            origin: The origin of the repos.
            repos: Number of visible repos.
            names: The visible repos of `include`.
        """
        if self.tenant is not None and origin.tenant != self.tenant:
            got = f"tenant {origin.tenant}" if origin.tenant else "an unknown tenant"
            yield _unmet("tenant", f"the token belongs to {got}, expected {self.tenant}")
        if self.min_repos is not None and repos < self.min_repos:
            yield _unmet("min_repos", f"{_visible(repos)}, expected at least {self.min_repos}")
        for name in self.include:
            if name not in names:
                yield _unmet("include", f"the repo {name} is not visible")
        if self.max_drop is not None and self.previous is not None:
            before, where = self.previous
            if before and repos < before * (1 - self.max_drop):
                gone = f"{_visible(repos)}, but {where} has {before}"
                yield _unmet("max_drop", f"{gone}, more than {self.max_drop:.0%} fewer")


def _visible(repos: int) -> str:
    return f"{count_of(repos, 'repo')} {'is' if repos == 1 else 'are'} visible"


def _unmet(key: str, reason: str) -> Unread:
    fix = "use a token that can see the complete tenant, or correct the expectation"
    return Unread(UnreadKind.TENANT, f"expect.{key}", reason, fix)
