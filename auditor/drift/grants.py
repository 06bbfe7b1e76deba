"""Grants of one side, inline and by role bindings: compared without regard to order and spelling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from auditor.access.inline import collaborators_of, grant_of
from auditor.access.membership import identity
from auditor.model import Permission, Repo, RoleBinding, Subject

Key: TypeAlias = tuple[str, str, str]
"""What two spellings of one grant on a repo share: type and name of the subject, and the role."""


def subject_key(subject: Subject) -> tuple[str, str]:
    """Return what two spellings of one subject share."""
    return subject.type, identity(subject.name) if subject.type == "user" else subject.name


def permission_key(permission: Permission) -> tuple[str, str, str]:
    """Return what two spellings of one permission share: an ML repo has two names for its type."""
    kind = "ml-repo" if permission.repo is not None else permission.resource_type
    return kind, permission.resource, permission.role


def inline_grants(repo: Repo) -> dict[Key, str]:
    """Return the inline grants of a repo, each with its JSON Pointer.

    Raises:
        RuleError: The collaborators cannot be read as grants.
    """
    grants = (grant_of(entry, index) for index, entry in enumerate(collaborators_of(repo) or []))
    found: dict[Key, str] = {}
    for grant in grants:
        found.setdefault((*subject_key(grant.subject), grant.role), grant.path)
    return found


def about_repos(binding: RoleBinding) -> bool:
    """Tell whether a role binding grants anything on an ML repo."""
    return any(each.repo is not None for each in binding.permissions)


def granted(subjects: Iterable[Subject], permissions: Iterable[Permission]) -> Iterator[tuple[str, Key]]:
    """Yield what these subjects get on ML repos by these permissions: the name of the repo, and the grant."""
    keys = [subject_key(subject) for subject in subjects]
    for permission in permissions:
        if permission.repo is not None:
            yield from ((permission.repo, (*key, permission.role)) for key in keys)


class Bindings:
    """The role bindings of one side.

    Attributes:
        by_name: Each binding by its name; of two with one name the last counts, as for `tfy apply`.
    """

    def __init__(self, bindings: Iterable[RoleBinding]) -> None:
        self.by_name: Mapping[str, RoleBinding] = {each.name: each for each in bindings}
        self._on: dict[str, dict[Key, list[str]]] = {}
        for binding in self.by_name.values():
            for repo, key in granted(binding.subjects, binding.permissions):
                self._on.setdefault(repo, {}).setdefault(key, []).append(binding.name)

    def on(self, repo: str) -> Mapping[Key, list[str]]:
        """Return the grants on a repo, each with the names of the bindings that give it."""
        return self._on.get(repo, {})

    def granting(self, repo: str, key: Key) -> list[str]:
        """Return the names of the bindings that give a grant on a repo."""
        return self.on(repo).get(key, [])
