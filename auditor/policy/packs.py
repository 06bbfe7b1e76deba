"""Packs: policy files, found by name or path and read whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from auditor.documents import Cursor, read_file
from auditor.errors import InvalidError, did_you_mean
from auditor.policy.params import Param, read_params
from auditor.policy.rules import rule_info
from auditor.resources import shipped_packs

_KEYS = ("policy", "name", "version", "title", "description", "docs", "params", "rules")


@dataclass(frozen=True, slots=True)
class Pack:
    """A policy file whose keys were checked; its rules are compiled once the parameters are known.

    Attributes:
        name: What the pack calls itself.
        version: Its version.
        title: What it is for.
        docs: Where its rules are explained; `#` and the id of a rule are added. Empty if nowhere.
        params: Its parameters with their defaults.
        rules: The rules as written, by id.
        names: The ids of its rules by their name.
        content: The bytes of the file.
    """

    name: str
    version: str
    title: str
    docs: str
    params: dict[str, Param]
    rules: dict[str, Cursor]
    names: dict[str, str]
    content: bytes


def find_pack(name: str, base: Path | None = None) -> Path:
    """Return the file of a pack: a shipped pack by its name, else a path relative to `base`.

    Raises:
        InvalidError: There is no such pack.
    """
    shipped = shipped_packs()
    if name in shipped:
        return shipped[name]
    path = (base or Path()) / name
    if not path.is_file():
        raise InvalidError(
            f"there is no policy {name!r}: neither a shipped pack nor a file", did_you_mean(name, shipped)
        )
    return path


def read_pack(path: Path) -> Pack:
    """Read a pack and check everything that does not depend on parameters.

    Raises:
        DocumentError: Something in it is wrong; the error names the place.
    """
    document, content = read_file(path)
    keys = document.keys(_KEYS, ("policy", "name", "version", "title", "rules"))
    if keys["policy"].value != 1 or keys["policy"].kind != "a number":
        keys["policy"].fail(f"is {keys['policy'].plain()!r}, expected 1, the version of the rule language")
    rules, names = _rules(keys["rules"])
    return Pack(
        name=keys["name"].text(),
        version=keys["version"].text(),
        title=keys["title"].text(),
        docs=keys["docs"].text() if "docs" in keys else "",
        params=read_params(keys["params"]) if "params" in keys else {},
        rules=rules,
        names=names,
        content=content,
    )


def _rules(cursor: Cursor) -> tuple[dict[str, Cursor], dict[str, str]]:
    rules: dict[str, Cursor] = {}
    names: dict[str, str] = {}
    for item in cursor.items():
        info = rule_info(item)
        if info.id in rules or info.name in names:
            item.fail(f"has the id or name of another rule ({info.id} {info.name})", "give every rule its own")
        rules[info.id] = item
        names[info.name] = info.id
    if not rules:
        cursor.fail("is empty: a policy that checks nothing", "add a rule")
    return rules, names
