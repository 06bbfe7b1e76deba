"""An oracle for access: walks the raw documents by brute force, in the slow and obvious way."""

from __future__ import annotations

from itertools import product

REPO_TYPES = ("mlf-project", "ml-repo", "repository")
TENANT_TYPES = ("tenant", "account")
ORDER = ("none", "read", "write", "admin")
BUILT_IN = {"tenant-admin": "admin", "tenant-member": "none"}
ALLOWS = {
    "ManageRepository": "admin",
    "DeleteRepository": "admin",
    "WriteData": "write",
    "DeleteData": "write",
    "ReadRepository": "read",
    "ReadData": "read",
    "CreateRepository": "none",
}


def direct_grants(row, directory):
    """Return `(subject, role, via, source)` of every grant on a repo, from the documents as the API lists them."""
    inline = row["manifest"].get("collaborators") or []
    found = [(each["subject"], each["role_id"], "inline", "") for each in inline]
    for binding in directory.get("role-bindings", []):
        document = binding["manifest"]
        for subject, permission in product(document["subjects"], document["permissions"]):
            if permission["resourceType"] in REPO_TYPES and is_about(permission["resourceFqn"], row):
                who = f"{subject['type']}:{subject['name']}"
                found.append((who, permission["role"], "role-binding", document["name"]))
    for who, via, name, holder in holders(directory):
        for permission in holder["manifest"].get("permissions") or []:
            if permission["resource_type"] in REPO_TYPES and is_about(permission["resource_fqn"], row):
                found.append((who, permission["role_id"], via, name))
    repeated = {grant[:2] for grant in found}
    for who, via, name, holder in holders(directory):
        for held in holder.get("rolesWithResource") or []:
            grant = (who, held["roleName"], via, name)
            known = grant in found if via == "virtual-account" else grant[:2] in repeated
            if held["resourceType"] in REPO_TYPES and is_about(held["resourceId"], row) and not known:
                found.append(grant)
    return found


def holders(directory):
    """Yield subject, surface, name and document of each subject whose own document names roles."""
    for path, kind, via in (
        ("virtual-accounts", "virtualaccount", "virtual-account"),
        ("workspaces", "workspace", "workspace"),
        ("users", "user", "user-role"),
        ("teams/user", "team", "team-role"),
    ):
        for row in directory.get(path, []):
            name = row.get("email") or (row["fqn"] if kind == "workspace" else row["manifest"]["name"])
            yield f"{kind}:{name}", via, name, {"manifest": {}, **row}


def is_about(resource, row):
    """Return whether a permission on a resource is about a repo: by its name, by tenant and name, or by its id."""
    return resource in (row["manifest"]["name"], str(row["id"])) or (
        resource.count(":") == 1 and resource.split(":")[1] == row["manifest"]["name"]
    )


def tenant_grants(directory):
    """Return `(subject, role, level, via, source)` of every grant on the entire tenant that reaches repos."""
    found = set()
    for binding in directory.get("role-bindings", []):
        for subject, permission in product(binding["manifest"]["subjects"], binding["manifest"]["permissions"]):
            if permission["resourceType"] in TENANT_TYPES:
                who = f"{subject['type']}:{subject['name']}"
                found.add((who, permission["role"], "role-binding", binding["manifest"]["name"]))
    for who, via, name, holder in holders(directory):
        on_resources = holder.get("rolesWithResource") or []
        roles = holder.get("roleIds" if via == "virtual-account" else "roles") or []
        held = [role for role in roles if role not in {each.get("roleId") for each in on_resources}]
        held = [role for role in held if kind_of(role, directory) in TENANT_TYPES]
        held += [each["roleName"] for each in on_resources if each["resourceType"] in TENANT_TYPES]
        permissions = holder["manifest"].get("permissions") or []
        held += [each["role_id"] for each in permissions if each["resource_type"] in TENANT_TYPES]
        found |= {(who, role, via, name) for role in held}
    return {
        (who, role, level_of(role, directory), via, source)
        for who, role, via, source in found
        if level_of(role, directory) != "none"
    }


def kind_of(role, directory):
    """Return the type of resource that a role is for."""
    return next(
        (row["resourceType"] for row in directory.get("roles", []) if row["manifest"]["name"] == role), "tenant"
    )


def level_of(role, directory):
    """Return what a role on the tenant allows on every repo, None if that is unknown."""
    rows = [row for row in directory.get("roles", []) if row["manifest"]["name"] == role]
    if not rows:
        return BUILT_IN.get(role)
    levels = [BUILT_IN.get(role, "none")]
    for permission in rows[0]["manifest"]["permissions"]:
        if permission.startswith("repository:"):
            levels.append(ALLOWS[permission.partition(":")[2]])
    return max(levels, key=ORDER.index)


def level_on_repo(role, directory):
    """Return what a role on one repo allows there, None if that is unknown."""
    rows = [row for row in directory.get("roles", []) if row["manifest"]["name"] == role]
    endings = {"admin": "admin", "editor": "write", "viewer": "read"}
    if role in BUILT_IN or not rows or rows[0].get("isReserved"):
        return BUILT_IN.get(role) or endings.get(role.split("-")[-1])
    return level_of(role, directory)


def users_of(team, directory, seen=()):
    """Return the users in a team and in its nested teams, lower-case."""
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
        if level_on_repo(role, directory) != "admin":
            continue
        if kind == "user":
            found.add(name.lower())
        elif kind == "team":
            found |= users_of(name, directory)
    return found


def active_users(directory):
    """Return the users who may log in, lower-case."""
    return {user["email"].lower() for user in directory.get("users", []) if user["active"]}
