"""Known: findings that were there before, told apart from those that a change brings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from auditor.model import Finding


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
    has anyway is left out; if the change makes it say something else (one repo more), it is kept as known.

    Args:
        findings: Those of the tenant with the change.
        unchanged: Those of the tenant without it.
    """
    before = {each.fingerprint: each.message for each in unchanged}
    kept = [each for each in findings if each.location or before.get(each.fingerprint) != each.message]
    known = frozenset(each.fingerprint for each in kept if not each.location and each.fingerprint in before)
    return kept, known
