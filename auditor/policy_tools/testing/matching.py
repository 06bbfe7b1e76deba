"""Findings against expectations: equal in both directions, each finding for one expectation."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.model import Finding
from auditor.policy_tools.testing.cases import Expectation


def unmatched(expected: Sequence[Expectation], findings: Sequence[Finding]) -> tuple[list[Expectation], list[Finding]]:
    """Return the expectations that no finding meets, and the findings that nobody expected.

    Of all ways to pair them, one that pairs the most counts, so the order of loose and strict expectations is free.
    """
    taken: dict[int, int] = {}

    def pair(index: int, tried: set[int]) -> bool:
        for number, finding in enumerate(findings):
            if number not in tried and meets(finding, expected[index]):
                tried.add(number)
                if number not in taken or pair(taken[number], tried):
                    taken[number] = index
                    return True
        return False

    missing = [each for index, each in enumerate(expected) if not pair(index, set())]
    return missing, [finding for number, finding in enumerate(findings) if number not in taken]


def meets(finding: Finding, wanted: Expectation) -> bool:
    """Tell whether a finding is what an expectation says."""
    told = ((wanted.repo, finding.repo.name), (wanted.path, finding.path), (wanted.message, finding.message))
    return finding.rule.id == wanted.rule and all(said is None or said == got for said, got in told)


def in_words(wanted: Expectation) -> str:
    """Return an expectation in words."""
    parts = [wanted.rule, f"on {wanted.repo}" if wanted.repo else "", f"at {wanted.path}" if wanted.path else ""]
    said = f": {wanted.message}" if wanted.message is not None else ""
    return " ".join(part for part in parts if part) + said


def finding_in_words(finding: Finding) -> str:
    """Return a finding in the same words."""
    place = f" at {finding.path}" if finding.path else ""
    return f"{finding.rule.id} on {finding.repo.name}{place}: {finding.message}"
