"""Changes since a commit: new and changed documents, and the manifest files at that commit."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from auditor.documents import decode, read_documents
from auditor.errors import DocumentError
from auditor.git import Commit, blob_id
from auditor.model import Unread
from auditor.sources.files.placeholders import substitute
from auditor.sources.files.selection import DEFAULT_SELECTION, Selection
from auditor.sources.files.tree import STDIN, FileTree, expand_paths
from auditor.sources.files.walk import SUFFIXES, File


class Changes:
    """The changes since a commit, committed or not."""

    def __init__(
        self, commit: Commit, selection: Selection = DEFAULT_SELECTION, variables: Mapping[str, str] | None = None
    ) -> None:
        """Read the files of a commit.

        Args:
            commit: The commit.
            selection: Which files below a directory are read.
            variables: The values of placeholders in manifests.
        """
        self._commit = commit
        self._selection = selection
        self._variables = variables or {}
        self._files = commit.files()
        self._met: set[str] = set()

    @property
    def since(self) -> str:
        """The commit, for people."""
        return self._commit.label

    def earlier(self, file: File, data: bytes) -> Counter[str] | None:
        """Return the former documents of a file, as written; None if every byte of it is the same.

        Raises:
            InvalidError: The file is not in the repository.
        """
        if file.path == STDIN:
            return Counter()
        path = self._commit.path(file.path)
        self._met.add(path)
        blob = self._files.get(path)
        if blob is None:
            return Counter()
        if blob_id(data, blob) == blob:
            return None
        (content,) = self._commit.contents([blob])
        return _documents(substitute(content, self._variables))

    def removed_documents(self, paths: Sequence[str]) -> Iterator[str]:
        """Yield the documents, as written, of the files of paths that existed at the commit and no longer exist."""
        then = _files_at(self._commit, paths, self._selection)
        for content in self._commit.contents(blob for file, blob in then.items() if file.path not in self._met):
            yield from _documents(substitute(content, self._variables))


def _documents(data: bytes) -> Counter[str]:
    found: Counter[str] = Counter()
    with suppress(DocumentError):
        for document in read_documents(decode(data, ""), ""):
            found[document.text] += 1
    return found


def _files_at(commit: Commit, paths: Sequence[str], selection: Selection) -> dict[File, str]:
    """Return the manifest files of paths at a commit, with the ids of their contents.

    They have their names in the work tree, so that findings about them have the same fingerprints.

    Raises:
        InvalidError: A path is not in the repository.
    """
    found: dict[str, tuple[File, str]] = {}
    entries = commit.files()
    for path in paths:
        if path == STDIN:
            continue
        below = commit.path(path)
        name = os.path.normpath(path)
        for entry, blob in sorted(entries.items()):
            if entry == below:
                found.setdefault(entry, (File(name, entry), blob))
            elif entry.startswith(f"{below}/" if below else "") and entry.lower().endswith(SUFFIXES):
                if selection.reason_for_file(os.path.join(commit.top, entry)):
                    continue
                rest = entry[len(below) :].lstrip("/")
                found.setdefault(entry, (File(rest if name == os.curdir else os.path.join(name, rest), entry), blob))
    return dict(found.values())


class CommitTree(FileTree):
    """The files of paths at a commit, with their names in the work tree."""

    def __init__(self, commit: Commit, paths: Sequence[str], selection: Selection = DEFAULT_SELECTION) -> None:
        """Find the files of the paths in the commit; a commit contains nothing that git ignores.

        Raises:
            InvalidError: A path does not exist today, or is outside the repository.
        """
        self.paths = expand_paths(paths)
        self.left_out = []
        self._blobs = _files_at(commit, self.paths, selection)
        self._contents = dict(zip(self._blobs, commit.contents(self._blobs.values()), strict=True))

    def files(self) -> Iterator[File | Unread]:
        """Yield the files of the commit."""
        yield from self._blobs

    def read(self, file: File, size: int) -> bytes:
        """Return the content of a file at the commit."""
        return self._contents[file][:size]
