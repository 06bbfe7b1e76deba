"""Entry points: the plugins of installed packages, and the function of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from auditor.errors import InvalidError
from auditor.plugins.guards import loading

REPORTER_GROUP = "auditor.reporters"
"""The entry points of reporters: functions that take a report and a style, and yield pieces of text."""

SOURCE_GROUP = "auditor.sources"
"""The entry points of sources: functions that take a text and return a source."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A loaded entry point.

    Attributes:
        title: Its name in messages: kind, name and package.
        call: The function of the entry point.
    """

    title: str
    call: Callable[..., Any]


def find_plugin(group: str, name: str) -> Plugin | None:
    """Load and return the plugin with this name; None if there is none.

    Raises:
        InvalidError: Several packages have one.
        PluginError: It cannot be loaded.
    """
    found = [point for point in _entry_points(group) if point.name == name]
    if not found:
        return None
    kind, packages = group.rpartition(".")[2].removesuffix("s"), [_package(point) for point in found]
    if len(found) > 1:
        raise InvalidError(f"several packages have a {kind} {name!r}: {', '.join(packages)}", "uninstall all but one")
    title = f"the {kind} {name!r} of the package {packages[0]}"
    with loading(title):
        call = found[0].load()
        if not callable(call):
            raise TypeError(f"{found[0].value} is not a function")
    return Plugin(title, call)


def plugin_names(group: str) -> list[str]:
    """Return the names in a group; nothing is loaded."""
    return sorted({point.name for point in _entry_points(group)})


def _entry_points(group: str) -> list[EntryPoint]:
    return [point for point in entry_points(group=group) if _NAME.fullmatch(point.name)]


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value
