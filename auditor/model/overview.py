"""Context of a report: storage of repos, subjects with access, and earlier runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SubjectAccess:
    """The number of repos that a subject has access to, each counted once at its highest level.

    Attributes:
        subject: The subject, for example `team:fraud-ml`.
        everywhere: The level on every repo by a role on the tenant; empty if there is none, `unknown` if it is unknown.
        admin: The number of repos that it administers through grants on them.
        write: The number of repos that it can change.
        read: The number of repos that it can read.
        unknown: The number of repos on which it has only roles with unknown permissions.
    """

    subject: str
    everywhere: str = ""
    admin: int = 0
    write: int = 0
    read: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """An overview of the repos of a run, as far as the run read them.

    Attributes:
        storage: The number of repos at each storage provider, the most first; the name is empty if it is unknown.
        access: All subjects with access, those with the most repos first.
        hidden: The number of repos with unknown grants.
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
        by_severity: The number of open findings, by the label of their severity.
    """

    started_at: datetime
    complete: bool
    by_severity: tuple[tuple[str, int], ...]
