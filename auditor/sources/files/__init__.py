"""Manifest files: found, read, told apart, and handed on with the place of every part."""

from auditor.sources.files.rules import DOCUMENT_RULES
from auditor.sources.files.source import ManifestFiles

__all__ = ["DOCUMENT_RULES", "ManifestFiles"]
