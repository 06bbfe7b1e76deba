"""Manifest files: find, read and classify documents, with the position of every part."""

from auditor.sources.files.rules import DOCUMENT_RULES
from auditor.sources.files.source import ManifestFiles

__all__ = ["DOCUMENT_RULES", "ManifestFiles"]
