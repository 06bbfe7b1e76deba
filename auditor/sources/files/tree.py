"""File trees: the manifest files behind the paths that a user names, and what they hold.

Only regular files are read. Links are followed within the folders that were named and nowhere else; whatever is passed
over although it could hold manifests comes out as `Unread`.
"""

from __future__ import annotations

import glob
import os
import re
import stat
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.errors import InvalidError, nearest
from auditor.model import Unread, UnreadKind

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"
_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class File:
    """A file to read.

    Attributes:
        name: What it is called in reports: as the user named it, or below the folder that the user named.
        path: Where it is; `-` for stdin.
    """

    name: str
    path: str


class FileTree(ABC):
    """The manifest files behind paths, as they are in the work tree, at a commit, or after a change.

    Attributes:
        paths: The paths, with their patterns expanded.
    """

    paths: list[str]

    @abstractmethod
    def files(self) -> Iterator[File | Unread]:
        """Yield the files to read, and what could not be looked into."""

    @abstractmethod
    def read(self, file: File, size: int) -> bytes:
        """Return the content of a file, but no more than `size` bytes.

        Raises:
            OSError: It cannot be read.
        """


class WorkTree(FileTree):
    """The files as they are now."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Find the paths.

        Args:
            paths: Files, folders, patterns and `-` for stdin.

        Raises:
            InvalidError: A path leads nowhere.
        """
        self.paths = expand_paths(paths)

    def files(self) -> Iterator[File | Unread]:
        """Yield the files behind the paths, and what could not be looked into."""
        return find_files(self.paths)

    def read(self, file: File, size: int) -> bytes:
        """Return the content of a file, but no more than `size` bytes."""
        return _read_stdin(size) if file.path == STDIN else read_bytes(file.path, size)


class PatchedTree(WorkTree):
    """The files as they would be with other contents; `contents` has them by path."""

    def __init__(self, paths: Sequence[str], contents: Mapping[str, bytes]) -> None:
        super().__init__(paths)
        self._contents = contents

    def read(self, file: File, size: int) -> bytes:
        """Return the new content of a file, or the one that it has."""
        return self._contents[file.path][:size] if file.path in self._contents else super().read(file, size)


def _read_stdin(size: int) -> bytes:
    if sys.stdin is None:
        raise OSError(None, "stdin is closed")
    return sys.stdin.buffer.read(size)


def expand_paths(paths: Sequence[str]) -> list[str]:
    """Return the paths with their patterns expanded.

    Raises:
        InvalidError: A path or pattern leads nowhere.
    """
    found: list[str] = []
    for path in paths:
        if path == STDIN or os.path.lexists(path):
            found.append(path)
        elif _MAGIC.intersection(path):
            found += _matches(path)
        else:
            raise InvalidError(f"there is no file or folder {path!r}", _near(path))
    return list(dict.fromkeys(found))


def _matches(pattern: str) -> list[str]:
    found = glob.glob(pattern, recursive=True, include_hidden=True)
    files = [path for path in sorted(found) if path.lower().endswith(SUFFIXES) or os.path.isdir(path)]
    if not files:
        raise InvalidError(f"the pattern {pattern!r} matches no manifest file ({', '.join(SUFFIXES)}) and no folder")
    return files


def _near(path: str) -> str:
    folder, name = os.path.split(path)
    try:
        near = nearest(name, os.listdir(folder or os.curdir))
    except OSError:
        return ""
    return f"did you mean {os.path.join(folder, near)!r}?" if near else ""


def find_files(paths: Sequence[str]) -> Iterator[File | Unread]:
    """Yield every manifest file behind these paths once, and what could not be looked into.

    A folder stands for the files below it that end in one of `SUFFIXES`, hidden ones included, `.git` aside.
    """
    roots = [os.path.realpath(path) for path in paths if path != STDIN and os.path.isdir(path)]
    seen: set[str] = set()
    for path in paths:
        for item in _below(path, roots) if os.path.isdir(path) else [_named(path)]:
            if isinstance(item, File):
                if item.path in seen:
                    continue
                seen.add(item.path)
            yield item


