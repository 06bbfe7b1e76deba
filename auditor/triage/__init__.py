"""What becomes of a finding: its stable identity, its place in the order, and whether it is new."""

from auditor.triage.baseline import Baseline, baseline_of, introduced_by, split_by_baseline
from auditor.triage.fingerprints import with_fingerprints

__all__ = ["Baseline", "baseline_of", "introduced_by", "split_by_baseline", "with_fingerprints"]
