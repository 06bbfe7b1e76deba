"""Documents that users write: YAML and JSON read strictly, with the place of every key and value."""

from auditor.documents.cursor import Cursor, Mark, read_file, read_yaml
from auditor.documents.places import Event, Span, Token
from auditor.documents.reader import Document, Trap, decode, read_documents

__all__ = [
    "Cursor",
    "Document",
    "Event",
    "Mark",
    "Span",
    "Token",
    "Trap",
    "decode",
    "read_documents",
    "read_file",
    "read_yaml",
]
