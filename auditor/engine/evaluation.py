"""Evaluation: every rule asked of one repo after the other, and of all of them together at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import TypeAlias

from auditor.access import EMPTY_DIRECTORY, GRANTS_UNSEEN, DirectoryIndex, sees_grants
from auditor.engine.details import findings_of
from auditor.engine.groups import Groups
from auditor.engine.late import LateGate
from auditor.engine.members import indices
from auditor.errors import RuleError
from auditor.model import Finding, Provider, Repo, RuleInfo, Unread, UnreadKind
from auditor.policy import FIELDS, Field, Policy, Rule, Scope, Target

Reasons: TypeAlias = tuple[tuple[str, tuple[RuleInfo, ...]], ...]
_Errors: TypeAlias = dict[str, list[RuleInfo]]
_Asking: TypeAlias = Callable[[Rule, Scope, list[Finding]], None]
_TENANT = FIELDS["repo.tenant"]
_NOT_DEPLOYED = "the repo is not deployed yet, so the control plane does not tell what the rule needs"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one repo, or of all of them together.

    Attributes:
        findings: What failed.
        unread: Rules that could not be evaluated, because a value is not what it has to be.
        not_evaluated: Rules that were not asked, by the reason.
    """

    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    not_evaluated: Reasons


@dataclass(frozen=True, slots=True)
class _Docket:
    """What to ask of a repo: all its rules, the gate to them, and what not."""

    rules: tuple[Rule, ...]
    gate: LateGate
    quiet: Judged


class Judge:
    """Asks every rule of a policy of one repo after the other.

    Attributes:
        evaluated: The ids of the rules that were evaluated on at least one repo, whether they applied or not.
        about_grants: The rules that need grants, among those that are asked.
        seconds: The time that each rule took, by its id; only kept on demand.
    """

    def __init__(
        self,
        policy: Policy,
        now: datetime,
        provides: frozenset[Provider],
        directory: DirectoryIndex = EMPTY_DIRECTORY,
        *,
        ungated: int = 0,
        timed: bool = False,
    ) -> None:
        """Make a judge.

        Args:
            policy: The rules in force.
            now: The moment that ages are measured from.
            provides: What the source can tell; rules that need more are not evaluated.
            directory: What is known beside the repos.
            ungated: How many repos are asked every rule in full before a gate is made that knows what they surely pass.
            timed: Whether to measure each rule; then every rule is asked in full, which takes longer.
        """
        self._now, self._directory, self._timed = now, directory, timed
        self._ungated = sys.maxsize if timed else ungated
        asked = tuple(rule for rule in policy.rules if rule.needs <= provides)
        over_grants = [rule for rule in asked if Provider.GRANTS in rule.needs]
        self._across = {rule.info.id: Groups(rule) for rule in asked if rule.target is Target.INVENTORY}
        lacking = _reasons(_by_lack(policy, provides))
        blind = tuple(rule for rule in asked if rule not in over_grants)
        self._all = self._docket(asked, lacking)
        self._blind = self._docket(blind, lacking + _reasons({GRANTS_UNSEEN: over_grants}))
        self.about_grants = tuple(rule.info for rule in over_grants)
        self._of_undeployed: dict[tuple[bool, bool], _Docket] = {}
        self._of_bindings = [rule for rule in asked if rule.target is Target.BINDING]
        self._missing = set(directory.repos) if self._of_bindings else set()
        self._gone: set[int] = set()
        self.evaluated: set[str] = set()
        self.seconds = {rule.info.id: 0.0 for rule in asked} if timed else {}

    def _docket(self, rules: Sequence[Rule], reasons: Reasons) -> _Docket:
        of_repos = tuple(rule for rule in rules if rule.target is not Target.BINDING)
        gate = LateGate(of_repos, self._now, self._directory, self._ungated)
        return _Docket(tuple(rules), gate, Judged((), (), reasons))

    def judge(self, repo: Repo, slot: int = 0) -> Judged:
        """Ask every rule of a repo; `slot` is a number of its own, which stands for it in groups."""
        if self._missing:
            self._missing.discard(repo.name)
        docket = self._docket_of(repo)
        suspects, counted = docket.gate.suspects(repo)
        for rule_id, key, value in counted:
            self._across[rule_id].count(slot, repo.name, key, value)
        if not suspects:
            self._note(docket.rules, {})
            return docket.quiet
        scope = Scope(repo, self._now, self._directory)
        findings: list[Finding] = []
        errors: _Errors = {}
        for rule in suspects:
            groups = self._across.get(rule.info.id)
            self._run(partial(_count, groups, slot) if groups else _judge, rule, scope, findings, errors)
        self._note(docket.rules, errors)
        return Judged(tuple(findings), tuple(_unread(errors, repo.name)), docket.quiet.not_evaluated)

    def _docket_of(self, repo: Repo) -> _Docket:
        blind = bool(self.about_grants) and not sees_grants(repo, self._directory)
        seen = self._blind if blind else self._all
        if repo.deployed:
            return seen
        key = (blind, repo.tenant is not None)
        if key not in self._of_undeployed:
            known = frozenset({_TENANT} if repo.tenant is not None else ())
            unknown = [rule for rule in seen.rules if _of_control_plane(rule) - known]
            rules = [rule for rule in seen.rules if rule not in unknown]
            reasons = seen.quiet.not_evaluated + _reasons({_NOT_DEPLOYED: unknown})
            self._of_undeployed[key] = self._docket(rules, reasons)
        return self._of_undeployed[key]

    def retract(self, slot: int) -> None:
        """Take back what a repo, which is judged again, meant for rules across repos."""
        self._gone.add(slot)

    def conclude(self, tenant: str | None) -> Judged:
        """Ask the rules across repos and about role bindings, after the last repo."""
        findings: list[Finding] = []
        errors: _Errors = {}
        for groups in self._across.values():
            for group in groups.whole(self._gone):
                self._run(_judge, groups.rule, Scope.of_group(group, tenant, self._now), findings, errors)
        bindings = self._directory.directory.role_bindings.values if self._of_bindings else ()
        for binding in bindings:
            scope = Scope.of_binding(binding, frozenset(self._missing), tenant, self._now)
            of_one: list[Finding] = []
            for rule in self._of_bindings:
                self._run(_judge, rule, scope, of_one, errors)
            findings += (replace(finding, location=binding.location) for finding in of_one)
        return Judged(tuple(findings), tuple(_unread(errors, "all repos")), ())

    def _note(self, rules: Sequence[Rule], errors: _Errors) -> None:
        if len(self.evaluated) < len(self._all.rules):
            failed = {info.id for infos in errors.values() for info in infos}
            self.evaluated |= {rule.info.id for rule in rules} - failed

    def _run(self, ask: _Asking, rule: Rule, scope: Scope, findings: list[Finding], errors: _Errors) -> None:
        """Ask a rule of everything that it is about in a scope; an error about one leaves the rest to be asked."""
        start = perf_counter() if self._timed else 0.0
        error: RuleError | None = None
        try:
            for index in indices(rule, scope):
                scope.index = index
                try:
                    ask(rule, scope, findings)
                except RuleError as one:
                    error = one
        except RuleError as one:
            error = one
        if error:
            errors.setdefault(error.message, []).append(rule.info)
        if self._timed:
            self.seconds[rule.info.id] += perf_counter() - start


