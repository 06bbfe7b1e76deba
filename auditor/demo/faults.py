"""The faults of the sample tenant: each is a small function that changes a healthy row."""

from __future__ import annotations

from collections.abc import Callable

from auditor.demo.company import DOMAIN, PARTNER_DOMAIN, TEAMS, TENANT, email, number, person, pick
from auditor.demo.rows import ADMIN, EDITOR, VIEWER, Row, grant

_MEETING_NOTES = (
    "Moved here from the old tracking server after the planning meeting; the runs before March are "
    "incomplete, those of April used the wrong holdout, and the ones since May should be fine unless the "
    "feature store was late. Ask around before you use any of it. The dashboard links to the runs by id, so "
    "please delete nothing. Open points: agree on a metric with the product team, find out who pays for the "
    "nightly retraining, write down which of the three notebooks made the model that is live, and rename the "
    "repo once somebody knows what it is for."
)

_HOSTILE_TEXT = (
    '=HYPERLINK("http://evil.example","quarterly results")\u001b[2J\u001b[1;1HAll repos are fine\r'
    "\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\ \u202egnp.exe\u202c\n"
    "::error::fake\n<script>alert(1)</script>"
)


def _no_description(row: Row) -> None:
    del row["manifest"]["description"]


def _blank_description(row: Row) -> None:
    row["manifest"]["description"] = pick(("", "   "), "blank", row["id"])


def _placeholder_description(row: Row) -> None:
    row["manifest"]["description"] = pick(("TODO", "test", "TBD"), "placeholder", row["id"])


def _short_description(row: Row) -> None:
    row["manifest"]["description"] = pick(("models", "my repo", "v2", "exp 3"), "short", row["id"])


def _multi_line_description(row: Row) -> None:
    manifest = row["manifest"]
    manifest["description"] += f"\nOwner: {manifest['collaborators'][0]['subject']}\nWiki: go/{manifest['name']}\n"


def _long_description(row: Row) -> None:
    row["manifest"]["description"] += f" {_MEETING_NOTES}"


def _hostile_description(row: Row) -> None:
    row["manifest"]["description"] = _HOSTILE_TEXT


def _custom_storage(row: Row) -> None:
    row["manifest"]["storage_integration_fqn"] = f"{TENANT}:custom:minio-lab:blob-storage:old-lab-server"


def _sandbox_storage(row: Row) -> None:
    owner = person("sandbox", row["id"])[0].lower()
    row["manifest"]["storage_integration_fqn"] = f"{TENANT}:aws:personal-sandbox:blob-storage:{owner}-experiments"


def _storage_of_other_environment(row: Row) -> None:
    manifest = row["manifest"]
    tenant, provider, account, kind, name = manifest["storage_integration_fqn"].split(":")
    other = "nonprod" if account.endswith("-prod") else "prod"
    shared = f"ml-shared-{name.partition('-')[2].partition('-')[2]}"
    manifest["storage_integration_fqn"] = f"{tenant}:{provider}:{provider}-{other}:{kind}:{shared}"


def _storage_of_other_tenant(row: Row) -> None:
    manifest = row["manifest"]
    manifest["storage_integration_fqn"] = manifest["storage_integration_fqn"].replace(TENANT, "acquired-startup", 1)


def _malformed_storage(row: Row) -> None:
    manifest = row["manifest"]
    manifest["storage_integration_fqn"] = manifest["storage_integration_fqn"].replace(":blob-storage", "")


def _user_among_admins(row: Row) -> None:
    _share(row, _user(row, "second admin"), ADMIN)


def _user_as_only_admin(row: Row) -> None:
    team, *guests = row["manifest"]["collaborators"]
    team["role_id"] = EDITOR
    row["manifest"]["collaborators"] = [
        grant(f"user:{row['created_by_subject']['subjectSlug']}", ADMIN),
        team,
        *guests,
    ]


def _everyone_as_admin(row: Row) -> None:
    _share(row, "team:everyone", ADMIN)


def _everyone_as_editor(row: Row) -> None:
    _share(row, "team:everyone", EDITOR)


def _no_admin(row: Row) -> None:
    for collaborator in row["manifest"]["collaborators"]:
        collaborator["role_id"] = VIEWER


