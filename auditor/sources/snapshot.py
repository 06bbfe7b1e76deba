"""Snapshots: an inventory saved to a file, and read again as a source.

The file is gzip of lines of JSON: a header (where, who, when, how much, and what was not seen), one API row a line, and
a trailer with the number of repos and the SHA-256 of every byte before the trailer as it lies in the file. The trailer
is of one length and is compared byte by byte, so a byte that is changed, missing or added anywhere is found, while
`zcat` shows plain lines.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import orjson

from auditor.errors import UnseenError
from auditor.files import replacing
from auditor.model import Json, Origin, Provider, Repo, Source, Unread, UnreadKind
from auditor.model.durations import parse_timestamp
from auditor.sources.decoding import decode_json
from auditor.sources.rows import repo_of

LINE_CEILING = 32 * 1024 * 1024
_CHUNK = 256 * 1024
_PROGRESS_STEP = 50
_FIX = "take a new one with `auditor fetch`"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a snapshot holds: how many repos, where they came from, and what was not seen."""

    repos: int
    origin: Origin
    unread: tuple[Unread, ...]


def save_snapshot(
    source: Source,
    path: Path,
    clock: Callable[[], datetime],
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Saved:
    """Save everything that a source shows; the file appears whole, readable by its owner only.

    Args:
        source: Where the repos come from.
        path: The file.
        clock: Tells the time.
        progress: Told how many repos were saved, of how many.

    Raises:
        UndeliveredError: The file could not be written whole; what it held before is still there.
    """
    started = clock()
    ids: set[str] = set()
    unread: list[Unread] = []
    with replacing(path, mode=0o600) as stream, tempfile.TemporaryFile(dir=path.resolve().parent) as rows:
        with gzip.GzipFile(fileobj=rows, mode="wb", filename="", mtime=0) as packed:
            for item in source.collect():
                if not isinstance(item, Repo):
                    unread += [item] if isinstance(item, Unread) else []
                    continue
                ids.add(item.id)
                packed.write(orjson.dumps(item.envelope) + b"\n")
                if len(ids) % _PROGRESS_STEP == 0:
                    progress(len(ids), source.origin().total)
        saved = Saved(len(ids), source.origin(), tuple(unread))
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
        "repos": saved.repos,
        "unread": [
            {"kind": each.kind.value, "what": each.what, "reason": each.reason, "fix": each.fix}
            for each in saved.unread
        ],
    }


def _assemble(stream: IO[bytes], rows: IO[bytes], header: dict[str, Any], repos: int) -> None:
    digest = hashlib.sha256()

    def write(data: bytes) -> None:
        stream.write(data)
        digest.update(data)

    write(gzip.compress(orjson.dumps(header) + b"\n", mtime=0))
    rows.seek(0)
    while chunk := rows.read(_CHUNK):
        write(chunk)
    stream.write(_trailer(repos, digest.hexdigest()))


def _trailer(repos: int, sha256: str) -> bytes:
    """Return the trailer as a gzip member with nothing in it that a library or its version could decide."""
    line = b'{"repos":%12d,"sha256":"%b"}\n' % (repos, sha256.encode())
    size = len(line)
    stored = b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + line
    check = zlib.crc32(line).to_bytes(4, "little") + size.to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + stored + check


_TRAILER_SIZE = len(_trailer(0, "0" * 64))


