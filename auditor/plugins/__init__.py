"""Reporters and sources of other packages: found by entry point, and loaded only when used.

A plugin is third-party code. All its exceptions become errors with its name, never a verdict.
"""

from __future__ import annotations

from functools import cache

from auditor.errors import InvalidError, did_you_mean
from auditor.model import Source
from auditor.plugins.entry_points import REPORTER_GROUP, SOURCE_GROUP, find_plugin, plugin_names
from auditor.plugins.guards import GuardedSource, guarded_reporter, reading
from auditor.reporters import REPORTERS, Reporter


@cache
def find_reporter(name: str) -> Reporter | None:
    """Return the reporter of a format: a built-in one, else that of an installed package; None if there is none.

    Raises:
        InvalidError: Several packages have a reporter of this name.
        PluginError: The reporter cannot be loaded.
    """
    if name in REPORTERS:
        return REPORTERS[name]
    plugin = find_plugin(REPORTER_GROUP, name)
    return guarded_reporter(plugin.title, plugin.call) if plugin else None


def reporter_of(name: str) -> Reporter:
    """Return the reporter of a format, like `find_reporter`.

    Raises:
        InvalidError: There is no such format, or several packages have it.
        PluginError: The reporter cannot be loaded.
    """
    reporter = find_reporter(name)
    if reporter is None:
        raise InvalidError(f"unknown report format {name!r}", did_you_mean(name, formats()))
    return reporter


def formats() -> list[str]:
    """Return the names of all formats: the built-in ones, then those of installed packages."""
    return [*REPORTERS, *(name for name in plugin_names(REPORTER_GROUP) if name not in REPORTERS)]


def open_source(name: str, argument: str) -> Source:
    """Return a source of an installed package.

    Args:
        name: Its name.
        argument: The argument of the source, for example a file or a URL; may be empty.

    Raises:
        InvalidError: There is no such source, several packages have one, or the source rejects the argument.
        PluginError: The source cannot be loaded or created.
    """
    plugin = find_plugin(SOURCE_GROUP, name)
    if plugin is None:
        fix = did_you_mean(name, plugin_names(SOURCE_GROUP)) or "install the package that provides it"
        raise InvalidError(f"unknown source {name!r}", fix)
    with reading(plugin.title):
        return GuardedSource(plugin.title, plugin.call(argument))
