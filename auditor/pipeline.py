"""The pipeline: collect, validate, evaluate, triage, conclude. It never prints and knows no reporter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from auditor.access import IndexedDirectory
from auditor.engine import Judge
from auditor.errors import StoppedError
from auditor.expectations import Expectations
from auditor.model import (
    DIRECTORY_PARTS,
    GRANT_SURFACES,
    Binding,
    Directory,
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
    Source,
    Status,
    Unread,
    directory_of,
)
from auditor.policy import Policy
from auditor.triage import about_change, identified, without_known
from auditor.validation import binding_rules, schema_rules, validate
from auditor.verdict import conclude, failed, unseen_of

if TYPE_CHECKING:
    from auditor.remedies import Remedies

_ACCESS = "access"
_PROGRESS_STEP = 50
_NO_EXPECTATIONS = Expectations()


def _placed(finding: Finding, manifest: Repo | Binding) -> Finding:
    return replace(finding, location=manifest.locate(finding.path)) if manifest.locate else finding


class _Tally:
    """What the repos that were judged so far came to; of a repo that is done only its id and its findings stay."""

    def __init__(self, judge: Judge, expected: AbstractSet[str], remedies: Remedies | None) -> None:
        self.judge = judge
        self._remedies = remedies
        self._expected = expected
        self.ids: dict[str, int] = {}
        self._slots = 0
        self.names: set[str] = set()
        self.unread: list[Unread] = []
        self._of_documents: list[Finding] = []
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._unevaluable: dict[str, tuple[Unread, ...]] = {}
        # Keyed by the ids of the rules, as hashing rules themselves for every repo takes as long as judging it.
        self._not_evaluated: dict[tuple[str, ...], tuple[tuple[RuleInfo, ...], dict[str, RepoRef]]] = {}

    def add(self, repo: Repo) -> None:
        if repo.id in self.ids:
            self._forget(repo.id)
        self.ids[repo.id] = self._slots
        judged = self.judge.judge(repo, self._slots)
        self._slots += 1
        findings = self._mended(repo, tuple(_placed(each, repo) for each in (*validate(repo), *judged.findings)))
        if repo.name in self._expected:
            self.names.add(repo.name)
        if findings:
            self._findings[repo.id] = findings
        if judged.unread:
            self._unevaluable[repo.id] = judged.unread
        for reason, rules in judged.not_evaluated:
            key = (reason, *[rule.id for rule in rules])
            self._not_evaluated.setdefault(key, (rules, {}))[1][repo.id] = repo.ref

    def note(self, item: Binding | Unread | Finding) -> None:
        if isinstance(item, Unread):
            self.unread.append(item)
        elif isinstance(item, Binding):
            self._of_documents += [_placed(each, item) for each in validate(item)]
        else:
            self._of_documents.append(item)

    def _mended(self, repo: Repo, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Add to findings about access what would mend it."""
        if self._remedies is None or not any(each.rule.category == _ACCESS for each in findings):
            return findings
        text = self._remedies.of(repo)
        return tuple(replace(each, suggestion=text) if each.rule.category == _ACCESS else each for each in findings)

    def _forget(self, repo_id: str) -> None:
        self.judge.retract(self.ids[repo_id])
        self._findings.pop(repo_id, None)
        self._unevaluable.pop(repo_id, None)
        for _, repos in self._not_evaluated.values():
            repos.pop(repo_id, None)

    def conclude(self, tenant: str | None) -> None:
        """Ask the rules across repos."""
        judged = self.judge.conclude(tenant)
        self._of_documents += judged.findings
        self.unread += judged.unread

    def take_findings(self) -> Iterator[Finding]:
        """Hand over the findings, so that they are not held twice."""
        yield from self._of_documents
        while self._findings:
            yield from self._findings.popitem()[1]

    def all_unread(self) -> tuple[Unread, ...]:
        unevaluable = [unread for each in self._unevaluable.values() for unread in each]
        return (*self.unread, *sorted(unevaluable, key=lambda unread: unread.what))

    def not_evaluated(self) -> tuple[NotEvaluated, ...]:
        return tuple(
            NotEvaluated(rules, key[0], tuple(sorted(repos.values(), key=lambda ref: (ref.name, ref.id))))
            for key, (rules, repos) in sorted(self._not_evaluated.items(), key=lambda item: item[0])
            if repos
        )


