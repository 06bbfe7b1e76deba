"""Context of a report: how repos are stored, who has access to how many, and what earlier runs found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SubjectAccess:
    """On how many repos a subject has access, each repo counted once at its highest level.

    Attributes:
        subject: Who, for example `team:fraud-ml`.
        everywhere: The level on every repo by a role on the tenant; empty if there is none, `unknown` if it is unknown.
        admin: How many repos it administers by grants on them.
        write: How many it can change.
        read: How many it can read.
        unknown: On how many it has only roles with unknown permissions.
    """

    subject: str
    everywhere: str = ""
    admin: int = 0
    write: int = 0
    read: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """What the repos of a run are like, as far as the run read it.

    Attributes:
        storage: How many repos are at each storage provider, the most first; the name is empty if it is not known.
        access: Everyone with access, those with most repos first.
        hidden: On how many repos the grants are not known.
        not_read: The lists with grants that were not read, since no rule needs them or the source lacks them.
    """

    storage: tuple[tuple[str, int], ...] = ()
    access: tuple[SubjectAccess, ...] = ()
    hidden: int = 0
    not_read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastRun:
    """An earlier run of the history.

    Attributes:
        started_at: When it began, in UTC.
        complete: Whether everything was read and evaluated.
        by_severity: How many findings were open, by the label of their severity.
    """

    started_at: datetime
    complete: bool
    by_severity: tuple[tuple[str, int], ...]
