"""Known: findings that were there before, told apart from those that a change brings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from auditor.model import Finding

_Place: TypeAlias = tuple[str, str, str]
"""Rule, repo and key: what a fingerprint is made of, but for the number."""


def without_known(
    findings: Sequence[Finding], known: AbstractSet[str]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings that are open, and those that were known before."""
    if not known:
        return tuple(findings), ()
    return (
        tuple(each for each in findings if each.fingerprint not in known),
        tuple(each for each in findings if each.fingerprint in known),
    )


def about_change(findings: Sequence[Finding], unchanged: Iterable[Finding]) -> tuple[list[Finding], frozenset[str]]:
    """Return the findings of a changed tenant that are about the change, and which of them are known.

    About the change is all that stands in a file, and whatever the tenant does not have without it. What the tenant
    has anyway is left out; if the change makes it say something else (one repo more), it is kept as known. Numbers
    that tell findings of one place apart do not count here: a grant that is given once more may shift them.

    Args:
        findings: Those of the tenant with the change.
        unchanged: Those of the tenant without it.
    """
    before: dict[_Place, set[str]] = {}
    for each in unchanged:
        before.setdefault(_place(each), set()).add(each.message)
    kept = [each for each in findings if each.location or each.message not in before.get(_place(each), ())]
    known = frozenset(each.fingerprint for each in kept if not each.location and _place(each) in before)
    return kept, known


def _place(finding: Finding) -> _Place:
    return finding.rule.id, finding.repo.name, finding.key
