"""Role bindings: grants outside the manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.demo.company import ACCOUNT_ID, TEAMS, TENANT, number
from auditor.demo.rows import ADMIN, EDITOR, VIEWER, Row, envelope, seen_at

OPERATOR, READER = "ml-repo-operator", "ml-repo-reader"
"""Custom roles on the tenant, which apply to every repo."""

_REPO, _REPO_TOO = "mlf-project", "ml-repo"
"""The type of ML repos in permissions: in the vendor's tools, and in its documentation."""

DEAD_TEAM = "robotics-lab"
"""A team without members."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def role_binding_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the role bindings of a tenant with these repos, as the API lists them.

    Most repos without collaborators have their grants here. There are also bindings with faults, and some about other
    resources than repos.
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
    """Return the binding that the vendor's migration creates from the former collaborators of a manifest."""
    name = str(row["manifest"]["name"])
    team = next((team.name for team in TEAMS if any(name.startswith(project) for project in team.projects)), "teamb")
    tail = "".join(_DIGITS[number(36, "tail", name, place)] for place in range(2))
    return _row(f"mlr-{name.lower()[:25]}-admin-{tail}", [("team", team)], [(_REPO, name, ADMIN)])


def _special(names: Sequence[str]) -> Iterator[tuple[str, list[tuple[str, str]], list[tuple[str, str, str]]]]:
    """Yield the bindings with faults."""
    if len(names) > 1:
        # The manifest of this repo has another team as its admin.
        yield "second-opinion", [("team", "trust-safety")], [(_REPO_TOO, names[1], ADMIN)]
    if len(names) > 7:
        subjects = [("team", "ml-platform"), ("virtualaccount", "release-train"), ("user", "uma.quinn@example.com")]
        yield "platform-everywhere", subjects, [(_REPO, name, EDITOR) for name in names[2:7]]
        yield f"{DEAD_TEAM}-readers", [("team", DEAD_TEAM)], [(_REPO, names[7], VIEWER)]
        yield (
            "partner-readers",
            [("external-identity", "partner-analytics")],
            [(_REPO_TOO, f"{TENANT}:{names[6]}", VIEWER)],
        )
        yield "platform-operators", [("team", "ml-platform")], [("tenant", TENANT, OPERATOR)]
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