def audit(
    source: Source,
    policy: Policy,
    *,
    fail_on: Severity = Severity.LOW,
    require_all_rules: bool = False,
    expect: Expectations = _NO_EXPECTATIONS,
    known: AbstractSet[str] = frozenset(),
    tenant: Report | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    timings: MutableMapping[str, float] | None = None,
    suggest: bool = False,
) -> Report:
    """Judge every repo of a source by a policy.

    Stopped by a signal, it returns a report of what was judged until then, whose verdict says so.

    Args:
        source: Where the repos come from.
        policy: The rules in force.
        fail_on: The mildest severity that makes the run fail.
        require_all_rules: Whether a rule that was not evaluated makes the run incomplete.
        expect: What users know of their tenant; where it does not hold, the run is incomplete.
        known: Fingerprints of findings that were there before; they are reported as baselined and fail nothing.
        tenant: What a tenant comes to without the change that the source merges into it. What it has anyway is not
            reported, and what was not seen of it, its expectations included, makes the run incomplete.
        clock: Tells the time; ages are measured from its first answer, or from when a saved source was read.
        progress: Told how many repos were judged, of how many (None while that is not known).
        suggest: Whether findings about access say what would mend them, as YAML.
        timings: Gets the seconds that each rule took, by its id; measuring makes the run slower.

    Raises:
        InvalidError: The source is not what the user takes it for, so nothing was judged.
    """
    started = source.origin().started_at or clock()
    directory, stopped = _directory(source, policy)
    index = IndexedDirectory(directory)
    judge = Judge(policy, started, source.provides | directory.provides, index, timed=timings is not None)
    tally = _Tally(judge, frozenset(expect.include), _remedies(index) if suggest else None)
    tally.unread += directory.unread
    try:
        if not stopped:
            _collect(source, tally, progress)
    except StoppedError as error:
        stopped = error
    origin = source.origin()
    tally.conclude(origin.tenant)
    if timings is not None:
        timings.update(judge.seconds)
    may_be_empty = expect.min_repos == 0
    if tenant is None:
        tally.unread += expect.unmet(origin, len(tally.ids), tally.names)
    else:
        missed = unseen_of(tenant, may_be_empty=may_be_empty)
        tally.unread += [each for each in missed if each not in tally.unread]
    found: Sequence[Finding] = identified(tally.take_findings())
    if tenant is not None:
        found, inherited = about_change(found, tenant.findings)
        known |= inherited
    findings, baselined = without_known(found, known)
    not_evaluated = tally.not_evaluated()
    receipt = _receipt(origin, policy, tally, not_evaluated, (started, origin.finished_at or clock()))
    verdict = conclude(
        origin=origin,
        repos=receipt.repos,
        unread=receipt.unread,
        findings=findings,
        not_evaluated=not_evaluated,
        fail_on=fail_on,
        require_all_rules=require_all_rules,
        may_be_empty=may_be_empty,
    )
    if stopped:
        verdict = failed(stopped)
    rules = (*(rule.info for rule in policy.rules), *schema_rules(), *_of_source(origin))
    return Report(verdict, receipt, fail_on, findings, baselined=baselined, not_evaluated=not_evaluated, rules=rules)


def unless_stopped(report: Report) -> Report:
    """Return the report of a run that others build on.

    Raises:
        StoppedError: It was stopped by a signal, so it is only a part.
    """
    if report.verdict.status is Status.INTERRUPTED:
        raise StoppedError(report.verdict.exit_code - 128)
    return report


def check(
    paths: Sequence[str], policy: Policy, *, fail_on: Severity = Severity.LOW, require_all_rules: bool = False
) -> Report:
    """Judge the manifests behind paths by a policy, as `auditor check` does.

    Args:
        paths: Files, folders and patterns.
        policy: The rules in force.
        fail_on: The mildest severity that makes the run fail.
        require_all_rules: Whether a rule that was not evaluated makes the run incomplete.

    Raises:
        InvalidError: A path leads nowhere.
    """
    from auditor.sources.manifests import ManifestFiles  # noqa: PLC0415 - most runs read no files

    return audit(ManifestFiles(paths), policy, fail_on=fail_on, require_all_rules=require_all_rules)


def _remedies(directory: IndexedDirectory) -> Remedies:
    from auditor.remedies import Remedies  # noqa: PLC0415 - few reports carry them

    return Remedies(directory)


def parts_for(policy: Policy) -> frozenset[Provider]:
    """Return the parts of a directory that a rule in force needs."""
    needs = frozenset(need for rule in policy.rules for need in rule.needs)
    return needs & DIRECTORY_PARTS | (GRANT_SURFACES if Provider.GRANTS in needs else frozenset())


def _directory(source: Source, policy: Policy) -> tuple[Directory, StoppedError | None]:
    """Read the parts of the directory that a rule in force needs, and no others."""
    wanted = parts_for(policy)
    try:
        return (directory_of(source, wanted) if wanted else Directory()), None
    except StoppedError as error:
        return Directory(), error


def _of_source(origin: Origin) -> tuple[RuleInfo, ...]:
    """Return the rules about what this source reads beside repos."""
    return (*(binding_rules() if origin.bindings else ()), *origin.rules)


def _collect(source: Source, tally: _Tally, progress: Callable[[int, int | None], None]) -> None:
    for item in source.collect():
        if not isinstance(item, Repo):
            tally.note(item)
            continue
        tally.add(item)
        if len(tally.ids) % _PROGRESS_STEP == 0:
            progress(len(tally.ids), source.origin().total)


def _receipt(
    origin: Origin,
    policy: Policy,
    tally: _Tally,
    not_evaluated: tuple[NotEvaluated, ...],
    times: tuple[datetime, datetime],
) -> Receipt:
    schema, others = len(schema_rules()), len(_of_source(origin))
    return Receipt(
        origin=origin,
        started_at=times[0],
        finished_at=times[1],
        repos=len(tally.ids),
        ids_sha256=hashlib.sha256("".join(f"{each}\n" for each in sorted(tally.ids)).encode()).hexdigest(),
        policy_sha256=policy.sha256,
        rules=RuleCounts(
            loaded=len(policy.rules) + schema + others,
            evaluated=len(tally.judge.evaluated) + (schema if tally.ids else 0) + others,
            not_evaluated=len({rule.id for each in not_evaluated for rule in each.rules}),
        ),
        unread=tally.all_unread(),
    )
