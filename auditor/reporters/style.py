"""Style: properties of the output of a reporter."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from auditor.model import Severity
from auditor.text import visible

COLORS = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
"""The color of each severity."""

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
    "critical": "1;31",
}


@dataclass(frozen=True, slots=True)
class Style:
    """Properties of the output of a reporter.

    Attributes:
        width: The width of the text in columns.
        color: Whether colors are allowed.
        folder: The folder of relative paths, with forward slashes.
        root: The root of the checkout, which paths for CI services are relative to.
        by_owner: Whether tables and Markdown group findings by owner.
        list_all: Whether a table lists every finding, with its message and fix.
        links: Whether the terminal supports hyperlinks (OSC 8).
    """

    width: int = 100
    color: bool = False
    folder: str = "/"
    root: str = "/"
    by_owner: bool = False
    list_all: bool = False
    links: bool = False

    def paint(self, text: str, color: str) -> str:
        """Return text in a color or weight, or unchanged if colors are not allowed."""
        return f"\x1b[{_CODES[color]}m{text}\x1b[0m" if self.color else text

    def paint_first(self, part: str, color: str, text: str) -> str:
        """Return text in which the first occurrence of a part has a color."""
        return text.replace(part, self.paint(part, color), 1)

    def link(self, text: str, url: str) -> str:
        """Return text that links to a page, or unchanged if links are not supported or the URL is not safe."""
        safe = re.fullmatch("https?://[!-~]+", url) and visible(url) == url
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if self.links and safe else text

    def below_root(self, file: str) -> str:
        """Return a path relative to the root, without `./` and leading `../`."""
        path = posixpath.relpath(posixpath.join(self.folder, file), self.root)
        while path.startswith("../"):
            path = path[3:]
        return path
