"""The directory of the sample tenant: its users and teams, grants outside manifests, and storage integrations.

::

    rows of repos ──> bindings, accounts, workspaces ──> all people named in them ──> rows as the API lists them

Like the repos, it is the same on every machine, and mostly fine. The exceptions: an inactive and an unknown user have
grants; a team has no members; a storage integration is missing; an account has expired; one binding is about a repo
that no longer exists, one has many subjects and many permissions, and one contradicts the manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from auditor.demo.company import TEAMS, email, number, person
from auditor.demo.grants import (
    DEAD_TEAM,
    READER,
    integration_rows,
    role_binding_rows,
    role_rows,
    virtual_account_rows,
    workspace_rows,
)
from auditor.demo.rows import Row, envelope, seen_at


def sample_directory(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of every list except the repos, by its path below `/api/svc/v1`.

    Args:
        rows: The repos of the sample tenant; repos of another form are ignored.
    """
    rows = [row for row in rows if _is_usual(row)]
    bindings = role_binding_rows(rows)
    teams = team_rows(rows)
    return {
        "role-bindings": bindings,
        "users": user_rows(rows, bindings, teams),
        "teams/user": teams,
        "virtual-accounts": virtual_account_rows(rows),
        "provider-integrations": integration_rows(rows),
        "roles": role_rows(),
        "workspaces": workspace_rows(rows),
    }


def _is_usual(row: Row) -> bool:
    manifest, creator = row.get("manifest"), row.get("created_by_subject")
    if not isinstance(manifest, dict) or not isinstance(creator, dict):
        return False
    texts = (manifest.get("name"), manifest.get("storage_integration_fqn"), creator.get("subjectSlug"))
    collaborators = manifest.get("collaborators", [])
    subjects = [each.get("subject") if isinstance(each, dict) else None for each in _items(collaborators)]
    return isinstance(collaborators, list) and all(isinstance(text, str) for text in (*texts, *subjects))


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


DEPARTED = frozenset({"ivan.okafor@example.com"})
"""A user who left the company and still has grants."""

UNKNOWN = frozenset({"consultant@example.net"})
"""A user in grants who does not exist."""

_ADMINS = ("auditor@example.com", "maya.rao@example.com")
_READS_ALL = "uma.quinn@example.com"
"""A user who may read every repo through her own role."""

_DOCUMENTED_TEAM = "teamb"


def team_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the teams of the company, the one of the documented example, and one without members."""
    names = [*(team.name for team in TEAMS), *([_DOCUMENTED_TEAM] if rows else []), DEAD_TEAM]
    return [_team(name) for name in names]


def _team(name: str) -> Row:
    size = 0 if name == DEAD_TEAM else 5 + number(8, "size", name)
    members = sorted({email(person("member", name, place)) for place in range(size)})
    managers = members[:1]
    return {
        **envelope("team", name),
        "description": f"The people of {name}",
        "members": members,
        "manifest": {"type": "team", "name": name, "members": members, "managers": managers},
        "isEditable": True,
        "roles": ["team-member"],
        "topMembers": members[:5],
        "topManagers": managers,
        "totalMemberCount": len(members),
        "totalManagerCount": len(managers),
    }


def user_rows(rows: Iterable[Row], bindings: Iterable[Row], teams: Iterable[Row]) -> list[Row]:
    """Return every named user, except those who are meant to be unknown."""
    found: dict[str, None] = dict.fromkeys(_ADMINS)
    for name in (*_named(rows, bindings), *(member for team in teams for member in team["members"])):
        found.setdefault(name.lower())
    return [_user(name) for name in sorted(found.keys() - UNKNOWN)]


def _named(rows: Iterable[Row], bindings: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if row["created_by_subject"].get("subjectType") == "user":
            yield row["created_by_subject"]["subjectSlug"]
        for collaborator in row["manifest"].get("collaborators", ()):
            kind, _, name = collaborator["subject"].partition(":")
            if kind == "user":
                yield name
    for binding in bindings:
        yield from (each["name"] for each in binding["manifest"]["subjects"] if each["type"] == "user")


def _roles_of(name: str) -> list[str]:
    if name in _ADMINS:
        return ["tenant-admin"]
    return ["tenant-member", READER] if name == _READS_ALL else ["tenant-member"]


def _user(name: str) -> Row:
    left = name in DEPARTED or number(40, "left", name) == 0
    common = {
        key: value for key, value in envelope("user", name).items() if key not in {"accountId", "createdBySubject"}
    }
    return {
        **common,
        "email": name,
        "metadata": {
            "displayName": " ".join(part.title() for part in name.partition("@")[0].split(".")),
            "inviteAccepted": True,
            "registeredInIdp": True,
        },
        "roles": _roles_of(name),
        "active": not left,
        "isEditable": True,
        "lastAccessedAt": seen_at(name, 200, 500) if left else seen_at(name, 0, 60),
    }