def _named(path: str) -> File | Unread:
    if path == STDIN:
        return File("<stdin>", STDIN)
    name = _shown(path)
    if not os.path.isfile(path):
        fix = "to judge what a command prints, pipe it to `auditor check -`"
        return Unread(UnreadKind.FILE, name, "it is not a regular file", fix)
    return File(name, os.path.realpath(path))


def _below(folder: str, roots: Sequence[str]) -> Iterator[File | Unread]:
    name = os.path.normpath(folder)
    waiting = [("" if name == os.curdir else name, os.path.realpath(folder))]
    while waiting:
        name, path = waiting.pop()
        try:
            with os.scandir(path) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Unread(UnreadKind.DIRECTORY, _shown(name or os.curdir), _reason(error), "make it readable")
            continue
        if not ordered and is_submodule(path):
            reason = "it is a git submodule that was not fetched"
            yield Unread(UnreadKind.DIRECTORY, _shown(name or os.curdir), reason, "run `git submodule update --init`")
        folders = []
        for entry in ordered:
            below = os.path.join(name, entry.name)
            if entry.is_symlink():
                yield from _linked(entry, below, roots)
            elif entry.is_dir(follow_symlinks=False):
                folders += [(below, entry.path)] if entry.name != ".git" else []
            elif entry.name.lower().endswith(SUFFIXES):
                yield _file(entry, below)
        waiting += reversed(folders)


def _file(entry: os.DirEntry[str], name: str) -> File | Unread:
    if entry.is_file(follow_symlinks=False):
        return File(_shown(name), entry.path)
    return Unread(UnreadKind.FILE, _shown(name), "it is not a regular file", "remove it, or name it another way")


def _linked(entry: os.DirEntry[str], name: str, roots: Sequence[str]) -> Iterator[File | Unread]:
    """Follow a link within the named folders; what such a link to a folder leads to is seen without it."""
    target = os.path.realpath(entry.path)
    inside = any(target == root or target.startswith(root.rstrip(os.sep) + os.sep) for root in roots)
    manifest = entry.name.lower().endswith(SUFFIXES)
    if os.path.isdir(target):
        if not inside:
            reason = f"it is a link to {_shown(target)}, outside of what is judged, and was not followed"
            yield Unread(UnreadKind.DIRECTORY, _shown(name), reason, "name its target too, or remove the link")
    elif manifest and not os.path.isfile(target):
        yield Unread(UnreadKind.FILE, _shown(name), "it is a link that leads to no regular file", "mend or remove it")
    elif manifest and not inside:
        reason = f"it is a link to {_shown(target)}, outside of what is judged, and was not followed"
        yield Unread(UnreadKind.FILE, _shown(name), reason, "name its target too, or replace the link by the file")
    elif manifest:
        yield File(_shown(name), target)


def _shown(path: str) -> str:
    """Return a path as text that every report can hold: bytes that are not UTF-8 are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _reason(error: OSError) -> str:
    return f"it cannot be read: {error.strerror or error}"


def read_bytes(path: str, size: int) -> bytes:
    """Read at most so many bytes of a regular file, without ever waiting for one.

    Raises:
        OSError: It cannot be read, or is no regular file any more.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(None, "it is not a regular file any more")
        data = os.read(handle, min(status.st_size + 1, size))
        while len(data) != status.st_size and (more := os.read(handle, size - len(data))):
            data += more
        return data
    finally:
        os.close(handle)


_LIST = ".gitmodules"
_PATH = r"(?m)^[ \t]*path[ \t]*=[ \t]*\"?(.*?)\"?[ \t\r]*$"
_LARGEST = 1024 * 1024


def is_submodule(folder: str) -> bool:
    """Tell whether the checkout that an absolute folder lies in says that it is a submodule."""
    top, below = os.path.dirname(folder), folder
    while top != below:
        if os.path.isfile(os.path.join(top, _LIST)):
            return os.path.relpath(folder, top).replace(os.sep, "/") in _submodules(os.path.join(top, _LIST))
        top, below = os.path.dirname(top), top
    return False


def _submodules(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            return re.findall(_PATH, stream.read(_LARGEST))
    except OSError:
        return []
