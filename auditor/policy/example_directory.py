"""What a tenant has beside its repos, written in an example: only the parts that it names are known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from auditor.documents import Cursor
from auditor.model import (
    Directory,
    Integration,
    Part,
    Permission,
    Provider,
    RoleBinding,
    Subject,
    Team,
    User,
    VirtualAccount,
    Workspace,
)
from auditor.model.durations import parse_timestamp


def example_directory(cursor: Cursor) -> Directory:
    """Read the `directory` of an example.

    Raises:
        DocumentError: Something in it is wrong; the error names the place.
    """
    keys = cursor.keys(_READERS)
    parts = {
        Provider[name.upper()]: Part(tuple(_READERS[name](item) for item in child.items()))
        for name, child in keys.items()
    }
    return Directory.of(parts)


def _flag(keys: dict[str, Cursor], key: str) -> bool | None:
    return keys[key].boolean() if key in keys else None


def _texts(keys: dict[str, Cursor], key: str) -> tuple[str, ...]:
    return tuple(item.text() for item in keys[key].items()) if key in keys else ()


def _moment(keys: dict[str, Cursor], key: str) -> datetime | None:
    if key not in keys:
        return None
    try:
        return parse_timestamp(keys[key].text())
    except ValueError as error:
        keys[key].fail(f"is not a timestamp: {error}")


def _permissions(keys: dict[str, Cursor]) -> tuple[Permission, ...]:
    found = []
    for item in keys["permissions"].items() if "permissions" in keys else ():
        each = item.keys(("type", "resource", "role"), ("resource", "role"))
        kind = each["type"].text() if "type" in each else "mlf-project"
        found.append(Permission(kind, each["resource"].text(), each["role"].text()))
    return tuple(found)


def _role_binding(cursor: Cursor) -> RoleBinding:
    keys = cursor.keys(("name", "subjects", "permissions"), ("name", "subjects", "permissions"))
    subjects = tuple(Subject.parse(text) for text in _texts(keys, "subjects"))
    return RoleBinding(keys["name"].text(), subjects, _permissions(keys))


def _user(cursor: Cursor) -> User:
    keys = cursor.keys(("name", "active", "last_seen"), ("name",))
    return User(keys["name"].text(), _flag(keys, "active"), _moment(keys, "last_seen"))


def _team(cursor: Cursor) -> Team:
    keys = cursor.keys(("name", "members", "managers"), ("name",))
    return Team(keys["name"].text(), _texts(keys, "members"), _texts(keys, "managers"))


def _virtual_account(cursor: Cursor) -> VirtualAccount:
    keys = cursor.keys(("name", "permissions", "expired", "last_seen"), ("name",))
    return VirtualAccount(
        keys["name"].text(), _permissions(keys), _flag(keys, "expired"), last_seen=_moment(keys, "last_seen")
    )


def _integration(cursor: Cursor) -> Integration:
    keys = cursor.keys(("fqn", "region", "storage_root"), ("fqn",))
    region = keys["region"].text() if "region" in keys else None
    root = keys["storage_root"].text() if "storage_root" in keys else ""
    return Integration(keys["fqn"].text(), "blob-storage", region, root)


def _workspace(cursor: Cursor) -> Workspace:
    keys = cursor.keys(("fqn", "permissions"), ("fqn",))
    return Workspace(keys["fqn"].text(), _permissions(keys))


_READERS: dict[str, Callable[[Cursor], Any]] = {
    "role_bindings": _role_binding,
    "users": _user,
    "teams": _team,
    "virtual_accounts": _virtual_account,
    "integrations": _integration,
    "workspaces": _workspace,
}

DIRECTORY_KEYS = tuple(_READERS)
"""The parts of a directory that an example may name."""
