"""Selection: which files below a directory are read, and what is left out for which reason.

A directory means its manifest files, less what git ignores, less the directories of other tools, less what users
exclude. What git tracks is never ignored, so no change can hide a file by a `.gitignore` or by its name. A path that
names a file is outside of all this: it is read, always.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import InvalidError
from auditor.git import ignored_below, in_work_tree

TOOL_FOLDERS = ("node_modules", ".venv", "venv")
"""Directories of other tools, which are not read unless git tracks what is in them."""

IGNORED, OF_TOOLS, EXCLUDED, NOT_INCLUDED = "ignored by git", "in tool directories", "excluded", "not included"


class Patterns:
    """Patterns in the syntax of `.gitignore`, relative to a directory."""

    def __init__(self, lines: Sequence[str], base: Path | None, what: str) -> None:
        """Read the patterns.

        Args:
            lines: The patterns, each a line of a `.gitignore`.
            base: The directory that they are relative to; None for the current one.
            what: What users call them, for messages.

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
        """Return whether an absolute path is matched, a directory's with `/` at its end.

        Outside of the base, the pattern is matched from the root.
        """
        inside = path.startswith(self._base.rstrip(os.sep) + os.sep)
        return self._spec.match_file(path[len(self._base) :].lstrip(os.sep) if inside else path.lstrip(os.sep))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files below a directory are read.

    Attributes:
        exclude: What users leave out.
        include: What users narrow the files to; empty for all.
        ignore: Whether what git ignores, and what is in tool directories, is left out.
        gitignore: Whether `.gitignore` files count for that.
    """

    exclude: tuple[Patterns, ...] = ()
    include: tuple[Patterns, ...] = ()
    ignore: bool = True
    gitignore: bool = True

    def excludes_folder(self, path: str) -> bool:
        """Return whether users leave a directory out, by its absolute path."""
        return any(each.match(f"{path}/") for each in self.exclude)

    def reason_for_file(self, path: str) -> str:
        """Return why users leave a file out, by its absolute path; empty if they do not."""
        if any(each.match(path) for each in self.exclude):
            return EXCLUDED
        return NOT_INCLUDED if self.include and not any(each.match(path) for each in self.include) else ""

    def ignored(self, folder: str) -> frozenset[str] | None:
        """Return the absolute paths of what git ignores below a directory; None if git does not know the directory.

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
