"""Writing snapshots: an inventory saved to a file.

The file is gzip of lines of JSON: a header (host, identity, time, counts, and what was not read), the entries of the
directory with only the used fields, the repos as returned by the API, one per line, and a trailer. The trailer has the
number of repos and the SHA-256 of every byte before it in the file. It has a fixed length and is compared byte by byte,
so any changed, missing or added byte is detected, while `zcat` shows plain lines.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson

from auditor.files import replacing
from auditor.model import (
    DIRECTORY_PARTS,
    NOT_PROVIDED,
    PROGRESS_STEP,
    Directory,
    Origin,
    Provider,
    Repo,
    Source,
    Unread,
    directory_of,
)
from auditor.sources.directory.entries import KINDS

CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Saved:
    """The contents of a snapshot: the number of repos, their origin, what was not read, and the directory."""

    repos: int
    origin: Origin
    unread: tuple[Unread, ...]
    directory: Directory


def save_snapshot(
    source: Source,
    path: Path,
    clock: Callable[[], datetime],
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    wanted: frozenset[Provider] = DIRECTORY_PARTS,
) -> Saved:
    """Save everything from a source to a complete file that only its owner can read.

    Args:
        source: The source of the repos.
        path: The file.
        clock: Returns the time.
        progress: Called with the number of saved repos, and the total.
        wanted: The parts of the directory to save too.

    Raises:
        UndeliveredError: The file could not be written completely; its old content is still there.
    """
    started = clock()
    ids: set[str] = set()
    unread: list[Unread] = []
    with replacing(path, mode=0o600) as stream, tempfile.TemporaryFile(dir=path.resolve().parent) as rows:
        with gzip.GzipFile(fileobj=rows, mode="wb", filename="", mtime=0) as packed:
            directory = directory_of(source, wanted) if wanted else Directory()
            packed.writelines(_entry_lines(directory))
            for item in source.collect():
                if not isinstance(item, Repo):
                    unread += [item] if isinstance(item, Unread) else []
                    continue
                ids.add(item.id)
                packed.write(orjson.dumps(item.envelope) + b"\n")
                if len(ids) % PROGRESS_STEP == 0:
                    progress(len(ids), source.origin().total)
        saved = Saved(len(ids), source.origin(), tuple(unread), directory)
        _assemble(stream, rows, _header(saved, started, clock()), len(ids))
    return saved


def _header(saved: Saved, started: datetime, finished: datetime) -> dict[str, Any]:
    origin = saved.origin
    return {
        "snapshot": 1,
        "source": origin.source,
        "host": origin.host,
        "tenant": origin.tenant,
        "identity": origin.identity,
        "started_at": started.isoformat(),
        "finished_at": finished.isoformat(),
        "passes": origin.passes,
        "pages": origin.pages,
        "total": origin.total,
        "proof": origin.proof,
        "notes": origin.notes,
        "repos": saved.repos,
        "unread": _unread_rows(saved.unread),
        "tenant_roles": saved.directory.tenant_roles,
        "directory": {
            kind.provider.value: _unread_rows(part.unread) if part.provided else None
            for kind in KINDS
            if (part := saved.directory.part(kind.provider)) != NOT_PROVIDED
        },
    }


def _unread_rows(unread: Iterable[Unread]) -> list[dict[str, str]]:
    return [each.as_dict() for each in unread]


def _entry_lines(directory: Directory) -> Iterator[bytes]:
    for kind in KINDS:
        for value in directory.part(kind.provider).values:
            yield orjson.dumps({"directory": kind.provider.value, "entry": kind.write(value)}) + b"\n"


def _assemble(stream: IO[bytes], rows: IO[bytes], header: dict[str, Any], repos: int) -> None:
    digest = hashlib.sha256()

    def write(data: bytes) -> None:
        stream.write(data)
        digest.update(data)

    write(gzip.compress(orjson.dumps(header) + b"\n", mtime=0))
    rows.seek(0)
    while chunk := rows.read(CHUNK):
        write(chunk)
    stream.write(trailer_of(repos, digest.hexdigest()))


def trailer_of(repos: int, sha256: str) -> bytes:
    """Return the trailer as a gzip member whose bytes do not depend on a library or its version."""
    line = b'{"repos":%12d,"sha256":"%b"}\n' % (repos, sha256.encode())
    size = len(line)
    stored = b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + line
    check = zlib.crc32(line).to_bytes(4, "little") + size.to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + stored + check


TRAILER_SIZE = len(trailer_of(0, "0" * 64))
