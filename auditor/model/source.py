"""What every source is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from auditor.model.directory import Directory, Provider
from auditor.model.finding import Finding
from auditor.model.repo import Binding, Repo
from auditor.model.report import Origin
from auditor.model.unread import Unread

PROGRESS_STEP = 50
"""After how many repos those who collect report progress again."""


class Source(Protocol):
    """Where repos come from.

    An audit is complete only if its source accounts for everything: what could not be read is yielded as `Unread`, and
    the origin has the number of repos that there are (`total`), or why the list is complete (`proof`).
    """

    @property
    def provides(self) -> frozenset[Provider]:
        """The data about repos that the source provides, besides a directory."""
        ...

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield every repo and role binding, what could not be seen, and what is wrong with a document by itself.

        A repo with an id that was yielded before has changed meanwhile; the last one counts.
        """
        ...

    def origin(self) -> Origin:
        """Return where the repos came from; asked before the first one too, but complete only after the last one."""
        ...


@runtime_checkable
class HasDirectory(Protocol):
    """A source that also knows what the tenant has besides its repos."""

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return what the tenant has besides its repos; called once, before `collect`, if anything is wanted.

        Args:
            wanted: The parts to read (some of `DIRECTORY_PARTS`); the others are not fetched.
        """
        ...


def directory_of(source: Source, wanted: frozenset[Provider]) -> Directory:
    """Return parts of what a tenant has besides its repos; from a source that knows none, a directory without any."""
    return source.directory(wanted) if isinstance(source, HasDirectory) else Directory()
