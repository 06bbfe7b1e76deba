"""The declared state: repos and role bindings in files, and files whose declarations are unknown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auditor.drift.bindings import Bindings, Key, inline_grants
from auditor.errors import RuleError, UnreadError
from auditor.model import Binding, Finding, Origin, Repo, RoleBinding, Source, Unread, UnreadKind
from auditor.sources.directory.entries import role_binding_of
from auditor.sources.directory.row_fields import Fields
from auditor.sources.files.rules import EMPTY, LOOKALIKE, TENANT_WIDE_ACCESS

_HARMLESS = {EMPTY.id, LOOKALIKE.id, TENANT_WIDE_ACCESS.id}
"""Findings about documents whose declarations are still certain."""

_FIX = "fix the manifest (`auditor check` shows the details)"


@dataclass(frozen=True, slots=True)
class DeclaredRepo:
    """A repo in a file.

    Attributes:
        repo: The repo.
        grants: Its inline grants, each with its JSON Pointer; None if they cannot be read.
    """

    repo: Repo
    grants: dict[Key, str] | None


@dataclass(frozen=True, slots=True)
class Declared:
    """Everything that files declare.

    Attributes:
        repos: By name.
        bindings: The role bindings.
        unread: What could not be read, or has an uncertain declared state.
        origin: The files.
        found: The number of repos.
    """

    repos: dict[str, DeclaredRepo]
    bindings: Bindings
    unread: tuple[Unread, ...]
    origin: Origin
    found: int


def declared_in(files: Source) -> Declared:
    """Read everything that files declare."""
    repos: dict[str, DeclaredRepo] = {}
    bindings: list[RoleBinding] = []
    unread: list[Unread] = []
    found = 0
    for item in files.collect():
        if isinstance(item, Unread):
            unread.append(item)
        elif isinstance(item, Finding):
            unread += [_uncertain(item)] if item.rule.id not in _HARMLESS else []
        elif isinstance(item, Repo):
            found += 1
            _take_repo(item, repos, unread)
        else:
            _take_binding(item, bindings, unread)
    return Declared(repos, Bindings(bindings), tuple(unread), files.origin(), found)


def _take_repo(repo: Repo, repos: dict[str, DeclaredRepo], unread: list[Unread]) -> None:
    if not isinstance(repo.manifest.get("name"), str):
        unread.append(_unread(repo, "its name is missing or not a string"))
        return
    grants = None
    try:
        grants = inline_grants(repo)
    except RuleError as error:
        unread.append(_unread(repo, error.message))
    repos[repo.name] = DeclaredRepo(repo, grants)


def _take_binding(binding: Binding, bindings: list[RoleBinding], unread: list[Unread]) -> None:
    try:
        found = role_binding_of(Fields(binding.manifest))
    except UnreadError as error:
        unread.append(_unread(binding, error.message))
        return
    bindings.append(replace(found, location=binding.locate("/name") if binding.locate else None))


def _unread(manifest: Repo | Binding, reason: str) -> Unread:
    where = manifest.locate("/name") if manifest.locate else None
    what = f"{where.file}:{where.line}:{where.column}" if where else manifest.ref.name
    return Unread(UnreadKind.FILE, what, reason, _FIX)


def _uncertain(finding: Finding) -> Unread:
    place = finding.location
    what = f"{place.file}:{place.line}:{place.column}" if place else finding.repo.name
    fix = "" if finding.message.endswith("?") else _FIX
    return Unread(UnreadKind.FILE, what, f"the declared state is uncertain: {finding.message}", fix)
