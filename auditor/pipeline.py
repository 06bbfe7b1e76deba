"""The pipeline: collect, validate, evaluate, triage, conclude. It never prints and knows no reporter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from os import PathLike
from typing import TYPE_CHECKING

from auditor.access import DirectoryIndex
from auditor.engine import Evaluator, RunResults
from auditor.errors import StoppedError
from auditor.model import (
    GRANT_SURFACES,
    PROGRESS_STEP,
    Directory,
    Finding,
    Level,
    NotEvaluated,
    Origin,
    Overview,
    Receipt,
    Repo,
    Report,
    RuleCounts,
    RuleInfo,
    Severity,
    Source,
    Status,
    Unread,
    UnreadKind,
    directory_of,
)
from auditor.policy import Policy
from auditor.sources.files import DOCUMENT_RULES, ManifestFiles
from auditor.text import count_of
from auditor.triage import Baseline, Scope, Triage, TriageInputs, introduced_by, triage, with_fingerprints
from auditor.triage.owners import OwnerSource, owner_of
from auditor.validation import binding_rules, schema_rules
from auditor.verdict import Expectations, conclude, conclude_reading, failed, unread_without_change

if TYPE_CHECKING:
    from auditor.access.matrix.matrix import Matrix

_FILES = "manifest files"

_UNDECLARED = "no file declares the repo (only role bindings refer to it), so its access is unknown"


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """Options of a run.

    Attributes:
        fail_on: The lowest severity that fails the run.
        unavailable: What happens if the source lacks data that a rule needs: `skip` or `incomplete`. It overrides the
            policy. None for the setting of each rule.
        skip_origin: The human-readable name of the option that sets `unavailable` to `skip`.
        skips_unavailable: Whether rules without such a setting are skipped. `check` does this, because files never
            contain data from the control plane.
        expect: Expectations about the tenant. If one is not met, the run is incomplete.
        allow_empty: Whether a run that read everything is clean if there was nothing to evaluate.
        accepted: Waivers and the baseline.
        owners: The sources of owners, in order.
        partial: What options exclude from this run, one sentence each.
        baseline: Findings from before a change. They are reported as baselined and do not fail the run.
        unchanged: The report on the tenant without the change that the source merges into it. Its findings are not
            reported. If it is incomplete, this run is incomplete too.
        earlier: Findings across repos from before a change. They are not reported. A finding that only has another
            message is reported as baselined.
        role_levels: Levels of roles on ML repos; they override the level that follows from the id and permissions.
        suggest: Whether findings about access contain manifests that fix them, as YAML.
        overview: Whether the report has an overview of storage and access.
        clock: Returns the current time. Ages are measured from its first value, or from the time of a snapshot.
        progress: Called with the number of evaluated repos and the total (None while it is unknown).
        timings: Receives the seconds spent in each rule, by its id. Measuring makes the run slower.
    """

    fail_on: Severity = Severity.LOW
    unavailable: str | None = None
    skip_origin: str = "--unavailable skip"
    skips_unavailable: bool = False
    expect: Expectations = field(default_factory=Expectations)
    allow_empty: bool = False
    accepted: TriageInputs = field(default_factory=TriageInputs)
    owners: Sequence[OwnerSource] = ()
    partial: tuple[str, ...] = ()
    baseline: Baseline = field(default_factory=dict)
    unchanged: Report | None = None
    earlier: Sequence[Finding] = ()
    role_levels: Mapping[str, Level] = field(default_factory=dict)
    suggest: bool = False
    overview: bool = False
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    progress: Callable[[int, int | None], None] = lambda _done, _total: None
    timings: MutableMapping[str, float] | None = None


_DEFAULTS = AuditOptions()
_CHECK_DEFAULTS = AuditOptions(skips_unavailable=True)


def audit(source: Source, policy: Policy, options: AuditOptions = _DEFAULTS) -> Report:
    """Evaluate a policy on every repo of a source.

    If a signal stops the run, the report has the findings until then, and its status is `Status.INTERRUPTED`.

    Args:
        source: The source of the repos.
        policy: The policy.
        options: Options of the run.

    Raises:
        InvalidError: The source is invalid, so nothing was evaluated.
    """
    started = source.origin().started_at or options.clock()
    directory, stopped = _directory(source, policy)
    index = DirectoryIndex(directory, options.role_levels)
    evaluator = Evaluator(policy, started, source.provides | directory.provides, index, options.timings)
    suggest = _suggester(index) if options.suggest else None
    owner = owner_of(options.owners, index) if options.owners else None
    results = RunResults(evaluator, options.accepted.repos | {*options.expect.include}, suggest, owner)
    results.unread += (*directory.unread, *(index.unread_access if directory.role_bindings.provided else ()))
    results.unread += _left_out_of_snapshot(source.origin(), directory, policy)
    matrix = _matrix(index) if options.overview else None
    stopped = stopped or _collect(source, results, options.progress, matrix)
    origin = source.origin()
    results.skip_grant_rules(origin.undeclared, _UNDECLARED)
    results.conclude(origin.tenant)
    results.unread += _unread_tenant(origin, results, options)
    not_evaluated = tuple(_with_acceptance(results.not_evaluated(), options))
    rules = (*(rule.info for rule in policy.rules), *schema_rules(), *_of_source(origin))
    incomplete = conclude_reading(origin, len(results.ids), results.all_unread())
    scope = Scope(
        rules=rules,
        complete=not (options.partial or stopped or incomplete or origin.since or options.unchanged),
        tenant=origin.source != _FILES,
        repos=frozenset(results.names),
        not_evaluated=not_evaluated,
        built_in=frozenset(
            name for rule in (*schema_rules(), *binding_rules(), *DOCUMENT_RULES) for name in rule.names
        ),
    )
    triaged = _triage(results, options, scope)
    receipt = _receipt(origin, policy, results, not_evaluated, (started, origin.finished_at or options.clock()))
    verdict = conclude(
        origin=origin,
        repos=receipt.repos,
        unread=receipt.unread,
        findings=triaged.opened,
        not_evaluated=not_evaluated,
        evaluated=len(evaluator.evaluated),
        fail_on=options.fail_on,
        empty_allowed_by=_empty_allowed_by(options),
        known=len(triaged.baselined),
        waived=len(triaged.waived),
        triage_notes=triaged.notes,
        strict_waivers=options.accepted.strict,
        as_of=options.accepted.as_of,
        partial=options.partial,
    )
    return Report(
        verdict=failed(stopped) if stopped else verdict,
        receipt=receipt,
        fail_on=options.fail_on,
        findings=triaged.opened,
        waived=triaged.waived,
        baselined=triaged.baselined,
        not_evaluated=not_evaluated,
        rules=rules,
        triage_notes=triaged.notes,
        partial=(*options.partial, *_skipped_documents(origin)),
        overview=_overview(matrix) if matrix is not None else None,
    )


def _skipped_documents(origin: Origin) -> Iterator[str]:
    if origin.left_out:
        yield f"{count_of(origin.left_out, 'document')} skipped as unchanged since {origin.since}"


def _with_acceptance(entries: Iterable[NotEvaluated], options: AuditOptions) -> Iterator[NotEvaluated]:
    """Yield skipped rules, separated by the setting that accepts them, if any."""
    for entry in entries:
        by: dict[str, list[RuleInfo]] = {}
        for rule in entry.rules:
            by.setdefault(_acceptance(rule, options), []).append(rule)
        yield from (replace(entry, rules=tuple(rules), accepted=accepted) for accepted, rules in sorted(by.items()))


def _acceptance(rule: RuleInfo, options: AuditOptions) -> str:
    if options.unavailable is not None:
        return options.skip_origin if options.unavailable == "skip" else ""
    if rule.when_unavailable:
        return f"when_unavailable: skip in {rule.unavailable_in}" if rule.when_unavailable == "skip" else ""
    return "default in check" if options.skips_unavailable else ""


def _empty_allowed_by(options: AuditOptions) -> str:
    if options.allow_empty:
        return "--allow-empty"
    return "min_repos: 0" if options.expect.min_repos == 0 else ""


def _matrix(directory: DirectoryIndex) -> Matrix:
    from auditor.access.matrix.matrix import Matrix  # noqa: PLC0415 - only some reports need it

    return Matrix(directory)


def _overview(matrix: Matrix) -> Overview:
    from auditor.access.overview import overview_of  # noqa: PLC0415 - only some reports need it

    return overview_of(matrix)


def _suggester(directory: DirectoryIndex) -> Callable[[Repo], str]:
    from auditor.access.suggestions import RepoSuggestions  # noqa: PLC0415 - 7 ms that only the JSON report needs

    return RepoSuggestions(directory).for_repo


def _unread_tenant(origin: Origin, results: RunResults, options: AuditOptions) -> list[Unread]:
    """Return the expectations that do not hold, or the unread parts of the tenant without the change."""
    if options.unchanged is None:
        return [*options.expect.unmet(origin, len(results.ids), results.names)]
    missed = unread_without_change(options.unchanged, may_be_empty=options.expect.min_repos == 0)
    return [each for each in missed if each not in results.unread]


def _triage(results: RunResults, options: AuditOptions, scope: Scope) -> Triage:
    """Return the result of triage, without findings that the tenant has without the change."""
    found: Sequence[Finding] = with_fingerprints(results.take_findings())
    before = (*options.earlier, *(options.unchanged.findings if options.unchanged else ()))
    found, inherited = introduced_by(found, before)
    today = options.clock().astimezone(UTC).date()
    return triage(found, options.accepted, {**options.baseline, **inherited}, today, scope)


def unless_stopped(report: Report) -> Report:
    """Return the report of a run that other runs build on.

    Raises:
        StoppedError: The run was stopped by a signal, so the report is incomplete.
    """
    if report.verdict.status is Status.INTERRUPTED:
        raise StoppedError(report.verdict.exit_code - 128)
    return report


def check(
    paths: str | PathLike[str] | Sequence[str | PathLike[str]], policy: Policy, options: AuditOptions = _CHECK_DEFAULTS
) -> Report:
    """Evaluate a policy on manifest files, as `auditor check` does.

    Args:
        paths: One path or a list of paths: files, directories and patterns.
        policy: The policy.
        options: Options of the run.

    Raises:
        InvalidError: A path does not exist.
    """
    return audit(ManifestFiles(paths), policy, options)


def _directory(source: Source, policy: Policy) -> tuple[Directory, StoppedError | None]:
    """Read the parts of the directory that an enabled rule needs, and no others."""
    try:
        return (directory_of(source, policy.parts) if policy.parts else Directory()), None
    except StoppedError as error:
        return Directory(), error


def _left_out_of_snapshot(origin: Origin, directory: Directory, policy: Policy) -> Iterator[Unread]:
    """Yield the lists with grants that an enabled rule needs and that a snapshot lacks."""
    if origin.source != "snapshot" or not directory.provides:
        return  # a snapshot without any directory has nothing but the manifests, and says so repo by repo
    for provider in sorted(policy.parts & GRANT_SURFACES):
        part = directory.part(provider)
        if not part.provided and not part.absent:
            fix = "take a new one with `auditor fetch`, without --leave-out"
            yield Unread(UnreadKind.DIRECTORY, f"the list of {provider.value}", "the snapshot does not contain it", fix)


def _of_source(origin: Origin) -> tuple[RuleInfo, ...]:
    """Return the rules about other things than repos that this source reads."""
    return (*(binding_rules() if origin.bindings else ()), *origin.rules)


def _collect(
    source: Source, results: RunResults, progress: Callable[[int, int | None], None], matrix: Matrix | None
) -> StoppedError | None:
    """Collect everything from a source; if it was stopped before the end, return the reason."""
    try:
        for item in source.collect():
            if not isinstance(item, Repo):
                results.note(item)
                continue
            results.add(item)
            if matrix is not None:
                matrix.add(item)
            if len(results.ids) % PROGRESS_STEP == 0:
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
