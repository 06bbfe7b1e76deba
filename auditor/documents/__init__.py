"""Documents that users write: YAML and JSON read strictly, with the place of every key and value."""

from auditor.documents.cursor import Cursor, Mark, is_unsaved, read_file, read_yaml, unsaved
from auditor.documents.places import Event, Span, Token
from auditor.documents.reader import AmbiguousScalar, Document, decode, read_documents

__all__ = [
    "AmbiguousScalar",
    "Cursor",
    "Document",
    "Event",
    "Mark",
    "Span",
    "Token",
    "decode",
    "is_unsaved",
    "read_documents",
    "read_file",
    "read_yaml",
    "unsaved",
]
