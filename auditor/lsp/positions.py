"""Positions: from lines and columns of our reports to those of the protocol, and back.

Our columns count characters. Those of the protocol count units of an encoding (UTF-16 unless the client offers another
one). Our lines end as in YAML, those of the protocol only at line feeds and carriage returns.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping

from lsprotocol.types import Position, Range

_YAML_LINE = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_PROTOCOL_LINE = re.compile("\r\n|[\n\r]")
_BOM = "\ufeff"

_UNITS: Mapping[str, Callable[[str], int]] = {
    "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "utf-32": len,
}


class Positions:
    """The positions in one text."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        """Set the text.

        Args:
            text: The text.
            encoding: The encoding of the client's columns: `utf-8`, `utf-16` or `utf-32`.
        """
        self._text = text
        self._units = _UNITS[encoding]
        self._ours = _starts(_YAML_LINE, text)
        self._ours[0] = int(text.startswith(_BOM))
        self._theirs = _starts(_PROTOCOL_LINE, text)

    def range(self, line: int, column: int, end: int = 0) -> Range:
        """Return the range from a column to another one of the same line, both from 1; 0 for the end of the line."""
        start = self._offset(line, column)
        last = self._offset(line, end) if end else self._end(line)
        return Range(self.position(start), self.position(max(start, last)))

    def position(self, offset: int) -> Position:
        """Return the position of a character, by its index in the text."""
        line = bisect_right(self._theirs, offset) - 1
        return Position(line, self._units(self._text[self._theirs[line] : offset]))

    def offset(self, position: Position) -> int:
        """Return the index of the character at a position; beyond the end of a line, that of the end."""
        if position.line >= len(self._theirs):
            return len(self._text)
        start = self._theirs[position.line]
        left = position.character
        for offset in range(start, len(self._text)):
            if left <= 0 or self._text[offset] in "\r\n":
                return offset
            left -= self._units(self._text[offset])
        return len(self._text)

    def _offset(self, line: int, column: int) -> int:
        start = self._ours[min(line, len(self._ours)) - 1]
        return min(start + column - 1, max(start, self._line_end(line)))

    def _end(self, line: int) -> int:
        start = self._ours[min(line, len(self._ours)) - 1]
        return start + len(self._text[start : self._line_end(line)].rstrip())

    def _line_end(self, line: int) -> int:
        after = self._ours[line] if line < len(self._ours) else len(self._text)
        while after > 0 and line < len(self._ours) and _YAML_LINE.match(self._text, after - 1):
            after -= 1
        return after


def _starts(line_end: re.Pattern[str], text: str) -> list[int]:
    return [0, *(match.end() for match in line_end.finditer(text))]
