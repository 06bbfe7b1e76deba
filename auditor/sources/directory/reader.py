"""The directory of a tenant, read from the control plane: each part is complete, or has its unread parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from auditor.errors import UnreadError
from auditor.http.client import AnswerError, Client
from auditor.model import ABSENT, Directory, Json, Part, Provider, Team, Unread, UnreadKind
from auditor.paging.pager import Pager
from auditor.paging.pages import Page, Run
from auditor.sources.answers import Key, to_page
from auditor.sources.directory.entries import KINDS, Kind, key_of
from auditor.sources.directory.row_fields import Fields

_REPORT = "report it to the operators of the control plane"


def read_directory(client: Client, wanted: frozenset[Provider], run: Run) -> Directory:
    """Read parts of a directory.

    If a control plane answers with 404, it lacks a list: that part is absent. Any other failure is reported as unread,
    in addition to what was read.

    Args:
        client: The client.
        wanted: The parts to read.
        run: Fetches several pages; called from several threads.
    """
    kinds = [kind for kind in KINDS if kind.provider in wanted]
    pool = ThreadPoolExecutor(max(1, len(kinds)), thread_name_prefix="part")
    try:
        parts = pool.map(lambda kind: _part(client, kind, run), kinds)
        return Directory.of({kind.provider: part for kind, part in zip(kinds, parts, strict=True)})
    finally:
        # As with pages: requests that are pending after a stop by a signal end at the deadline.
        pool.shutdown(wait=False, cancel_futures=True)


def _part(client: Client, kind: Kind, run: Run) -> Part[Any]:
    for path in (kind.path, *kind.other_paths):
        listed = Listing(client, path, kind.params, key_of, kind.thing).read(run)
        if not listed.absent:
            break
    else:
        return ABSENT
    pairs, broken = entries_of(kind, listed.rows)
    unread = [*listed.unread, *broken]
    values = [value for _, value in pairs]
    if kind.provider is Provider.TEAMS:
        values, hidden = _with_members(client, pairs, run)
        unread += hidden
    return Part(tuple(values), tuple(unread))


def entries_of(
    kind: Kind, rows: Iterable[dict[str, Json]]
) -> tuple[list[tuple[dict[str, Json], Any]], tuple[Unread, ...]]:
    """Return the entries of rows, each with its row, and one `Unread` for all invalid rows."""
    pairs: list[tuple[dict[str, Json], Any]] = []
    broken: list[str] = []
    for row in rows:
        try:
            pairs.append((row, kind.read(Fields(row))))
        except UnreadError as error:
            broken.append(f"{kind.thing} {key_of(row)}: {error.message}")
    if not broken:
        return pairs, ()
    more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
    return pairs, (Unread(UnreadKind.DIRECTORY, f"the list of {kind.thing}s", f"{broken[0]}{more}", _REPORT),)


def _with_members(
    client: Client, pairs: Sequence[tuple[dict[str, Json], Team]], run: Run
) -> tuple[list[Team], list[Unread]]:
    """Read the members of teams whose row does not list all of them."""
    teams: list[Team] = []
    unread: list[Unread] = []
    for row, team in pairs:
        if team.complete:
            teams.append(team)
            continue
        found, hidden = _members(client, str(row.get("id") or ""), team, run)
        teams.append(replace(team, members=found, complete=not hidden))
        unread += hidden
    return teams, unread


def _members(client: Client, team_id: str, team: Team, run: Run) -> tuple[tuple[str, ...], list[Unread]]:
    what = f"the members of team {team.name}"
    path = f"/api/svc/v1/teams/{quote(team_id, safe='')}/members"
    listed = Listing(client, path, {}, key_of, "member").read(run)
    names = []
    try:
        for row in map(Fields, listed.rows):
            kind, name = row.maybe_text("subjectType") or "user", row.text("subjectSlug")
            names.append(name if kind == "user" else f"{kind}:{name}")
    except UnreadError as error:
        return team.members, [Unread(UnreadKind.DIRECTORY, what, error.message, _REPORT)]
    unread = [replace(each, what=what) for each in listed.unread]
    if listed.absent:
        reason = "the team has more members than its entry lists, and the control plane has no list of members (404)"
        unread.append(Unread(UnreadKind.DIRECTORY, what, reason, _REPORT))
    return tuple(dict.fromkeys((*team.members, *names))), unread


_LIMIT = 100
_PARAMETER_REFUSED = frozenset({400, 422})


@dataclass(frozen=True, slots=True)
class Listed:
    """The result of reading a list.

    Attributes:
        rows: The rows, each as last seen, in the order of the list.
        unread: What could not be read.
        absent: Whether the control plane lacks this list.
    """

    rows: tuple[dict[str, Json], ...]
    unread: tuple[Unread, ...] = ()
    absent: bool = False


class Listing:
    """Reads one list, once.

    Args:
        client: The client.
        path: The path of the list.
        params: The query, besides the page.
        key: Returns the id of a row.
        thing: The name of a row in messages.
    """

    def __init__(self, client: Client, path: str, params: Mapping[str, str], key: Key, thing: str) -> None:
        self._client, self._path, self._params, self._key = client, path, params, key
        self._thing = thing
        self._asked = self._absent = self._plain = False
        self._unpaged: tuple[str | None, ...] = ()

    def read(self, run: Run) -> Listed:
        """Read the entire list.

        Args:
            run: Fetches several pages.
        """
        rows: dict[str, dict[str, Json]] = {}
        unread: list[Unread] = []
        for item in Pager(self._fetch, limit=_LIMIT, run=run, thing=self._thing).read():
            if not isinstance(item, Unread):
                rows[item[0]] = item[1]
            elif self._absent:
                return Listed((), absent=True)
            else:
                what = item.what if rows else f"the list of {self._thing}s"
                unread.append(replace(item, kind=UnreadKind.DIRECTORY, what=what))
        return Listed(tuple(rows.values()), tuple(unread))

    def _fetch(self, offset: int, limit: int) -> Page:
        try:
            page = self._all_at_once(offset) if self._plain else self._page(offset, limit)
        except AnswerError as error:
            self._absent = error.status == 404 and not self._asked
            self._plain = error.status in _PARAMETER_REFUSED and not self._asked and not self._plain
            if self._plain:
                return self._fetch(offset, limit)
            raise
        except UnreadError as error:  # it may quote the answer, and the answer the token
            raise UnreadError(self._client.redacted(error.message), error.fix) from None
        self._asked = True
        return page

    def _page(self, offset: int, limit: int) -> Page:
        answer = self._client.get(self._path, {**self._params, "limit": limit, "offset": offset})
        page = to_page(answer, offset, self._path, self._key)
        return page if page.total is not None else self._without_pagination(page, offset)

    def _all_at_once(self, offset: int) -> Page:
        """Return the page at an offset of a server that rejects requests for pages."""
        page = to_page(self._client.get(self._path, self._params), 0, self._path, self._key)
        if page.total is not None and page.total != len(page.rows):
            raise UnreadError(f"{self._path} gives {len(page.rows)} of {page.total} rows, and no further pages")
        return Page(page.rows[offset:], None)

    def _without_pagination(self, page: Page, offset: int) -> Page:
        """Return the page at an offset, even of a server that has no paging and always returns the entire list."""
        ids = page.ids
        if offset == 0:
            self._unpaged = ids
        elif any(ids) and next(filter(None, ids)) == next(filter(None, self._unpaged), None):
            if ids != self._unpaged:
                raise UnreadError(f"the list at {self._path} has no pages and changed while it was read", "run again")
            return Page(page.rows[offset:], None)
        return page
