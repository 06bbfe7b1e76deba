"""The directory of a tenant, read from the control plane: each part whole, or with what could not be seen of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from auditor.errors import UnseenError
from auditor.http.client import Client
from auditor.model import ABSENT, Directory, Json, Part, Provider, Team, Unread, UnreadKind
from auditor.paging.pages import Run
from auditor.sources.directory.entries import KINDS, Kind, key_of
from auditor.sources.directory.listing import Listing
from auditor.sources.directory.row_fields import Fields

_REPORT = "report it to the operators of the control plane"


def read_directory(client: Client, wanted: frozenset[Provider], run: Run) -> Directory:
    """Read parts of a directory.

    A control plane that answers 404 does not have a list: that part is absent. Whatever else goes wrong is told
    as unread, beside what was seen.

    Args:
        client: Whom to ask.
        wanted: The parts to read.
        run: How to fetch several pages; called from several threads.
    """
    kinds = [kind for kind in KINDS if kind.provider in wanted]
    pool = ThreadPoolExecutor(max(1, len(kinds)), thread_name_prefix="part")
    try:
        parts = pool.map(lambda kind: _part(client, kind, run), kinds)
        return Directory.of({kind.provider: part for kind, part in zip(kinds, parts, strict=True)})
    finally:
        # As with pages: what is still under way after a stop by a signal ends with the deadline.
        pool.shutdown(wait=False, cancel_futures=True)


def _part(client: Client, kind: Kind, run: Run) -> Part[Any]:
    listed = Listing(client, kind.path, kind.params, key_of, kind.thing).read(run)
    if listed.absent:
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
    """Return the entries of rows, each beside its row, and one `Unread` for all rows that are none."""
    pairs: list[tuple[dict[str, Json], Any]] = []
    broken: list[str] = []
    for row in rows:
        try:
            pairs.append((row, kind.read(Fields(row))))
        except UnseenError as error:
            broken.append(f"{kind.thing} {key_of(row)}: {error.message}")
    if not broken:
        return pairs, ()
    more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
    return pairs, (Unread(UnreadKind.DIRECTORY, f"the list of {kind.thing}s", f"{broken[0]}{more}", _REPORT),)


def _with_members(
    client: Client, pairs: Sequence[tuple[dict[str, Json], Team]], run: Run
) -> tuple[list[Team], list[Unread]]:
    """Ask for the members of teams whose row does not name all of them."""
    teams: list[Team] = []
    unread: list[Unread] = []
    for row, team in pairs:
        if team.whole:
            teams.append(team)
            continue
        found, hidden = _members(client, str(row.get("id") or ""), team, run)
        teams.append(replace(team, members=found, whole=not hidden))
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
    except UnseenError as error:
        return team.members, [Unread(UnreadKind.DIRECTORY, what, error.message, _REPORT)]
    unread = [replace(each, what=what) for each in listed.unread]
    if listed.absent:
        reason = "the team has more of them than its row names, and the control plane does not list them (404)"
        unread.append(Unread(UnreadKind.DIRECTORY, what, reason, _REPORT))
    return tuple(dict.fromkeys((*team.members, *names))), unread
