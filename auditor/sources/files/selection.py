"""Selection: which files below a directory are read, and which are excluded for which reason.

A directory means its manifest files, except those that git ignores, those in directories of other tools, and those
that users exclude. Tracked files are never ignored, so no change can hide a file by a `.gitignore` or by its name. A
file that is passed as a path is always read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import InvalidError
from auditor.git import ignored_below, in_work_tree

TOOL_FOLDERS = ("node_modules", ".venv", "venv")
"""Directories of other tools, which are not read unless git tracks their files."""

IGNORED, OF_TOOLS, EXCLUDED, NOT_INCLUDED = "ignored by git", "in tool directories", "excluded", "not included"


class Patterns:
    """Patterns in the syntax of `.gitignore`, relative to a directory."""

    def __init__(self, lines: Sequence[str], base: Path | None, what: str) -> None:
        """Read the patterns.

        Args:
            lines: The patterns, each a line of a `.gitignore`.
            base: The directory that they are relative to; None for the current one.
            what: The name of the patterns in messages.

        Raises:
            InvalidError: One of them is not a pattern.
        """
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 45 ms that only runs with patterns need

        self._base = os.path.realpath(base or os.curdir)
        for line in lines:
            try:
                GitIgnoreSpec.from_lines([line])
            except ValueError:
                raise InvalidError(f"{what} {line!r} is not a pattern", "write it as in .gitignore") from None
        self._spec = GitIgnoreSpec.from_lines(lines)

    def match(self, path: str) -> bool:
        """Return whether an absolute path matches; that of a directory ends with `/`.

        Outside of the base, patterns are matched from the root.
        """
        inside = path.startswith(self._base.rstrip(os.sep) + os.sep)
        return self._spec.match_file(path[len(self._base) :].lstrip(os.sep) if inside else path.lstrip(os.sep))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files below a directory are read.

    Attributes:
        exclude: The patterns of excluded files.
        include: The patterns of included files; empty for all.
        ignore: Whether to exclude files that git ignores and files in tool directories.
        gitignore: Whether to apply `.gitignore` files.
    """

    exclude: tuple[Patterns, ...] = ()
    include: tuple[Patterns, ...] = ()
    ignore: bool = True
    gitignore: bool = True

    def excludes_folder(self, path: str) -> bool:
        """Return whether users exclude a directory, by its absolute path."""
        return any(each.match(f"{path}/") for each in self.exclude)

    def reason_for_file(self, path: str) -> str:
        """Return why users exclude a file, by its absolute path; empty if they do not."""
        if any(each.match(path) for each in self.exclude):
            return EXCLUDED
        return NOT_INCLUDED if self.include and not any(each.match(path) for each in self.include) else ""

    def ignored(self, folder: str) -> frozenset[str] | None:
        """Return the absolute paths that git ignores below a directory; None if the directory is not in a repository.

        Args:
            folder: The directory, absolute and without links.

        Raises:
            InvalidError: Git cannot be run.
        """
        if not in_work_tree(folder):
            return None
        return frozenset(ignored_below(folder, [f"{name}/" for name in TOOL_FOLDERS], standard=self.gitignore))


DEFAULT_SELECTION = Selection()
"""The default selection of files below a directory."""
