"""Access to every repo from files: role bindings on the tenant, and custom roles with permissions on repos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.documents import Document
from auditor.model import Binding, Finding, Level, Location, Permission, RepoRef
from auditor.model.levels import BUILT_IN, level_by_permissions
from auditor.model.people import TENANT_TYPES
from auditor.model.values import display, pointer
from auditor.sources.files.bindings import role_binding_in
from auditor.sources.files.locations import FilePlaces
from auditor.sources.files.rules import TENANT_WIDE_ACCESS

ROLE = "role"
_EXPECTED = "a role on specific repos"


class TenantAccess:
    """The access to every repo that roles and role bindings in files give.

    Attributes:
        roles: The number of checked roles on the tenant.
    """

    def __init__(self) -> None:
        self.roles = 0
        self._levels: dict[str, Level] = {}
        self._roles: list[tuple[str, Level, RepoRef, Location | None]] = []
        self._bindings: list[Binding] = []

    def add_role(self, document: Document, places: FilePlaces, *, checked: bool) -> None:
        """Add a document of type `role`; a malformed one, or one not for the tenant, has no effect on repos."""
        value = document.value
        found = _role_in(value) if isinstance(value, dict) and document.problem is None else None
        if found is None:
            return
        name, level = found
        self._levels[name] = level
        self.roles += checked
        if checked and level is not Level.NONE:
            ref = RepoRef(f"{document.file}#{document.number}", f"role:{name}", None)
            self._roles.append((name, level, ref, places.of_document(document)("/permissions")))

    def add_binding(self, binding: Binding) -> None:
        """Add a role binding that is checked."""
        self._bindings.append(binding)

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each subject that gets access to every repo, and for each role that allows it."""
        for name, level, ref, location in self._roles:
            message = f"everyone with role {name} gets {level.value} access to every repo of the tenant"
            yield Finding(
                TENANT_WIDE_ACCESS, ref, message, "/permissions", level.value, _EXPECTED, key=name, location=location
            )
        for binding in self._bindings:
            granted = role_binding_in(binding)
            for index, permission in enumerate(granted.permissions if granted else ()):
                if permission.of_tenant and self._level(permission) is not Level.NONE:
                    subjects = [str(subject) for subject in granted.subjects] if granted else []
                    yield from (self._finding(binding, index, permission, subject) for subject in subjects)

    def _level(self, permission: Permission) -> Level | None:
        return self._levels.get(permission.role) or BUILT_IN.get(permission.role)

    def _finding(self, binding: Binding, index: int, permission: Permission, subject: str) -> Finding:
        path, level = pointer("permissions", index), self._level(permission)
        access = f"{level.value} access" if level else "access of unknown level"
        return Finding(
            rule=TENANT_WIDE_ACCESS,
            repo=binding.ref,
            message=f"{subject} gets {access} to every repo of the tenant through role {permission.role}",
            path=path,
            got=display(permission.role),
            expected=_EXPECTED,
            key=f"{subject}={permission.role}",
            location=binding.locate(f"{path}/role") if binding.locate else None,
        )


def _role_in(value: Mapping[str, Any]) -> tuple[str, Level] | None:
    """Return the name of a role on the tenant and its level on repos; None for other documents."""
    name, permissions = value.get("name"), value.get("permissions")
    if value.get("resourceType") not in TENANT_TYPES or not isinstance(name, str) or not isinstance(permissions, list):
        return None
    level, unknown = level_by_permissions(each for each in permissions if isinstance(each, str))
    return name, Level.ADMIN if unknown else level