class Snapshot:
    """A saved inventory as a source: the whole file is verified before the first repo is judged.

    Ages are measured from the moment that the snapshot was taken, so its findings are those of a live audit then.

    Attributes:
        refusal: Why the file cannot be used; None if it can.
    """

    provides = frozenset(Provider)

    def __init__(self, path: Path, *, max_age: timedelta | None = None, now: datetime | None = None) -> None:
        """Verify a snapshot; what is wrong with it comes out of `collect`.

        Args:
            path: The file.
            max_age: The oldest that it may be; None for any age.
            now: The moment that its age is measured from.
        """
        self._path = path
        self._header: dict[str, Json] = {}
        self.refusal: UnseenError | None = None
        try:
            with path.open("rb") as stream:
                _verify(stream, path)
            self._header = self._read_header()
            _refuse_age(self._header, max_age, now)
        except UnseenError as error:
            self.refusal = error
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or "it is damaged"
            self.refusal = UnseenError(f"it cannot be read: {reason}", _FIX)

    def collect(self) -> Iterator[Repo | Unread]:
        """Yield every saved repo, and everything that could not be seen when the snapshot was taken."""
        if self.refusal:
            yield self._unread(self.refusal)
            return
        yield from _saved_unread(self._header)
        try:
            yield from self._repos()
        except UnseenError as error:
            yield self._unread(error)

    def _unread(self, error: UnseenError) -> Unread:
        return Unread(UnreadKind.TENANT, f"the snapshot {self._path}", error.message, error.fix)

    def _repos(self) -> Iterator[Repo | Unread]:
        for line in self._lines():
            row = decode_json(line, str(self._path))
            if isinstance(row, dict) and "sha256" not in row:
                yield repo_of(row)
        with self._path.open("rb") as stream:
            _verify(stream, self._path)  # it was read twice, and may have been replaced in between

    @property
    def repos(self) -> int:
        """How many repos were saved."""
        return _number(self._header, "repos") or 0

    def origin(self) -> Origin:
        """Return where the repos came from when the snapshot was taken."""
        header = self._header
        if not header:
            return Origin("snapshot")
        return Origin(
            source="snapshot",
            host=_text(header, "host"),
            tenant=_text(header, "tenant"),
            identity=_text(header, "identity"),
            passes=_number(header, "passes") or 0,
            pages=_number(header, "pages") or 0,
            total=_number(header, "total"),
            files=1,
            proof=_text(header, "proof"),
            started_at=_moment(header, "started_at"),
            finished_at=_moment(header, "finished_at"),
        )

    def _lines(self) -> Iterator[bytes]:
        with gzip.open(self._path) as lines:
            lines.readline(LINE_CEILING)
            while line := lines.readline(LINE_CEILING):
                yield line

    def _read_header(self) -> dict[str, Json]:
        with gzip.open(self._path) as lines:
            header = decode_json(lines.readline(LINE_CEILING), str(self._path))
        if not isinstance(header, dict) or header.get("snapshot") != 1:
            raise UnseenError("it is not a snapshot of a version that this auditor reads", _FIX)
        return header


def _verify(stream: IO[bytes], path: Path) -> None:
    """Refuse a file whose trailer does not fit the bytes before it."""
    left = path.stat().st_size - _TRAILER_SIZE
    if left <= 0 or stream.read(2) != b"\x1f\x8b":
        raise UnseenError("it is not a snapshot, or only the start of one", _FIX)
    stream.seek(0)
    digest = hashlib.sha256()
    while left and (chunk := stream.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    trailer = stream.read()
    count = re.search(rb'"repos": *([0-9]{1,12}),', trailer)
    if count is None or trailer != _trailer(int(count[1]), digest.hexdigest()):
        raise UnseenError("it is cut off or was changed: its SHA-256 does not fit", _FIX)


def _refuse_age(header: dict[str, Json], max_age: timedelta | None, now: datetime | None) -> None:
    taken = _moment(header, "finished_at")
    if max_age is None or now is None:
        return
    if taken is None or now - taken > max_age:
        raise UnseenError(f"it was taken at {taken}, longer ago than --max-age allows", _FIX)


def _saved_unread(header: dict[str, Json]) -> Iterator[Unread]:
    saved = header.get("unread")
    for each in saved if isinstance(saved, list) else ():
        if isinstance(each, dict):
            kind = UnreadKind(str(each.get("kind")))
            yield Unread(kind, _text(each, "what") or "", _text(each, "reason") or "", _text(each, "fix") or "")


def _text(document: dict[str, Json], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) else None


def _number(document: dict[str, Json], key: str) -> int | None:
    value = document.get(key)
    return value if isinstance(value, int) else None


def _moment(document: dict[str, Json], key: str) -> datetime | None:
    text = _text(document, key)
    try:
        return parse_timestamp(text) if text else None
    except ValueError:
        return None
