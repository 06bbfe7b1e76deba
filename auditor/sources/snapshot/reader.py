"""Reading snapshots: a saved inventory as a source."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from auditor.errors import UnreadError
from auditor.http.decoding import decode_json
from auditor.model import (
    ABSENT,
    NOT_PROVIDED,
    Directory,
    Json,
    Origin,
    Part,
    Provider,
    Repo,
    Unread,
    UnreadKind,
)
from auditor.model.values import parse_timestamp
from auditor.sources.answers import repo_of
from auditor.sources.directory.entries import KINDS, Kind
from auditor.sources.directory.reader import entries_of
from auditor.sources.snapshot.writer import CHUNK, TRAILER_SIZE, trailer_of

LINE_CEILING = 32 * 1024 * 1024
_FIX = "take a new one with `auditor fetch`"


class Snapshot:
    """A snapshot that `auditor fetch` saved. The complete file is verified before the first repo is checked.

    Ages are measured from the time of the snapshot, so its findings are those of a live audit at that time.

    Attributes:
        refusal: Why the file cannot be used; None if it can be used.
    """

    provides = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})

    def __init__(
        self, path: str | os.PathLike[str], *, max_age: timedelta | None = None, now: datetime | None = None
    ) -> None:
        """Verify a snapshot. `collect` yields an `Unread` if it is invalid or too old.

        Args:
            path: The file.
            max_age: Maximum age of the snapshot; None for any age.
            now: The time to measure the age from; None for the current time.
        """
        self._path = path = Path(path)
        self._header: dict[str, Json] = {}
        self.refusal: UnreadError | None = None
        try:
            with path.open("rb") as stream:
                _verify(stream, path)
            self._header = self._read_header()
            _refuse_age(self._header, max_age, now)
        except UnreadError as error:
            self.refusal = error
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or "it is damaged"
            self.refusal = UnreadError(f"it cannot be read: {reason}", _FIX)

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return the saved parts of the directory. Parts that the snapshot does not contain are not provided."""
        saved = self._header.get("directory")
        if self.refusal or not isinstance(saved, dict):
            return Directory()
        try:
            rows = self._entries(wanted)
        except UnreadError as error:
            self.refusal = error
            return Directory()
        return Directory.of(
            {kind.provider: _saved_part(kind, rows[kind.provider], saved) for kind in KINDS if kind.provider in wanted},
            tenant_roles=self._header.get("tenant_roles") is True,
        )

    def _entries(self, wanted: frozenset[Provider]) -> dict[Provider, list[dict[str, Json]]]:
        """Return the rows of entries, which are before those of repos."""
        found: dict[Provider, list[dict[str, Json]]] = {provider: [] for provider in wanted}
        for line in self._lines():
            row = decode_json(line, str(self._path))
            if not isinstance(row, dict) or "id" in row:
                break
            entry = row.get("entry")
            if row.get("directory") in wanted and isinstance(entry, dict):
                found[Provider(str(row["directory"]))].append(entry)
        return found

    def collect(self) -> Iterator[Repo | Unread]:
        """Yield every saved repo, and everything that could not be read when the snapshot was taken."""
        if self.refusal:
            yield self._unread(self.refusal)
            return
        yield from _saved_unread(self._header.get("unread"))
        try:
            yield from self._repos()
        except UnreadError as error:
            yield self._unread(error)

    def _unread(self, error: UnreadError) -> Unread:
        return Unread(UnreadKind.TENANT, f"the snapshot {self._path}", error.message, error.fix)

    def _repos(self) -> Iterator[Repo | Unread]:
        for line in self._lines():
            row = decode_json(line, str(self._path))
            if isinstance(row, dict) and "id" in row:
                yield repo_of(row)
        with self._path.open("rb") as stream:
            _verify(stream, self._path)  # it was read twice, and may have been replaced in between

    @property
    def repos(self) -> int:
        """Number of saved repos."""
        return _number(self._header, "repos") or 0

    def origin(self) -> Origin:
        """Return the origin of the repos at the time of the snapshot."""
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
            notes=_texts(header, "notes"),
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
            raise UnreadError("its format version is not supported by this version of auditor", _FIX)
        return header


def _verify(stream: IO[bytes], path: Path) -> None:
    """Reject a file whose trailer does not match the bytes before it."""
    left = path.stat().st_size - TRAILER_SIZE
    if left <= 0 or stream.read(2) != b"\x1f\x8b":
        raise UnreadError("the file is not an Auditor snapshot, or is truncated", _FIX)
    stream.seek(0)
    digest = hashlib.sha256()
    while left and (chunk := stream.read(min(CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    trailer = stream.read()
    count = re.search(rb'"repos": *([0-9]{1,12}),', trailer)
    if count is None or trailer != trailer_of(int(count[1]), digest.hexdigest()):
        raise UnreadError("it is truncated or was modified: its SHA-256 does not match", _FIX)


def _refuse_age(header: dict[str, Json], max_age: timedelta | None, now: datetime | None) -> None:
    taken = _moment(header, "finished_at")
    if max_age is None:
        return
    if taken is None or (now or datetime.now(UTC)) - taken > max_age:
        when = f"{taken:%Y-%m-%d %H:%M} UTC" if taken else "an unknown time"
        raise UnreadError(f"it was taken at {when}, which is older than --max-age", _FIX)


def _saved_part(kind: Kind, rows: list[dict[str, Json]], saved: dict[str, Json]) -> Part[Any]:
    if kind.provider.value not in saved:
        return NOT_PROVIDED
    if saved[kind.provider.value] is None:
        return ABSENT
    pairs, broken = entries_of(kind, rows)
    unread = (*_saved_unread(saved[kind.provider.value]), *broken)
    return Part(tuple(value for _, value in pairs), unread)


def _saved_unread(saved: Json) -> Iterator[Unread]:
    for each in saved if isinstance(saved, list) else ():
        if isinstance(each, dict):
            kind = UnreadKind(str(each.get("kind")))
            yield Unread(kind, _text(each, "what") or "", _text(each, "reason") or "", _text(each, "fix") or "")


def _text(document: dict[str, Json], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) else None


def _texts(document: dict[str, Json], key: str) -> tuple[str, ...]:
    values = document.get(key)
    return tuple(each for each in values if isinstance(each, str)) if isinstance(values, list) else ()


def _number(document: dict[str, Json], key: str) -> int | None:
    value = document.get(key)
    return value if isinstance(value, int) else None


def _moment(document: dict[str, Json], key: str) -> datetime | None:
    text = _text(document, key)
    try:
        return parse_timestamp(text) if text else None
    except ValueError:
        return None
