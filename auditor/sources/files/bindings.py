"""Role bindings in files: their repos, and whether these are in the files too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from auditor.documents import read_documents
from auditor.errors import DocumentError, UnreadError
from auditor.model import Binding, Finding, Repo, RoleBinding
from auditor.model.values import display, pointer
from auditor.sources.directory.entries import role_binding_of
from auditor.sources.directory.row_fields import Fields
from auditor.sources.files.rules import MISSPELLED_RESOURCE

_TYPE = "role-binding"
_LIKE_A_REPO = frozenset({"mlrepo", "mlrepos", "mlfproject", "mlfprojects", "mlproject"})


def role_binding_in(binding: Binding) -> RoleBinding | None:
    """Return a role binding of a file as grants; None if it is malformed, which is reported elsewhere."""
    found = _granted(binding)
    return replace(found, location=binding.locate("/name") if binding.locate else None) if found else None


def _granted(binding: Binding) -> RoleBinding | None:
    try:
        return role_binding_of(Fields(binding.manifest))
    except UnreadError:
        return None


class BindingCoverage:
    """The repos that role bindings in files grant access to, now and, if bindings changed, before."""

    def __init__(self) -> None:
        self._bindings: list[tuple[Binding, RoleBinding]] = []
        self._reached: set[str] = set()
        self._lost: set[str] = set()
        self._declared: set[str] = set()
        self._unchanged: list[Repo] = []

    def add_repo(self, repo: Repo, *, checked: bool) -> None:
        """Add a repo in the files, whether it is checked or skipped as unchanged."""
        self._declared.add(repo.name)
        if not checked:
            self._unchanged.append(repo)

    def add_binding(self, binding: Binding) -> None:
        """Add a role binding that is checked."""
        granted = _granted(binding)
        if granted:
            self._bindings.append((binding, granted))
            self._reached |= _repos_of(granted)

    def add_removed(self, text: str) -> None:
        """Add the former version of a removed or changed document, if it was a role binding."""
        try:
            values = [document.value for document in read_documents(text, "")]
        except DocumentError:
            return
        for value in values:
            granted = _granted(Binding("", value)) if isinstance(value, dict) and value.get("type") == _TYPE else None
            self._lost |= _repos_of(granted) if granted else set()

    def unchanged_repos(self) -> Iterator[tuple[Repo, bool]]:
        """Yield the unchanged repos, and whether a changed role binding grants or granted access to them."""
        return ((repo, repo.name in self._lost or repo.name in self._reached) for repo in self._unchanged)

    @property
    def undeclared(self) -> tuple[str, ...]:
        """The repos in role bindings that no file declares."""
        return tuple(sorted(self._reached - self._declared))

    def misspelled_resources(self) -> Iterator[Finding]:
        """Yield a finding for each permission with a misspelled repo or resource type."""
        alike = {name.casefold(): name for name in self._declared}
        for binding, granted in self._bindings:
            for index, permission in enumerate(granted.permissions):
                if permission.repo is None:
                    if permission.resource_type.lower().replace("-", "").replace("_", "") in _LIKE_A_REPO:
                        yield _finding(binding, index, "resourceType", permission.resource_type, "mlf-project")
                elif permission.repo not in self._declared:
                    near = alike.get(permission.repo.rpartition(":")[2].casefold())
                    if near:
                        yield _finding(binding, index, "resourceFqn", permission.repo, near)


def _repos_of(granted: RoleBinding) -> set[str]:
    return {each.repo for each in granted.permissions if each.repo is not None}


def _finding(binding: Binding, index: int, key: str, got: str, expected: str) -> Finding:
    path = pointer("permissions", index, key)
    message = f"unknown {key} {got!r}; did you mean {expected!r}? Rules about the repo do not apply to this grant"
    location = binding.locate(path) if binding.locate else None
    return Finding(
        MISSPELLED_RESOURCE, binding.ref, message, path, display(got), expected, key=f"{key}={got}", location=location
    )
