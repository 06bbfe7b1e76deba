"""Examples: repos that pass or fail a rule, written next to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from auditor.documents import Cursor, Mark
from auditor.model import (
    Directory,
    Integration,
    Json,
    Part,
    Permission,
    PlatformRole,
    Provider,
    RoleBinding,
    Subject,
    Team,
    User,
    VirtualAccount,
    Workspace,
)
from auditor.model.values import parse_timestamp
from auditor.policy.rules import OwnParams


@dataclass(frozen=True, slots=True)
class ExampleRepo:
    """A repo of an example: its manifest and its data from the API."""

    manifest: dict[str, Json]
    repo: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Example:
    """Repos that pass or fail a rule: one, or several for a rule across repos.

    Attributes:
        repos: The repos.
        directory: The directory of the tenant; parts that the example does not have are unknown.
        params: Parameters that differ from the defaults.
        now: The current time for them, an ISO 8601 timestamp; None if that does not matter.
        passes: Whether they pass the rule.
        cursor: The example as written.
    """

    repos: tuple[ExampleRepo, ...]
    directory: Directory
    params: dict[str, Json]
    now: str | None
    passes: bool
    cursor: Cursor = field(compare=False, repr=False)

    @property
    def mark(self) -> Mark:
        """The place of the example; computed on demand, as most runs do not need it."""
        return self.cursor.mark


_OF_REPO = ("manifest", "repo")


def read_examples(cursor: Cursor, own_params: OwnParams) -> tuple[Example, ...]:
    """Read the `examples` of a rule.

    Raises:
        DocumentError: Something in them is wrong; the error names the place.
    """
    keys = cursor.keys(("pass", "fail"))
    return tuple(
        _example(item, passes, own_params)
        for key, passes in (("pass", True), ("fail", False))
        if key in keys
        for item in keys[key].items()
    )


def _example(cursor: Cursor, passes: bool, own_params: OwnParams) -> Example:
    keys = cursor.keys((*_OF_REPO, "repos", "directory", "params", "now"))
    if "repos" in keys and set(keys) & set(_OF_REPO):
        cursor.fail("has both `repos` and a single repo", "put every repo under `repos`")
    repos = [item.keys(_OF_REPO) for item in keys["repos"].items()] if "repos" in keys else [keys]
    return Example(
        repos=tuple(example_repo(each) for each in repos),
        directory=example_directory(keys["directory"]) if "directory" in keys else Directory(),
        params=own_params(keys["params"]) if "params" in keys else {},
        now=read_timestamp(keys["now"]) if "now" in keys else None,
        passes=passes,
        cursor=cursor,
    )


def example_repo(keys: Mapping[str, Cursor]) -> ExampleRepo:
    """Return the repo from the keys `manifest` and `repo`, which are both optional."""
    return ExampleRepo(_document(keys, "manifest"), _document(keys, "repo"))


def _document(keys: Mapping[str, Cursor], key: str) -> dict[str, Json]:
    plain = keys[key].plain() if key in keys else {}
    if not isinstance(plain, dict):
        keys[key].fail(f"is {keys[key].kind}, expected a mapping")
    return cast("dict[str, Json]", plain)


def read_timestamp(cursor: Cursor) -> str:
    """Read an ISO 8601 timestamp.

    Raises:
        DocumentError: It is not one.
    """
    text = cursor.text()
    try:
        parse_timestamp(text)
    except ValueError:
        cursor.fail(f"is {text!r}, expected a timestamp such as 2026-01-01T00:00:00Z")
    return text


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
    keys = cursor.keys(("name", "active", "last_seen", "roles"), ("name",))
    return User(keys["name"].text(), _flag(keys, "active"), _moment(keys, "last_seen"), _texts(keys, "roles"))


def _team(cursor: Cursor) -> Team:
    keys = cursor.keys(("name", "members", "managers", "roles"), ("name",))
    members, managers = _texts(keys, "members"), _texts(keys, "managers")
    return Team(keys["name"].text(), members, managers, roles=_texts(keys, "roles"))


def _virtual_account(cursor: Cursor) -> VirtualAccount:
    keys = cursor.keys(("name", "permissions", "expired", "last_seen", "roles"), ("name",))
    return VirtualAccount(
        keys["name"].text(),
        _permissions(keys),
        _flag(keys, "expired"),
        last_seen=_moment(keys, "last_seen"),
        roles=_texts(keys, "roles"),
    )


def _role(cursor: Cursor) -> PlatformRole:
    keys = cursor.keys(("name", "type", "permissions", "built_in"), ("name",))
    name = keys["name"].text()
    kind = keys["type"].text() if "type" in keys else "tenant"
    return PlatformRole(name, name, kind, _texts(keys, "permissions"), _flag(keys, "built_in") or False)


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
    "roles": _role,
    "workspaces": _workspace,
}

DIRECTORY_KEYS = tuple(_READERS)
"""The parts of a directory that an example may have."""
