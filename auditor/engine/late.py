"""The gate once it pays: making it takes longer than asking every rule of a few repos in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.access import DirectoryIndex
from auditor.model import Repo
from auditor.policy import Rule

if TYPE_CHECKING:
    from auditor.engine.gate import Gate, Passed


class LateGate:
    """Lets every rule be asked of the first repos, and makes a gate for those after them."""

    def __init__(self, rules: Sequence[Rule], now: datetime, directory: DirectoryIndex, ungated: int) -> None:
        """Make a gate for rules, after this many repos."""
        self._rules = tuple(rules)
        self._now, self._directory = now, directory
        self._left = ungated
        self._gate: Gate | None = None

    def suspects(self, repo: Repo) -> Passed:
        """Return the rules to ask of a repo in full, and what of it counts for rules across repos anyway."""
        if self._gate is None:
            if self._left:
                self._left -= 1
                return self._rules, ()
            from auditor.engine.gate import Gate  # noqa: PLC0415 - a few repos do without

            self._gate = Gate(self._rules, self._now, self._directory)
        return self._gate.suspects(repo)
