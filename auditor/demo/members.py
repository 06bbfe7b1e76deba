"""The users of the sample tenant, and its teams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.demo.bindings import DEAD_TEAM
from auditor.demo.choice import number
from auditor.demo.company import TEAMS
from auditor.demo.envelope import envelope, seen_at
from auditor.demo.healthy import Row
from auditor.demo.people import email, person

DEPARTED = frozenset({"ivan.okafor@example.com"})
"""Who left the company and is still named in grants."""

UNKNOWN = frozenset({"consultant@example.net"})
"""Who is named in grants and is no user at all."""

_ADMINS = ("auditor@example.com", "maya.rao@example.com")
_DOCUMENTED_TEAM = "teamb"


def team_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the teams of the company, the one of the documented example, and one that nobody is left in."""
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
    """Return everybody who is named anywhere, but for those whom nobody knows."""
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
        "roles": ["tenant-admin"] if name in _ADMINS else ["tenant-member"],
        "active": not left,
        "isEditable": True,
        "lastAccessedAt": seen_at(name, 200, 500) if left else seen_at(name, 0, 60),
    }
