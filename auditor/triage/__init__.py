"""What becomes of a finding: its stable identity and its place in the order."""

from auditor.triage.fingerprints import identified
from auditor.triage.known import about_change, without_known

__all__ = ["about_change", "identified", "without_known"]
