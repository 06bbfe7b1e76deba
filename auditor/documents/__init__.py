"""Documents that users write: YAML and JSON read strictly, with the place of every key and value."""

from auditor.documents.cursor import Cursor, Mark
from auditor.documents.places import Event, Span, Token
from auditor.documents.reader import Document, Trap, decode, read_documents
from auditor.documents.single import read_file, read_yaml

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
