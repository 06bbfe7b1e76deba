"""Expectations: what users know of their tenant, against a token that sees only a part of it.

A token without full rights gets an honest list and an honest, small total. Only somebody who knows the tenant can tell
that repos are missing; an expectation that does not hold is something unread, and the run is incomplete.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from auditor.model import Origin, Unread, UnreadKind


@dataclass(frozen=True, slots=True)
class Expectations:
    """What has to hold for a run to be complete.

    Attributes:
        tenant: The tenant that the token has to belong to.
        min_repos: The fewest repos that have to be visible; 0 says that an empty tenant is right.
        include: Names of repos that have to be visible.
        max_drop: The largest part of the earlier repos that may be gone, from 0 to 1.
        previous: How many repos were visible earlier, and where that is known from.
    """

    tenant: str | None = None
    min_repos: int | None = None
    include: tuple[str, ...] = ()
    max_drop: float | None = None
    previous: tuple[int, str] | None = None

    def unmet(self, origin: Origin, repos: int, names: AbstractSet[str]) -> Iterator[Unread]:
        """Yield what does not hold.

        Args:
            origin: Where the repos came from.
            repos: How many were seen.
            names: Those of `include` that were seen.
        """
        if self.tenant is not None and origin.tenant != self.tenant:
            got = origin.tenant or "one that the control plane does not name"
            yield _unmet("tenant", f"the token belongs to tenant {got}, expected {self.tenant}")
        if self.min_repos is not None and repos < self.min_repos:
            yield _unmet("min_repos", f"{repos} repos are visible, expected at least {self.min_repos}")
        for name in self.include:
            if name not in names:
                yield _unmet("include", f"the repo {name} is not visible")
        if self.max_drop is not None and self.previous is not None:
            before, where = self.previous
            if before and repos < before * (1 - self.max_drop):
                gone = f"{repos} repos are visible where {where} has {before}"
                yield _unmet("max_drop", f"{gone}, more than {self.max_drop:.0%} fewer")


def _unmet(key: str, reason: str) -> Unread:
    fix = "use a token that sees the whole tenant, or correct the expectation"
    return Unread(UnreadKind.TENANT, f"expect.{key}", reason, fix)
