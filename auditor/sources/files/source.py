"""Manifest files as a source: what `tfy apply` would deploy, checked before it is deployed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
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
from auditor.sources.files.bindings import BindingCoverage, role_binding_in
from auditor.sources.files.document_checks import (
    DuplicateNames,
    ambiguous_scalars,
    empty_file,
    misspelt_keys,
    probable_type,
    wrong_document,
)
from auditor.sources.files.locations import FilePlaces
from auditor.sources.files.manifest_types import TYPES, is_auditor_file
from auditor.sources.files.rules import DOCUMENT_RULES
from auditor.sources.files.tree import File, FileTree, WorkTree

if TYPE_CHECKING:
    from auditor.sources.files.changes import Changes

SIZE_CEILING = 8 * 1024 * 1024
DOCUMENT_CEILING = 10_000

REPO, BINDING = "ml-repo", "role-binding"
_CHECKED = (REPO, BINDING)
_NOTHING: Counter[str] = Counter()
_UNKNOWN, _OURS = "(unknown types)", "(auditor's own files)"


class ManifestFiles:
    """The manifests in files and folders.

    Attributes:
        role_bindings: The role bindings among them, once everything was collected.
    """

    provides = frozenset({Provider.MANIFEST, Provider.GRANTS, Provider.ROLE_BINDINGS})

    def __init__(self, files: Sequence[str] | FileTree, changes: Changes | None = None) -> None:
        """Find the files.

        Args:
            files: Paths (files, folders, patterns and `-` for stdin), or a tree of files.
            changes: What was changed; unchanged documents are skipped. None for all documents.

        Raises:
            InvalidError: A path leads nowhere.
        """
        self._tree = files if isinstance(files, FileTree) else WorkTree(files)
        self._changes = changes
        self._files = 0
        self._repos = 0
        self._bindings = 0
        self._unchanged = 0
        self._skipped: Counter[str] = Counter()
        self._names = DuplicateNames()
        self._coverage = BindingCoverage()
        self._buffered: deque[Repo | Binding | Unread | Finding] | None = None
        self.role_bindings: list[Binding] = []

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return the role bindings in the files: certain, but not all there are, since others may stand elsewhere."""
        if Provider.ROLE_BINDINGS not in wanted:
            return Directory()
        self._buffered = deque(self._read())
        found = [binding for each in self.role_bindings if (binding := role_binding_in(each))]
        return Directory(role_bindings=Part(tuple(found), provided=False))

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield the manifests of every file, what is wrong with their documents, and what could not be read."""
        buffered, self._buffered = self._buffered, None
        if buffered is None:
            yield from self._read()
        while buffered:
            yield buffered.popleft()

    def _read(self) -> Iterator[Repo | Binding | Unread | Finding]:
        for item in self._tree.files():
            if isinstance(item, Unread):
                yield item
            else:
                self._files += 1
                yield from self._file(item)
        for text in self._changes.removed_documents(self._tree.paths) if self._changes else ():
            self._coverage.add_removed(text)
        for repo in self._coverage.affected_repos():
            self._unchanged -= 1
            self._repos += 1
            yield repo
        yield from self._coverage.misspelt_resources()

    def origin(self) -> Origin:
        """Return how many files and manifests there were, and how many documents are no business of this audit."""
        return Origin(
            "manifest files",
            files=self._files,
            total=self._repos,
            bindings=self._bindings,
            skipped=tuple(sorted(self._skipped.items())),
            rules=DOCUMENT_RULES,
            left_out=self._unchanged,
            since=self._changes.since if self._changes else "",
            undeclared=self._coverage.undeclared,
        )

    def _file(self, file: File) -> Iterator[Repo | Binding | Unread | Finding]:
        try:
            data = self._tree.read(file, SIZE_CEILING + 1)
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
                self._unchanged += 1
            else:
                yield _unread(error)
        for text in earlier or ():
            if earlier and earlier[text] > 0:
                self._coverage.add_removed(text)

    def _documents(
        self, file: File, data: bytes, earlier: Counter[str] | None
    ) -> Iterator[Repo | Binding | Unread | Finding]:
        text = decode(data, file.name)
        places = FilePlaces(file.name, text)
        document = None
        for document in read_documents(text, file.name):
            if document.number > DOCUMENT_CEILING:
                raise DocumentError(file.name, f"has over {DOCUMENT_CEILING} documents", "divide it into several files")
            checked = earlier is not None and (not earlier or earlier[document.text] <= 0)
            if earlier and not checked:
                earlier[document.text] -= 1
            yield from self._document(document, places, checked=checked)
        if document is None:
            if earlier is None:
                self._unchanged += 1
            else:
                yield empty_file(file.name, places)

    def _document(
        self, document: Document, places: FilePlaces, *, checked: bool
    ) -> Sequence[Repo | Binding | Unread | Finding]:
        value = document.value
        kind = value.get("type") if isinstance(value, dict) else None
        if isinstance(value, dict) and kind in _CHECKED and document.problem is None:
            return self._manifest(value, kind, document, places, checked=checked)
        other = isinstance(value, dict) and _is_of_other_type(value, kind)
        if other and not document.repeats:
            self._skipped[kind if isinstance(kind, str) and kind in TYPES else _UNKNOWN] += 1
            return ()
        if kind is None and is_auditor_file(document.file, value):
            self._skipped[_OURS] += 1
            return ()
        if not checked:
            self._unchanged += 1
            return ()
        return [_unread(document.problem) if document.problem else wrong_document(document, places)]

    def _manifest(
        self, value: dict[str, Any], kind: str, document: Document, places: FilePlaces, *, checked: bool
    ) -> list[Repo | Binding | Unread | Finding]:
        locate = places.of_document(document)
        item = f"{document.file}#{document.number}"
        found = Repo(item, value, locate=locate) if kind == REPO else Binding(item, value, locate)
        if isinstance(found, Binding):
            self.role_bindings.append(found)
            if checked:
                self._coverage.add_binding(found)
        else:
            self._coverage.add_repo(found, checked=checked)
        duplicate = self._names.check(found, kind, document, checked=checked)
        about = [duplicate] if duplicate else []
        if not checked:
            self._unchanged += 1
            return [*about]
        self._repos += kind == REPO
        self._bindings += kind == BINDING
        return [
            *about,
            *misspelt_keys(document, found, kind, places),
            *ambiguous_scalars(document, found, places),
            found,
        ]


def _is_of_other_type(value: dict[str, Any], kind: object) -> bool:
    """Tell whether a document is of another type, and does not look like one that is misspelt."""
    if not isinstance(kind, str) or kind in _CHECKED:
        return False
    if kind in TYPES:
        return not {"storage_integration_fqn", "collaborators"} <= value.keys()
    return "storage_integration_fqn" not in value and not probable_type(kind)


def _unread(error: DocumentError) -> Unread:
    return Unread(UnreadKind.FILE, error.where, error.problem, error.fix or "mend the file")
