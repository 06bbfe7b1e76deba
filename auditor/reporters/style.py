"""Style: what a reporter may know about the place that its text goes to."""

from __future__ import annotations

from dataclasses import dataclass

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
    """The width of the text in columns, and whether it may have colours."""

    width: int = 100
    colour: bool = False

    def paint(self, text: str, colour: str) -> str:
        """Return text in a colour or weight, or as it is where there are no colours."""
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.colour else text
