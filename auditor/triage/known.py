"""Known: findings that were there before, told apart from those that a change brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from auditor.model import Finding

_Place: TypeAlias = tuple[str, str, str]
"""Rule, repo and key: what a fingerprint is made of, but for the number."""


Known: TypeAlias = Mapping[str, str | None]
"""The fingerprints of findings that were there before, and the text that was wrong; None if no text of a repo was."""


def known_by(findings: Iterable[Finding]) -> Known:
    """Return what makes findings known. One wrong text in the place of another is new, a number that moved is not."""
    return {each.fingerprint: each.got if each.repo.id and each.got.startswith('"') else None for each in findings}


def without_known(findings: Sequence[Finding], known: Known) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings that are open, and those that were known before."""
    opened: list[Finding] = []
    before: list[Finding] = []
    for each in findings:
        same = each.fingerprint in known and known[each.fingerprint] in {None, each.got}
        (before if same else opened).append(each)
    return tuple(opened), tuple(before)


def about_change(findings: Sequence[Finding], unchanged: Iterable[Finding]) -> tuple[list[Finding], Known]:
    """Return the findings of a changed tenant that are about the change, and which of them are known.

    About the change is all that stands in a file, and whatever the tenant does not have without it. What the tenant
    has anyway is left out; if the change makes it say something else (one repo more), it is kept as known. Of several
    findings of one place, no more are known than there were: a grant that is given once more is told.

    Args:
        findings: Those of the tenant with the change.
        unchanged: Those of the tenant without it.
    """
    said = Counter((_place(each), each.message) for each in unchanged)
    kept, otherwise = [], []
    for each in findings:
        same = said[_place(each), each.message] > 0
        said[_place(each), each.message] -= same
        if each.location or not same:
            kept.append(each)
        if not same:
            otherwise.append(each)
    left: Counter[_Place] = Counter(place for place, _ in said.elements())
    known: dict[str, str | None] = {}
    for each in sorted(otherwise, key=lambda each: each.location is None):
        left[_place(each)] -= 1
        if not each.location and left[_place(each)] >= 0:
            known[each.fingerprint] = None
    return kept, known


def _place(finding: Finding) -> _Place:
    return finding.rule.id, finding.repo.name, finding.key
