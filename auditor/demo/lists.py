"""The lists other than repos: their paths, and the meaning of their queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import unquote

from auditor.demo.answers import NEW, RefusedError, encode
from auditor.demo.authority import generated_manifests
from auditor.demo.directory import sample_directory
from auditor.demo.rows import Row

_Query: TypeAlias = Mapping[str, str]

_TEAMS = "teams/user"
_MEMBERSHIP = ("members", "managers")
GENERATED = "role-bindings/generate-manifest"
"""The path of the control plane's own list of the grants on a repo."""


class Lists:
    """The lists of a tenant below `/api/svc/v1`, created at the first request.

    Args:
        rows: The repos of the tenant.
        directory: The rows of each list by its path; None for those of the sample tenant.
        without: The error status of lists, by path: 404 if the control plane lacks the list.
        authority: The directory for the control plane's own list of grants; None for the same one.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        directory: Mapping[str, Sequence[Row]] | None,
        without: Mapping[str, int],
        authority: Mapping[str, Sequence[Row]] | None = None,
    ) -> None:
        self._rows, self._given, self._without, self._authority = rows, directory, without, authority
        self._listings: dict[tuple[str, ...], Listing] = {}

    @cached_property
    def _directory(self) -> Mapping[str, Sequence[Row]]:
        return sample_directory(self._rows) if self._given is None else self._given

    def find(self, path: str, query: _Query) -> Listing | None:
        """Return the list at a path, filtered by the query; None if there is none.

        Raises:
            RefusedError: The list is one of those that answer with an error.
        """
        name = path.removeprefix(f"{NEW}/v1/")
        status = self._without.get("members" if self._is_members(name) else name)
        if status:
            raise RefusedError(status, "Forbidden resource" if status == 403 else f"Cannot GET {path}")
        if self._is_members(name):
            return self._members(unquote(name.split("/")[1]))
        if name == path or name not in self._directory:
            return None
        narrow = _NARROWED.get(name)
        keys = tuple(query.get(key, "") for key in _QUERIES.get(name, ()))
        if (name, *keys) not in self._listings:
            rows = self._directory[name]
            self._listings[name, *keys] = Listing(narrow(rows, query) if narrow else rows)
        return self._listings[name, *keys]

    def generated(self, repo_id: str) -> bytes:
        """Return the role bindings that are equivalent to the grants on a repo.

        Raises:
            RefusedError: There is no such repo, or the list is one of those that answer with an error.
        """
        status = self._without.get(GENERATED)
        row = next((row for row in self._rows if str(row.get("id")) == repo_id), None)
        if status or row is None:
            raise RefusedError(status or 404, f"Cannot GET {GENERATED}")
        return encode({"data": generated_manifests(row, self._authority or self._directory)})

    def _is_members(self, name: str) -> bool:
        parts = name.split("/")
        return len(parts) == 3 and parts[0] == "teams" and parts[2] == "members"

    def _members(self, team_id: str) -> Listing | None:
        team = next((row for row in self._directory.get(_TEAMS, ()) if row.get("id") == team_id), None)
        if team is None:
            return None
        return Listing(
            [
                {"subjectId": f"of-{member}", "subjectSlug": member, "subjectType": "user"}
                for member in team["manifest"]["members"]
            ]
        )


def _users(rows: Sequence[Row], query: _Query) -> Sequence[Row]:
    return rows if query.get("showInvalidUsers") == "true" else [row for row in rows if row.get("active")]


def _teams(rows: Sequence[Row], query: _Query) -> Sequence[Row]:
    if query.get("includeMembership") != "false":
        return rows
    return [
        {
            **{key: value for key, value in row.items() if key not in _MEMBERSHIP},
            "manifest": {**row["manifest"], **{key: [] for key in _MEMBERSHIP}},
        }
        for row in rows
    ]


def _integrations(rows: Sequence[Row], query: _Query) -> Sequence[Row]:
    asked = {key: query[key] for key in ("type", "fqn") if key in query}
    return [row for row in rows if all(row.get(key) == value for key, value in asked.items())]


def _roles(rows: Sequence[Row], query: _Query) -> Sequence[Row]:
    return [row for row in rows if row.get("resourceType") == query.get("resourceType", row.get("resourceType"))]


_NARROWED: Mapping[str, Callable[[Sequence[Row], _Query], Sequence[Row]]] = {
    "users": _users,
    _TEAMS: _teams,
    "provider-integrations": _integrations,
    "roles": _roles,
}
_QUERIES: Mapping[str, tuple[str, ...]] = {
    "users": ("showInvalidUsers",),
    _TEAMS: ("includeMembership",),
    "provider-integrations": ("type", "fqn"),
    "roles": ("resourceType",),
}


PAGE_LIMIT = 100
"""The most rows on one page; requests for more get this many without an error, as from the vendor."""


class Listing:
    """The repos of a tenant in the form of one generation of the API, or another list.

    Args:
        rows: The rows in the order of the list; do not modify them afterwards, as encoded rows are kept.
        without: The keys of the envelope that this generation lacks.
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
