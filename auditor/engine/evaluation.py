"""Evaluation: every rule asked of one repo after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from auditor.access import GRANTS_UNSEEN, carries_grants
from auditor.engine.details import findings_of
from auditor.errors import RuleError
from auditor.model import Finding, Provider, Repo, RuleInfo, Unread, UnreadKind
from auditor.policy import Policy, Rule, Scope, Target


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one repo.

    Attributes:
        findings: What failed.
        unread: Rules that could not be evaluated, because a value is not what it has to be.
        not_evaluated: Rules that were not asked, by the reason.
    """

    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    not_evaluated: tuple[tuple[str, tuple[RuleInfo, ...]], ...]


class Judge:
    """Asks every rule of a policy of one repo after the other.

    Attributes:
        evaluated: The ids of the rules that were evaluated on at least one repo, whether they applied or not.
    """

    def __init__(self, policy: Policy, now: datetime, provides: frozenset[Provider]) -> None:
        """Make a judge.

        Args:
            policy: The rules in force.
            now: The moment that ages are measured from.
            provides: What the source can tell; rules that need more are not evaluated.
        """
        self._now = now
        self._asked = tuple(rule for rule in policy.rules if rule.needs <= provides)
        self._without_grants = tuple(rule for rule in self._asked if Provider.GRANTS not in rule.needs)
        self._grants_unseen = _reasons({GRANTS_UNSEEN: [rule for rule in self._asked if Provider.GRANTS in rule.needs]})
        self._lacking = _reasons(_by_lack(policy, provides))
        self.evaluated: set[str] = set()

    def judge(self, repo: Repo) -> Judged:
        """Ask every rule of a repo."""
        scope = Scope(repo, self._now)
        rules, not_evaluated = self._asked, self._lacking
        if self._grants_unseen and not carries_grants(repo):
            rules, not_evaluated = self._without_grants, not_evaluated + self._grants_unseen
        findings: list[Finding] = []
        errors: dict[str, list[RuleInfo]] = {}
        for rule in rules:
            error = _ask(rule, scope, findings)
            if error:
                errors.setdefault(error.message, []).append(rule.info)
            else:
                self.evaluated.add(rule.info.id)
        return Judged(tuple(findings), tuple(_unread(errors, repo)), not_evaluated)


def _by_lack(policy: Policy, provides: frozenset[Provider]) -> dict[str, list[Rule]]:
    lacks: dict[str, list[Rule]] = {}
    for rule in policy.rules:
        lacking = ", ".join(sorted(rule.needs - provides))
        if lacking:
            lacks.setdefault(f"the source does not tell what the rule needs: {lacking}", []).append(rule)
    return lacks


def _reasons(rules: dict[str, list[Rule]]) -> tuple[tuple[str, tuple[RuleInfo, ...]], ...]:
    return tuple((reason, tuple(rule.info for rule in these)) for reason, these in rules.items() if these)


def _ask(rule: Rule, scope: Scope, findings: list[Finding]) -> RuleError | None:
    """Add what a rule finds; return why it could not be asked of everything, after asking it of the rest."""
    failed = None
    try:
        for index in _indices(rule, scope):
            scope.index = index
            try:
                if rule.when is not None and rule.when.evaluate(scope) is not True:
                    continue
                if rule.must.evaluate(scope) is not True:
                    findings += findings_of(rule, scope)
            except RuleError as error:
                failed = error
    except RuleError as error:
        failed = error
    return failed


def _indices(rule: Rule, scope: Scope) -> range:
    # Each inline collaborator is one grant, in the same order.
    return range(-1, 0) if rule.target is Target.REPO else range(len(scope.access.grants))


def _unread(errors: dict[str, list[RuleInfo]], repo: Repo) -> Iterator[Unread]:
    for message, rules in errors.items():
        ids = ", ".join(rule.id for rule in rules)
        yield Unread(
            UnreadKind.RULE,
            f"{'rules' if len(rules) > 1 else 'rule'} {ids} on {repo.name}",
            message,
            "mend the manifest, or report it if the manifest is right",
        )