def _of_control_plane(rule: Rule) -> frozenset[Field]:
    """Return the fields of a rule that only the control plane knows."""
    grouping = rule.grouping
    by = {grouping.key, grouping.distinct} if grouping else set()
    return frozenset(field for field in rule.reads | by if field and field.provider is Provider.API)


def _by_lack(policy: Policy, provides: frozenset[Provider]) -> dict[str, list[Rule]]:
    lacks: dict[str, list[Rule]] = {}
    for rule in policy.rules:
        lacking = ", ".join(sorted(rule.needs - provides))
        if lacking:
            lacks.setdefault(f"the source does not tell what the rule needs: {lacking}", []).append(rule)
    return lacks


def _reasons(rules: dict[str, list[Rule]]) -> Reasons:
    return tuple((reason, tuple(rule.info for rule in these)) for reason, these in rules.items() if these)


def _judge(rule: Rule, scope: Scope, findings: list[Finding]) -> None:
    if rule.captures:
        scope.captured = {}
    if rule.when is not None and rule.grouping is None and rule.when.evaluate(scope) is not True:
        return
    if rule.must.evaluate(scope) is not True:
        findings += findings_of(rule, scope)


def _count(groups: Groups, slot: int, rule: Rule, scope: Scope, _findings: list[Finding]) -> None:
    if rule.captures:
        scope.captured = {}
    if rule.when is None or rule.when.evaluate(scope) is True:
        groups.add(scope, slot)


def _unread(errors: _Errors, what: str) -> Iterator[Unread]:
    for message, rules in errors.items():
        ids = ", ".join(rule.id for rule in rules)
        yield Unread(
            UnreadKind.RULE,
            f"{'rules' if len(rules) > 1 else 'rule'} {ids} on {what}",
            message,
            "mend the manifest, or report it if the manifest is right",
        )
