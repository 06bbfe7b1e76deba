"""The baseline: findings that were there before, kept apart from those that a change introduces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from auditor.model import Finding

_Place: TypeAlias = tuple[str, str, str]
"""Rule, repo and key: what a fingerprint is made of, but for the number."""


Baseline: TypeAlias = Mapping[str, str | None]
"""The fingerprints of findings that were there before, and the text that was wrong; None if no text of a repo was."""


def baseline_of(findings: Iterable[Finding]) -> Baseline:
    """Return the baseline of findings. One wrong text in the place of another is new, a number that moved is not."""
    return {each.fingerprint: each.got if each.repo.id and each.got.startswith('"') else None for each in findings}


def split_by_baseline(
    findings: Sequence[Finding], baseline: Baseline
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings that are open, and those that were known before."""
    opened: list[Finding] = []
    known: list[Finding] = []
    for each in findings:
        same = each.fingerprint in baseline and baseline[each.fingerprint] in {None, each.got}
        (known if same else opened).append(each)
    return tuple(opened), tuple(known)


def introduced_by(findings: Sequence[Finding], unchanged: Iterable[Finding]) -> tuple[list[Finding], Baseline]:
    """Return the findings of a changed tenant that the change introduces, and which of them were there before.

    A change introduces every finding in a file, and whatever the tenant does not have without it. What the tenant has
    anyway is left out; if the change rewords it (one repo more), it is kept and counted as known. Of several findings
    of one place, no more are known than there were: a grant that is given once more is reported.

    Args:
        findings: Those of the tenant with the change.
        unchanged: Those of the tenant without it.
    """
    before = Counter((_place(each), each.message) for each in unchanged)
    kept, otherwise = [], []
    for each in findings:
        same = before[_place(each), each.message] > 0
        before[_place(each), each.message] -= same
        if each.location or not same:
            kept.append(each)
        if not same:
            otherwise.append(each)
    left: Counter[_Place] = Counter(place for place, _ in before.elements())
    known: dict[str, str | None] = {}
    for each in sorted(otherwise, key=lambda each: each.location is None):
        left[_place(each)] -= 1
        if not each.location and left[_place(each)] >= 0:
            known[each.fingerprint] = None
    return kept, known


def _place(finding: Finding) -> _Place:
    return finding.rule.id, finding.repo.name, finding.key
