"""Packs: policy files, found by name or path and read completely, after the packs that they extend."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.documents import Cursor, is_unsaved, read_file
from auditor.errors import InvalidError, did_you_mean, near_hint
from auditor.model import RuleInfo
from auditor.model.values import display
from auditor.policy.data import Data, read_data, sibling_names
from auditor.policy.info import rule_info
from auditor.policy.params import Param, read_params
from auditor.resources import shipped_packs

_KEYS = (
    "policy",
    "name",
    "version",
    "title",
    "description",
    "docs",
    "extends",
    "params",
    "data",
    "overrides",
    "rules",
)
_SHARED = "x-"
"""The prefix of top-level keys with free values: parts with anchors that rules share."""

_PINNED = r"(.+)@([0-9]{1,6})"


@dataclass(frozen=True, slots=True)
class Pack:
    """A policy file with checked keys; its rules are compiled once the parameters are known.

    Attributes:
        path: The file.
        name: Its name.
        version: Its version.
        title: Its purpose.
        docs: The URL of the docs of its rules; `#` and the id of a rule are added. Empty if there is none.
        extends: The packs whose rules and parameters it inherits, as written.
        params: Its own parameters with their defaults.
        presets: Defaults that it sets for parameters of the packs that it extends.
        data: Its lists.
        overrides: Its changes to rules of the packs that it extends, by rule id or name.
        rules: The rules as written, by id.
        infos: Their texts and metadata, by id.
        names: The ids of its rules, by their names and former names.
        renamed: The ids of its rules, by former ids and names.
        content: The bytes of the file.
        parents: The packs in `extends`; empty until they are loaded.
    """

    path: str
    name: str
    version: str
    title: str
    docs: str
    extends: tuple[Cursor, ...]
    params: dict[str, Param]
    presets: dict[str, Cursor]
    data: dict[str, Data]
    overrides: dict[str, Cursor]
    rules: dict[str, Cursor]
    infos: dict[str, RuleInfo]
    names: dict[str, str]
    renamed: dict[str, str]
    content: bytes
    parents: tuple[Pack, ...] = ()

    @property
    def major(self) -> str:
        """The first part of the version, which changes when rules are added or get stricter."""
        return self.version.partition(".")[0]

    def ancestors(self) -> Iterator[Pack]:
        """Yield the packs that the pack extends, directly or not."""
        for parent in self.parents:
            yield from parent.ancestors()
            yield parent

    def page_of(self, rule_id: str) -> str:
        """Return the URL that explains a rule; empty if there is none."""
        return f"{self.docs}#{rule_id.lower()}" if self.docs else ""


def find_pack(name: str, base: str | os.PathLike[str] | None = None) -> str:
    """Return the file of a pack: a shipped pack by its name, else a path relative to `base`.

    Raises:
        InvalidError: There is no such pack.
    """
    shipped = shipped_packs()
    if name in shipped:
        return shipped[name]
    path = os.path.join(base or "", name)
    if not (os.path.isfile(path) or is_unsaved(path)):
        folder = os.path.dirname(name)
        nearby = [os.path.join(folder, each) for each in sibling_names(path) if each.endswith((".yaml", ".yml"))]
        message = f"unknown pack {name!r}: not a shipped pack or an existing file"
        raise InvalidError(message, near_hint(name, nearby) or did_you_mean(name, shipped))
    return path


def load_packs(names: Sequence[str], base: str | os.PathLike[str] | None = None) -> list[Pack]:
    """Read packs and those that they extend, each once, the extended ones first.

    Args:
        names: Packs by name or path; `name@2` accepts version 2 only.
        base: The directory that relative paths start from.

    Raises:
        InvalidError: A pack is missing, of another version, wrong, or extends itself.
    """
    loaded: dict[str, Pack] = {}
    for name in dict.fromkeys(names):
        _load(name, base, None, (), loaded)
    return list(loaded.values())


def _load(
    name: str, base: str | os.PathLike[str] | None, at: Cursor | None, below: tuple[str, ...], loaded: dict[str, Pack]
) -> Pack:
    path, major = _pinned(name, base, at)
    key = os.path.realpath(path)
    if key in below:
        chain = " -> ".join(os.path.basename(each) for each in (*below[below.index(key) :], key))
        message = f"{path} extends itself: {chain}"
        raise InvalidError(f"{at.mark}: {message}" if at else message, "remove this loop from `extends`")
    pack = loaded.get(key) or read_pack(path)
    if major is not None and pack.major != major:
        message = f"{name!r} requires version {major}, but {path} is version {pack.version}"
        raise InvalidError(f"{at.mark}: {message}" if at else message, "review the changes, then update the version")
    if key not in loaded:
        folder, below = os.path.dirname(path), (*below, key)
        parents = tuple(_load(parent.text(), folder, parent, below, loaded) for parent in pack.extends)
        loaded[key] = replace(pack, parents=parents)
    return loaded[key]


def _pinned(name: str, base: str | os.PathLike[str] | None, at: Cursor | None) -> tuple[str, str | None]:
    match = re.fullmatch(_PINNED, name) if "@" in name else None
    try:
        return (find_pack(match[1], base), match[2]) if match else (find_pack(name, base), None)
    except InvalidError as error:
        if at is None:
            raise
        at.fail(f"refers to an {error.message}", error.fix)


def read_pack(path: str) -> Pack:
    """Read a pack and check everything that does not depend on parameters.

    Raises:
        DocumentError: Something in it is wrong; the error names the place.
    """
    document, content = read_file(path)
    shared = (key for key in document.mapping() if key.startswith(_SHARED))
    keys = document.keys((*_KEYS, *shared), ("policy", "name", "version", "title"))
    if keys["policy"].value != 1 or keys["policy"].kind != "a number":
        keys["policy"].fail(f"is {display(keys['policy'].plain())}, expected 1 (the version of the rule language)")
    extends = tuple(keys["extends"].items()) if "extends" in keys else ()
    if "rules" not in keys and not extends:
        document.fail("has no 'rules'", "add it")
    rules, infos = _rules(keys["rules"]) if "rules" in keys else ({}, {})
    params, presets = read_params(keys["params"], presets=bool(extends)) if "params" in keys else ({}, {})
    if "overrides" in keys and not extends:
        keys["overrides"].fail_at_key("`overrides` changes rules of extended packs", "add `extends`")
    return Pack(
        path=path,
        name=keys["name"].text(),
        version=keys["version"].text(),
        title=keys["title"].text(),
        docs=keys["docs"].text() if "docs" in keys else "",
        extends=extends,
        params=params,
        presets=presets,
        data=read_data(keys["data"], os.path.dirname(path)) if "data" in keys else {},
        overrides=keys["overrides"].mapping() if "overrides" in keys else {},
        rules=rules,
        infos=infos,
        names={info.name: info.id for info in infos.values()},
        renamed={alias: info.id for info in infos.values() for alias in info.aliases},
        content=content,
    )


def _rules(cursor: Cursor) -> tuple[dict[str, Cursor], dict[str, RuleInfo]]:
    rules: dict[str, Cursor] = {}
    infos: dict[str, RuleInfo] = {}
    taken: set[str] = set()
    for item in cursor.items():
        info = rule_info(item)
        for word in dict.fromkeys((info.id, info.name, *info.aliases)):
            if word in taken:
                message = f"({info.id} {info.name}) uses {word!r}, which is already the id or name of another rule"
                item.fail(message, "rule ids and names must be unique")
            taken.add(word)
        rules[info.id], infos[info.id] = item, info
    if not rules:
        cursor.fail("is empty", "add at least one rule")
    return rules, infos
