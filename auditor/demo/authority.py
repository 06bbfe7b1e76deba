"""The control plane's own list of the grants on a repo: computed from its rows, without any code of the client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from auditor.demo.rows import Row

_REPO_TYPES = ("mlf-project", "ml-repo", "repository")


def generated_manifests(row: Row, directory: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Return role bindings that are equivalent to the grants on a repo, one for each role."""
    by_role: dict[str, dict[tuple[str, str], None]] = {}
    for subject, role in _grants(row, directory):
        kind, colon, name = subject.partition(":")
        by_role.setdefault(role, {})[(kind, name) if colon else ("", subject)] = None
    name = row["manifest"].get("name")
    return [
        {
            "type": "role-binding",
            "name": f"generated-{number}",
            "subjects": [{"type": kind, "name": who} for kind, who in subjects],
            "permissions": [{"resourceType": "mlf-project", "resourceFqn": name, "role": role}],
        }
        for number, (role, subjects) in enumerate(by_role.items())
    ]


def _grants(row: Row, directory: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, str]]:
    collaborators = row["manifest"].get("collaborators")
    if isinstance(collaborators, list):
        yield from ((each["subject"], each["role_id"]) for each in collaborators)
    for binding in directory.get("role-bindings", ()):
        for permission in binding["manifest"]["permissions"]:
            if _is_about(permission["resourceType"], permission["resourceFqn"], row):
                subjects = binding["manifest"]["subjects"]
                yield from ((f"{each['type']}:{each['name']}", permission["role"]) for each in subjects)
    for subject, holder in _holders(directory):
        for permission in holder.get("manifest", {}).get("permissions") or []:
            if _is_about(permission["resource_type"], permission["resource_fqn"], row):
                yield subject, permission["role_id"]
        for held in holder.get("rolesWithResource") or []:
            if _is_about(held["resourceType"], held["resourceId"], row):
                yield subject, held["roleName"]


def _holders(directory: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, Row]]:
    yield from ((f"user:{each['email']}", each) for each in directory.get("users", ()))
    yield from ((f"team:{each['manifest']['name']}", each) for each in directory.get("teams/user", ()))
    accounts = directory.get("virtual-accounts", ())
    yield from ((f"virtualaccount:{each['manifest']['name']}", each) for each in accounts)
    yield from ((f"workspace:{each['fqn']}", each) for each in directory.get("workspaces", ()))


def _is_about(kind: str, resource: str, row: Row) -> bool:
    name, tenant = row["manifest"].get("name"), row.get("tenant_name")
    return kind in _REPO_TYPES and resource in (name, f"{tenant}:{name}", str(row["id"]))
