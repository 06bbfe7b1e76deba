"""From a JSON Pointer to a place in a file, for the few pointers in findings."""

from __future__ import annotations

import re

from auditor.documents import Document, Span
from auditor.model import Locate, Location

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Line ends in YAML."""


class FilePlaces:
    """The places in one file."""

    __slots__ = ("_file", "_lines", "_text")

    def __init__(self, file: str, text: str) -> None:
        """Set the file.

        Args:
            file: Its name in reports.
            text: Its text.
        """
        self._file = file
        self._text = text
        self._lines: list[str] | None = None

    @property
    def may_contain_placeholders(self) -> bool:
        """Whether the text contains the start of any placeholder; `envsubst` does not know escapes of YAML."""
        return "${" in self._text

    def of_line(self, number: int) -> Location:
        """Return the place of an entire line."""
        return self.of(Span(number, 1, 0))

    def of(self, span: Span) -> Location:
        """Return a place with its source line; the place of several lines ends with the first one."""
        if self._lines is None:
            self._lines = _LINE_END.split(self._text)
        line = self._lines[span.line - 1] if span.line <= len(self._lines) else ""
        return Location(self._file, span.line, span.column, span.end or max(span.column, len(line.rstrip())) + 1, line)

    def of_document(self, document: Document) -> Locate:
        """Return the function that finds the place of a pointer into a document."""

        def locate(pointer: str) -> Location:
            tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
            return self.of(document.places.of(tokens))

        return locate
