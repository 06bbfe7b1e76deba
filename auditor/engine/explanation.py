"""Explanations: why a rule has a finding on a repo or not, with the value and result of each condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auditor.access import EMPTY_DIRECTORY, GRANTS_UNREAD, DirectoryIndex, grants_are_read
from auditor.engine.evaluation import members_of, missing_providers, tenant_scopes
from auditor.engine.findings import findings_of
from auditor.engine.groups import Groups
from auditor.errors import RuleError
from auditor.model import Finding, Group, Provider, Repo, RepoRef, RoleBinding, RuleInfo
from auditor.model.values import display
from auditor.policy import Rule, Scope, Target
from auditor.policy.trace import Result, Trace


class Outcome(StrEnum):
    """The outcome of a rule on one subject."""

    PASSES = "passes"
    FAILS = "fails"
    COUNTS = "is counted"
    NOT_APPLICABLE = "does not apply"
    ERROR = "cannot be evaluated"


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule evaluated on one subject.

    Attributes:
        what: The subject: `repo churn-prod`, `grant user:sam = mlf-project-admin`, `group user:sam`.
        outcome: The outcome.
        when: Why it applies or not; None if the rule always applies.
        must: Whether the requirement holds; None if the rule does not apply.
        findings: The findings of a report.
    """

    what: str
    outcome: Outcome
    when: Trace | None
    must: Trace | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule explained on one repo.

    Attributes:
        rule: The rule.
        repo: The repo.
        evaluations: The evaluations. For a rule across repos: whether the repo, or each of its grants, counts.
        groups: For a rule across repos, the evaluation on each group of the repo, with the group.
        not_evaluated: Why the rule was not evaluated; empty if it was.
    """

    rule: RuleInfo
    repo: RepoRef
    evaluations: tuple[RuleTrace, ...] = ()
    groups: tuple[tuple[Group, RuleTrace], ...] = ()
    not_evaluated: str = ""

    @property
    def outcome(self) -> Outcome:
        """The outcome of the rule on the entire repo."""
        outcomes = {each.outcome for _, each in self.groups} or {each.outcome for each in self.evaluations}
        if Outcome.ERROR in {each.outcome for each in self.evaluations}:
            outcomes.add(Outcome.ERROR)
        order = (Outcome.ERROR, Outcome.FAILS, Outcome.PASSES)
        return next((each for each in order if each in outcomes), Outcome.NOT_APPLICABLE)


def explain(
    rule: Rule,
    repo: Repo,
    now: datetime,
    provides: frozenset[Provider],
    repos: Iterable[Repo] = (),
    directory: DirectoryIndex = EMPTY_DIRECTORY,
    *,
    every_binding: bool = False,
) -> Explanation:
    """Evaluate a rule on a repo and keep every step.

    Args:
        rule: The rule.
        repo: The repo.
        now: The time from which ages are measured.
        provides: What the source provides.
        repos: Every repo of the inventory, for a rule across repos or about bindings; the repo may be among them.
        directory: The directory of the tenant.
        every_binding: Whether to evaluate a rule about bindings on all of them, and not only on those about the repo.
    """
    if reason := missing_providers(rule, provides):
        return Explanation(rule.info, repo.ref, not_evaluated=reason)
    if Provider.GRANTS in rule.needs and not grants_are_read(repo, directory):
        return Explanation(rule.info, repo.ref, not_evaluated=GRANTS_UNREAD)
    if rule.target.is_of_tenant:
        missing = frozenset(directory.repos) - {name for each in (repo, *repos) for name in (each.name, each.id)}
        scopes = tenant_scopes(rule, directory, missing, repo.tenant, now)
        about = (each for each in scopes if every_binding or not each.binding or _is_about(each.binding, repo))
        return Explanation(rule.info, repo.ref, tuple(_evaluated(rule, scope) for scope in about))
    scope = Scope(repo, now, directory)
    if rule.target is not Target.INVENTORY:
        return Explanation(rule.info, repo.ref, _each(rule, scope))
    asked = _each(rule, scope)
    others = [each for each in repos if each.id != repo.id]
    return Explanation(rule.info, repo.ref, asked, tuple(_groups(rule, [repo, *others], now, directory)))


def _is_about(binding: RoleBinding, repo: Repo) -> bool:
    return any(each.repo in {repo.name, repo.id} for each in binding.permissions)


def _each(rule: Rule, scope: Scope) -> tuple[RuleTrace, ...]:
    try:
        scopes = members_of(rule, scope)
    except RuleError as error:
        broken = Trace("the grants of the repo", Result.ERROR, error.message)
        return (RuleTrace(f"repo {scope.ref.name}", Outcome.ERROR, broken, None),)
    found = []
    for index in scopes:
        scope.index, scope.captured = index, {}
        found.append(_evaluated(rule, scope))
    return tuple(found)


def _evaluated(rule: Rule, scope: Scope) -> RuleTrace:
    what = _what(scope)
    when = rule.when.trace(scope) if rule.when else None
    if when and when.result is not Result.TRUE:
        outcome = Outcome.ERROR if when.result is Result.ERROR else Outcome.NOT_APPLICABLE
        return RuleTrace(what, outcome, when, None)
    if rule.target is Target.INVENTORY:
        return RuleTrace(what, Outcome.COUNTS, when, None)
    return _required(rule, scope, what, when)


def _required(rule: Rule, scope: Scope, what: str, when: Trace | None) -> RuleTrace:
    must = rule.must.trace(scope)
    if must.result is Result.TRUE:
        return RuleTrace(what, Outcome.PASSES, when, must)
    if must.result is Result.ERROR:
        return RuleTrace(what, Outcome.ERROR, when, must)
    return RuleTrace(what, Outcome.FAILS, when, must, tuple(findings_of(rule, scope)))


def _what(scope: Scope) -> str:
    if scope.group:
        return f"group {display(scope.group.key)}"
    if scope.binding:
        return f"role binding {scope.binding.name}"
    if scope.tenant_grant:
        return f"tenant grant {scope.tenant_grant.subject} = {scope.tenant_grant.role}"
    if scope.role:
        return f"role {scope.role.name}"
    if scope.index < 0:
        return f"repo {scope.ref.name}"
    return f"grant {scope.grant.subject} = {scope.grant.role}"


def _groups(
    rule: Rule, repos: Sequence[Repo], now: datetime, directory: DirectoryIndex
) -> Iterator[tuple[Group, RuleTrace]]:
    """Build the groups of all repos, and evaluate the rule on those of the first repo."""
    groups = Groups(rule)
    own, *_ = [_count(groups, repo, slot, Scope(repo, now, directory)) for slot, repo in enumerate(repos)]
    fold = rule.grouping.fold if rule.grouping else str
    for group in groups.complete(()):
        if fold(group.key) in own:
            scope = Scope.of_group(group, repos[0].tenant, now)
            yield group, _required(rule, scope, _what(scope), None)


def _count(groups: Groups, repo: Repo, slot: int, scope: Scope) -> set[str]:
    """Count a repo or its grants, and return the folded keys of its groups."""
    rule, grouping = groups.rule, groups.rule.grouping
    keys: set[str] = set()
    if grouping is None or (Provider.GRANTS in rule.needs and not grants_are_read(repo, scope.directory)):
        return keys
    try:
        for index in members_of(rule, scope):
            scope.index, scope.captured = index, {}
            if rule.when is None or rule.when.evaluate(scope) is True:
                groups.add(scope, slot)
                key = grouping.key.read(scope)
                keys |= {grouping.fold(key)} if isinstance(key, str) else set()
    except RuleError:  # an audit lists it as unread; here it just does not count
        return keys
    return keys
