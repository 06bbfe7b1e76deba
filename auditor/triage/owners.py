"""Owners: the people responsible for the findings of a repo. The first source with an owner decides."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from auditor.access import DirectoryIndex, access_of
from auditor.documents import Cursor, decode, read_file
from auditor.errors import InvalidError, RuleError
from auditor.model import Finding, Repo
from auditor.model.globs import glob_matcher
from auditor.policy.patterns import compiled

OwnerSource: TypeAlias = Callable[[Repo, DirectoryIndex], str | None]
"""Returns the owner of a repo; None if the source has none."""

UNOWNED = "unowned"
"""The group of findings with an unknown owner."""

CODEOWNERS = ("CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS")

_GLOB = "glob:"
_WORDS = ("admin-team", "creator", "account", "codeowners")
_KEYS = ("name", "description", "file")


def read_owners(cursor: Cursor, base: Path) -> tuple[OwnerSource, ...]:
    """Return the sources of owners in a configuration.

    Args:
        cursor: The list in `auditor.yaml`.
        base: The directory of relative paths; CODEOWNERS is in it or above.

    Raises:
        InvalidError: A source is unknown or wrong, or its file cannot be read.
    """
    return tuple(_source(item, base) for item in cursor.items())


def _source(item: Cursor, base: Path) -> OwnerSource:
    if item.scalar:
        word = item.choice(_WORDS)
        if word == "codeowners":
            return _codeowners(item, base)
        return {"admin-team": _admin_team, "creator": _creator, "account": _account}[word]
    keys = item.keys(_KEYS)
    if len(keys) != 1:
        item.fail(f"has {len(keys)} keys, expected one of {', '.join(_KEYS)}")
    if "file" in keys:
        return _from_file(base / keys["file"].text())
    [(key, cursor)] = keys.items()
    return _from_pattern(key, cursor)


def _admin_team(repo: Repo, directory: DirectoryIndex) -> str | None:
    try:
        access = access_of(repo, directory)
    except RuleError:
        return None
    return next(iter(access.admin_teams), None) if access else None


def _creator(repo: Repo, _directory: DirectoryIndex) -> str | None:
    creator = repo.envelope.get("created_by_subject")
    name = creator.get("subjectSlug") if isinstance(creator, dict) else None
    return _filled(name)


def _account(repo: Repo, _directory: DirectoryIndex) -> str | None:
    owned = repo.manifest.get("ownedBy")
    return _filled(owned.get("account")) if isinstance(owned, dict) else None


def _filled(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _from_pattern(key: str, cursor: Cursor) -> OwnerSource:
    try:
        pattern = compiled(cursor.text())
    except ValueError as error:
        cursor.fail(str(error))
    if pattern.groups != ("owner",):
        cursor.fail("captures no owner", "write it with one named group, for example (?P<owner>[a-z]+)-.*")

    def owner(repo: Repo, _directory: DirectoryIndex) -> str | None:
        text = repo.manifest.get(key)
        try:
            captured = pattern.captures(text) if isinstance(text, str) else None
        except UnicodeEncodeError:
            return None
        return _filled(captured.get("owner")) if captured else None

    return owner


def _from_file(path: Path) -> OwnerSource:
    """Return a source that looks up repos in a file: YAML or JSON `repo: owner`, or CSV with these two columns."""
    entries = _csv(path) if path.suffix == ".csv" else _mapping(path)
    exact = {repo: owner for repo, owner in entries.items() if not repo.startswith(_GLOB)}
    globs = [
        (glob_matcher((repo.removeprefix(_GLOB),)), owner) for repo, owner in entries.items() if repo.startswith(_GLOB)
    ]

    def owner(repo: Repo, _directory: DirectoryIndex) -> str | None:
        found = exact.get(repo.name)
        return found or next((owner for matches, owner in globs if matches(repo.name)), None)

    return owner


def _mapping(path: Path) -> Mapping[str, str]:
    return {repo: cursor.text() for repo, cursor in read_file(path)[0].mapping().items()}


def _csv(path: Path) -> Mapping[str, str]:
    try:
        rows = list(csv.reader(decode(path.read_bytes(), str(path)).splitlines()))
    except (OSError, csv.Error) as error:
        raise InvalidError(f"{path} cannot be read: {error}") from None
    if not rows or rows[0] != ["repo", "owner"]:
        raise InvalidError(f"{path}:1: expected the header `repo,owner`")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != 2 or not all(cell.strip() for cell in row):
            raise InvalidError(f"{path}:{number}: expected a repo and its owner")
    return {row[0].strip(): row[1].strip() for row in rows[1:]}


def _codeowners(item: Cursor, base: Path) -> OwnerSource:
    """Return a source that looks up manifest files in CODEOWNERS: the last matching pattern counts."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 45 ms that only runs with CODEOWNERS need

    start = base.resolve()
    places = [(folder, folder / name) for folder in (start, *start.parents) for name in CODEOWNERS]
    root, file = next(((folder, file) for folder, file in places if file.is_file()), (start, None))
    if file is None:
        item.fail("needs a CODEOWNERS file, but none was found", f"expected one of {', '.join(CODEOWNERS)}")
    patterns = [
        (GitIgnoreSpec.from_lines([words[0]]), words[1:]) for words in _entries(decode(file.read_bytes(), str(file)))
    ]

    here = Path.cwd()  # now, since with --policy-from the directory is that of the commit

    def owner(repo: Repo, _directory: DirectoryIndex) -> str | None:
        place = repo.locate("") if repo.locate else None
        if place is None:
            return None
        path = os.path.relpath(here / place.file, root)
        found = [owners for pattern, owners in patterns if pattern.match_file(path)]
        return " ".join(found[-1]) or None if found else None

    return owner


def _entries(text: str) -> Iterable[list[str]]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words and not words[0].startswith(("[", "^[")):  # sections of GitLab
            yield words


def owner_of(sources: Sequence[OwnerSource], directory: DirectoryIndex) -> Callable[[Repo], str | None]:
    """Return a function that returns the owner of a repo."""

    def owner(repo: Repo) -> str | None:
        return next((found for source in sources if (found := source(repo, directory))), None)

    return owner


def by_owner(findings: Iterable[Finding]) -> Mapping[str, list[Finding]]:
    """Return findings by owner, the owners in alphabetical order and those without one last."""
    groups: dict[str, list[Finding]] = {}
    for each in findings:
        groups.setdefault(each.owner or UNOWNED, []).append(each)
    return dict(sorted(groups.items(), key=lambda item: (item[0] == UNOWNED, item[0])))
