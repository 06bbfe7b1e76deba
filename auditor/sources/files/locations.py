"""From a JSON Pointer to a place in a file, for those few pointers that a finding names."""

from __future__ import annotations

import re

from auditor.documents import Document, Span
from auditor.model import Locate, Location

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line for a reader of YAML."""


class FilePlaces:
    """The places in one file."""

    __slots__ = ("_file", "_lines", "_text")

    def __init__(self, file: str, text: str) -> None:
        """Remember a file.

        Args:
            file: What it is called in reports.
            text: Its text.
        """
        self._file = file
        self._text = text
        self._lines: list[str] | None = None

    @property
    def may_hold_placeholders(self) -> bool:
        """Whether the text has what every placeholder begins with; `envsubst` knows no escapes of YAML."""
        return "${" in self._text

    def of_line(self, number: int) -> Location:
        """Return the place of an entire line."""
        return self.of(Span(number, 1, 0))

    def of(self, span: Span) -> Location:
        """Return a place with its source line; what goes on in another line ends where its first line does."""
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
