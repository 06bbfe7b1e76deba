"""Role bindings: those in files compared with those of the tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TypeAlias, TypeVar

from auditor.access.access import collaborators_of, grant_of
from auditor.access.membership import identity
from auditor.drift.values import Access, Difference, Kind
from auditor.model import Permission, Repo, RoleBinding, Subject

Key: TypeAlias = tuple[str, str, str]
"""The key that all spellings of a grant on a repo share: type and name of the subject, and the role."""

Has: TypeAlias = Callable[[str, Key], bool]
"""Returns whether one side has a grant on a repo, in any place."""

_T = TypeVar("_T")
_NOTHING = "none"


class BindingComparison:
    """Compares role bindings that are about ML repos on either side.

    Args:
        declared: Those in files.
        live: Those of the tenant.
        declared_has: All grants in files.
        live_has: All grants of the tenant, inline and in role bindings.
        compared: The live names of the repos whose grants are compared one by one.
        declared_complete: Whether all declarations were read.
        live_complete: Whether all role bindings and all repos of the tenant were read.
    """

    def __init__(
        self,
        declared: Bindings,
        live: Bindings,
        declared_has: Has,
        live_has: Has,
        compared: AbstractSet[str],
        *,
        declared_complete: bool,
        live_complete: bool,
    ) -> None:
        self._declared, self._live = declared.by_name, live.by_name
        self._declared_has, self._live_has = declared_has, live_has
        self._compared = compared
        self._declared_complete, self._live_complete = declared_complete, live_complete

    def differences(self) -> Iterator[Difference]:
        """Yield every difference, by name."""
        for name in sorted(self._declared.keys() | self._live.keys()):
            ours, theirs = self._declared.get(name), self._live.get(name)
            if not any(about_repos(each) for each in (ours, theirs) if each):
                continue
            if ours and theirs:
                yield from self._parts(ours, theirs)
            elif ours:
                access = self._access(ours.subjects, ours.permissions, self._live_has, Access.LOST)
                yield _entire(Kind.MISSING, ours, access, certain=self._live_complete)
            elif theirs:
                yield from self._undeclared(theirs)

    def _undeclared(self, theirs: RoleBinding) -> Iterator[Difference]:
        """Yield the grants of a binding that no file declares, except those on repos that are compared anyway."""
        rest = tuple(each for each in theirs.permissions if each.repo not in self._compared)
        if not theirs.subjects:  # a comparison of grants does not include it, as it grants nothing
            rest = theirs.permissions
        if rest:
            access = self._access(theirs.subjects, rest, self._declared_has, Access.GAINED)
            yield _entire(Kind.UNDECLARED, replace(theirs, permissions=rest), access, certain=self._declared_complete)

    def _parts(self, ours: RoleBinding, theirs: RoleBinding) -> Iterator[Difference]:
        """Yield a difference for each subject and permission that only one of two bindings with the same name has."""
        for subject in _only(ours.subjects, theirs.subjects, subject_key):
            access = self._access([subject], ours.permissions, self._live_has, Access.LOST)
            yield _part(ours, "subjects", str(subject), _NOTHING, access, certain=self._live_complete)
        for subject in _only(theirs.subjects, ours.subjects, subject_key):
            access = self._access([subject], theirs.permissions, self._declared_has, Access.GAINED)
            yield _part(ours, "subjects", _NOTHING, str(subject), access, certain=self._declared_complete)
        for permission in _only(ours.permissions, theirs.permissions, permission_key):
            access = self._access(ours.subjects, [permission], self._live_has, Access.LOST)
            yield _part(ours, "permissions", _words(permission), _NOTHING, access, certain=self._live_complete)
        for permission in _only(theirs.permissions, ours.permissions, permission_key):
            access = self._access(theirs.subjects, [permission], self._declared_has, Access.GAINED)
            yield _part(ours, "permissions", _NOTHING, _words(permission), access, certain=self._declared_complete)

    @staticmethod
    def _access(subjects: Iterable[Subject], permissions: Sequence[Permission], has: Has, otherwise: Access) -> Access:
        """Return `same` if the other side grants all of it in other places; for other resources that is unknown."""
        grants = list(granted(subjects, permissions))
        about_others = any(each.repo is None for each in permissions)
        return Access.SAME if grants and not about_others and all(has(*each) for each in grants) else otherwise


def _entire(kind: Kind, binding: RoleBinding, access: Access, *, certain: bool) -> Difference:
    same = access is Access.SAME
    here = "the same access, granted elsewhere" if same else _NOTHING
    grants = f"{', '.join(map(str, binding.subjects))}: {', '.join(_words(each) for each in binding.permissions)}"
    return Difference(
        kind=Kind.SURFACE if same else kind,
        type="role-binding",
        name=binding.name,
        field="",
        declared=grants if kind is Kind.MISSING else here,
        live=here if kind is Kind.MISSING else grants,
        access=access,
        certain=same or certain,
        location=binding.location,
    )


def _part(binding: RoleBinding, field: str, declared: str, live: str, access: Access, *, certain: bool) -> Difference:
    same = access is Access.SAME
    return Difference(
        kind=Kind.SURFACE if same else Kind.DIFFERS,
        type="role-binding",
        name=binding.name,
        field=field,
        declared=declared,
        live=live,
        access=access,
        certain=same or certain,
        location=binding.location,
    )


def _words(permission: Permission) -> str:
    return f"{permission.role} on {permission.resource_type} {permission.resource}"


def _only(some: Iterable[_T], others: Iterable[_T], key: Callable[[_T], object]) -> Iterator[_T]:
    """Yield the elements that only the first of two lists has, once each."""
    known = {key(each) for each in others}
    yield from {key(each): each for each in some if key(each) not in known}.values()


def subject_key(subject: Subject) -> tuple[str, str]:
    """Return a key that all spellings of a subject share."""
    return subject.type, identity(subject.name) if subject.type == "user" else subject.name


def permission_key(permission: Permission) -> tuple[str, str, str]:
    """Return a key that all spellings of a permission share: the type of ML repos has two names."""
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
    """Return whether a role binding grants anything on an ML repo."""
    return any(each.repo is not None for each in binding.permissions)


def granted(subjects: Iterable[Subject], permissions: Iterable[Permission]) -> Iterator[tuple[str, Key]]:
    """Yield the grants of these subjects on ML repos by these permissions, each with the name of the repo."""
    keys = [subject_key(subject) for subject in subjects]
    for permission in permissions:
        if permission.repo is not None:
            yield from ((permission.repo, (*key, permission.role)) for key in keys)


class Bindings:
    """The role bindings of one side.

    Attributes:
        by_name: Each binding by its name; of two with the same name, the last counts, as in `tfy apply`.
    """

    def __init__(self, bindings: Iterable[RoleBinding]) -> None:
        self.by_name: Mapping[str, RoleBinding] = {each.name: each for each in bindings}
        self._on: dict[str, dict[Key, list[str]]] = {}
        for binding in self.by_name.values():
            for repo, key in granted(binding.subjects, binding.permissions):
                self._on.setdefault(repo, {}).setdefault(key, []).append(binding.name)

    def on(self, repo: str) -> Mapping[Key, list[str]]:
        """Return the grants on a repo, each with the names of its bindings."""
        return self._on.get(repo, {})

    def granting(self, repo: str, key: Key) -> list[str]:
        """Return the names of the bindings with a grant on a repo."""
        return self.on(repo).get(key, [])
