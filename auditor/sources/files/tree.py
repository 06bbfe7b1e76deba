"""File trees: the manifest files of the paths that a user passes, and their contents.

Only regular files are read. Links are followed only within the passed directories. Files that a `Selection` excludes
are counted; everything else that is skipped although it could contain manifests is yielded as `Unread`.
"""

from __future__ import annotations

import glob
import os
import stat
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from auditor.errors import InvalidError, nearest
from auditor.model import Unread, UnreadKind
from auditor.sources.files.selection import DEFAULT_SELECTION, Selection
from auditor.sources.files.walk import SUFFIXES, File, Walk, shown

STDIN = "-"
_MAGIC = frozenset("*?[")


class FileTree(ABC):
    """The manifest files of paths, in the work tree, at a commit, or after a change.

    Attributes:
        paths: The paths, with their patterns expanded.
        left_out: The excluded files and directories: the name of each, and the reason.
    """

    paths: list[str]
    left_out: list[tuple[str, str]]

    @abstractmethod
    def files(self) -> Iterator[File | Unread]:
        """Yield the files to read, and places that could not be searched."""

    @abstractmethod
    def read(self, file: File, size: int) -> bytes:
        """Return the content of a file, but no more than `size` bytes.

        Raises:
            OSError: It cannot be read.
        """


class WorkTree(FileTree):
    """The files in the work tree."""

    def __init__(self, paths: Sequence[str], selection: Selection = DEFAULT_SELECTION) -> None:
        """Find the paths.

        Args:
            paths: Files, directories, patterns and `-` for stdin.
            selection: Which files below a directory are read.

        Raises:
            InvalidError: A path does not exist.
        """
        self.paths = expand_paths(paths)
        self.left_out = []
        self._selection = selection

    def files(self) -> Iterator[File | Unread]:
        """Yield every file of the paths once, and places that could not be searched.

        A directory means the files below it with one of `SUFFIXES`, including hidden ones, except those that the
        selection excludes.
        """
        self.left_out.clear()
        roots = [os.path.realpath(path) for path in self.paths if path != STDIN and os.path.isdir(path)]
        seen: set[str] = set()
        for path in self.paths:
            for item in Walk(path, roots, self._selection, self.left_out) if os.path.isdir(path) else [_named(path)]:
                if isinstance(item, File):
                    if item.path in seen:
                        continue
                    seen.add(item.path)
                yield item

    def read(self, file: File, size: int) -> bytes:
        """Return the content of a file, but no more than `size` bytes."""
        return _read_stdin(size) if file.path == STDIN else read_bytes(file.path, size)


class PatchedTree(WorkTree):
    """The files with other contents; `contents` has them by path."""

    def __init__(self, paths: Sequence[str], selection: Selection, contents: Mapping[str, bytes]) -> None:
        super().__init__(paths, selection)
        self._contents = contents

    def read(self, file: File, size: int) -> bytes:
        """Return the new content of a file, or its present one."""
        return self._contents[file.path][:size] if file.path in self._contents else super().read(file, size)


def _read_stdin(size: int) -> bytes:
    if sys.stdin is None:
        raise OSError(None, "stdin is closed")
    return sys.stdin.buffer.read(size)


def expand_paths(paths: Sequence[str]) -> list[str]:
    """Return the paths with their patterns expanded.

    Raises:
        InvalidError: A path does not exist, or a pattern matches nothing.
    """
    found: list[str] = []
    for path in paths:
        if path == STDIN or os.path.lexists(path):
            found.append(path)
        elif _MAGIC.intersection(path):
            found += _matches(path)
        else:
            raise InvalidError(f"no such file or directory: {path!r}", _near(path))
    return list(dict.fromkeys(found))


def _matches(pattern: str) -> list[str]:
    found = glob.glob(pattern, recursive=True, include_hidden=True)
    files = [path for path in sorted(found) if path.lower().endswith(SUFFIXES) or os.path.isdir(path)]
    if not files:
        raise InvalidError(f"the pattern {pattern!r} matches no manifest file ({', '.join(SUFFIXES)}) and no directory")
    return files


def _near(path: str) -> str:
    folder, name = os.path.split(path)
    try:
        near = nearest(name, os.listdir(folder or os.curdir))
    except OSError:
        return ""
    return f"did you mean {os.path.join(folder, near)!r}?" if near else ""


def _named(path: str) -> File | Unread:
    if path == STDIN:
        return File("<stdin>", STDIN)
    name = shown(path)
    if not os.path.isfile(path):
        fix = "to check the output of a command, pipe it to `auditor check -`"
        return Unread(UnreadKind.FILE, name, "it is not a regular file", fix)
    return File(name, os.path.realpath(path))


def read_bytes(path: str, size: int) -> bytes:
    """Return at most this many bytes of a regular file, without ever blocking.

    Raises:
        OSError: It cannot be read, or is no longer a regular file.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(None, "it is no longer a regular file")
        data = os.read(handle, min(status.st_size + 1, size))
        while len(data) != status.st_size and (more := os.read(handle, size - len(data))):
            data += more
        return data
    finally:
        os.close(handle)
