"""Time from a change to the diagnostics of the language server.

    python benchmarks/lsp.py [--changes N]

Starts `auditor lsp`, opens manifests of 500 lines (one repo with 248 collaborators, and 56 repos, most of them with
findings), changes a word repeatedly, and prints the time until the diagnostics arrive, with the processor time of the
server for each change. The load of the machine affects the time, but hardly the processor time.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from lsprotocol import types as lsp
from measure import table
from pygls.lsp.client import LanguageClient

PACKS = "policies: [ml-repo-baseline, least-privilege, hygiene]\n"
HEAD = """\
type: ml-repo
name: fraud-{number}-prod
description: Card fraud scoring models and their evaluation runs.
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml-prod
collaborators:
"""
ENTRY = "  - subject: user:u{number}@example.com\n    role_id: mlf-project-{role}\n"


def manifests() -> Mapping[str, str]:
    """Return texts of about 500 lines."""
    roles = ["admin", *["viewer"] * 9]
    entries = "".join(ENTRY.format(number=number, role=roles[number % 10]) for number in range(248))
    repos = [HEAD.format(number=number) + ENTRY.format(number=number, role="admin") + "---\n" for number in range(63)]
    return {"1 repo": HEAD.format(number=0) + entries, "63 repos": "".join(repos).removesuffix("---\n")}


async def measure(folder: Path, text: str, changes: int) -> tuple[int, list[float], float]:
    """Return the number of diagnostics, the seconds that each change took, and those of the processor for one."""
    client, published = LanguageClient("benchmark", "1"), asyncio.Queue[lsp.PublishDiagnosticsParams]()
    client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: published.put_nowait(params))  # noqa: PLW0108
    await client.start_io(sys.executable, "-m", "auditor", "lsp")
    await client.initialize_async(lsp.InitializeParams(lsp.ClientCapabilities()))
    client.initialized(lsp.InitializedParams())
    uri = (folder / "fraud.yaml").as_uri()
    item = lsp.TextDocumentItem(uri, "yaml", 1, text)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    found = len((await published.get()).diagnostics)
    seconds, used = [], processor_time(client)
    for number in range(changes):
        whole = [lsp.TextDocumentContentChangeWholeDocument(text.replace("Card", f"Card{number}", 1))]
        document = lsp.VersionedTextDocumentIdentifier(number, uri)
        started = time.perf_counter()
        client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, whole))
        await published.get()
        seconds.append(time.perf_counter() - started)
    used = processor_time(client) - used
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return found, seconds, used / changes


def processor_time(client: LanguageClient) -> float:
    """Return the seconds that the server has used the processor, on Linux."""
    fields = Path(f"/proc/{client._server.pid}/stat").read_text("ascii").rpartition(")")[2].split()  # noqa: SLF001
    return (int(fields[11]) + int(fields[12])) / 100


async def main(changes: int) -> None:
    """Print a table."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "auditor.yaml").write_text(PACKS, "utf-8")
        for what, text in manifests().items():
            found, seconds, used = await measure(Path(name), text, changes)
            times = [1000 * each for each in (statistics.median(seconds), sorted(seconds)[len(seconds) * 95 // 100])]
            row = [
                f"{what}, {text.count(chr(10))} lines",
                str(found),
                *(f"{each:.0f}" for each in (*times, 1000 * used)),
            ]
            rows.append(row)
    print(table(["manifest", "diagnostics", "median ms", "95 % ms", "processor ms"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--changes", type=int, default=100)
    asyncio.run(main(parser.parse_args().changes))
