"""Every suggestion for a tenant: a file for each repo or role binding whose grants should change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditor.access import EMPTY_DIRECTORY, DirectoryIndex
from auditor.access.suggestions.advisor import Advisor, Names
from auditor.access.suggestions.inline import BindingSuggestion, moved, suggest_inline
from auditor.model import Binding, Repo, RoleBinding
from auditor.model.values import AnyJson
from auditor.validation import validate


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One file.

    Attributes:
        what: The type and name of its subject, for people.
        reasons: What it changes and why, one sentence each.
        documents: The manifests, each valid by its schema.
        file: Its name.
    """

    what: str
    reasons: tuple[str, ...]
    documents: tuple[dict[str, Any], ...]
    file: str


@dataclass(slots=True)
class Suggestions:
    """Suggestions, repo after repo.

    Attributes:
        repo: The only repo to suggest anything for; None for all.
        left: The manual steps that no file contains, a sentence each.
    """

    repo: str | None = None
    left: list[str] = field(default_factory=list)
    _directory: DirectoryIndex = EMPTY_DIRECTORY
    _judge: Advisor = field(default_factory=lambda: Advisor(EMPTY_DIRECTORY))
    _repos: dict[str, Repo] = field(default_factory=dict)

    def start(self, directory: DirectoryIndex) -> None:
        """Set the directory of the tenant, before the first repo is added."""
        self._directory = directory
        self._judge = Advisor(directory)

    def add(self, repo: Repo) -> None:
        """Add a repo, or replace it if it was added before. A repo without inline grants is not kept."""
        self._repos.pop(repo.id, None)
        if repo.manifest.get("collaborators") and self.repo in {None, repo.name}:
            self._repos[repo.id] = repo

    def all(self) -> Iterator[Suggestion]:
        """Yield every suggestion, by name of repo, then by name of role binding."""
        part = self._directory.directory.role_bindings
        names = Names(each.name for each in part.values)
        for repo in sorted(self._repos.values(), key=lambda each: (each.name, each.id)):
            yield from self._for_repo(repo, names if part.complete else None)
        for binding in sorted(part.values, key=lambda each: each.name):
            about = {each.repo for each in binding.permissions} - {None}
            if about if self.repo is None else self.repo in about:
                yield from self.for_binding(binding)

    def for_repo(self, repo: Repo) -> Iterator[Suggestion]:
        """Yield what would fix the inline grants of a repo; none of them is moved to a role binding."""
        return self._for_repo(repo, None)

    def for_binding(self, binding: RoleBinding) -> Iterator[Suggestion]:
        """Yield what would fix a role binding."""
        return self._for_binding(BindingSuggestion(binding, self._judge), binding.name)

    def _for_repo(self, repo: Repo, names: Names | None) -> Iterator[Suggestion]:
        what = f"ml-repo {repo.name}"
        inline = suggest_inline(repo, self._directory, self._judge)
        if inline is None or validate(repo):
            self.left.append(f"{what}: fix the manifest first, because it is not valid")
            return
        documents: list[dict[str, Any]] = []
        reasons = list(inline.reasons)
        if inline.changed:
            documents = [{**repo.manifest, "collaborators": inline.collaborators}]
            before = any(str(each.get("role_id")).endswith("-admin") for each in _dicts(repo.manifest["collaborators"]))
            if before and not any(each["role_id"].endswith("-admin") for each in inline.collaborators):
                reasons.append("no admin is left in the manifest, so check that a role binding has one")
        elif names is not None:
            documents, why = moved(repo, inline.collaborators, names)
            reasons += [why] if documents else []
        yield from self._checked(what, reasons, documents, f"ml-repo.{repo.name}.yaml")

    def _for_binding(self, bound: BindingSuggestion, name: str) -> Iterator[Suggestion]:
        what = f"role-binding {name}"
        if bound.empty_after_change:
            self.left.append(f"{what}: delete it, because it would have no subjects ({'; '.join(bound.reasons)})")
            return
        documents = [bound.manifest] if bound.manifest else []
        yield from self._checked(what, bound.reasons, documents, f"role-binding.{name}.yaml")

    def _checked(
        self, what: str, reasons: Sequence[str], documents: Sequence[dict[str, Any]], file: str
    ) -> Iterator[Suggestion]:
        if not documents:
            self.left += [f"{what}: {reason}" for reason in reasons]
        elif any(map(_wrong, documents)):
            self.left.append(f"{what}: the suggested manifest is not valid ({', '.join(reasons)})")
        else:
            yield Suggestion(what, tuple(reasons), tuple(documents), file)


def _dicts(value: AnyJson) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _wrong(document: dict[str, Any]) -> bool:
    kind = Repo if document.get("type") == "ml-repo" else Binding
    return bool(validate(kind("suggested", document)))
