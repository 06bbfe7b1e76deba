"""Severity: how bad a finding is."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """info < low < medium < high < critical."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The word that users read and write."""
        return self.name.lower()

    @classmethod
    def labels(cls) -> tuple[str, ...]:
        """Every word, mildest first."""
        return tuple(severity.label for severity in cls)

    @classmethod
    def of(cls, label: str) -> Severity:
        """Return the severity of a word.

        Raises:
            KeyError: There is no such severity.
        """
        if label != label.lower():
            raise KeyError(label)
        return cls[label.upper()]
