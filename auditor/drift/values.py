"""The result of a comparison."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auditor.model import Location, Origin, Unread, Verdict


class Kind(StrEnum):
    """How declared and live differ; an undeclared part of a binding is one not reported on declared repos."""

    MISSING = "missing"
    UNDECLARED = "undeclared"
    DIFFERS = "differs"
    SURFACE = "surface"


class Access(StrEnum):
    """The effect of a difference on access: declared access is missing, or undeclared access exists."""

    LOST = "lost"
    GAINED = "gained"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between declared and live.

    Attributes:
        kind: How they differ; `surface` is the same access, granted in another place.
        type: `ml-repo` or `role-binding`.
        name: The name of the repo or binding, as declared, else as live; untrusted.
        field: The key of the manifest; empty if only one side has the manifest.
        declared: The value in the file, for people; untrusted.
        live: The live value, for people; untrusted.
        access: Its effect on access; None if it has none.
        certain: Whether it holds even if something was not read on the other side.
        location: The place of the declaration; None if there is none.
        id: The id of the live repo, if it is one.
    """

    kind: Kind
    type: str
    name: str
    field: str
    declared: str
    live: str
    access: Access | None = None
    certain: bool = True
    location: Location | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the comparison, and what was not read of it.

    Attributes:
        origin: Where it came from.
        repos: The number of repos.
        bindings: The number of role bindings about ML repos; None if their list was not read.
        unread: What was not read.
    """

    origin: Origin
    repos: int
    bindings: int | None
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """The result of a comparison, the only input of every renderer and of the exit code.

    Attributes:
        verdict: Complete or not, drift or not.
        declared: The side of the files.
        live: The side of the tenant.
        started_at: When reading the tenant began.
        finished_at: When reading the tenant ended.
        differences: By name and field.
        left_out: The number of live repos and bindings about nothing declared that were left out on request.
    """

    verdict: Verdict
    declared: Side
    live: Side
    started_at: datetime
    finished_at: datetime
    differences: tuple[Difference, ...]
    left_out: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """The number of differences of each kind."""
        found = Counter(each.kind for each in self.differences)
        return {kind.value: found[kind] for kind in Kind}
