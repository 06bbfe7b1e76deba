"""Features: the requests of the protocol and their handlers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from lsprotocol import types as lsp

from auditor.lsp.actions import FIX_ALL, actions
from auditor.lsp.context import Contexts
from auditor.lsp.navigation import definitions, hover
from auditor.lsp.server import AuditorServer

_FILES = "**/{*.yaml,*.yml,*.json,*.jsonl,*.csv,*.txt}"
"""Patterns of the files of a policy."""

_WATCHED = lsp.RegistrationParams(
    [
        lsp.Registration(
            "watched-files",
            lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(_FILES)]),
        )
    ]
)


def create_server(contexts: Contexts) -> AuditorServer:
    """Return a server that checks documents with these contexts."""
    server = AuditorServer(contexts)

    @server.feature(lsp.INITIALIZED)
    def initialized(_params: lsp.InitializedParams) -> None:
        server.watch()
        workspace = server.client_capabilities.workspace
        if workspace and workspace.did_change_watched_files and workspace.did_change_watched_files.dynamic_registration:
            server.client_register_capability(_WATCHED)

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
        server.refresh()

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
    def code_actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        checked = server.checked(params.text_document.uri)
        found = actions(checked, params.range, server.read, server.encoding) if checked else []
        return [each for each in found if server.wants(each, params.context.only)]

    return server


def serve(contexts: Contexts) -> None:
    """Serve the client on stdin and stdout until it leaves."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    stdout = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing may print between the messages
    with suppress(asyncio.CancelledError):
        create_server(contexts).start_io(sys.stdin.buffer, stdout)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(128 + number)  # a thread waits for input, and would prevent any other way to end the process
