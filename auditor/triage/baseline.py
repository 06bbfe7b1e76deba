"""The baseline: known findings, separate from those that a change introduces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

from auditor.model import Finding

_Place: TypeAlias = tuple[str, str, str]
"""Rule, repo and key: a fingerprint without its number."""


Baseline: TypeAlias = Mapping[str, str | None]
"""The fingerprints of known findings, with a digest of the wrong text; None if no text of a repo was wrong."""


def baseline_of(findings: Iterable[Finding]) -> Baseline:
    """Return the baseline of findings. A different wrong text at the same place is new; a changed number is not."""
    return {each.fingerprint: text_digest(each) for each in findings}


def text_digest(finding: Finding) -> str | None:
    """Return a digest of the wrong text of a repo; None if something else is wrong, such as a number."""
    if not finding.repo.id or not finding.got.startswith('"'):
        return None
    return sha256(finding.got.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def split_by_baseline(
    findings: Sequence[Finding], baseline: Baseline, inherited: Baseline
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the open findings, and the known ones.

    Args:
        findings: The findings, each with its waiver if that has expired.
        baseline: The findings that a file accepts, but never one that cannot be waived or whose waiver has expired.
        inherited: The findings from before a change.
    """
    opened: list[Finding] = []
    known: list[Finding] = []
    for each in findings:
        accepted = each.rule.waivable and each.waiver is None and _has(baseline, each)
        (known if accepted or _has(inherited, each) else opened).append(each)
    return tuple(opened), tuple(known)


def _has(baseline: Baseline, finding: Finding) -> bool:
    text = baseline.get(finding.fingerprint, "")
    return text != "" and text in {None, text_digest(finding)}


def introduced_by(findings: Sequence[Finding], unchanged: Iterable[Finding]) -> tuple[list[Finding], Baseline]:
    """Return the findings that a change to a tenant introduces, and the known ones among them.

    A change introduces every finding in a file, and every finding that the tenant does not have without it. Other
    findings are omitted; if the change only rewords a finding (one repo more), it is kept and counted as known. Of
    several findings at one place, no more are known than before: a duplicate of a grant is reported.

    Args:
        findings: The findings of the tenant with the change.
        unchanged: The findings of the tenant without it.
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
