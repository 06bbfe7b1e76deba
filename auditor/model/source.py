"""The protocol of sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from auditor.model.directory import Directory, Provider
from auditor.model.finding import Finding
from auditor.model.repo import Binding, Repo
from auditor.model.report import Origin
from auditor.model.unread import Unread

PROGRESS_STEP = 50
"""The number of repos between two reports of progress."""


class Source(Protocol):
    """A source of repos.

    An audit is complete only if its source accounts for every repo. The source yields `Unread` for everything that it
    could not read. Its origin has the number of repos (`total`), or the reason why the list is complete (`proof`).
    """

    @property
    def provides(self) -> frozenset[Provider]:
        """The data about repos that the source provides."""
        ...

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield every repo and role binding, what could not be read, and findings about documents.

        A repo with an id that was yielded before replaces that repo.
        """
        ...

    def origin(self) -> Origin:
        """Return the origin of the repos.

        It is called before, during and after `collect`. The first value gives `started_at`, and during `collect` the
        `total` is for progress. All other facts are those of the last value.
        """
        ...


@runtime_checkable
class HasDirectory(Protocol):
    """A source that also has the directory of the tenant."""

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return the directory of the tenant; called once, before `collect`, if any part is wanted.

        Args:
            wanted: The parts to read (some of `DIRECTORY_PARTS`); the others are not fetched.
        """
        ...


def directory_of(source: Source, wanted: frozenset[Provider]) -> Directory:
    """Return parts of the directory of a tenant; an empty directory if the source has none."""
    return source.directory(wanted) if isinstance(source, HasDirectory) else Directory()