def virtual_account_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the virtual accounts: one trains, one releases as an admin, and one has expired and still holds grants."""
    names = [str(row["manifest"]["name"]) for row in rows]
    return [
        _with_tenant_role(_account("nightly-train", names[10:14], EDITOR, "2027-06-30"), READER),
        _account("release-train", [name for name in names[:40] if name.endswith("-prod")][:5], ADMIN, "2027-06-30"),
        _account("legacy-exporter", names[14:16], VIEWER, "2025-03-31", expired=True),
    ]


def _account(name: str, repos: Sequence[str], role: str, expires: str, *, expired: bool = False) -> Row:
    permissions = [
        {"resource_type": "cluster", "resource_fqn": f"{TENANT}:eu-west-1", "role_id": "cluster-viewer"},
        *({"resource_type": "mlf-project", "resource_fqn": repo, "role_id": role} for repo in repos),
    ]
    return {
        **envelope("virtual-account", name),
        "type": "virtual-account",
        "manifest": {
            "type": "virtual-account",
            "name": name,
            "permissions": permissions,
            "expiration_date": expires,
            "ownedBy": {"team": "ml-platform"},
        },
        "isExpired": expired,
        "lastAccessedAt": seen_at(name, 300, 400) if expired else seen_at(name, 0, 2),
        "roleIds": [],
        "rolesWithResource": [],
        "metadata": {},
    }


def _with_tenant_role(row: Row, role: str) -> Row:
    held = {"roleId": role, "resourceType": "tenant", "resourceId": TENANT, "roleName": role}
    return {**row, "roleIds": [role], "rolesWithResource": [held]}


def workspace_rows(rows: Sequence[Row]) -> list[Row]:
    """Return two workspaces; the first may write to a repo."""
    names = [str(row["manifest"]["name"]) for row in rows]
    granted = [{"resource_type": "mlf-project", "resource_fqn": name, "role_id": EDITOR} for name in names[16:17]]
    return [_workspace("training", granted), _workspace("notebooks", [])]


def _workspace(name: str, permissions: list[dict[str, str]]) -> Row:
    cluster = f"{TENANT}:eu-west-1"
    return {
        **envelope("workspace", name),
        "fqn": f"{cluster}:{name}",
        "clusterId": cluster,
        "manifest": {"type": "workspace", "cluster_fqn": cluster, "name": name, "permissions": permissions},
    }


_TYPES = {
    "aws": ("integration/blob-storage/aws/s3", "s3://{bucket}/ml-repos"),
    "gcp": ("integration/blob-storage/gcp/gcs", "gs://{bucket}/ml-repos"),
    "azure": ("integration/blob-storage/azure/blob", "https://{account}.blob.core.windows.net/{bucket}/ml-repos"),
}
"""The names of integrations of each provider in manifests, and their storage; others do not exist."""

_PLACES = ("eu-west-1", "us-east-1", "westeurope", "northeurope", "europe-west4", "us-central1")

_ALLOWED = {
    ADMIN: (
        "Admin",
        "Everything, also granting access",
        ["mlf-project:read", "mlf-project:write", "mlf-project:manage"],
    ),
    EDITOR: ("Editor", "Adds and removes runs and artifacts", ["mlf-project:read", "mlf-project:write"]),
    VIEWER: ("Viewer", "Reads only", ["mlf-project:read"]),
}


_READS = ("repository:ReadRepository", "repository:ReadData")
_OF_TENANT = (
    ("tenant-admin", "tenant", "Tenant admin", "Everything", ["tenant:manage"]),
    ("tenant-member", "tenant", "Tenant member", "What others grant", ["tenant:read"]),
    ("team-manager", "team", "Team manager", "Decides who is in the team", ["team:manage"]),
    ("team-member", "team", "Team member", "Is in the team", ["team:read"]),
    (
        OPERATOR,
        "tenant",
        "ML repo operator",
        "Runs every ML repo",
        [*_READS, "repository:WriteData", "repository:ManageRepository"],
    ),
    (READER, "tenant", "ML repo reader", "Reads every ML repo", _READS),
)


def integration_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the integrations in manifests, except those of removed providers and tenants."""
    fqns = {str(row["manifest"]["storage_integration_fqn"]) for row in rows}
    segments = sorted(tuple(fqn.split(":")) for fqn in fqns)
    return [_integration(*each) for each in segments if len(each) == 5 and each[0] == TENANT and each[1] in _TYPES]


def _integration(tenant: str, provider: str, account: str, kind: str, name: str) -> Row:
    manifest_type, root = _TYPES[provider]
    fqn = f"{tenant}:{provider}:{account}:{kind}:{name}"
    manifest = {
        "type": manifest_type,
        "name": name,
        "storage_root": root.format(bucket=f"{tenant}-{name}", account=account.replace("-", "")),
        "auth_data": {"type": "demo/credentials", "secret": "this must never leave the control plane"},
        "authorized_subjects": [],
    }
    region = next((place for place in _PLACES if name.endswith(place)), None)
    return {
        **envelope("integration", fqn),
        "name": name,
        "fqn": fqn,
        "type": kind,
        "manifest": {**manifest, "region": region} if region and provider == "aws" else manifest,
        "metadata": {},
        "providerAccountFqn": f"{tenant}:{provider}:{account}",
    }


def role_rows() -> list[Row]:
    """Return the built-in roles of ML repos, teams and the tenant, and two custom roles that reach every repo."""
    of_repos = [(name, "mlf-project", *about) for name, about in _ALLOWED.items()]
    return [*(_role(*each) for each in of_repos), *(_role(*each) for each in _OF_TENANT)]


def _role(name: str, kind: str, title: str, about: str, permissions: Sequence[str]) -> Row:
    custom = name in {OPERATOR, READER}
    return {
        **envelope("role", name),
        "id": name,
        "accountId": ACCOUNT_ID,
        "resourceType": kind,
        "manifest": {
            "type": "role",
            "name": name,
            "displayName": title,
            "description": about,
            "resourceType": kind,
            "permissions": list(permissions),
        },
        "isEditable": custom,
        "isDefault": False,
        "isReserved": not custom,
    }
