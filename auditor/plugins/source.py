"""A source of another package."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from auditor.model import Binding, Directory, Finding, Origin, Provider, Repo, Source, Unread, directory_of
from auditor.plugins.guards import each_of, reading, require


class GuardedSource:
    """A source whose failures are errors with its name.

    Args:
        title: What it is called in messages.
        source: The source itself.
    """

    def __init__(self, title: str, source: Source) -> None:
        self._guard, self._source = partial(reading, title), source

    @property
    def provides(self) -> frozenset[Provider]:
        """The data that the source provides about a repo."""
        with self._guard():
            return frozenset(self._source.provides)

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return what the tenant has besides its repos, if the source knows."""
        with self._guard():
            found = directory_of(self._source, wanted)
            require(found, (Directory,), "directory() returns")
            return found

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield what the source yields."""
        items = (Repo, Binding, Unread, Finding)
        return each_of(lambda: self._source.collect(), items, self._guard)  # noqa: PLW0108 - it may have no such method

    def origin(self) -> Origin:
        """Return where the repos came from."""
        with self._guard():
            found = self._source.origin()
            require(found, (Origin,), "origin() returns")
            return found
