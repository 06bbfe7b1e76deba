"""The registry of lints: a function, its name, its level, and its documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from auditor.documents import Cursor, Mark, read_file
from auditor.policy import Rule, load_policy

Level: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack that loads without an error.

    Attributes:
        path: The file.
        keys: Its keys, as written.
        rules: Its own rules.
    """

    path: Path
    keys: dict[str, Cursor]
    rules: tuple[Rule, ...]


Found: TypeAlias = "tuple[Mark, str, str]"
"""The place, the problem, and how to fix it."""


@dataclass(frozen=True, slots=True)
class Lint:
    """One lint.

    Attributes:
        name: Its name in reports.
        level: `error` if the pack cannot work as written, else `warning`.
        meaning: What it detects, one sentence.
        find: Yields its findings in a pack.
    """

    name: str
    level: Level
    meaning: str
    find: Callable[[LoadedPack], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A likely mistake at a place in a pack."""

    lint: str
    level: Level
    where: Mark
    message: str
    fix: str


LINTS: dict[str, Lint] = {}
"""Every lint by its name."""


def lint(level: Level) -> Callable[[Callable[[LoadedPack], Iterator[Found]]], Callable[[LoadedPack], Iterator[Found]]]:
    """Register a function under its name, with hyphens; its docstring is its meaning."""

    def register(find: Callable[[LoadedPack], Iterator[Found]]) -> Callable[[LoadedPack], Iterator[Found]]:
        name = find.__name__.replace("_", "-")
        LINTS[name] = Lint(name, level, (find.__doc__ or "").strip(), find)
        return find

    return register


def lint_pack(path: Path, without: frozenset[str] = frozenset()) -> list[LintFinding]:
    """Return the likely mistakes in a pack, in the order of its lines.

    Args:
        path: The pack.
        without: Names of lints to skip.

    Raises:
        InvalidError: The pack has an error.
    """
    policy = load_policy([str(path)])
    document, _ = read_file(path)
    rules = tuple(rule for rule in policy.rules if rule.written.mark.file == str(path))
    pack = LoadedPack(path, document.mapping(), rules)
    found = [
        LintFinding(each.name, each.level, where, message, fix)
        for each in LINTS.values()
        if each.name not in without
        for where, message, fix in each.find(pack)
    ]
    return sorted(found, key=lambda remark: (remark.where.line, remark.where.column, remark.lint))


def label_of(rule: Rule) -> str:
    """Return the name of a rule in lint findings."""
    return f"{rule.info.id} {rule.info.name}"


def key_of(rule: Rule, key: str) -> Mark:
    """Return the place of a key of a rule, or of the rule if it lacks the key."""
    cursor = rule.written.mapping().get(key)
    return (cursor.key_mark or cursor.mark) if cursor else rule.written.mark
