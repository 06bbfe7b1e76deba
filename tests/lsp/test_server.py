"""The server as a process, driven by a client over stdin and stdout."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from auditor.lsp import server as server_module
from auditor.lsp.features import create_server
from tests.lsp.conftest import BAD, PACK

COMMAND = [sys.executable, "-W", "error", "-m", "auditor", "lsp", "--stdio"]
CODES = ["ACME001", "MLS004"]


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))
async def client(lsp_client: LanguageClient):
    lsp_client.registered = []

    @lsp_client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
    def register(params: lsp.RegistrationParams) -> None:
        lsp_client.registered += [each.method for each in params.registrations]

    yield
    await lsp_client.shutdown_session()


async def start(client: LanguageClient, *folders: Path, encodings: list[str] | None = None) -> lsp.InitializeResult:
    capabilities = client_capabilities("visual-studio-code")
    capabilities.general.position_encodings = encodings
    named = [lsp.WorkspaceFolder(each.as_uri(), each.name) for each in folders]
    return await client.initialize_session(lsp.InitializeParams(capabilities, workspace_folders=named))


def open_document(client: LanguageClient, path: Path, text: str | None = None) -> str:
    item = lsp.TextDocumentItem(path.as_uri(), "yaml", 1, path.read_text("utf-8") if text is None else text)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    return item.uri


def change(client: LanguageClient, uri: str, text: str) -> None:
    document = lsp.VersionedTextDocumentIdentifier(2, uri)
    whole = [lsp.TextDocumentContentChangeWholeDocument(text)]
    client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, whole))


def codes(client: LanguageClient, uri: str) -> list[str | None] | None:
    found = client.diagnostics.get(uri)
    return None if found is None else sorted(str(each.code) for each in found)


async def until(client: LanguageClient, holds: Callable[[], bool]) -> None:
    """Wait for notifications until a condition holds."""
    async with asyncio.timeout(60):
        while not holds():
            await client.wait_for_notification(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


@pytest.mark.asyncio
async def test_diagnostics_follow_the_text_that_is_typed(client, acme):
    await start(client, acme)
    uri = open_document(client, acme / "fraud.yaml")
    await until(client, lambda: codes(client, uri) == CODES)
    assert client.registered == [lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES]
    change(client, uri, BAD.replace("Card fraud", "Our team's card fraud"))
    await until(client, lambda: codes(client, uri) == ["MLS004"])
    change(client, uri, BAD.replace("type: ml-repo", "type: ml-repo\n  x: ["))
    await until(client, lambda: codes(client, uri) == ["not-read"])
    change(client, uri, "kind: Pod\n")
    await until(client, lambda: codes(client, uri) == [])
    change(client, uri, BAD)
    await until(client, lambda: codes(client, uri) == CODES)
    client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
    await until(client, lambda: codes(client, uri) == [])


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["auditor.yaml", "acme.yaml", "waivers.yaml"])
async def test_a_policy_that_breaks_on_disk_is_shown_on_the_manifest_and_on_itself(name, client, acme):
    await start(client, acme)
    uri, broken = open_document(client, acme / "fraud.yaml"), (acme / name).as_uri()
    await until(client, lambda: codes(client, uri) == CODES)
    before = (acme / name).read_text("utf-8")
    (acme / name).write_text(f"{before}unknown: 1\n", "utf-8")
    await until(client, lambda: codes(client, uri) == ["policy-not-loaded"] and bool(codes(client, broken)))
    (found,) = client.diagnostics[broken]
    assert "unknown key 'unknown'" in found.message
    assert found.range.start == lsp.Position(before.count("\n"), 0)
    (acme / name).write_text(before, "utf-8")
    await until(client, lambda: codes(client, uri) == CODES and codes(client, broken) == [])


@pytest.mark.asyncio
async def test_a_changed_pack_counts_when_it_is_saved_and_its_own_lints_while_typing(client, acme):
    await start(client, acme)
    uri, pack = open_document(client, acme / "fraud.yaml"), open_document(client, acme / "acme.yaml")
    await until(client, lambda: codes(client, uri) == CODES and codes(client, pack) == [])
    change(client, pack, PACK.replace("must:", "musst:"))
    await until(client, lambda: codes(client, pack) == ["None"])
    assert codes(client, uri) == CODES
    (acme / "acme.yaml").write_text(PACK.replace("ACME001", "ACME002"), "utf-8")
    changed = [lsp.FileEvent((acme / "acme.yaml").as_uri(), lsp.FileChangeType.Changed)]
    client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams(changed))
    await until(client, lambda: codes(client, uri) == ["ACME002", "MLS004"])


@pytest.mark.asyncio
async def test_a_list_that_a_pack_reads_shows_why_the_pack_is_broken(client, acme):
    (acme / "acme.yaml").write_text(PACK.replace("rules:", "data: {teams: {file: teams.yaml}}\nrules:"), "utf-8")
    (acme / "teams.yaml").write_text("[fraud]\n", "utf-8")
    await start(client, acme)
    uri, data = open_document(client, acme / "fraud.yaml"), open_document(client, acme / "teams.yaml")
    await until(client, lambda: codes(client, uri) == CODES and codes(client, data) == [])
    (acme / "teams.yaml").write_text("[fraud\n", "utf-8")
    await until(client, lambda: codes(client, uri) == ["policy-not-loaded"] and codes(client, data) == ["None"])
    (acme / "teams.yaml").write_text("[fraud]\n", "utf-8")
    await until(client, lambda: codes(client, uri) == CODES and codes(client, data) == [])


@pytest.mark.asyncio
async def test_an_open_pack_is_checked_again_when_the_pack_that_it_extends_changes(client, acme):
    await start(client, acme)
    (acme / "more.yaml").write_text("policy: 1\nname: b\nversion: 1.0.0\ntitle: B\nextends: [acme.yaml]\n", "utf-8")
    (acme / "auditor.yaml").unlink()
    uri = open_document(client, acme / "more.yaml")
    await until(client, lambda: codes(client, uri) == [])
    (acme / "acme.yaml").write_text("policy: 2\n", "utf-8")
    client.text_document_did_save(lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
    await until(client, lambda: codes(client, uri) == ["policy-not-loaded"])


@pytest.mark.asyncio
async def test_a_manifest_of_500_lines_follows_each_change(client, acme):
    await start(client, acme)
    viewer = "  - subject: team:t{}\n    role_id: mlf-project-viewer\n"
    text = BAD + "".join(viewer.format(number) for number in range(250))
    uri = open_document(client, acme / "fraud.yaml", text)
    await until(client, lambda: codes(client, uri) == CODES)
    change(client, uri, text + "  - subject: nobody\n    role_id: mlf-project-viewer\n")
    await until(client, lambda: codes(client, uri) not in (None, CODES))
    assert max(each.range.start.line for each in client.diagnostics[uri]) == text.count("\n")


@pytest.mark.asyncio
async def test_a_configuration_that_appears_counts(client, acme, tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "fraud.yaml").write_text(BAD, "utf-8")
    await start(client, tmp_path / "plain")
    uri = open_document(client, tmp_path / "plain" / "fraud.yaml")
    await until(client, lambda: codes(client, uri) == ["MLR020", "MLS004"])
    (tmp_path / "plain" / "auditor.yaml").write_text("policies: [../acme/acme.yaml]\n", "utf-8")
    await until(client, lambda: codes(client, uri) == CODES)


@pytest.mark.asyncio
async def test_each_workspace_folder_has_its_own_policy(client, acme, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "auditor.yaml").write_text("policies: 3\n", "utf-8")
    (other / "fraud.yaml").write_text(BAD, "utf-8")
    await start(client, acme, other)
    uris = [open_document(client, folder / "fraud.yaml") for folder in (acme, other)]
    await until(client, lambda: [codes(client, uri) for uri in uris] == [CODES, ["policy-not-loaded"]])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("offered", "chosen"), [(None, "utf-16"), (["utf-8", "utf-16"], "utf-8"), (["utf-32", "utf-16"], "utf-32")]
)
async def test_columns_are_counted_as_the_client_counts(offered, chosen, client, acme):
    result = await start(client, acme, encodings=offered)
    assert (result.capabilities.position_encoding or "utf-16") == chosen
    before, after = (
        "{type: ml-repo, name: fraud-prod, x: [🦊é🦊], description: ",
        'x, storage_integration_fqn: "a:b:c:d:e"}',
    )
    uri = open_document(client, acme / "fraud.yaml", f"{before}{after}\n")
    await until(client, lambda: "ACME001" in (codes(client, uri) or []))
    (found,) = [each for each in client.diagnostics[uri] if each.code == "ACME001"]
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[chosen]
    encoding = chosen if size == 1 else f"{chosen}-le"
    assert found.range.start.character == len(before.encode(encoding)) // size
    assert found.range.end.character == found.range.start.character + 1


@pytest.mark.asyncio
async def test_hovers_definitions_and_actions(client, acme):
    await start(client, acme)
    uri = open_document(client, acme / "fraud.yaml")
    await until(client, lambda: codes(client, uri) == CODES)
    document, at = lsp.TextDocumentIdentifier(uri), lsp.Position(2, 15)
    shown = await client.text_document_hover_async(lsp.HoverParams(document, at))
    assert "## ACME001" in shown.contents.value
    (place,) = await client.text_document_definition_async(lsp.DefinitionParams(document, at))
    assert place.uri == (acme / "acme.yaml").as_uri()
    asked = lsp.CodeActionParams(document, lsp.Range(at, at), lsp.CodeActionContext(client.diagnostics[uri]))
    found = await client.text_document_code_action_async(asked)
    assert [each.title for each in found] == [
        "Fix: description had several lines (joined into one)",
        "Fix everything that is safe to fix (1)",
        "Waive ACME001 on fraud-scoring-prod",
        "Waive MLS004 on fraud-scoring-prod",
    ]
    asked.context.only = [lsp.CodeActionKind.SourceFixAll]
    found = await client.text_document_code_action_async(asked)
    assert [each.kind for each in found] == ["source.fixAll.auditor"]


@pytest.mark.asyncio
async def test_a_waiver_is_added_to_the_text_in_the_editor(client, acme):
    await start(client, acme)
    uri = open_document(client, acme / "fraud.yaml")
    open_document(client, acme / "waivers.yaml", "# not saved\n\n\nwaivers: []\n")
    await until(client, lambda: codes(client, uri) == CODES)
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(99, 0))
    asked = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), whole, lsp.CodeActionContext([]))
    found = await client.text_document_code_action_async(asked)
    (action,) = [each for each in found if each.title.startswith("Waive ACME001")]
    ((edit,),) = action.edit.changes.values()
    assert edit.range.start.line == 3


def workspace_with(uri: str) -> SimpleNamespace:
    """Return a workspace with one document."""
    document = SimpleNamespace(source=BAD)
    return SimpleNamespace(
        get_text_document=lambda _uri: document, position_encoding=None, text_documents={uri: document}
    )


def test_a_bug_is_shown_and_never_an_empty_list(acme, contexts, monkeypatch):
    server, published, messages = create_server(contexts), [], []
    monkeypatch.setattr(server, "text_document_publish_diagnostics", published.append)
    monkeypatch.setattr(server, "window_show_message", messages.append)
    uri = (acme / "fraud.yaml").as_uri()
    monkeypatch.setattr(type(server), "workspace", workspace_with(uri))
    server.check(uri)
    assert server.checked(uri) is not None

    def fail(*_arguments: object) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr(server_module, "check_document", fail)
    server.check(uri)
    assert server.checked(uri) is None
    (found,) = published[-1].diagnostics
    assert (found.code, found.severity) == ("internal-error", lsp.DiagnosticSeverity.Error)
    assert "RuntimeError: no idea; this is a bug" in found.message
    assert [each.type for each in messages] == [lsp.MessageType.Error]
    server.refresh(own_files=False)
    assert len(messages) == 1  # shown once, and again after each save
    server.refresh()
    assert len(messages) == 2


def test_a_bug_in_loading_a_policy_is_shown_too(acme, contexts, monkeypatch):
    server, published = create_server(contexts), []
    monkeypatch.setattr(server, "text_document_publish_diagnostics", published.append)
    monkeypatch.setattr(server, "window_show_message", lambda _params: None)
    uri = (acme / "fraud.yaml").as_uri()
    monkeypatch.setattr(type(server), "workspace", workspace_with(uri))
    server.check(uri)

    def fail(_folder: object) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr(contexts, "of", fail)
    server.refresh(own_files=False)
    assert [each.code for each in published[-1].diagnostics] == ["internal-error"]


def test_documents_that_are_no_files_or_have_another_ending_are_left_alone(contexts, acme, monkeypatch):
    server, published = create_server(contexts), []
    monkeypatch.setattr(server, "text_document_publish_diagnostics", published.append)
    for uri in ("untitled:Untitled-1", (acme / "README.md").as_uri()):
        server.check(uri)
    assert published == []


def test_without_the_extra_the_command_says_what_to_install(run_at_once, monkeypatch):
    for name in [
        each for each in sys.modules if each.startswith(("pygls", "auditor.lsp.server", "auditor.lsp.features"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygls", None)
    ran = run_at_once("lsp")
    assert ran.code == 2
    assert "needs pygls, which is not installed; run `pip install 'mlrepo-auditor[lsp]'`" in ran.last_line


def test_the_server_ends_on_request():
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        message = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(message), message))
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"Content-Length: ")
        process.terminate()
        assert process.wait(60) == 143


def test_the_server_ends_with_its_input(run_auditor):
    ran = run_auditor("lsp", timeout=30)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
