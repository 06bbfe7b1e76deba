"""The changes between two runs: new, reopened, fixed, still open and waived findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from auditor.model import Finding, Report, pairs_not_evaluated

_TENANT_SOURCES = frozenset({"control-plane", "snapshot"})


@dataclass(frozen=True, slots=True)
class Run:
    """A run to compare.

    Attributes:
        file: The file of its report, or the snapshot.
        report: Its report.
    """

    file: str
    report: Report

    @property
    def scope(self) -> Mapping[str, object]:
        """The scope of the run, by the keys of the JSON report."""
        report, origin = self.report, self.report.receipt.origin
        return {
            "source": "tenant" if origin.source in _TENANT_SOURCES else origin.source,
            "host": origin.host,
            "tenant": origin.tenant,
            "identity": origin.identity,
            "paths": list(origin.paths),
            "excluded": dict(origin.excluded),
            "against": origin.against,
            "partial": list(report.partial),
            "only_owner": report.only_owner,
        }

    @property
    def opened(self) -> Mapping[str, Finding]:
        """The open findings, by fingerprint."""
        return {each.fingerprint: each for each in self.report.findings}

    @property
    def accepted(self) -> Mapping[str, Finding]:
        """The findings that are waived or in the baseline, by fingerprint."""
        return {each.fingerprint: each for each in (*self.report.waived, *self.report.baselined)}


@dataclass(frozen=True, slots=True)
class ReportDiff:
    """The changes between two runs; each list is sorted by severity, rule and repo.

    Attributes:
        old: The earlier run.
        new: The later run.
        obstacles: Why no finding can be reported as fixed; empty if there is no reason.
        added: Open findings that the earlier run did not have.
        reopened: Open findings that were waived or in the baseline.
        fixed: Findings that no longer occur; empty if there are obstacles.
        unknown: Findings that no longer occur, but may not be fixed.
        still_open: Open in both runs.
        waived: Open findings that are waived now, or in the baseline.
        severity: Findings whose severity changed, before and after.
    """

    old: Run
    new: Run
    obstacles: tuple[str, ...] = ()
    added: tuple[Finding, ...] = ()
    reopened: tuple[Finding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    unknown: tuple[Finding, ...] = ()
    still_open: tuple[Finding, ...] = ()
    waived: tuple[Finding, ...] = ()
    severity: tuple[tuple[Finding, Finding], ...] = field(default=())

    @property
    def parts(self) -> Mapping[str, tuple[Finding, ...]]:
        """The lists of findings, by their names in reports."""
        return {
            "new": self.added,
            "reopened": self.reopened,
            "fixed": self.fixed,
            "not confirmed as fixed": self.unknown,
            "accepted since": self.waived,
            "still open": self.still_open,
        }

    def counts_by(self, key: Callable[[Finding], str]) -> Mapping[str, Counter[str]]:
        """Return the number of findings in each part, by rule or by owner."""
        counts: dict[str, Counter[str]] = {}
        for part, findings in self.parts.items():
            for each in findings:
                counts.setdefault(key(each), Counter())[part] += 1
        return dict(sorted(counts.items()))


def compare_runs(old: Run, new: Run) -> ReportDiff:
    """Return the changes between two runs."""
    obstacles = tuple(_obstacles(old, new))
    opened_before, opened, accepted = old.opened, new.opened, new.accepted
    before, after = {**old.accepted, **opened_before}, {**accepted, **opened}
    skipped = pairs_not_evaluated(new.report.not_evaluated)
    gone = [each for fingerprint, each in before.items() if fingerprint not in after]
    fixed = {each.fingerprint for each in gone if not obstacles and (each.rule.id, each.repo.name) not in skipped}
    return ReportDiff(
        old=old,
        new=new,
        obstacles=obstacles,
        added=_ordered(each for fingerprint, each in opened.items() if fingerprint not in before),
        reopened=_ordered(
            each for fingerprint, each in opened.items() if fingerprint in before and fingerprint not in opened_before
        ),
        fixed=_ordered(each for each in gone if each.fingerprint in fixed),
        unknown=_ordered(each for each in gone if each.fingerprint not in fixed),
        still_open=_ordered(each for fingerprint, each in opened.items() if fingerprint in opened_before),
        waived=_ordered(each for fingerprint, each in accepted.items() if fingerprint in opened_before),
        severity=tuple(
            (before[each.fingerprint], each)
            for each in _ordered(after.values())
            if each.fingerprint in before and before[each.fingerprint].rule.severity != each.rule.severity
        ),
    )


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda each: (-each.rule.severity, each.rule.id, each.repo.name, each.message)))


def _in_words(value: object) -> str:
    """Return a value of a scope for messages: `none`, or one or more quoted values."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    return ", ".join(map(repr, values)) or "none"


def _obstacles(old: Run, new: Run) -> Iterator[str]:
    for run in (old, new):
        if not run.report.verdict.complete:
            yield f"{run.file} is incomplete: {run.report.verdict.reason}"
        if run.report.receipt.origin.left_out:
            yield f"{run.file} skipped unchanged documents"
    after = new.scope
    for key, value in old.scope.items():
        if value != after[key]:
            has = f"{old.file} has {_in_words(value)}, {new.file} has {_in_words(after[key])}"
            yield f"the scope differs in `{key}`: {has}"
    policies = [run.report.receipt.policy_sha256 for run in (old, new)]
    if policies[0] != policies[1]:
        yield f"the policies differ: sha256:{policies[0][:12]} in {old.file}, sha256:{policies[1][:12]} in {new.file}"
