"""Guards: what a plugin raises, or yields by mistake, becomes an error with its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from auditor.errors import AuditorError, InvalidError, PluginError, StoppedError, UndeliveredError, UnreadError

_Item = TypeVar("_Item")
_END = object()
_FIX = "report it to its authors, with the traceback that AUDITOR_DEBUG=1 shows"


def loading(title: str) -> AbstractContextManager[None]:
    """Add the name of a plugin to errors that loading it raises."""
    return _explained(f"{title} cannot be loaded", PluginError, ())


def reading(title: str) -> AbstractContextManager[None]:
    """Add the name of a source to errors that it raises, except those of Auditor."""
    return _explained(f"{title} failed", PluginError, (StoppedError, InvalidError, UnreadError))


def delivering(title: str) -> AbstractContextManager[None]:
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


def each_of(
    make: Callable[[], Iterable[_Item]], types: tuple[type, ...], guard: Callable[[], AbstractContextManager[None]]
) -> Iterator[_Item]:
    """Yield the items of a plugin; only what the plugin raises is caught, not what happens to the items later.

    Args:
        make: Returns the items.
        types: What they have to be.
        guard: Returns a guard for one step.
    """
    with guard():
        items: Iterator[Any] = iter(make())
    while True:
        with guard():
            item: Any = next(items, _END)
            if item is not _END:
                require(item, types, "it yields")
        if item is _END:
            return
        yield item


def require(value: object, types: tuple[type, ...], what: str) -> None:
    """Check the type of what a plugin returns.

    Raises:
        TypeError: It is of another type.
    """
    if not isinstance(value, types):
        wanted = " or ".join(each.__name__ for each in types)
        raise TypeError(f"{what} {type(value).__name__}, expected {wanted}")
