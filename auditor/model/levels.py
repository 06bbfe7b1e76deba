"""Levels: what a role allows on ML repos, from its permissions or, for built-in roles, from its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Level(StrEnum):
    """The level of a role on ML repos, lowest first."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


_ORDER = {level: place for place, level in enumerate(Level)}

BUILT_IN: Mapping[str, Level] = MappingProxyType(
    {
        "tenant-admin": Level.ADMIN,
        "tenant-member": Level.NONE,
        "account-owner": Level.ADMIN,
        "account-admin": Level.ADMIN,
        "mlf-project-admin": Level.ADMIN,
        "mlf-project-editor": Level.WRITE,
        "mlf-project-member": Level.WRITE,
        "mlf-project-viewer": Level.READ,
    }
)
"""The levels of built-in roles; those of account roles are not documented, so the highest is assumed."""

_ENDINGS = {"admin": Level.ADMIN, "owner": Level.ADMIN, "editor": Level.WRITE, "viewer": Level.READ}
_ACTIONS = {
    "managerepository": Level.ADMIN,
    "deleterepository": Level.ADMIN,
    "writedata": Level.WRITE,
    "deletedata": Level.WRITE,
    "readrepository": Level.READ,
    "readdata": Level.READ,
    "createrepository": Level.NONE,
    "manage": Level.ADMIN,
    "delete": Level.ADMIN,
    "write": Level.WRITE,
    "read": Level.READ,
    "*": Level.ADMIN,
}
_REPO_TYPES = frozenset({"repository", "mlf-project", "ml-repo", "*"})


def highest(levels: Iterable[Level]) -> Level:
    """Return the highest level; `NONE` if there is none."""
    return max(levels, key=_ORDER.__getitem__, default=Level.NONE)


def level_by_permissions(permissions: Iterable[str]) -> tuple[Level, tuple[str, ...]]:
    """Return the level of permissions such as `repository:WriteData` on repos, and the unknown ones among them."""
    levels, unknown = [Level.NONE], []
    for permission in permissions:
        kind, _, action = permission.partition(":")
        if kind not in _REPO_TYPES:
            continue
        level = _ACTIONS.get(action.replace("_", "").casefold() if action else "*" if kind == "*" else "")
        if level is None:
            unknown.append(permission)
        else:
            levels.append(level)
    return highest(levels), tuple(unknown)


def level_by_id(role: str) -> Level | None:
    """Return the level of a role on ML repos by the last word of its id; None if that is not a level."""
    return BUILT_IN.get(role) or _ENDINGS.get(role.rpartition("-")[2])
