"""Overrides: what packs and users change in rules that others wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auditor.documents import Cursor
from auditor.model import Severity


@dataclass(frozen=True, slots=True)
class Override:
    """What becomes of a rule: overrides at several places add up, and where they contradict the last one wins.

    Attributes:
        off: Whether the rule is not asked.
        severity: Its severity; None for its own.
        params: Parameters of its own, as written.
    """

    off: bool = False
    severity: Severity | None = None
    params: tuple[Cursor, ...] = ()

    def then(self, cursor: Cursor) -> Override:
        """Return this override with another one on top: `off`, or a mapping of severity and params.

        Raises:
            DocumentError: It is something else.
        """
        if cursor.value == "off":
            return replace(self, off=True)
        keys = cursor.keys(("severity", "params"))
        if not keys:
            cursor.fail("is empty, expected `off`, a severity or params")
        severity = Severity.of(keys["severity"].choice(Severity.labels())) if "severity" in keys else self.severity
        return Override(False, severity, (*self.params, keys["params"]) if "params" in keys else self.params)

    def plain(self) -> object:
        """Return everything that it changes, for the digest."""
        severity = None if self.severity is None else self.severity.label
        return [self.off, severity, [params.plain() for params in self.params]]
