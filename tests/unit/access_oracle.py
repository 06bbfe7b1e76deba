"""An oracle for access: walks the raw documents by brute force, the slow and obvious way."""

from __future__ import annotations

from itertools import product

REPO_TYPES = ("mlf-project", "ml-repo")


def direct_grants(row, directory):
    """Return `(subject, role, via, source)` of every grant on a repo, from the documents as the API lists them."""
    manifest = row["manifest"]
    found = [(each["subject"], each["role_id"], "inline", "") for each in manifest.get("collaborators") or []]
    for binding in directory.get("role-bindings", []):
        document = binding["manifest"]
        for subject, permission in product(document["subjects"], document["permissions"]):
            if permission["resourceType"] in REPO_TYPES and permission["resourceFqn"] == manifest["name"]:
                who = f"{subject['type']}:{subject['name']}"
                found.append((who, permission["role"], "role-binding", document["name"]))
    for path, kind, via in (
        ("virtual-accounts", "virtualaccount", "virtual-account"),
        ("workspaces", "workspace", "workspace"),
    ):
        for holder in directory.get(path, []):
            name = holder["fqn"] if via == "workspace" else holder["manifest"]["name"]
            for permission in holder["manifest"].get("permissions") or []:
                if permission["resource_type"] in REPO_TYPES and permission["resource_fqn"] == manifest["name"]:
                    found.append((f"{kind}:{name}", permission["role_id"], via, name))
    return found


def users_of(team, directory, seen=()):
    """Return the users in a team, lower-case, through teams in it."""
    if team == "everyone":
        return {user["email"].lower() for user in directory.get("users", [])}
    found = set()
    for row in directory.get("teams/user", []):
        if row["manifest"]["name"] != team or team in seen:
            continue
        for member in row["manifest"]["members"]:
            if member.startswith("team:"):
                found |= users_of(member[5:], directory, (*seen, team))
            else:
                found.add(member.lower())
    return found


def admins_behind(row, directory):
    """Return every user who can administer a repo, lower-case."""
    found = set()
    for subject, role, _, _ in direct_grants(row, directory):
        kind, _, name = subject.partition(":")
        if not role.endswith("-admin"):
            continue
        if kind == "user":
            found.add(name.lower())
        elif kind == "team":
            found |= users_of(name, directory)
    return found


def active_users(directory):
    """Return the users who may log in, lower-case."""
    return {user["email"].lower() for user in directory.get("users", []) if user["active"]}
