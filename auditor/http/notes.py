"""Notes about a control plane that are not errors: redirects, and cached responses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from auditor.http.retries import http_date

STALE_SECONDS = 300
"""The age from which an answer is noted as old; clocks may differ by as much."""


class Notes:
    """Notes for the receipt, collected by every thread.

    Args:
        now: Returns the local time.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._notes: dict[str, None] = {}
        self._age = 0.0

    def add(self, note: str) -> None:
        """Add a note, once."""
        with self._lock:
            self._notes.setdefault(note)

    def see(self, headers: Mapping[str, str]) -> None:
        """Note the age of a response, from its `Age` and `Date` headers."""
        dated, age = http_date(headers.get("Date", "")), headers.get("Age", "").strip()
        seconds = (self._now() - dated).total_seconds() if dated else 0.0
        if age.isascii() and age.isdigit():
            seconds = max(seconds, float(age[:12]))
        with self._lock:
            self._age = max(self._age, seconds)

    def texts(self) -> tuple[str, ...]:
        """Return the notes, one sentence each without a final period."""
        with self._lock:
            notes = tuple(self._notes)
        if self._age < STALE_SECONDS:
            return notes
        cause = "they are cached, or the clocks differ"
        return (*notes, f"responses of the control plane are up to {self._age:.0f} seconds old: {cause}")
