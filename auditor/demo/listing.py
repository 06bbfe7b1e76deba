"""Rows turned into pages: each row is encoded once, when first asked for, and pages are joined bytes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from auditor.demo.answers import encode

PAGE_LIMIT = 100
"""The most rows on one page; who asks for more gets this many without a word, as from the vendor."""


class Listing:
    """The repos of a tenant as one generation of the API serves them, or another list.

    Args:
        rows: The rows in the order of the list; not to be changed afterwards, since rows stay encoded.
        without: The keys of the envelope that this generation does not know.
    """

    def __init__(self, rows: Sequence[dict[str, Any]], without: Collection[str] = ()) -> None:
        self._rows = rows
        self._without = frozenset(without)
        self._encoded: list[bytes | None] = [None] * len(rows)
        self._by_id = {str(row.get("id")): index for index, row in enumerate(rows)}
        self._by_name: dict[str | None, list[int]] = {}
        for index, row in enumerate(rows):
            manifest = row.get("manifest")
            name = manifest.get("name") if isinstance(manifest, dict) else None
            self._by_name.setdefault(name, []).append(index)

    def page(self, offset: int, limit: int, name: str | None = None) -> bytes:
        """Return the body of one page, of all repos or of those with exactly this name."""
        limit = min(limit, PAGE_LIMIT)
        found: Sequence[int] = range(len(self._rows)) if name is None else self._by_name.get(name, ())
        data = b",".join(self._row(index) for index in found[offset : offset + limit])
        pagination = encode({"total": len(found), "offset": offset, "limit": limit})
        return b'{"data":[%b],"pagination":%b}' % (data, pagination)

    def one(self, repo_id: str) -> bytes | None:
        """Return the body for one repo; None if there is none with this id."""
        index = self._by_id.get(repo_id)
        return None if index is None else b'{"data":%b}' % self._row(index)

    def _row(self, index: int) -> bytes:
        encoded = self._encoded[index]
        if encoded is None:
            row = self._rows[index]
            encoded = encode({key: value for key, value in row.items() if key not in self._without})
            self._encoded[index] = encoded
        return encoded
