"""Guarded reporters and sources: exceptions and wrong values of a plugin become errors with its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, TypeVar

from auditor.errors import AuditorError, InvalidError, PluginError, StoppedError, UndeliveredError, UnreadError
from auditor.model import Binding, Directory, Finding, Origin, Provider, Repo, Report, Source, Unread, directory_of
from auditor.reporters import Reporter, Style

_Item = TypeVar("_Item")
_END = object()
_FIX = "report it to its authors, with the traceback that AUDITOR_DEBUG=1 shows"


def guarded_reporter(title: str, call: Callable[..., Any]) -> Reporter:
    """Return a reporter whose failures are errors with its name."""

    def render(report: Report, style: Style) -> Iterator[str]:
        def pieces() -> Iterable[str]:
            found: Iterable[str] = call(report, style)
            return found

        return _each_of(pieces, (str,), partial(_delivering, title))

    return render


class GuardedSource:
    """A source whose failures are errors with its name.

    Args:
        title: Its name in messages.
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
        """Return the directory of the tenant, if the source has one."""
        with self._guard():
            found = directory_of(self._source, wanted)
            _require(found, (Directory,), "directory() returns")
            return found

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield the items of the source."""
        items = (Repo, Binding, Unread, Finding)
        return _each_of(lambda: self._source.collect(), items, self._guard)  # noqa: PLW0108 - it may have no such method

    def origin(self) -> Origin:
        """Return where the repos came from."""
        with self._guard():
            found = self._source.origin()
            _require(found, (Origin,), "origin() returns")
            return found


def loading(title: str) -> AbstractContextManager[None]:
    """Add the name of a plugin to errors while it is loaded."""
    return _explained(f"{title} cannot be loaded", PluginError, ())


def reading(title: str) -> AbstractContextManager[None]:
    """Add the name of a source to errors that it raises, except those of Auditor."""
    return _explained(f"{title} failed", PluginError, (StoppedError, InvalidError, UnreadError))


def _delivering(title: str) -> AbstractContextManager[None]:
    """Add the name of a reporter to errors that it raises: the report is not written completely."""
    return _explained(f"{title} failed", UndeliveredError, (StoppedError, UndeliveredError))


@contextmanager
def _explained(what: str, error: type[AuditorError], passed: tuple[type[AuditorError], ...]) -> Iterator[None]:
    try:
        yield
    except passed:
        raise
    except (Exception, SystemExit) as cause:  # a plugin that exits with 0 would look like a clean run
        raise error(f"{what}: {type(cause).__name__}: {cause}", _FIX) from cause


def _each_of(
    make: Callable[[], Iterable[_Item]], types: tuple[type, ...], guard: Callable[[], AbstractContextManager[None]]
) -> Iterator[_Item]:
    """Yield the items of a plugin; only errors of the plugin are caught, not those while its items are used.

    Args:
        make: Returns the items.
        types: Their required types.
        guard: Returns a guard for one step.
    """
    with guard():
        items: Iterator[Any] = iter(make())
    while True:
        with guard():
            item: Any = next(items, _END)
            if item is not _END:
                _require(item, types, "it yields")
        if item is _END:
            return
        yield item


def _require(value: object, types: tuple[type, ...], what: str) -> None:
    """Check the type of a plugin's result.

    Raises:
        TypeError: It has another type.
    """
    if not isinstance(value, types):
        wanted = " or ".join(each.__name__ for each in types)
        raise TypeError(f"{what} {type(value).__name__}, expected {wanted}")
