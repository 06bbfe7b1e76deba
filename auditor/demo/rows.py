"""A repo without faults: the row that the faults change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from auditor.demo.company import (
    ACCOUNT_ID,
    ENVIRONMENTS,
    MARKETS,
    TEAMS,
    TENANT,
    Team,
    email,
    number,
    person,
    pick,
    storage,
)

Row: TypeAlias = dict[str, Any]
"""One repo in the API's list: the envelope in snake case, with the manifest inside."""

ADMIN = "mlf-project-admin"
"""The role id of an admin of a repo."""

EDITOR = "mlf-project-editor"
"""The role id of an editor of a repo."""

VIEWER = "mlf-project-viewer"
"""The role id of a viewer of a repo."""

_FIRST_DAY = datetime(2022, 1, 10, 8, tzinfo=UTC)
_SECONDS = int(timedelta(days=4 * 365).total_seconds())

_PROJECTS = tuple(
    (team, project, about)
    for row in zip(*([(team, *item) for item in team.projects.items()] for team in TEAMS), strict=True)
    for team, project, about in row
)

_DESCRIPTIONS = {
    "prod": (
        "Production models and evaluation runs for {about}.",
        "Released models, reports and reference data for {about}.",
        "The models in production for {about}, with the evaluation of every release.",
    ),
    "staging": (
        "Release candidates for {about}, compared with production every night.",
        "Staging models for {about}, on anonymised traffic only.",
        "Last stop before production for {about}.",
    ),
    "dev": (
        "Experiments for {about}: features, baselines and ablations.",
        "Training runs and notebooks for {about}.",
        "Research for {about}; nothing here serves customers.",
    ),
}


class Place(NamedTuple):
    """The purpose of a repo, as in its name: a team's project, in an environment and possibly one market."""

    team: Team
    project: str
    about: str
    market: str
    environment: str

    @property
    def name(self) -> str:
        """The name of the repo, according to the naming convention."""
        return "-".join(filter(None, (self.project, self.market, self.environment)))


def place(index: int) -> Place:
    """Return the place of the repo at an index; no two indices share a name."""
    lap, slot = divmod(index, len(_PROJECTS) * len(ENVIRONMENTS))
    turn, which = divmod(slot, len(_PROJECTS))
    team, project, about = _PROJECTS[which]
    environment = ENVIRONMENTS[(turn + which + which // len(TEAMS)) % len(ENVIRONMENTS)]
    return Place(team, project, about, _market(lap), environment)


def _market(lap: int) -> str:
    """Return the market for one round through all projects: none, then each, then each in version 2 ..."""
    if lap == 0:
        return ""
    version, which = divmod(lap - 1, len(MARKETS))
    return MARKETS[which] if version == 0 else f"{MARKETS[which]}-v{version + 1}"


def healthy_row(repo_id: str, where: Place) -> Row:
    """Return a repo that complies with any sensible policy."""
    return {
        "id": repo_id,
        "tenant_name": TENANT,
        "account_id": ACCOUNT_ID,
        "manifest": _manifest(where),
        "created_by_subject": _creator(where.name),
        "created_at": timestamp(_FIRST_DAY + timedelta(seconds=number(_SECONDS, "created", where.name))),
        **_counts(where),
    }


def timestamp(value: datetime) -> str:
    """Return a timestamp in the API's format, for example `2023-11-07T05:31:56Z`."""
    return value.replace(tzinfo=None).isoformat() + "Z"


def grant(subject: str, role: str) -> dict[str, str]:
    """Return a collaborator of a manifest."""
    return {"role_id": role, "subject": subject}


def _manifest(where: Place) -> Row:
    about = pick(_DESCRIPTIONS[where.environment], "description", where.name).format(about=where.about)
    return {
        "name": where.name,
        "type": "ml-repo",
        "description": about,
        "collaborators": _collaborators(where),
        "storage_integration_fqn": storage(where.team, where.environment),
        "ownedBy": {"account": where.team.account},
    }


def _collaborators(where: Place) -> list[dict[str, str]]:
    """Return the team as an admin, and for some repos another team as an editor and one as a viewer."""
    others = [team.name for team in TEAMS if team is not where.team]
    start = number(len(others), "others", where.name)
    roles = pick(((), (), (EDITOR,), (VIEWER,), (EDITOR, VIEWER)), "roles", where.name)
    guests = (grant(f"team:{others[(start + n) % len(others)]}", role) for n, role in enumerate(roles))
    return [grant(f"team:{where.team.name}", ADMIN), *guests]


def _creator(name: str) -> dict[str, str]:
    who = person("creator", name)
    return {
        "subjectId": f"cm1{number(16**9, 'subject', *who):09x}",
        "subjectSlug": email(who),
        "subjectType": "user",
        "subjectDisplayName": " ".join(who),
    }


def _counts(where: Place) -> Row:
    runs = 1 + number(40 if where.environment == "prod" else 400, "runs", where.name)
    return {
        "num_runs": runs,
        "artifact_type_counts": {"artifact": runs // 3, "model": 1 + runs // 7},
        "datasets_count": number(6, "datasets", where.name),
        "tracing_projects_count": number(3, "tracing", where.name),
    }


_FIRST_DAY = datetime(2022, 1, 10, 8, tzinfo=UTC)
_DAYS = 4 * 365


def envelope(kind: str, name: str) -> Row:
    """Return the fields that the control plane adds to a manifest; they depend only on the kind and the name."""
    made = _FIRST_DAY + timedelta(days=number(_DAYS, "made", kind, name), seconds=number(86400, "second", kind, name))
    changed = made + timedelta(days=number(60, "changed", kind, name))
    creator: dict[str, Any] = {
        "subjectId": "cm1auditor",
        "subjectType": "user",
        "subjectSlug": "auditor@example.com",
        "subjectDisplayName": "Auditor",
    }
    return {
        "id": f"cm3{number(16**11, kind, name):011x}",
        "tenantName": TENANT,
        "accountId": ACCOUNT_ID,
        "createdBySubject": creator,
        "createdAt": timestamp(made),
        "updatedAt": timestamp(changed),
    }


def seen_at(name: str, least_days: int, most_days: int) -> str:
    """Return when a user was last seen: this many days before 2026."""
    days = least_days + number(most_days - least_days, "seen", name)
    return timestamp(datetime(2026, 1, 1, 9, 30, tzinfo=UTC) - timedelta(days=days))
