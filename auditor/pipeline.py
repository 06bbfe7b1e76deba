"""The pipeline: collect, validate, evaluate, triage, conclude. It never prints and knows no reporter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol

from auditor.engine import Judge
from auditor.model import (
    Finding,
    NotEvaluated,
    Origin,
    Provider,
    Receipt,
    Repo,
    RepoRef,
    Report,
    RuleCounts,
    RuleInfo,
    Severity,
    Unread,
)
from auditor.policy import Policy
from auditor.triage import identified
from auditor.validation import schema_rules, validate
from auditor.verdict import conclude

_PROGRESS_STEP = 50


class Source(Protocol):
    """Where repos come from."""

    @property
    def provides(self) -> frozenset[Provider]:
        """What the source can tell about a repo."""
        ...

    def collect(self) -> Iterator[Repo | Unread]:
        """Yield every repo, and everything that could not be seen.

        A repo that is yielded again has changed meanwhile; the last one counts.
        """
        ...

    def origin(self) -> Origin:
        """Return where the repos came from; whole only after the last one."""
        ...


class _Tally:
    """What the repos that were judged so far came to; of a repo that is done only its id and its findings stay."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.ids: set[str] = set()
        self.unread: list[Unread] = []
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._unevaluable: dict[str, tuple[Unread, ...]] = {}
        self._not_evaluated: dict[tuple[str, tuple[RuleInfo, ...]], dict[str, RepoRef]] = {}

    def add(self, repo: Repo) -> None:
        judged = self.judge.judge(repo)
        findings = (*validate(repo), *judged.findings)
        if repo.id in self.ids:
            self._forget(repo.id)
        self.ids.add(repo.id)
        if findings:
            self._findings[repo.id] = findings
        if judged.unread:
            self._unevaluable[repo.id] = judged.unread
        for reason in judged.not_evaluated:
            self._not_evaluated.setdefault(reason, {})[repo.id] = repo.ref

    def _forget(self, repo_id: str) -> None:
        self._findings.pop(repo_id, None)
        self._unevaluable.pop(repo_id, None)
        for repos in self._not_evaluated.values():
            repos.pop(repo_id, None)

    def take_findings(self) -> Iterator[Finding]:
        """Hand over the findings, so that they are not held twice."""
        while self._findings:
            yield from self._findings.popitem()[1]

    def all_unread(self) -> tuple[Unread, ...]:
        unevaluable = [unread for each in self._unevaluable.values() for unread in each]
        return (*self.unread, *sorted(unevaluable, key=lambda unread: unread.what))

    def not_evaluated(self) -> tuple[NotEvaluated, ...]:
        return tuple(
            NotEvaluated(rules, reason, tuple(sorted(repos.values(), key=lambda ref: (ref.name, ref.id))))
            for (reason, rules), repos in sorted(self._not_evaluated.items(), key=lambda item: item[0][0])
            if repos
        )


def audit(
    source: Source,
    policy: Policy,
    *,
    fail_on: Severity = Severity.LOW,
    require_all_rules: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Report:
    """Judge every repo of a source by a policy.

    Args:
        source: Where the repos come from.
        policy: The rules in force.
        fail_on: The mildest severity that makes the run fail.
        require_all_rules: Whether a rule that was not evaluated makes the run incomplete.
        clock: Tells the time; ages are measured from its first answer.
        progress: Told how many repos were judged, of how many (None while that is not known).

    Raises:
        InvalidError: The source is not what the user takes it for, so nothing was judged.
    """
    started = clock()
    judge = Judge(policy, started, source.provides)
    tally = _Tally(judge)
    for item in source.collect():
        if isinstance(item, Unread):
            tally.unread.append(item)
        else:
            tally.add(item)
            if len(tally.ids) % _PROGRESS_STEP == 0:
                progress(len(tally.ids), source.origin().total)
    return _report(source.origin(), policy, tally, (started, clock()), fail_on, require_all_rules)


def _report(
    origin: Origin,
    policy: Policy,
    tally: _Tally,
    times: tuple[datetime, datetime],
    fail_on: Severity,
    require_all_rules: bool,
) -> Report:
    findings, unread = identified(tally.take_findings()), tally.all_unread()
    not_evaluated = tally.not_evaluated()
    verdict = conclude(
        origin=origin,
        repos=len(tally.ids),
        unread=unread,
        findings=findings,
        not_evaluated=not_evaluated,
        fail_on=fail_on,
        require_all_rules=require_all_rules,
    )
    schema = len(schema_rules())
    receipt = Receipt(
        origin=origin,
        started_at=times[0],
        finished_at=times[1],
        repos=len(tally.ids),
        ids_sha256=hashlib.sha256("".join(f"{each}\n" for each in sorted(tally.ids)).encode()).hexdigest(),
        policy_sha256=policy.sha256,
        rules=RuleCounts(
            loaded=len(policy.rules) + schema,
            evaluated=len(tally.judge.evaluated) + (schema if tally.ids else 0),
            not_evaluated=len({rule.id for each in not_evaluated for rule in each.rules}),
        ),
        unread=unread,
    )
    return Report(verdict, receipt, fail_on, findings, not_evaluated=not_evaluated)
