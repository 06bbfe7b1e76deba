"""Redaction: replace people in reports with stable pseudonyms, keyed so that guesses cannot be confirmed."""

from auditor.redaction.redactor import NOTE, Redactor
from auditor.redaction.report import redact_report

__all__ = ["NOTE", "Redactor", "redact_report"]
