"""Rules split in two for the gate: what generated code decides of each repo, and what many repos share.

A rule fails where all of `when` is true and `must` is not. Each condition of `when`, and `must`, is either plain (code
can be generated for it, and it says the same of every grant of a repo), or shared (its roots decide it, and whether it
can be evaluated at all). A rule with a condition that is neither is always asked in full, since that one may be
impossible to evaluate; only a `must`, which nobody asks where `when` is not true, is taken for granted to fail.
"""

from __future__ import annotations

from dataclasses import dataclass

from auditor.engine.code import is_plain
from auditor.engine.members import members_of
from auditor.policy import Root, Rule, Target
from auditor.policy.compiling import Compiled
from auditor.policy.conditions import AllOf, Condition, fields_of


@dataclass(frozen=True, slots=True)
class Split:
    """A rule in two parts, of which both have to fail; across repos, both have to let a member through.

    Attributes:
        rule: The rule.
        plain_when: The plain conditions of `when`; all have to be true.
        plain_must: The requirement, if it is plain; None if something else decides.
        shared_when: The shared conditions of `when`; all have to be true.
        shared_must: The requirement, if it is shared; None if something else decides.
        roots: What decides the shared part; empty if there is none.
    """

    rule: Rule
    plain_when: tuple[Condition, ...]
    plain_must: Condition | None
    shared_when: tuple[Compiled, ...]
    shared_must: Compiled | None
    roots: frozenset[Root]

    @property
    def has_plain(self) -> bool:
        """Whether the plain part can keep the rule from failing."""
        return bool(self.plain_when or self.plain_must)


def split(rule: Rule) -> Split | None:
    """Return a rule in two parts; None if it has to be asked in full whatever a repo is like."""
    when = _conjuncts(rule.when) if rule.when else []
    must = None if rule.target is Target.INVENTORY else rule.must
    own = frozenset() if members_of(rule) is Target.REPO else frozenset({Root.GRANTS})
    whole = _roots([*when, *([must] if must else [])])
    if whole is not None and len(whole | own) == 1:
        return Split(rule, (), None, tuple(when), must, whole | own)
    plain = [each for each in when if is_plain(each.condition)]
    shared = [each for each in when if each not in plain]
    plain_must = must.condition if must and is_plain(must.condition) else None
    roots = _roots(shared)
    if roots is None:
        return None
    of_must = _roots([must]) if must and not plain_must else None
    return Split(
        rule=rule,
        plain_when=tuple(each.condition for each in plain),
        plain_must=plain_must,
        shared_when=tuple(shared),
        shared_must=None if of_must is None else must,
        roots=roots | (of_must or frozenset()) | own,
    )


def _conjuncts(condition: Compiled) -> list[Compiled]:
    """Return conditions that are true together where a condition is true, and raise where it raises."""
    if not isinstance(condition.condition, AllOf):
        return [condition]
    return [each for part in condition.parts for each in _conjuncts(part)]


def _roots(conditions: list[Compiled]) -> frozenset[Root] | None:
    """Return what decides conditions; None if something does that no two repos share."""
    roots = {field.root for each in conditions for field in fields_of(each.condition)}
    return frozenset(root for root in roots if root) if None not in roots else None
