"""Documents that users write: YAML read strictly, with the place of every key and value."""

from auditor.documents.cursor import Cursor, Mark
from auditor.documents.reader import read_file, read_yaml

__all__ = ["Cursor", "Mark", "read_file", "read_yaml"]
