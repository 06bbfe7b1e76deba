"""Completion and validation by yaml-language-server with our catalog, as in the docs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pytest_lsp import client_capabilities
from pytest_lsp.client import make_test_lsp_client

from auditor.resources import shipped_schemas
from tests.lsp.conftest import PACK

ROOT = Path(__file__).parent.parent.parent
VERSION = "2.0.0"
CATALOG = json.loads((ROOT / "schemas" / "catalog.json").read_text("utf-8"))["schemas"]


@pytest.fixture(scope="session")
def program() -> list[str]:
    """Install the server into the user's cache, once."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("needs npm and node")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = caches / f"auditor-yaml-language-server-{VERSION}"
    script = cache / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if not script.exists():
        package = f"yaml-language-server@{VERSION}"
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000")
        command = [npm, "install", "--prefix", str(cache), *options, package]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"npm could not install {package}: {done.stderr.strip()[-200:]}")
    return [node, str(script), "--stdio"]


def local(url: str) -> str:
    """Return the shipped file of a published schema."""
    return Path(shipped_schemas()[url.rpartition("/")[2].removesuffix(".schema.json")]).as_uri()


def test_the_catalog_names_shipped_schemas_and_the_docs_have_its_entries():
    (text,) = [
        block
        for block in re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "editors.md").read_text("utf-8"), re.DOTALL)
        if "yaml.schemas" in block
    ]
    assert json.loads(text)["yaml.schemas"] == {each["url"]: each["fileMatch"] for each in CATALOG}
    assert all(local(each["url"]) for each in CATALOG)


@pytest.mark.asyncio
async def test_packs_are_completed_and_checked(program, acme):
    client = make_test_lsp_client()
    schemas = {local(each["url"]): each["fileMatch"] for each in CATALOG}
    settings = {"yaml": {"schemas": schemas, "schemaStore": {"enable": False}, "completion": True, "validate": True}}
    client.set_configuration(settings)
    await client.start_io(*program)
    capabilities = client_capabilities("visual-studio-code")
    await client.initialize_session(
        lsp.InitializeParams(capabilities, workspace_folders=[lsp.WorkspaceFolder(acme.as_uri(), "acme")])
    )
    client.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings))
    (acme / "policies").mkdir()
    pack = f"{PACK}    \n".replace("severity: high", "severity: hihg")
    tests = "policy_test: 1\npack: acme.yaml\ncases:\n  - name: a\n    expcet: []\n"
    uris = {}
    for name, text in (("policies/a.yaml", pack), ("policies/a.test.yaml", tests), ("auditor.yaml", "fail_on: lwo\n")):
        uris[name] = (acme / name).as_uri()
        item = lsp.TextDocumentItem(uris[name], "yaml", 1, text)
        client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    async with asyncio.timeout(120):
        while not all(client.diagnostics.get(uri) for uri in uris.values()):
            await client.wait_for_notification(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        at = lsp.Position(len(PACK.splitlines()), 4)
        document = lsp.TextDocumentIdentifier(uris["policies/a.yaml"])
        found = await client.text_document_completion_async(lsp.CompletionParams(document, at))
    lines = {name: {each.range.start.line for each in client.diagnostics[uri]} for name, uri in uris.items()}
    assert 8 in lines["policies/a.yaml"]
    assert lines["policies/a.test.yaml"] & {3, 4}
    assert lines["auditor.yaml"] == {0}
    labels = {each.label for each in (found.items if isinstance(found, lsp.CompletionList) else found)}
    assert {"when", "controls", "tags"} <= labels
    await client.shutdown_session()
    await client.stop()
