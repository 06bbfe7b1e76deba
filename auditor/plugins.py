"""Reporters and sources of other packages: found by entry point, and loaded only when a user names one.

A plugin is code of somebody else. Whatever it raises becomes an error with its name, never a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from auditor.errors import (
    AuditorError,
    InvalidError,
    PluginError,
    StoppedError,
    UndeliveredError,
    UnreadError,
    did_you_mean,
)
from auditor.model import Binding, Directory, Finding, Origin, Provider, Repo, Report, Source, Unread, directory_of
from auditor.reporters import REPORTERS, Reporter, Style

REPORTER_GROUP = "auditor.reporters"
"""The entry points of reporters: functions that take a report and a style, and yield pieces of text."""

SOURCE_GROUP = "auditor.sources"
"""The entry points of sources: functions that take a text and return a source."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_END = object()
_Item = TypeVar("_Item")
_YIELDED = (Repo, Binding, Unread, Finding)


@cache
def find_reporter(name: str) -> Reporter | None:
    """Return the reporter of a format: a built-in one, else that of an installed package; None if there is none.

    Raises:
        InvalidError: Several packages have a reporter of this name.
        PluginError: The reporter cannot be loaded.
    """
    if name in REPORTERS:
        return REPORTERS[name]
    plugin = _find(REPORTER_GROUP, name)
    return plugin.reporter() if plugin else None


def reporter_of(name: str) -> Reporter:
    """Return the reporter of a format, as `find_reporter` does.

    Raises:
        InvalidError: There is no such format, or several packages have it.
        PluginError: The reporter cannot be loaded.
    """
    reporter = find_reporter(name)
    if reporter is None:
        raise InvalidError(f"there is no report format {name!r}", did_you_mean(name, formats()))
    return reporter


def formats() -> list[str]:
    """Return the names of all formats: the built-in ones, then those of installed packages."""
    return [*REPORTERS, *(name for name in _names(REPORTER_GROUP) if name not in REPORTERS)]


def open_source(name: str, argument: str) -> Source:
    """Return a source of an installed package.

    Args:
        name: Its name.
        argument: What the source is told, for example a file or a URL; may be empty.

    Raises:
        InvalidError: There is no such source, several packages have one, or the source refuses the argument.
        PluginError: The source cannot be loaded or made.
    """
    plugin = _find(SOURCE_GROUP, name)
    if plugin is None:
        fix = did_you_mean(name, _names(SOURCE_GROUP)) or "install the package that provides it"
        raise InvalidError(f"there is no source {name!r}", fix)
    return plugin.source(argument)


@dataclass(frozen=True, slots=True)
class _Plugin:
    """What an entry point leads to.

    Attributes:
        title: What it is called in messages: its kind, name and package.
        call: The function of the entry point.
    """

    title: str
    call: Callable[..., Any]

    def reporter(self) -> Reporter:
        def render(report: Report, style: Style) -> Iterator[str]:
            for piece in _each(lambda: self.call(report, style), self.delivering):
                with self.delivering():
                    _require(piece, (str,), "the reporter yields")
                yield piece

        return render

    def source(self, argument: str) -> Source:
        with self.reading():
            return _PluginSource(self, self.call(argument))

    @contextmanager
    def delivering(self) -> Iterator[None]:
        """Name this plugin in whatever it raises: the report is not written completely."""
        with _explained(f"{self.title} failed", UndeliveredError, (StoppedError, UndeliveredError)):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Name this plugin in whatever it raises, unless it explains itself."""
        with _explained(f"{self.title} failed", PluginError, (StoppedError, InvalidError, UnreadError)):
            yield


class _PluginSource:
    """A source of another package; what it raises or yields by mistake is an error with its name."""

    def __init__(self, plugin: _Plugin, source: Source) -> None:
        self._plugin, self._source = plugin, source

    @property
    def provides(self) -> frozenset[Provider]:
        with self._plugin.reading():
            return frozenset(self._source.provides)

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        with self._plugin.reading():
            found = directory_of(self._source, wanted)
            _require(found, (Directory,), "directory() returns")
            return found

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        for item in _each(self._source.collect, self._plugin.reading):
            with self._plugin.reading():
                _require(item, _YIELDED, "collect() yields")
            yield item

    def origin(self) -> Origin:
        with self._plugin.reading():
            found = self._source.origin()
            _require(found, (Origin,), "origin() returns")
            return found


def _find(group: str, name: str) -> _Plugin | None:
    """Return the plugin of this name; None if there is none."""
    found = [point for point in _entry_points(group) if point.name == name]
    kind = group.rpartition(".")[2].removesuffix("s")
    packages = [f"{point.dist.name} {point.dist.version}" if point.dist else point.value for point in found]
    if len(found) > 1:
        raise InvalidError(f"several packages have a {kind} {name!r}: {', '.join(packages)}", "uninstall all but one")
    for point, package in zip(found, packages, strict=True):
        title = f"the {kind} {name!r} of the package {package}"
        with _explained(f"{title} cannot be loaded", PluginError):
            call = point.load()
            if not callable(call):
                raise TypeError(f"{point.value} is not a function")
            return _Plugin(title, call)
    return None


def _names(group: str) -> list[str]:
    return sorted({point.name for point in _entry_points(group)})


def _entry_points(group: str) -> list[Any]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - 10 ms that only users of plugins need

    return [point for point in entry_points(group=group) if _NAME.fullmatch(point.name)]


def _each(make: Callable[[], Iterable[_Item]], named: Callable[[], Any]) -> Iterator[_Item]:
    """Yield the items of a plugin; what it raises is caught, and what the consumer of the items raises is not."""
    with named():
        items: Iterator[Any] = iter(make())
    while True:
        with named():
            item: Any = next(items, _END)
        if item is _END:
            return
        yield item


@contextmanager
def _explained(what: str, error: type[AuditorError], passed: tuple[type[AuditorError], ...] = ()) -> Iterator[None]:
    try:
        yield
    except passed:
        raise
    except (Exception, SystemExit) as cause:  # a plugin that exits with 0 would look like a clean run
        message = f"{what}: {type(cause).__name__}: {cause}"
        raise error(message, "report it to its authors, with the traceback that AUDITOR_DEBUG=1 shows") from cause


def _require(value: object, types: tuple[type, ...], what: str) -> None:
    if not isinstance(value, types):
        wanted = " or ".join(each.__name__ for each in types)
        raise TypeError(f"{what} {type(value).__name__}, expected {wanted}")
