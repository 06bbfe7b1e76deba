"""The server: checks open documents when they or their policy change, and publishes the diagnostics."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types as lsp
from pygls import uris
from pygls.lsp.server import LanguageServer

from auditor.lsp.checking import Checked, check_document
from auditor.lsp.context import Broken, Contexts, State
from auditor.lsp.diagnostics import of_problem
from auditor.lsp.kinds import Kind
from auditor.lsp.positions import Positions
from auditor.lsp.problems import Problem
from auditor.sources.files.walk import SUFFIXES
from auditor.text import visible
from auditor.version import VERSION

_INTERVAL = 0.5
"""The interval at which files of policies are checked, in seconds; not every client watches files."""


class AuditorServer(LanguageServer):
    """The server and its open documents."""

    def __init__(self, contexts: Contexts) -> None:
        super().__init__("auditor", VERSION, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self._contexts = contexts
        self._checked: dict[str, Checked] = {}
        self._broken: dict[str, lsp.Diagnostic] = {}
        self._published: dict[str, list[lsp.Diagnostic]] = {}
        self._watching: asyncio.Task[None] | None = None

    @property
    def encoding(self) -> str:
        """The encoding of the client's columns."""
        return _text(self.workspace.position_encoding or "utf-16")

    def checked(self, uri: str) -> Checked | None:
        """Return the last check of an open document."""
        return self._checked.get(uri)

    def check(self, uri: str) -> None:
        """Check an open document and publish its diagnostics."""
        path = _path(uri)
        if path is None:
            return
        text = self.workspace.get_text_document(uri).source
        try:
            self._checked[uri] = check_document(path, text, self._contexts, self.encoding)
            found = self._checked[uri].diagnostics
        except Exception as error:  # noqa: BLE001 - a bug must not look like a clean document
            self._checked.pop(uri, None)
            found = [self._bug(error, text)]
        self._publish(uri, found)
        self._publish_broken()

    def refresh(self, *, own_files: bool = True) -> None:
        """Check the open documents again whose policy changed on disk.

        Args:
            own_files: Whether to check packs, tests, waivers and configurations in any case.
        """
        states: dict[Path, State | None] = {}
        for uri in list(self.workspace.text_documents):
            checked = self._checked.get(uri)
            if checked is None:
                stale = own_files  # it could not be checked, and that was shown once
            else:
                folder = checked.path.parent
                if folder not in states:
                    states[folder] = self._state(folder)
                stale = not _same(states[folder], checked.state)
                stale = stale or (own_files and checked.kind is not Kind.MANIFEST)
            if stale:
                self.check(uri)

    def _state(self, folder: Path) -> State | None:
        """Return the context of a folder; None if a bug prevents loading it, which a check then shows."""
        try:
            return self._contexts.of(folder)
        except Exception:  # noqa: BLE001 - it would end the watch, and nobody would know
            return None

    def close(self, uri: str) -> None:
        """Remove a document."""
        self._checked.pop(uri, None)
        self._publish(uri, [])
        self._published.pop(uri, None)
        self._publish_broken()

    def watch(self) -> None:
        """Start watching configuration, packs and waivers on disk."""
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def read(self, path: Path) -> str | None:
        """Return the text of a file, from the editor or from disk; None if there is none."""
        for checked in self._checked.values():
            if os.path.normpath(checked.path) == os.path.normpath(path):
                return checked.text
        try:
            return path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def wants(self, action: lsp.CodeAction, only: Sequence[lsp.CodeActionKind | str] | None) -> bool:
        """Return whether the client requested an action, and can show it if it is disabled."""
        shows = self.client_capabilities.text_document and self.client_capabilities.text_document.code_action
        kind = f"{_text(action.kind)}."
        asked = only is None or any(kind.startswith(f"{_text(each)}.") for each in only)
        return asked and (action.disabled is None or bool(shows and shows.disabled_support))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL)
            self.refresh(own_files=False)

    def _publish(self, uri: str, found: list[lsp.Diagnostic]) -> None:
        self._published[uri] = found
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found))

    def _publish_broken(self) -> None:
        """Publish errors in policies on the broken files too, if these are not open."""
        states = [checked.state for checked in self._checked.values()]
        problems = {each.problem for each in states if isinstance(each, Broken) and each.problem.file}
        broken = {
            Path(each.file).absolute().as_uri(): self._on_disk(each) for each in problems if Path(each.file).is_file()
        }
        for uri in {*broken, *self._broken}:
            checked = self._checked.get(uri)
            if checked and checked.kind is not Kind.MANIFEST:
                continue  # its own diagnostics have this problem, or those of its changed text
            found = [*(checked.diagnostics if checked else ()), *([broken[uri]] if uri in broken else ())]
            if found != self._published.get(uri, []):
                self._publish(uri, found)
        self._broken = broken

    def _on_disk(self, problem: Problem) -> lsp.Diagnostic:
        text = self.read(Path(problem.file)) or ""
        return of_problem(problem, Positions(text, self.encoding))

    def _bug(self, error: Exception, text: str) -> lsp.Diagnostic:
        message = visible(f"not checked: {type(error).__name__}: {error}; this is a bug in Auditor, please report it")
        self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, f"auditor: {message}"))
        return of_problem(Problem("", 1, 1, message, code="internal-error"), Positions(text, self.encoding))


def _text(word: object) -> str:
    return str(getattr(word, "value", word))


def _same(one: State | None, other: State) -> bool:
    return one is other or (isinstance(one, Broken) and one == other)


def _path(uri: str) -> Path | None:
    """Return the file of a document; None if it cannot contain a manifest."""
    name = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return Path(name) if name and name.lower().endswith(SUFFIXES) else None
