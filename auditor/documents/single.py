"""Files that Auditor obeys (packs, configuration): one document each, with the place of every key and value.

Beside what the reader refuses anyway, merge keys are refused here, and numbers that readers of YAML take for different
values.
"""

from __future__ import annotations

import os

from auditor.documents.cursor import Cursor
from auditor.documents.reader import Document, decode, read_documents
from auditor.errors import DocumentError, InvalidError

SIZE_CEILING = 8 * 1024 * 1024


def read_file(path: str | os.PathLike[str]) -> tuple[Cursor, bytes]:
    """Read a YAML file that holds one document; return it with the bytes that were read.

    Raises:
        InvalidError: The file cannot be read.
        DocumentError: The file is not one well-formed document.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read(SIZE_CEILING + 1)
    except OSError as error:
        raise InvalidError(f"{os.fspath(path)} cannot be read: {error.strerror or error}") from None
    if len(data) > SIZE_CEILING:
        raise InvalidError(f"{os.fspath(path)} is larger than {SIZE_CEILING // 1024 // 1024} MiB")
    return read_yaml(data, os.fspath(path)), data


def read_yaml(data: bytes, file: str) -> Cursor:
    """Read one YAML document; `file` is its name in messages.

    Raises:
        DocumentError: It is not one well-formed document.
    """
    found: Document | None = None
    for document in read_documents(decode(data, file), file, merging=False):
        if found is not None:
            place = f"{file}:{document.start.line}:{document.start.column}"
            raise DocumentError(place, "a second document starts here, expected one")
        _refuse(document)
        found = document
    if found is None:
        raise DocumentError(file, "has no documents, expected one")
    return Cursor(found, found.value)


def _refuse(document: Document) -> None:
    if document.problem is not None:
        raise document.problem
    for trap in document.loose:
        place = f"{document.file}:{trap.span.line}:{trap.span.column}"
        raise DocumentError(place, f"{trap.text!r} is read differently by different YAML readers", "put it in quotes")
