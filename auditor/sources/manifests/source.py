"""Manifest files as a source: what `tfy apply` would deploy, judged before it is deployed."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from auditor.documents import Document, decode, read_documents
from auditor.errors import DocumentError
from auditor.model import Binding, Finding, Origin, Provider, Repo, Unread, UnreadKind
from auditor.sources.manifests.namesakes import Namesakes
from auditor.sources.manifests.places import FilePlaces
from auditor.sources.manifests.rules import DOCUMENT_RULES
from auditor.sources.manifests.types import TYPES
from auditor.sources.manifests.walking import STDIN, File, existing, find_files, read_bytes
from auditor.sources.manifests.wrongs import ambiguous_scalars, empty_file, meant, wrong_document

SIZE_CEILING = 8 * 1024 * 1024

REPO, BINDING = "ml-repo", "role-binding"
_JUDGED = frozenset({REPO, BINDING})
_OWN_FILE, _OWN_KEYS = "auditor.yaml", ("policy", "waivers")
_UNKNOWN, _OWN = "(unknown types)", "(auditor's own files)"


class ManifestFiles:
    """The manifests in files and folders.

    Attributes:
        role_bindings: The role bindings among them, once everything was collected.
    """

    provides = frozenset({Provider.MANIFEST, Provider.GRANTS})

    def __init__(self, paths: Sequence[str], read_stdin: Callable[[int], bytes] | None = None) -> None:
        """Find out whether the paths lead anywhere.

        Args:
            paths: Files, folders, patterns and `-` for stdin.
            read_stdin: Reads at most so many bytes from stdin; None for the stdin of this process.

        Raises:
            InvalidError: A path leads nowhere.
        """
        self._paths = existing(paths)
        self._read_stdin = read_stdin or _stdin
        self._files = 0
        self._repos = 0
        self._skipped: Counter[str] = Counter()
        self._namesakes = Namesakes()
        self.role_bindings: list[Binding] = []

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield the manifests of every file, what is wrong with their documents, and what could not be read."""
        for item in find_files(self._paths):
            if isinstance(item, Unread):
                yield item
            else:
                self._files += 1
                yield from self._file(item)

    def origin(self) -> Origin:
        """Return how many files and manifests there were, and how many documents are no business of this audit."""
        return Origin(
            "manifest files",
            files=self._files,
            total=self._repos,
            bindings=len(self.role_bindings),
            skipped=tuple(sorted(self._skipped.items())),
            rules=DOCUMENT_RULES,
        )

    def _file(self, file: File) -> Iterator[Repo | Binding | Unread | Finding]:
        try:
            reader = self._read_stdin if file.path == STDIN else partial(read_bytes, file.path)
            data = reader(SIZE_CEILING + 1)
        except OSError as error:
            yield Unread(UnreadKind.FILE, file.name, f"it cannot be read: {error.strerror}", "mend or remove it")
            return
        if len(data) > SIZE_CEILING:
            reason = f"it is larger than {SIZE_CEILING // 1024 // 1024} MiB"
            yield Unread(UnreadKind.FILE, file.name, reason, "divide it into several files")
            return
        try:
            text = decode(data, file.name)
            places = FilePlaces(file.name, text)
            document = None
            for document in read_documents(text, file.name):
                yield from self._document(document, places)
            if document is None:
                yield empty_file(file.name, places)
        except DocumentError as error:
            yield _unread(error)

    def _document(self, document: Document, places: FilePlaces) -> Sequence[Repo | Binding | Unread | Finding]:
        value = document.value
        kind = value.get("type") if isinstance(value, dict) else None
        if isinstance(value, dict) and kind in _JUDGED and document.problem is None:
            return self._manifest(value, kind, document, places)
        if isinstance(value, dict) and _is_foreign(value, kind):
            self._skipped[kind if kind in TYPES else _UNKNOWN] += 1
            return [_unread(document.problem)] if document.repeats and document.problem else ()
        if document.problem:
            return [_unread(document.problem)]
        if isinstance(value, dict) and kind is None and _is_own(document.file, value):
            self._skipped[_OWN] += 1
            return ()
        return [wrong_document(document, places)]

    def _manifest(
        self, value: dict[str, Any], kind: str, document: Document, places: FilePlaces
    ) -> list[Repo | Binding | Unread | Finding]:
        locate = places.of_document(document)
        item = f"{document.file}#{document.number}"
        found = Repo(item, value, locate=locate) if kind == REPO else Binding(item, value, locate)
        if isinstance(found, Binding):
            self.role_bindings.append(found)
        else:
            self._repos += 1
        namesake = self._namesakes.meet(found, kind, document)
        return [*ambiguous_scalars(document, found, places), *([namesake] if namesake else ()), found]


def _is_own(file: str, value: dict[str, Any]) -> bool:
    """Tell whether a document is a configuration, a pack or a list of waivers, which are often kept with manifests."""
    return os.path.basename(file) == _OWN_FILE or any(key in value for key in _OWN_KEYS)


def _is_foreign(value: dict[str, Any], kind: object) -> bool:
    """Tell whether a document is of another type, and does not look like one that is misspelt."""
    if not isinstance(kind, str) or kind in _JUDGED:
        return False
    if kind in TYPES:
        return not {"storage_integration_fqn", "collaborators"} <= value.keys()
    return "storage_integration_fqn" not in value and not meant(kind)


def _stdin(size: int) -> bytes:
    return sys.stdin.buffer.read(size)


def _unread(error: DocumentError) -> Unread:
    return Unread(UnreadKind.FILE, error.where, error.problem, error.fix or "mend the file")
