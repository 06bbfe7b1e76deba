"""Evaluation: every rule on one repo after the other, and on all of them together at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter
from typing import TypeAlias

from auditor.access import EMPTY_DIRECTORY, GRANTS_UNREAD, DirectoryIndex, grants_are_read
from auditor.engine.findings import findings_of
from auditor.engine.groups import Groups
from auditor.errors import RuleError
from auditor.model import Finding, Provider, Repo, RuleInfo, Unread, UnreadKind
from auditor.policy import FIELDS, Field, Policy, Rule, Scope, Target

Reasons: TypeAlias = tuple[tuple[str, tuple[RuleInfo, ...]], ...]
"""The reasons why rules were not evaluated, each with its rules."""

_Errors: TypeAlias = dict[str, list[RuleInfo]]
_UNDIVIDED = (Target.REPO, Target.BINDING, Target.TENANT_GRANT, Target.ROLE, Target.TENANT)
"""Targets that a rule is evaluated on once for each scope."""

_TENANT = FIELDS["repo.tenant"]
_NOT_DEPLOYED = "needs data from the control plane, which undeployed repos do not have"
_PLACEHOLDERS = "needs manifest values, but they contain unresolved placeholders"
_READ_BY = {"repo.name": "name", "storage": "storage_integration_fqn"}
"""Keys of the manifest that are read by fields with other names."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The outcome of all rules on one repo, or of the rules across repos.

    Attributes:
        findings: What failed.
        unread: Rules that could not be evaluated because a value has the wrong type.
        not_evaluated: Rules that were skipped, by the reason.
    """

    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    not_evaluated: Reasons = ()


@dataclass(frozen=True, slots=True)
class _RuleSet:
    """The rules to evaluate, those among them that are evaluated on each repo, and those to skip."""

    rules: tuple[Rule, ...]
    skipped: Reasons
    of_repos: tuple[Rule, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "of_repos", tuple(rule for rule in self.rules if not rule.target.is_of_tenant))


class Evaluator:
    """Evaluates every rule of a policy on one repo after the other.

    Attributes:
        ids: The id of every evaluated repo, with its number in groups.
        evaluated: The ids of the rules that were evaluated on at least one repo or role binding, applicable or not.
        grant_rules: The rules that need grants.
    """

    def __init__(
        self,
        policy: Policy,
        now: datetime,
        provides: frozenset[Provider],
        directory: DirectoryIndex = EMPTY_DIRECTORY,
        seconds: MutableMapping[str, float] | None = None,
    ) -> None:
        """Make an evaluator.

        Args:
            policy: The policy.
            now: The time from which ages are measured.
            provides: What the source provides; rules that need more are not evaluated.
            directory: The directory of the tenant.
            seconds: Filled with the seconds of each rule, by its id; measuring makes the run slower.
        """
        self._now, self._directory, self._seconds = now, directory, seconds
        usable = tuple(rule for rule in policy.rules if rule.needs <= provides)
        over_grants = [rule for rule in usable if Provider.GRANTS in rule.needs]
        lacking = _reasons(_by_lack(policy, provides))
        self._all = _RuleSet(usable, lacking)
        self._without_grants = _RuleSet(
            tuple(rule for rule in usable if rule not in over_grants),
            lacking + _reasons({GRANTS_UNREAD: over_grants}),
        )
        self._undeployed: dict[tuple[bool, bool], _RuleSet] = {}
        self._groups = {rule.info.id: Groups(rule) for rule in usable if rule.target is Target.INVENTORY}
        self._of_tenant = [rule for rule in usable if rule.target.is_of_tenant]
        self._binding_rules = [rule for rule in self._of_tenant if rule.target is Target.BINDING]
        self._missing_repos = set(directory.repos) if self._binding_rules else set()
        self._replaced: set[int] = set()
        self._next_number = 0
        self.ids: dict[str, int] = {}
        self.evaluated: set[str] = set()
        self.grant_rules = tuple(rule.info for rule in over_grants)
        if seconds is not None:
            seconds.update({rule.info.id: 0.0 for rule in usable})

    def evaluate(self, repo: Repo) -> Evaluation:
        """Evaluate every rule on a repo; one that was evaluated before is replaced, also in groups.

        On a repo that a change does not affect, only rules across repos are evaluated, and it is not added to `ids`.
        """
        self.forget(repo.id)
        if not repo.unchanged:
            self.ids[repo.id] = self._next_number
        self._next_number += 1
        self._missing_repos -= {repo.name, repo.id}
        rules = self._across_repos(self._rules_for(repo)) if repo.unchanged else self._rules_for(repo)
        findings: list[Finding] = []
        errors: _Errors = {}
        scope = Scope(repo, self._now, self._directory)
        for rule in rules.of_repos:
            self._run(rule, scope, findings, errors)
        self._note_evaluated(rules.rules, errors)
        return Evaluation(tuple(findings), tuple(_unread(errors, repo.name)), rules.skipped)

    def forget(self, repo_id: str) -> None:
        """Remove a repo from its groups; nothing happens if it was never evaluated."""
        if repo_id in self.ids:
            self._replaced.add(self.ids.pop(repo_id))

    def _rules_for(self, repo: Repo) -> _RuleSet:
        usable = self._known_rules(repo)
        if not repo.placeholders:
            return usable
        unknown = [rule for rule in usable.rules if _keys_read(rule) & {"", *repo.placeholders}]
        rules = tuple(rule for rule in usable.rules if rule not in unknown)
        return _RuleSet(rules, usable.skipped + _reasons({_PLACEHOLDERS: unknown}))

    def _known_rules(self, repo: Repo) -> _RuleSet:
        grants_unseen = bool(self.grant_rules) and not grants_are_read(repo, self._directory)
        usable = self._without_grants if grants_unseen else self._all
        if repo.deployed:
            return usable
        key = (grants_unseen, repo.tenant is not None)
        if key not in self._undeployed:
            known = frozenset({_TENANT} if repo.tenant is not None else ())
            unknown = [rule for rule in usable.rules if _control_plane_fields(rule) - known]
            rules = tuple(rule for rule in usable.rules if rule not in unknown)
            self._undeployed[key] = _RuleSet(rules, usable.skipped + _reasons({_NOT_DEPLOYED: unknown}))
        return self._undeployed[key]

    def _across_repos(self, rules: _RuleSet) -> _RuleSet:
        skipped = {reason: tuple(each for each in infos if each.id in self._groups) for reason, infos in rules.skipped}
        return _RuleSet(
            tuple(rule for rule in rules.rules if rule.info.id in self._groups),
            tuple((reason, infos) for reason, infos in skipped.items() if infos),
        )

    def _run(self, rule: Rule, scope: Scope, findings: list[Finding], errors: _Errors) -> None:
        start = perf_counter() if self._seconds is not None else 0.0
        try:
            if scope.group is not None:
                if rule.must.evaluate(scope) is not True:
                    findings += findings_of(rule, scope)
            elif rule.grouping is None and rule.members in _UNDIVIDED:
                if rule.violated_by(scope):
                    findings += findings_of(rule, scope)
            else:
                self._run_members(rule, scope, findings)
        except RuleError as error:
            errors.setdefault(error.message, []).append(rule.info)
        if self._seconds is not None:
            self._seconds[rule.info.id] += perf_counter() - start

    def _run_members(self, rule: Rule, scope: Scope, findings: list[Finding]) -> None:
        """Evaluate a rule on each grant or collaborator, or count them; after an error on one, the rest are evaluated.

        Raises:
            RuleError: The rule cannot be evaluated on one of them, or the grants cannot be read.
        """
        error: RuleError | None = None
        for index in members_of(rule, scope):
            scope.index = index
            try:
                if rule.grouping is None:
                    if rule.violated_by(scope):
                        findings += findings_of(rule, scope)
                elif rule.applies_to(scope):
                    self._groups[rule.info.id].add(scope, self._next_number - 1)
            except RuleError as caught:
                error = caught
        scope.index = -1
        if error:
            raise error

    def _note_evaluated(self, rules: Iterable[Rule], errors: _Errors) -> None:
        if len(self.evaluated) < len(self._all.rules):
            failed = {info.id for infos in errors.values() for info in infos}
            self.evaluated |= {rule.info.id for rule in rules} - failed

    def conclude(self, tenant: str | None) -> Evaluation:
        """Evaluate the rules across repos and about role bindings, after the last repo."""
        findings: list[Finding] = []
        errors: _Errors = {}
        for groups in self._groups.values():
            for group in groups.complete(self._replaced):
                self._run(groups.rule, Scope.of_group(group, tenant, self._now), findings, errors)
        for rule in self._of_tenant:
            for scope in tenant_scopes(rule, self._directory, frozenset(self._missing_repos), tenant, self._now):
                of_one: list[Finding] = []
                self._run(rule, scope, of_one, errors)
                location = scope.binding.location if scope.binding else None
                findings += (replace(each, location=location) if location else each for each in of_one)
        return Evaluation(tuple(findings), tuple(_unread(errors, "all repos")))


def tenant_scopes(
    rule: Rule, directory: DirectoryIndex, missing: frozenset[str], tenant: str | None, now: datetime
) -> Iterator[Scope]:
    """Yield the subjects that a rule about something other than repos is evaluated on.

    Args:
        rule: The rule.
        directory: The directory.
        missing: The repos in role bindings that were not read.
        tenant: The tenant.
        now: The time from which ages are measured.
    """
    if rule.target is Target.BINDING:
        bindings = directory.directory.role_bindings.values
        yield from (Scope.of_binding(each, missing, tenant, now) for each in bindings)
    elif rule.target is Target.TENANT_GRANT:
        yield from (Scope.of_tenant_grant(each, directory, tenant, now) for each in directory.tenant_grants)
    elif rule.target is Target.TENANT:
        yield Scope.of_tenant(directory, tenant, now)
    else:
        roles = directory.directory.roles.values
        yield from (Scope.of_role(each, directory, tenant, now) for each in roles)


def members_of(rule: Rule, scope: Scope) -> Iterable[int]:
    """Return what a rule is evaluated on: the index of each grant or collaborator, or -1 for the repo.

    Raises:
        RuleError: The grants of the repo cannot be read.
    """
    if rule.members is Target.GRANT:
        return range(len(scope.access.grants))
    return range(len(scope.access.collaborators)) if rule.members is Target.COLLABORATOR else (-1,)


def missing_providers(rule: Rule, provides: frozenset[Provider]) -> str:
    """Return why a rule needs more than a source provides; empty if it does not."""
    lacking = sorted(rule.needs - provides)
    if lacking == [Provider.API]:
        return "needs data from the control plane"
    return f"needs data that is not available: {', '.join(lacking)}" if lacking else ""


def _by_lack(policy: Policy, provides: frozenset[Provider]) -> dict[str, list[Rule]]:
    lacks: dict[str, list[Rule]] = {}
    for rule in policy.rules:
        if reason := missing_providers(rule, provides):
            lacks.setdefault(reason, []).append(rule)
    return lacks


def _reasons(rules: dict[str, list[Rule]]) -> Reasons:
    return tuple((reason, tuple(rule.info for rule in these)) for reason, these in rules.items() if these)


def _fields(rule: Rule) -> frozenset[Field]:
    grouping = rule.grouping
    by = {grouping.key, grouping.distinct} if grouping else set()
    return frozenset(field for field in rule.reads | by if field)


def _control_plane_fields(rule: Rule) -> frozenset[Field]:
    """Return the fields of a rule that only the control plane knows."""
    return frozenset(field for field in _fields(rule) if field.provider is Provider.API)


def _keys_read(rule: Rule) -> set[str]:
    """Return the keys of the manifest that a rule reads; an empty key means all of them."""
    keys = {"collaborators"} if Provider.GRANTS in rule.needs else set()
    for each in _fields(rule):
        first, _, rest = each.name.partition(".")
        if first == "manifest":
            keys.add(rest.partition(".")[0])
        elif first in _READ_BY or each.name in _READ_BY:
            keys.add(_READ_BY.get(each.name) or _READ_BY[first])
    return keys


def _unread(errors: _Errors, what: str) -> Iterator[Unread]:
    for message, rules in errors.items():
        ids = ", ".join(rule.id for rule in rules)
        yield Unread(
            UnreadKind.RULE,
            f"{'rules' if len(rules) > 1 else 'rule'} {ids} on {what}",
            message,
            "correct the manifest, or report a bug if the manifest is valid",
        )
