"""Members: what a rule is asked of in one repo, or counts of it."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.policy import Rule, Scope, Target


def members_of(rule: Rule) -> Target:
    """Return what a rule is asked of, or, across repos, what it counts."""
    return rule.grouping.members if rule.grouping else rule.target


def indices(rule: Rule, scope: Scope) -> Iterable[int]:
    """Return what a rule is asked of in a scope: each grant or collaborator by its index, else -1, the whole.

    Raises:
        RuleError: The grants of the repo cannot be read.
    """
    members = members_of(rule) if scope.group is None else rule.target
    if members is Target.GRANT:
        return range(len(scope.access.grants))
    return range(len(scope.access.collaborators)) if members is Target.COLLABORATOR else (-1,)
