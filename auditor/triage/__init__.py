"""Triage of findings: stable identity, order, and whether each is open, waived or in the baseline."""

from auditor.triage.baseline import Baseline, baseline_of, introduced_by, split_by_baseline
from auditor.triage.baseline_file import (
    BASELINE_FILE,
    KnownFinding,
    as_baseline,
    baseline_text,
    known_findings,
    read_baseline,
)
from auditor.triage.fingerprints import with_fingerprints
from auditor.triage.triage import Triage, TriageInputs, triage
from auditor.triage.waivers import (
    WAIVER_DAYS,
    Scope,
    latest_expiry,
    parse_waivers,
    read_waivers,
    review_waivers,
    split_by_waivers,
)

__all__ = [
    "BASELINE_FILE",
    "WAIVER_DAYS",
    "Baseline",
    "KnownFinding",
    "Scope",
    "Triage",
    "TriageInputs",
    "as_baseline",
    "baseline_of",
    "baseline_text",
    "introduced_by",
    "known_findings",
    "latest_expiry",
    "parse_waivers",
    "read_baseline",
    "read_waivers",
    "review_waivers",
    "split_by_baseline",
    "split_by_waivers",
    "triage",
    "with_fingerprints",
]
