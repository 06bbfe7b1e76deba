"""Role bindings: grants that stand beside the manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.demo.choice import number
from auditor.demo.company import TEAMS
from auditor.demo.envelope import envelope
from auditor.demo.healthy import ADMIN, EDITOR, VIEWER, Row

_REPO, _REPO_TOO = "mlf-project", "ml-repo"
"""What ML repos are called in permissions: by the vendor's tools, and in its documentation."""

DEAD_TEAM = "robotics-lab"
"""A team that has no members any more."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def role_binding_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the role bindings of a tenant with these repos, as the API lists them.

    Most repos without collaborators have their grants here. Beside them stand the bindings that something is wrong
    with, and some that are about other things than repos.
    """
    names = [str(row["manifest"]["name"]) for row in rows]
    moved = [row for row in rows if "collaborators" not in row["manifest"]]
    return [
        *(_moved(row) for row in moved[1:]),
        *(_row(*each) for each in _special(names)),
        _row(
            "prod-cluster-viewers", [("team", "ml-platform")], [("cluster", "truefoundry:eu-west-1", "cluster-viewer")]
        ),
    ]


def _moved(row: Row) -> Row:
    """Return the binding that the vendor's migration makes of the collaborators that a manifest once had."""
    name = str(row["manifest"]["name"])
    team = next((team.name for team in TEAMS if any(name.startswith(project) for project in team.projects)), "teamb")
    tail = "".join(_DIGITS[number(36, "tail", name, place)] for place in range(2))
    return _row(f"mlr-{name.lower()[:25]}-admin-{tail}", [("team", team)], [(_REPO, name, ADMIN)])


def _special(names: Sequence[str]) -> Iterator[tuple[str, list[tuple[str, str]], list[tuple[str, str, str]]]]:
    """Yield the bindings that the sample tenant is there to show."""
    if len(names) > 1:
        # The manifest of this repo makes another team its admin.
        yield "second-opinion", [("team", "trust-safety")], [(_REPO_TOO, names[1], ADMIN)]
    if len(names) > 7:
        subjects = [("team", "ml-platform"), ("virtualaccount", "release-train"), ("user", "uma.quinn@example.com")]
        yield "platform-everywhere", subjects, [(_REPO, name, EDITOR) for name in names[2:7]]
        yield f"{DEAD_TEAM}-readers", [("team", DEAD_TEAM)], [(_REPO, names[7], VIEWER)]
    if len(names) > 9:
        yield "left-behind", [("user", "ivan.okafor@example.com")], [(_REPO, names[8], ADMIN)]
        yield "nobody-knows", [("user", "consultant@example.net")], [(_REPO, names[9], EDITOR)]
    yield "robot-arm-archive", [("team", "ml-platform")], [(_REPO, "robot-arm-dev", ADMIN)]


def _row(name: str, subjects: Iterable[tuple[str, str]], permissions: Iterable[tuple[str, str, str]]) -> Row:
    return {
        **{key: value for key, value in envelope("role-binding", name).items() if key != "tenantName"},
        "name": name,
        "manifest": {
            "type": "role-binding",
            "name": name,
            "subjects": [{"type": kind, "name": who} for kind, who in subjects],
            "permissions": [
                {"resourceType": kind, "resourceFqn": fqn, "role": role} for kind, fqn, role in permissions
            ],
        },
        "metadata": {},
    }
