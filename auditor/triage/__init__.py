"""What becomes of a finding: its stable identity and its place in the order."""

from auditor.triage.fingerprints import identified

__all__ = ["identified"]
