"""What becomes of a finding: its stable identity and its place in the order."""

from auditor.triage.fingerprints import identified
from auditor.triage.known import Known, about_change, known_by, without_known

__all__ = ["Known", "about_change", "identified", "known_by", "without_known"]
