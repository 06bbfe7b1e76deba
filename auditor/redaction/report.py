"""Redacted reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from auditor.access.overview import access_order
from auditor.http.credentials import Secret
from auditor.model import Finding, Report
from auditor.redaction.redactor import Redactor
from auditor.triage.fingerprints import finding_order


def redact_report(report: Report, key: Secret) -> tuple[Report, Redactor]:
    """Return a report with pseudonyms instead of people, and the redactor, which has the mapping.

    Fingerprints and the digests of the receipt are keyed too, as they would confirm a guessed name. Findings and
    subjects are sorted again, as the order of names would narrow a guess.
    """
    redactor = Redactor(key)
    redactor.learn(report)
    changed = redactor.redact(report)
    overview = changed.overview
    if overview:
        overview = replace(overview, access=tuple(sorted(overview.access, key=access_order)))
    return (
        replace(
            changed,
            findings=_sorted(changed.findings),
            waived=_sorted(changed.waived),
            baselined=_sorted(changed.baselined),
            overview=overview,
        ),
        redactor,
    )


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=finding_order))