def _many_admins(row: Row) -> None:
    first = row["manifest"]["collaborators"][0]
    teams = [f"team:{team.name}" for team in TEAMS if f"team:{team.name}" != first["subject"]]
    extra = 6 + number(3, "admins", row["id"])
    row["manifest"]["collaborators"] = [first, *(grant(team, ADMIN) for team in teams[:extra])]


def _subject_twice(row: Row) -> None:
    first = row["manifest"]["collaborators"][0]
    _share(row, first["subject"], first["role_id"])


def _subject_twice_in_other_case(row: Row) -> None:
    who = person("twice", row["id"])
    _share(row, f"user:{email(who)}", EDITOR)
    _share(row, f"user:{'.'.join(who)}@{DOMAIN}", EDITOR)


def _external_domain(row: Row) -> None:
    _share(row, f"user:{email(person('external', row['id']), PARTNER_DOMAIN)}", EDITOR)


def _external_identity(row: Row) -> None:
    _share(row, f"external-identity:{pick(('okta-guests', 'partner-portal'), 'identity', row['id'])}", EDITOR)


def _bot(row: Row) -> None:
    _share(row, f"bot:{pick(('nightly-train', 'release-train'), 'bot', row['id'])}", EDITOR)


def _subject_without_type(row: Row) -> None:
    _share(row, _user(row, "untyped").removeprefix("user:"), EDITOR)


def _upper_case_name(row: Row) -> None:
    row["manifest"]["name"] = row["manifest"]["name"].title()


def _underscore_name(row: Row) -> None:
    row["manifest"]["name"] = row["manifest"]["name"].replace("-", "_")


def _empty_and_old(row: Row) -> None:
    _set_counts(row, 0)
    _make_old(row)


def _null_counts(row: Row) -> None:
    _set_counts(row, None)
    _make_old(row)


def _no_collaborators(row: Row) -> None:
    del row["manifest"]["collaborators"]


def _share(row: Row, subject: str, role: str) -> None:
    row["manifest"]["collaborators"].append(grant(subject, role))


def _user(row: Row, salt: str) -> str:
    return f"user:{email(person(salt, row['id']))}"


def _set_counts(row: Row, count: int | None) -> None:
    row["artifact_type_counts"] = dict.fromkeys(row["artifact_type_counts"], count)
    row |= dict.fromkeys(("num_runs", "datasets_count", "tracing_projects_count"), count)


def _make_old(row: Row) -> None:
    month, day = 1 + number(12, "month", row["id"]), 1 + number(28, "day", row["id"])
    row["created_at"] = f"2022-{month:02}-{day:02}T09:30:00Z"


FAULTS: dict[str, Callable[[Row], None]] = {
    "no description": _no_description,
    "blank description": _blank_description,
    "placeholder description": _placeholder_description,
    "short description": _short_description,
    "multi-line description": _multi_line_description,
    "long description": _long_description,
    "hostile description": _hostile_description,
    "custom storage": _custom_storage,
    "sandbox storage": _sandbox_storage,
    "storage of other environment": _storage_of_other_environment,
    "storage of other tenant": _storage_of_other_tenant,
    "malformed storage": _malformed_storage,
    "user among admins": _user_among_admins,
    "user as only admin": _user_as_only_admin,
    "everyone as admin": _everyone_as_admin,
    "everyone as editor": _everyone_as_editor,
    "no admin": _no_admin,
    "many admins": _many_admins,
    "subject twice": _subject_twice,
    "subject twice in other case": _subject_twice_in_other_case,
    "external domain": _external_domain,
    "external identity": _external_identity,
    "bot": _bot,
    "subject without type": _subject_without_type,
    "upper-case name": _upper_case_name,
    "underscore name": _underscore_name,
    "empty and old": _empty_and_old,
    "null counts": _null_counts,
    "no collaborators": _no_collaborators,
}
"""Every kind of fault, and the function that adds it to a healthy row, in place."""

OFTEN = {
    "hostile description": 1,
    "no description": 5,
    "blank description": 3,
    "short description": 3,
    "user among admins": 3,
    "user as only admin": 5,
    "external domain": 3,
    "empty and old": 4,
    "no collaborators": 6,
}
"""How often a fault occurs in 250 repos, if not twice."""
