"""The directory of the sample tenant: who is in it, what is granted beside the manifests, and where artifacts lie.

::

    rows of repos ──> bindings, accounts, workspaces ──> people who are named anywhere ──> rows as the API lists them

Like the repos it is the same on every machine, and mostly fine. What is not: somebody who left still holds a grant, and
somebody nobody knows; a team has no members; a storage integration is gone; an account has expired; a binding is about
a repo that no longer exists, one has many subjects and many permissions, and one says something else than the manifest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditor.demo.accounts import virtual_account_rows, workspace_rows
from auditor.demo.bindings import role_binding_rows
from auditor.demo.healthy import Row
from auditor.demo.members import team_rows, user_rows
from auditor.demo.storages import integration_rows, role_rows


def sample_directory(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of every list beside that of the repos, by the path of the list below `/api/svc/v1`.

    Args:
        rows: The repos of the sample tenant; those that are not in its shape are left out.
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


def _items(value: Any) -> list[Any]:  # noqa: ANN401 - whatever a test serves
    return value if isinstance(value, list) else []
