"""Manifests as text: checked by the pipeline of `auditor check`, as if the text were the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from auditor.lsp.context import Context
from auditor.model import Report, Unread
from auditor.pipeline import audit
from auditor.sources.files import ManifestFiles
from auditor.sources.files.tree import FileTree
from auditor.sources.files.walk import File


class TextTree(FileTree):
    """One file with its text in an editor."""

    def __init__(self, path: Path, text: str) -> None:
        self.paths = [path.name]
        self.left_out = []
        self._file = File(path.name, str(path))
        self._data = text.encode("utf-8", "surrogatepass")

    def files(self) -> Iterator[File | Unread]:
        """Yield the file."""
        yield self._file

    def read(self, file: File, size: int) -> bytes:  # noqa: ARG002 - there is only one
        """Return its text in the editor."""
        return self._data[:size]


def holds_manifest(path: Path, text: str) -> bool:
    """Return whether a text has one of our manifests, or something that should or may be one."""
    return any(True for _ in ManifestFiles(TextTree(path, text)).collect())


def check_text(path: Path, text: str, context: Context) -> Report | None:
    """Return the report of `auditor check` on a text as if it were in the file; None if it is not checked.

    Args:
        path: The file.
        text: Its text in the editor.
        context: The context of its folder.
    """
    if context.selection.reason_for_file(str(path)) or (context.strict and not holds_manifest(path, text)):
        return None
    return audit(ManifestFiles(TextTree(path, text), strict=context.strict), context.policy, context.options)
