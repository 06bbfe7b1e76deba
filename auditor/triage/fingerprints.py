"""Fingerprints: the stable identity of a finding.

The SHA-256 of rule id, repo name and place (field, and for an element of a list its value, never its index). It
does not depend on messages, severities, lines or the order of lists. The name identifies the repo instead of the id, so
that a manifest file and the live repo have the same findings. If several findings share all three, they are numbered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from auditor.model import Finding


def with_fingerprints(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with their fingerprints, worst first, then by rule, repo and place."""
    ordered = sorted(findings, key=finding_order)
    seen: Counter[str] = Counter()
    named = []
    for finding in ordered:
        place = f"{finding.rule.id}\n{finding.repo.name}\n{finding.key}"
        named.append(replace(finding, fingerprint=_digest(place, seen[place])))
        seen[place] += 1
    return tuple(named)


def _digest(place: str, earlier: int) -> str:
    text = f"{place}\n{earlier}" if earlier else place
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def finding_order(finding: Finding) -> tuple[int, str, str, str, str, str]:
    """Return the sort key of findings: worst first, then by rule, repo and place."""
    repo = finding.repo
    return (-finding.rule.severity, finding.rule.id, repo.name, repo.id, finding.path, finding.key)
