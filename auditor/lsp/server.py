"""The server: open documents are checked when they or their policy change, and what was found is published."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lsprotocol import types as lsp
from pygls import uris
from pygls.lsp.server import LanguageServer

from auditor.lsp.actions import FIX_ALL, actions
from auditor.lsp.checking import Checked, check_document
from auditor.lsp.context import Broken, Contexts, State
from auditor.lsp.diagnostics import of_problem
from auditor.lsp.navigation import definitions, hover
from auditor.lsp.positions import Positions
from auditor.lsp.problems import Problem
from auditor.sources.files.walk import SUFFIXES
from auditor.text import visible
from auditor.version import VERSION

_INTERVAL = 0.5
"""How often files that policies were read from are looked at, in seconds; not every client watches files."""


class AuditorServer(LanguageServer):
    """The server and what it knows of the open documents."""

    def __init__(self, contexts: Contexts) -> None:
        super().__init__("auditor", VERSION, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self._contexts = contexts
        self._checked: dict[str, Checked] = {}
        self._broken: dict[str, lsp.Diagnostic] = {}
        self._published: dict[str, list[lsp.Diagnostic]] = {}
        self._watching: asyncio.Task[None] | None = None

    @property
    def encoding(self) -> str:
        """The encoding whose units the client counts."""
        return _text(self.workspace.position_encoding or "utf-16")

    def checked(self, uri: str) -> Checked | None:
        """Return an open document as it was checked last."""
        return self._checked.get(uri)

    def check(self, uri: str) -> None:
        """Check an open document and publish what was found."""
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

    def check_all(self) -> None:
        """Check every open document again."""
        for uri in list(self.workspace.text_documents):
            self.check(uri)

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._checked.pop(uri, None)
        self._publish(uri, [])
        self._published.pop(uri, None)
        self._publish_broken()

    def watch(self) -> None:
        """Start to look for changes of configuration, packs and waivers on disk."""
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def read(self, path: Path) -> str | None:
        """Return the text of a file, as the editor holds it or as it is on disk; None if there is none."""
        for checked in self._checked.values():
            if checked.path == path:
                return checked.text
        try:
            return path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def wants(self, action: lsp.CodeAction, only: Sequence[lsp.CodeActionKind | str] | None) -> bool:
        """Return whether the client asked for an action, and can show it if it is disabled."""
        shows = self.client_capabilities.text_document and self.client_capabilities.text_document.code_action
        kind = f"{_text(action.kind)}."
        asked = only is None or any(kind.startswith(f"{_text(each)}.") for each in only)
        return asked and (action.disabled is None or bool(shows and shows.disabled_support))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL)
            states: dict[Path, State] = {}
            for uri, checked in list(self._checked.items()):
                folder = checked.path.parent
                if folder not in states:
                    states[folder] = self._contexts.of(folder)
                if not _same(states[folder], checked.state):
                    self.check(uri)

    def _publish(self, uri: str, found: list[lsp.Diagnostic]) -> None:
        self._published[uri] = found
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found))

    def _publish_broken(self) -> None:
        """Publish what keeps policies from loading on the broken files too, where these are not open."""
        states = [checked.state for checked in self._checked.values()]
        problems = {each.problem for each in states if isinstance(each, Broken) and each.problem.file}
        broken = {
            Path(each.file).absolute().as_uri(): self._on_disk(each) for each in problems if Path(each.file).is_file()
        }
        for uri in {*broken, *self._broken} - {*self._checked}:
            found = [broken[uri]] if uri in broken else []
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


def _same(one: State, other: State) -> bool:
    return one is other or (isinstance(one, Broken) and one == other)


def _path(uri: str) -> Path | None:
    """Return the file of a document; None if it is no file that may hold a manifest."""
    name = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return Path(name) if name and name.lower().endswith(SUFFIXES) else None


def create_server(contexts: Contexts) -> AuditorServer:
    """Return a server that answers for documents with these contexts."""
    server = AuditorServer(contexts)

    @server.feature(lsp.INITIALIZED)
    def initialized(_params: lsp.InitializedParams) -> None:
        server.watch()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.check(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        server.check(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def changed_on_disk(_params: lsp.DidSaveTextDocumentParams | lsp.DidChangeWatchedFilesParams) -> None:
        server.check_all()

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        checked = server.checked(params.text_document.uri)
        return hover(checked, params.position) if checked else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def defined(params: lsp.DefinitionParams) -> list[lsp.Location]:
        checked = server.checked(params.text_document.uri)
        return definitions(checked, params.position) if checked else []

    kinds = [lsp.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=kinds))
    def asked_for_actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        checked = server.checked(params.text_document.uri)
        found = actions(checked, params.range, server.read, server.encoding) if checked else []
        return [each for each in found if server.wants(each, params.context.only)]

    return server


def serve(contexts: Contexts) -> None:
    """Serve the client on stdin and stdout until it leaves."""
    stdout = sys.stdout.buffer
    sys.stdout = sys.stderr  # what anything prints must not get between the messages
    with suppress(asyncio.CancelledError):
        create_server(contexts).start_io(sys.stdin.buffer, stdout)
