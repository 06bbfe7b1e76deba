"""Redaction: people in reports become stable pseudonyms, keyed by a secret, so that guesses cannot be confirmed."""

from auditor.redaction.redactor import NOTE, Redactor
from auditor.redaction.report import redact_report

__all__ = ["NOTE", "Redactor", "redact_report"]
