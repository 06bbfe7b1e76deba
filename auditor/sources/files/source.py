"""Manifest files as a source: what `tfy apply` would deploy, judged before it is deployed."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from auditor.documents import Document, decode, read_documents
from auditor.errors import DocumentError
from auditor.model import (
    Binding,
    Directory,
    Finding,
    Origin,
    Part,
    Provider,
    Repo,
    Unread,
    UnreadKind,
)
from auditor.sources.files.bindings import Reach, as_granted
from auditor.sources.files.discovery import STDIN, File, existing, find_files, read_bytes
from auditor.sources.files.document_checks import (
    Namesakes,
    ambiguous_scalars,
    empty_file,
    meant,
    misspelt_keys,
    wrong_document,
)
from auditor.sources.files.locations import FilePlaces
from auditor.sources.files.manifest_types import TYPES, is_own
from auditor.sources.files.rules import DOCUMENT_RULES

if TYPE_CHECKING:
    from auditor.sources.files.changes import Changes

SIZE_CEILING = 8 * 1024 * 1024
DOCUMENT_CEILING = 10_000

REPO, BINDING = "ml-repo", "role-binding"
_JUDGED = (REPO, BINDING)
_NOTHING: Counter[str] = Counter()
_UNKNOWN, _OWN = "(unknown types)", "(auditor's own files)"


class ManifestFiles:
    """The manifests in files and folders.

    Attributes:
        role_bindings: The role bindings among them, once everything was collected.
    """

    provides = frozenset({Provider.MANIFEST, Provider.GRANTS, Provider.ROLE_BINDINGS})

    def __init__(
        self,
        paths: Sequence[str],
        read_stdin: Callable[[int], bytes] | None = None,
        read_file: Callable[[str, int], bytes] = read_bytes,
        changes: Changes | None = None,
    ) -> None:
        """Find out whether the paths lead anywhere.

        Args:
            paths: Files, folders, patterns and `-` for stdin.
            read_stdin: Reads at most so many bytes from stdin; None for the stdin of this process.
            read_file: Reads at most so many bytes of the file at a path.
            changes: What was changed; the other documents are left out. None for all documents.

        Raises:
            InvalidError: A path leads nowhere.
        """
        self._paths = existing(paths)
        self._read_stdin = read_stdin or _stdin
        self._read_file = read_file
        self._changes = changes
        self._files = 0
        self._repos = 0
        self._bindings = 0
        self._left_out = 0
        self._skipped: Counter[str] = Counter()
        self._namesakes = Namesakes()
        self._reach = Reach()
        self._ahead: deque[Repo | Binding | Unread | Finding] | None = None
        self.role_bindings: list[Binding] = []

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return the role bindings in the files: certain, but not all there are, since others may stand elsewhere."""
        if Provider.ROLE_BINDINGS not in wanted:
            return Directory()
        self._ahead = deque(self._read())
        found = [binding for each in self.role_bindings if (binding := as_granted(each))]
        return Directory(role_bindings=Part(tuple(found), provided=False))

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield the manifests of every file, what is wrong with their documents, and what could not be read."""
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            yield from self._read()
        while ahead:
            yield ahead.popleft()

    def _read(self) -> Iterator[Repo | Binding | Unread | Finding]:
        for item in self.files():
            if isinstance(item, Unread):
                yield item
            else:
                self._files += 1
                yield from self._file(item)
        for text in self._changes.gone(self._paths) if self._changes else ():
            self._reach.lose(text)
        for repo in self._reach.concerned():
            self._left_out -= 1
            self._repos += 1
            yield repo
        yield from self._reach.misspelt()

    def origin(self) -> Origin:
        """Return how many files and manifests there were, and how many documents are no business of this audit."""
        return Origin(
            "manifest files",
            files=self._files,
            total=self._repos,
            bindings=self._bindings,
            skipped=tuple(sorted(self._skipped.items())),
            rules=DOCUMENT_RULES,
            left_out=self._left_out,
            since=self._changes.since if self._changes else "",
            undeclared=self._reach.undeclared,
        )

    def files(self) -> Iterator[File | Unread]:
        """Yield the files to read, and what could not be looked into."""
        return find_files(self._paths)

    def read(self, file: File, size: int) -> bytes:
        """Return what a file holds, but no more than this many bytes.

        Raises:
            OSError: It cannot be read.
        """
        return self._read_stdin(size) if file.path == STDIN else self._read_file(file.path, size)

    def _file(self, file: File) -> Iterator[Repo | Binding | Unread | Finding]:
        try:
            data = self.read(file, SIZE_CEILING + 1)
        except OSError as error:
            yield Unread(UnreadKind.FILE, file.name, f"it cannot be read: {error.strerror}", "mend or remove it")
            return
        if len(data) > SIZE_CEILING:
            reason = f"it is larger than {SIZE_CEILING // 1024 // 1024} MiB"
            yield Unread(UnreadKind.FILE, file.name, reason, "divide it into several files")
            return
        earlier = self._changes.earlier(file, data) if self._changes else _NOTHING
        try:
            yield from self._documents(file, data, earlier)
        except DocumentError as error:
            if earlier is None:
                self._left_out += 1
            else:
                yield _unread(error)
        for text in earlier or ():
            if earlier and earlier[text] > 0:
                self._reach.lose(text)

    def _documents(
        self, file: File, data: bytes, earlier: Counter[str] | None
    ) -> Iterator[Repo | Binding | Unread | Finding]:
        text = decode(data, file.name)
        places = FilePlaces(file.name, text)
        document = None
        for document in read_documents(text, file.name):
            if document.number > DOCUMENT_CEILING:
                raise DocumentError(file.name, f"has over {DOCUMENT_CEILING} documents", "divide it into several files")
            judged = earlier is not None and (not earlier or earlier[document.text] <= 0)
            if earlier and not judged:
                earlier[document.text] -= 1
            yield from self._document(document, places, judged=judged)
        if document is None:
            if earlier is None:
                self._left_out += 1
            else:
                yield empty_file(file.name, places)

    def _document(
        self, document: Document, places: FilePlaces, *, judged: bool
    ) -> Sequence[Repo | Binding | Unread | Finding]:
        value = document.value
        kind = value.get("type") if isinstance(value, dict) else None
        if isinstance(value, dict) and kind in _JUDGED and document.problem is None:
            return self._manifest(value, kind, document, places, judged=judged)
        foreign = isinstance(value, dict) and _is_foreign(value, kind)
        if foreign and not document.repeats:
            self._skipped[kind if isinstance(kind, str) and kind in TYPES else _UNKNOWN] += 1
            return ()
        if kind is None and is_own(document.file, value):
            self._skipped[_OWN] += 1
            return ()
        if not judged:
            self._left_out += 1
            return ()
        return [_unread(document.problem) if document.problem else wrong_document(document, places)]

    def _manifest(
        self, value: dict[str, Any], kind: str, document: Document, places: FilePlaces, *, judged: bool
    ) -> list[Repo | Binding | Unread | Finding]:
        locate = places.of_document(document)
        item = f"{document.file}#{document.number}"
        found = Repo(item, value, locate=locate) if kind == REPO else Binding(item, value, locate)
        if isinstance(found, Binding):
            self.role_bindings.append(found)
            if judged:
                self._reach.grant(found)
        else:
            self._reach.declare(found, judged=judged)
        namesake = self._namesakes.meet(found, kind, document, judged=judged)
        about = [namesake] if namesake else []
        if not judged:
            self._left_out += 1
            return [*about]
        self._repos += kind == REPO
        self._bindings += kind == BINDING
        return [
            *about,
            *misspelt_keys(document, found, kind, places),
            *ambiguous_scalars(document, found, places),
            found,
        ]


def _is_foreign(value: dict[str, Any], kind: object) -> bool:
    """Tell whether a document is of another type, and does not look like one that is misspelt."""
    if not isinstance(kind, str) or kind in _JUDGED:
        return False
    if kind in TYPES:
        return not {"storage_integration_fqn", "collaborators"} <= value.keys()
    return "storage_integration_fqn" not in value and not meant(kind)


def _stdin(size: int) -> bytes:
    if sys.stdin is None:
        raise OSError(None, "stdin is closed")
    return sys.stdin.buffer.read(size)


def _unread(error: DocumentError) -> Unread:
    return Unread(UnreadKind.FILE, error.where, error.problem, error.fix or "mend the file")
