"""The pipeline: collect, validate, evaluate, triage, conclude. It never prints and knows no reporter."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from auditor.access import DirectoryIndex
from auditor.engine import Evaluator, RunResults
from auditor.errors import StoppedError
from auditor.model import (
    DIRECTORY_PARTS,
    GRANT_SURFACES,
    Directory,
    Finding,
    NotEvaluated,
    Origin,
    Provider,
    Receipt,
    Repo,
    Report,
    RuleCounts,
    RuleInfo,
    Severity,
    Source,
    Status,
    directory_of,
)
from auditor.policy import Policy
from auditor.sources.files import ManifestFiles
from auditor.triage import Baseline, identified, introduced_by, split_by_baseline
from auditor.validation import binding_rules, schema_rules
from auditor.verdict import Expectations, conclude, failed, unseen_of

_PROGRESS_STEP = 50
_NO_EXPECTATIONS = Expectations()
_NO_BASELINE: Baseline = {}
_UNDECLARED = "role bindings grant on it and no file declares it, so what it comes to is not known"


def audit(
    source: Source,
    policy: Policy,
    *,
    fail_on: Severity = Severity.LOW,
    require_all_rules: bool = False,
    expect: Expectations = _NO_EXPECTATIONS,
    known: Baseline = _NO_BASELINE,
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
        known: The findings that were there before; they are reported as baselined and fail nothing.
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
    index = DirectoryIndex(directory)
    provides = source.provides | directory.provides
    evaluator = Evaluator(policy, started, provides, index, timings)
    results = RunResults(evaluator, frozenset(expect.include), _suggester(index) if suggest else None)
    results.unread += directory.unread
    stopped = stopped or _collect(source, results, progress)
    origin = source.origin()
    results.skip_grant_rules(origin.undeclared, _UNDECLARED)
    results.conclude(origin.tenant)
    may_be_empty = expect.min_repos == 0
    if tenant is None:
        results.unread += expect.unmet(origin, len(results.ids), results.names)
    else:
        missed = unseen_of(tenant, may_be_empty=may_be_empty)
        results.unread += [each for each in missed if each not in results.unread]
    findings, baselined = _sorted_out(results, known, tenant)
    not_evaluated = results.not_evaluated()
    receipt = _receipt(origin, policy, results, not_evaluated, (started, origin.finished_at or clock()))
    verdict = conclude(
        origin=origin,
        repos=receipt.repos,
        unread=receipt.unread,
        findings=findings,
        not_evaluated=not_evaluated,
        fail_on=fail_on,
        require_all_rules=require_all_rules,
        may_be_empty=may_be_empty,
        known=len(baselined),
    )
    rules = (*(rule.info for rule in policy.rules), *schema_rules(), *_of_source(origin))
    seal = failed(stopped) if stopped else verdict
    return Report(seal, receipt, fail_on, findings, baselined=baselined, not_evaluated=not_evaluated, rules=rules)


def _sorted_out(
    results: RunResults, known: Baseline, tenant: Report | None
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the open findings and those that were there before; what a tenant has anyway is left out."""
    found: Sequence[Finding] = identified(results.take_findings())
    if tenant is not None:
        found, inherited = introduced_by(found, tenant.findings)
        known = {**known, **inherited}
    return split_by_baseline(found, known)


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
    return audit(ManifestFiles(paths), policy, fail_on=fail_on, require_all_rules=require_all_rules)


def _suggester(directory: DirectoryIndex) -> Callable[[Repo], str]:
    from auditor.access.suggestions import RepoSuggestions  # noqa: PLC0415 - few reports carry them

    return RepoSuggestions(directory).for_repo


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


def _collect(source: Source, results: RunResults, progress: Callable[[int, int | None], None]) -> StoppedError | None:
    """Take everything that a source yields; return why it was stopped before the end, if it was."""
    try:
        for item in source.collect():
            if not isinstance(item, Repo):
                results.note(item)
                continue
            results.add(item)
            if len(results.ids) % _PROGRESS_STEP == 0:
                progress(len(results.ids), source.origin().total)
    except StoppedError as error:
        return error
    return None


def _receipt(
    origin: Origin,
    policy: Policy,
    results: RunResults,
    not_evaluated: tuple[NotEvaluated, ...],
    times: tuple[datetime, datetime],
) -> Receipt:
    schema, others = len(schema_rules()), len(_of_source(origin))
    return Receipt(
        origin=origin,
        started_at=times[0],
        finished_at=times[1],
        repos=len(results.ids),
        ids_sha256=sha256("".join(f"{each}\n" for each in sorted(results.ids)).encode()).hexdigest(),
        policy_sha256=policy.sha256,
        rules=RuleCounts(
            loaded=len(policy.rules) + schema + others,
            evaluated=len(results.evaluator.evaluated) + (schema if results.ids else 0) + others,
            not_evaluated=len({rule.id for each in not_evaluated for rule in each.rules}),
        ),
        unread=results.all_unread(),
    )
