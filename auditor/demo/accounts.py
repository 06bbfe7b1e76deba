"""Accounts for programs: virtual accounts, and the service accounts of workspaces."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.demo.company import TENANT
from auditor.demo.envelope import envelope, seen_at
from auditor.demo.healthy import ADMIN, EDITOR, VIEWER, Row


def virtual_account_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the virtual accounts: one trains, one releases as an admin, and one has expired and still holds grants."""
    names = [str(row["manifest"]["name"]) for row in rows]
    return [
        _account("nightly-train", names[10:14], EDITOR, "2027-06-30"),
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


def workspace_rows(rows: Sequence[Row]) -> list[Row]:
    """Return two workspaces; what runs in the first may write to a repo."""
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
