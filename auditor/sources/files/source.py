"""Manifest files as a source: the manifests that `tfy apply` would deploy."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from auditor.documents import Document, decode, read_documents
from auditor.errors import DocumentError
from auditor.model import (
    Binding,
    Directory,
    Finding,
    Locate,
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
    misspelled_keys,
    unresolved_placeholders,
    wrong_document,
)
from auditor.sources.files.locations import FilePlaces
from auditor.sources.files.manifest_types import TYPES, is_auditor_file
from auditor.sources.files.placeholders import placeholders_of, substitute
from auditor.sources.files.recognition import (
    BINDING,
    CHECKED_TYPES,
    REPO,
    is_likely,
    is_of_other_type,
    kind_of,
    may_contain_manifest,
    resembles_manifest,
)
from auditor.sources.files.rules import DOCUMENT_RULES
from auditor.sources.files.tenant_access import ROLE, TenantAccess
from auditor.sources.files.tree import STDIN, FileTree, WorkTree
from auditor.sources.files.walk import File

if TYPE_CHECKING:
    from auditor.sources.files.changes import Changes

SIZE_CEILING = 8 * 1024 * 1024
DOCUMENT_CEILING = 10_000
_SCAN_CEILING = 64 * 1024 * 1024
"""The largest file to scan for the text that any manifest contains."""

_NOTHING: Counter[str] = Counter()
_NO_KEYS: frozenset[str] = frozenset()
_UNKNOWN, _OURS = "(unknown types)", "(auditor's own files)"
_OTHER_TOOLS, _UNPARSED = "(other tools)", "(invalid YAML without a manifest)"
_EMPTY = "(empty files)"


class ManifestFiles:
    """The manifests in files and directories.

    Attributes:
        role_bindings: The role bindings in the files, after everything was collected.
    """

    provides = frozenset({Provider.MANIFEST, Provider.GRANTS, Provider.ROLE_BINDINGS})

    def __init__(
        self,
        files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | FileTree,
        changes: Changes | None = None,
        *,
        across_repos: bool = False,
        strict: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Find the files.

        Args:
            files: One path or a list of paths (files, directories, patterns, and `-` for stdin), or a tree of files.
            changes: The changes of a branch, to skip unchanged documents; None for all documents.
            across_repos: Whether the policy has rules across repos. They also evaluate unchanged repos, so an unchanged
                document that cannot be read is then `Unread`.
            strict: Whether every document must be a manifest, as for `tfy apply`.
            variables: Values of placeholders such as `${NAME}`.

        Raises:
            InvalidError: A path does not exist.
        """
        self._tree = files if isinstance(files, FileTree) else WorkTree(_paths(files))
        self._changes = changes
        self._across_repos = across_repos
        self._strict = strict
        self._variables = variables or {}
        self._buffered: deque[Repo | Binding | Unread | Finding] | None = None
        self._forget()

    def _forget(self) -> None:
        """Reset the state, so that the files can be read again."""
        self._files = 0
        self._repos = 0
        self._bindings = 0
        self._unchanged = 0
        self._skipped: Counter[str] = Counter()
        self._names = DuplicateNames()
        self._coverage = BindingCoverage()
        self._tenant_access = TenantAccess()
        self.role_bindings: list[Binding] = []

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return the role bindings in the files. There may be others elsewhere."""
        if Provider.ROLE_BINDINGS not in wanted:
            return Directory()
        self._buffered = deque(self._read())
        found = [binding for each in self.role_bindings if (binding := role_binding_in(each))]
        return Directory(role_bindings=Part(tuple(found), provided=False))

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield the manifests of every file, findings about documents, and everything that could not be read."""
        buffered, self._buffered = self._buffered, None
        if buffered is None:
            yield from self._read()
        while buffered:
            yield buffered.popleft()

    def _read(self) -> Iterator[Repo | Binding | Unread | Finding]:
        self._forget()
        for item in self._tree.files():
            if isinstance(item, Unread):
                yield item
            else:
                self._files += 1
                yield from self._file(item)
        for text in self._changes.removed_documents(self._tree.paths) if self._changes else ():
            self._coverage.add_removed(text)
        yield from self._unchanged_repos()
        yield from self._coverage.misspelled_resources()
        yield from self._tenant_access.findings()

    def _unchanged_repos(self) -> Iterator[Repo]:
        for repo, affected in self._coverage.unchanged_repos():
            if affected:
                self._unchanged -= 1
                self._repos += 1
                yield repo
            elif self._across_repos:
                yield replace(repo, unchanged=True)

    def origin(self) -> Origin:
        """Return the numbers of files, manifests and skipped documents."""
        return Origin(
            "manifest files",
            files=self._files,
            total=self._repos,
            bindings=self._bindings,
            roles=self._tenant_access.roles,
            skipped=tuple(sorted(self._skipped.items())),
            excluded=tuple(sorted(Counter(reason for _, reason in self._tree.left_out).items())),
            paths=tuple(self._tree.paths),
            rules=DOCUMENT_RULES,
            left_out=self._unchanged,
            since=self._changes.since if self._changes else "",
            undeclared=self._coverage.undeclared,
        )

    def _file(self, file: File) -> Iterator[Repo | Binding | Unread | Finding]:
        try:
            data = self._tree.read(file, SIZE_CEILING + 1)
            if len(data) > SIZE_CEILING:
                yield from self._large_file(file)
                return
        except OSError as error:
            yield Unread(UnreadKind.FILE, file.name, f"it cannot be read: {error.strerror}", "fix or remove it")
            return
        earlier = self._changes.earlier(file, data) if self._changes else _NOTHING
        data = substitute(data, self._variables)
        try:
            yield from self._documents(file, data, earlier)
        except DocumentError as error:
            if earlier is None and not self._across_repos:
                self._unchanged += 1
            elif self._strict or may_contain_manifest(data):
                yield _unread(error)
            else:
                self._skipped[_UNPARSED] += 1
        for text in earlier or ():
            if earlier and earlier[text] > 0:
                self._coverage.add_removed(text)

    def _large_file(self, file: File) -> Iterator[Unread]:
        if file.path != STDIN and not self._strict:
            data = self._tree.read(file, _SCAN_CEILING + 1)
            if len(data) <= _SCAN_CEILING and not may_contain_manifest(data):
                self._skipped[_UNPARSED] += 1
                return
        reason = f"it is larger than {SIZE_CEILING // 1024 // 1024} MiB"
        yield Unread(UnreadKind.FILE, file.name, reason, "split it into several files, or exclude it")

    def _documents(
        self, file: File, data: bytes, earlier: Counter[str] | None
    ) -> Iterator[Repo | Binding | Unread | Finding]:
        text = decode(data, file.name)
        places = FilePlaces(file.name, text)
        may_hold = cache(lambda: may_contain_manifest(data))
        others: list[tuple[Document, bool]] = []
        ours, document = self._strict, None
        for document in read_documents(text, file.name):
            if document.number > DOCUMENT_CEILING:
                raise DocumentError(file.name, f"has over {DOCUMENT_CEILING} documents", "split it into several files")
            checked = earlier is not None and (not earlier or earlier[document.text] <= 0)
            if earlier and not checked:
                earlier[document.text] -= 1
            kind = kind_of(document)
            if kind in CHECKED_TYPES and document.problem is None:
                ours = True
                yield from self._manifest(document, kind, places, checked=checked)
            elif is_of_other_type(document, kind):
                ours = ours or kind in TYPES
                self._note_other_type(document, kind, places, checked=checked)
            elif not kind and is_auditor_file(document.file, document.value):
                self._skipped[_OURS] += 1
            else:
                doubtful = document.problem is not None and may_hold()
                ours = ours or doubtful or is_likely(kind) or resembles_manifest(document.value)
                others.append((document, checked))
        if ours:
            yield from self._wrong_documents(others, places)
        elif others:
            self._skipped[_OTHER_TOOLS] += len(others)
        if document is None:
            yield from self._empty_file(file, places, unchanged=earlier is None)

    def _note_other_type(self, document: Document, kind: str, places: FilePlaces, *, checked: bool) -> None:
        self._skipped[kind if kind in TYPES else _UNKNOWN] += 1
        if kind == ROLE:
            self._tenant_access.add_role(document, places, checked=checked)

    def _wrong_documents(
        self, documents: Sequence[tuple[Document, bool]], places: FilePlaces
    ) -> Iterator[Unread | Finding]:
        """Yield findings about documents that should be manifests, as `tfy apply` would treat them as such."""
        for document, checked in documents:
            if document.problem and (checked or self._across_repos):
                yield _unread(document.problem)
            elif checked:
                yield wrong_document(document, places)
            else:
                self._unchanged += 1

    def _empty_file(self, file: File, places: FilePlaces, *, unchanged: bool) -> Iterator[Finding]:
        if not self._strict:
            self._skipped[_EMPTY] += 1
        elif unchanged:
            self._unchanged += 1
        else:
            yield empty_file(file.name, places)

    def _malformed(self, binding: Binding, locate: Locate) -> Iterator[Unread]:
        if self._across_repos and role_binding_in(binding) is None:
            place = locate("")
            what = f"{place.file}:{place.line}:{place.column}" if place else binding.id
            reason = "the role binding is malformed, so rules across repos do not include its grants"
            yield Unread(
                UnreadKind.FILE, what, reason, "fix it (`auditor check` without --changed-since shows the details)"
            )

    def _manifest(
        self, document: Document, kind: str, places: FilePlaces, *, checked: bool
    ) -> list[Repo | Binding | Unread | Finding]:
        value = cast("dict[str, Any]", document.value)
        locate = places.of_document(document)
        item = f"{document.file}#{document.number}"
        templated = places.may_contain_placeholders
        open_keys = frozenset(path.split("/")[1] for path, _ in placeholders_of(value)) if templated else _NO_KEYS
        made = Repo if kind == REPO else Binding
        found: Repo | Binding = made(item, value, locate=locate, placeholders=open_keys)
        if isinstance(found, Binding):
            self.role_bindings.append(found)
            if checked:
                self._coverage.add_binding(found)
                self._tenant_access.add_binding(found)
        else:
            self._coverage.add_repo(found, checked=checked)
        duplicate = self._names.check(found, kind, document, checked=checked)
        about = [duplicate] if duplicate else []
        if not checked:
            self._unchanged += 1
            return [*about, *(self._malformed(found, locate) if isinstance(found, Binding) else ())]
        self._repos += kind == REPO
        self._bindings += kind == BINDING
        return [
            *about,
            *misspelled_keys(document, found, kind, places),
            *(unresolved_placeholders(found) if open_keys else ()),
            *ambiguous_scalars(document, found, places),
            found,
        ]


def _paths(files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    return [os.fspath(each) for each in ([files] if isinstance(files, str | os.PathLike) else files)]


def _unread(error: DocumentError) -> Unread:
    return Unread(UnreadKind.FILE, error.where, error.problem, error.fix or "correct the file, or exclude it")
