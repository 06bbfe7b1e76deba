"""Rows that cannot be identified: they have no id, cannot be read, or share an id with another row.

Such a row has only its place, and places change. So it proves nothing, and nothing is proven about it. It can only be
reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.model.unread import Unread, UnreadKind
from auditor.paging.pages import BadRow, Page

_MOST_NAMED = 1_000
_FIX = "report it to the operators of the control plane"
_CLASH = "two rows have this id, one as a number and one as a string, and only the first was read"


class BadRows:
    """The bad rows of the current pass and the one before.

    Args:
        thing: The name of a row in messages.

    Attributes:
        most: The most bad rows in a pass.
        passes_without: The number of consecutive passes without bad rows, up to the last one that ended.
    """

    def __init__(self, thing: str) -> None:
        self.most = self.passes_without = 0
        self._thing = thing
        self._before: dict[str, str] = {}
        self._now: dict[str, str] = {}

    @property
    def count(self) -> int:
        """The number of bad rows in the current pass."""
        return len(self._now)

    @property
    def lasting(self) -> int:
        """The least number of bad rows in the two passes."""
        return min(len(self._before), len(self._now))

    def begin(self) -> None:
        """Start a new pass."""
        self._before, self._now = self._now, {}

    def note(self, offset: int, page: Page, clashes: Iterable[str]) -> None:
        """Note the bad rows of a page, and the ids that clash with those of other rows."""
        for place, row in enumerate(page.rows, start=offset + 1):
            if isinstance(row, BadRow):
                self._now[f"row {place} of the list of {self._thing}s"] = row.reason
        self._now |= {f"{self._thing} {name}": _CLASH for name in clashes}
        self.most = max(self.most, len(self._now))

    def end(self) -> None:
        """Note that the pass has ended."""
        self.passes_without = 0 if self._now else self.passes_without + 1

    def unread(self, *, also_before: bool = False) -> Iterator[Unread]:
        """Yield the bad rows of the last pass, and those of the previous one if the last one did not end."""
        rows = self._before | self._now if also_before else self._now
        for number, (what, reason) in enumerate(rows.items()):
            if number == _MOST_NAMED:
                more = f"{len(rows) - number} more rows of the list of {self._thing}s"
                yield Unread(UnreadKind.REPO, more, reason, _FIX)
                return
            yield Unread(UnreadKind.REPO, what, reason, _FIX)
