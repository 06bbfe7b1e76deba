"""Contexts: the settings of the nearest `auditor.yaml`, read again when one of its files changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from auditor.documents import Cursor, unsaved
from auditor.errors import InvalidError
from auditor.lsp.problems import Problem, problem_of
from auditor.model import RuleInfo
from auditor.pipeline import AuditOptions
from auditor.policy import Policy
from auditor.sources.files.selection import Selection


@dataclass(frozen=True, slots=True)
class KnownRule:
    """A rule of the policy or a built-in rule.

    Attributes:
        info: The texts and metadata.
        page: Returns its page, as Markdown.
        written: The rule as written in its pack; None if it is in no pack.
    """

    info: RuleInfo
    page: Callable[[], str]
    written: Cursor | None


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that determines the diagnostics of a folder.

    Attributes:
        config: The configuration file; None if there is none.
        policy: The policy.
        options: The options of an audit, with waivers and baseline.
        selection: Which files are excluded.
        strict: Whether every document of a file has to be a manifest.
        rules: Every rule, by id, name and former names.
        waivers: The file of waivers in the configuration; None if there is none.
        waiver_days: How many days ahead a waiver may expire.
        inputs: The files that it was read from.
    """

    config: Path | None
    policy: Policy
    options: AuditOptions
    selection: Selection
    strict: bool
    rules: Mapping[str, KnownRule]
    waivers: Path | None
    waiver_days: int
    inputs: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A context that cannot be loaded, and why."""

    problem: Problem


State: TypeAlias = Context | Broken
_Stamp: TypeAlias = "tuple[tuple[int, int, int] | None, ...]"


class Contexts:
    """The contexts of folders; each is kept until a file that it was read from changes."""

    def __init__(self, find: Callable[[Path], Path | None], load: Callable[[Path], Context]) -> None:
        """Start without any context.

        Args:
            find: Returns the configuration file of a folder.
            load: Reads the context of a folder. Both raise InvalidError.
        """
        self._find, self._load = find, load
        self._kept: dict[Path | None, tuple[_Stamp, Context]] = {}

    def of(self, folder: Path) -> State:
        """Return the context of a folder; a broken one is read again each time."""
        config: Path | None = None
        try:
            config = self._find(folder)
            kept = self._kept.get(config)
            if kept and kept[0] == _stamp(kept[1].inputs):
                return kept[1]
            context = self._load(folder)
            self._kept[config] = _stamp(context.inputs), context
        except InvalidError as error:
            return _broken(error, config)
        return context

    def with_unsaved(self, path: Path, text: str) -> State:
        """Return the context of the folder of a file as if the file were saved with this text."""
        with unsaved({os.path.realpath(path): text.encode("utf-8", "surrogatepass")}):
            config: Path | None = None
            try:
                config = self._find(path.parent)
                return self._load(path.parent)
            except InvalidError as error:
                return _broken(error, config)


def _broken(error: InvalidError, config: Path | None) -> Broken:
    """Return why a context cannot be loaded; an error without a place is about a file in the configuration."""
    problem = problem_of(error)
    if config and not problem.file:
        problem = replace(problem, file=str(config))
    return Broken(problem)


def _stamp(files: Sequence[Path]) -> _Stamp:
    """Return a value that changes with a file: its inode, size and time."""
    return tuple(map(_stamp_of, files))


def _stamp_of(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
