"""The walk: every manifest file below one directory, what is excluded, and what cannot be searched."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.errors import InvalidError
from auditor.git import is_submodule, sparse_below
from auditor.model import Unread, UnreadKind
from auditor.sources.files.selection import EXCLUDED, IGNORED, OF_TOOLS, TOOL_FOLDERS, Selection

SUFFIXES = (".yaml", ".yml", ".json")
_GIT = ".git"


@dataclass(frozen=True, slots=True)
class File:
    """A file to read.

    Attributes:
        name: Its name in reports: as passed by the user, or below the directory that the user passed.
        path: Its path; `-` for stdin.
    """

    name: str
    path: str


class Walk:
    """The walk through one directory."""

    def __init__(
        self, folder: str, roots: Sequence[str], selection: Selection, left_out: list[tuple[str, str]]
    ) -> None:
        self._name, self._root = os.path.normpath(folder), os.path.realpath(folder)
        self._roots = roots
        self._selection = selection
        self._left_out = left_out
        self._ignored: set[str] = set()
        self._has_read_git = False

    def __iter__(self) -> Iterator[File | Unread]:
        waiting = [("" if self._name == os.curdir else self._name, self._root)]
        yield from self._read_git(self._name, self._root)
        while waiting:
            name, path = waiting.pop()
            try:
                with os.scandir(path) as entries:
                    ordered = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                yield Unread(UnreadKind.DIRECTORY, shown(name or os.curdir), _reason(error), "make it readable")
                continue
            if not ordered and is_submodule(path):
                reason, fix = "it is a git submodule that was not fetched", "run `git submodule update --init`"
                yield Unread(UnreadKind.DIRECTORY, shown(name or os.curdir), reason, fix)
            if path != self._root and any(entry.name == _GIT for entry in ordered):
                yield from self._read_git(name, path)
            folders = []
            for entry in ordered:
                below = os.path.join(name, entry.name)
                if entry.is_symlink():
                    yield from self._link(entry, below)
                elif entry.is_dir(follow_symlinks=False):
                    folders += [] if self._excludes_folder(entry, below) else [(below, entry.path)]
                elif entry.name.lower().endswith(SUFFIXES) and not self._excludes_file(entry, below):
                    yield _file(entry, below)
            waiting += reversed(folders)

    def _read_git(self, name: str, path: str) -> Iterator[Unread]:
        """Find the ignored paths of the repository around a directory; yield files missing from a sparse checkout."""
        if not self._selection.ignore:
            return
        try:
            ignored = self._selection.ignored(path)
            sparse = (
                [file for file in sparse_below(path) if self._would_read(path, file)] if ignored is not None else []
            )
        except InvalidError:  # without git, files that it would ignore are read, which hides nothing
            return
        if ignored is not None:
            self._has_read_git = True
            self._ignored |= ignored
        if sparse:
            reason = f"the checkout is sparse and does not contain {sparse[0]}"
            more = f" and {len(sparse) - 1} more" if len(sparse) > 1 else ""
            fix = "run `git sparse-checkout disable`, or name the directories that are checked out"
            yield Unread(UnreadKind.DIRECTORY, shown(name), f"{reason}{more}", fix)

    def _would_read(self, folder: str, file: str) -> bool:
        path = os.path.join(folder, file)
        return file.lower().endswith(SUFFIXES) and not self._selection.reason_for_file(path)

    def _excludes_folder(self, entry: os.DirEntry[str], name: str) -> bool:
        if entry.name == _GIT:
            return True
        reason = ""
        if entry.path in self._ignored or (self._selection.ignore and not self._has_read_git):
            reason = OF_TOOLS if entry.name in TOOL_FOLDERS else IGNORED if entry.path in self._ignored else ""
        if not reason and self._selection.excludes_folder(entry.path):
            reason = EXCLUDED
        return self._note(name + os.sep, reason)

    def _excludes_file(self, entry: os.DirEntry[str], name: str) -> bool:
        ignored = entry.path in self._ignored
        return self._note(name, IGNORED if ignored else self._selection.reason_for_file(entry.path))

    def _note(self, name: str, reason: str) -> bool:
        if reason:
            self._left_out.append((shown(name), reason))
        return bool(reason)

    def _link(self, entry: os.DirEntry[str], name: str) -> Iterator[File | Unread]:
        """Follow a link within the passed directories; the target of a link to a directory there is read anyway."""
        manifest = entry.name.lower().endswith(SUFFIXES)
        target = os.path.realpath(entry.path)
        folder = os.path.isdir(target)
        if not (manifest or folder) or self._excludes_link(entry, name, folder=folder):
            return
        inside = any(target == root or target.startswith(root.rstrip(os.sep) + os.sep) for root in self._roots)
        if folder:
            if not inside or self._is_left_out(target):
                where = "left out" if inside else "outside the checked paths"
                reason = f"it is a link to {shown(target)}, {where}, and was not followed"
                yield Unread(UnreadKind.DIRECTORY, shown(name), reason, "pass its target too, or remove the link")
        elif not os.path.isfile(target):
            yield Unread(
                UnreadKind.FILE, shown(name), "it is a link to something that is not a regular file", "fix or remove it"
            )
        elif not inside:
            reason = f"it is a link to {shown(target)}, outside the checked paths, and was not followed"
            yield Unread(UnreadKind.FILE, shown(name), reason, "pass its target too, or replace the link with the file")
        else:
            yield File(shown(name), target)

    def _excludes_link(self, entry: os.DirEntry[str], name: str, *, folder: bool) -> bool:
        return self._excludes_folder(entry, name) if folder else self._excludes_file(entry, name)

    def _is_left_out(self, folder: str) -> bool:
        """Return whether a directory or one around it was excluded, so that the target of a link to it is not read."""
        while folder not in self._roots and folder != os.path.dirname(folder):
            names = TOOL_FOLDERS if self._selection.ignore and not self._has_read_git else ()
            if folder in self._ignored or os.path.basename(folder) in (_GIT, *names):
                return True
            if self._selection.excludes_folder(folder):
                return True
            folder = os.path.dirname(folder)
        return False


def _file(entry: os.DirEntry[str], name: str) -> File | Unread:
    if entry.is_file(follow_symlinks=False):
        return File(shown(name), entry.path)
    return Unread(UnreadKind.FILE, shown(name), "it is not a regular file", "remove it, or pass it in another way")


def shown(path: str) -> str:
    """Return a path as text for reports: bytes that are not UTF-8 are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _reason(error: OSError) -> str:
    return f"it cannot be read: {error.strerror or error}"
