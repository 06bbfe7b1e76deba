"""Scope: one repo, or one of its grants or collaborators, in the form that rules read."""

from __future__ import annotations

from datetime import datetime

from auditor.access import EMPTY_DIRECTORY, Access, DirectoryIndex, Repetition, access_of
from auditor.errors import RuleError
from auditor.model import (
    Grant,
    Group,
    PlatformRole,
    Repo,
    RepoRef,
    RoleBinding,
    StorageIntegration,
    TenantGrant,
)
from auditor.model.values import type_name
from auditor.policy.types import MISSING, Missing

INVENTORY = "(inventory)"
"""The repo in findings about several repos; no repo can have a name with brackets."""

EVERY_REPO = "(every repo)"
"""The repo in findings about grants on the tenant."""

_NO_REPO = Repo("", {})


class Scope:
    """The source of the field values of a rule.

    Derived values (access, storage) are computed once per repo, and only if a rule needs them.

    Attributes:
        repo: The repo.
        now: The time from which ages are measured.
        index: The index of the collaborator or grant, from 0; -1 for the repo itself.
        item: The element that a quantifier evaluates, with its index in its list.
        group: The group of a rule `for: inventory`; None while repos are counted.
        binding: The role binding of a rule `for: binding`; None for other rules.
        tenant_grant: The grant of a rule `for: tenant_grant`; None for other rules.
        role: The role of a rule `for: role`; None for other rules.
        missing: The repos in role bindings that do not exist, for a rule `for: binding`.
        directory: The directory of the tenant.
        captured: The texts that named groups of patterns in `when` matched.
    """

    __slots__ = (
        "_access",
        "_ref",
        "_repetitions",
        "_storage",
        "binding",
        "captured",
        "directory",
        "group",
        "index",
        "item",
        "missing",
        "now",
        "repo",
        "role",
        "tenant_grant",
    )

    def __init__(self, repo: Repo, now: datetime, directory: DirectoryIndex = EMPTY_DIRECTORY) -> None:
        self.repo = repo
        self.directory = directory
        self.now = now
        self.index = -1
        self.item: tuple[int, object] = (-1, MISSING)
        self.captured: dict[str, str] = {}
        self.group: Group | None = None
        self.binding: RoleBinding | None = None
        self.tenant_grant: TenantGrant | None = None
        self.role: PlatformRole | None = None
        self._ref: RepoRef | None = None
        self.missing: frozenset[str] = frozenset()
        self._access: Access | None = None
        self._storage: StorageIntegration | Missing | None = MISSING
        self._repetitions: list[Repetition] | None = None

    @classmethod
    def of_group(cls, group: Group, tenant: str | None, now: datetime) -> Scope:
        """Return the scope of a rule `for: inventory`, whose findings are about no single repo."""
        scope = cls(_NO_REPO, now)
        scope._ref = RepoRef("", INVENTORY, tenant)
        scope.group = group
        return scope

    @classmethod
    def of_binding(cls, binding: RoleBinding, missing: frozenset[str], tenant: str | None, now: datetime) -> Scope:
        """Return the scope of a rule `for: binding`; `missing` are the repos in bindings that were not read."""
        scope = cls(_NO_REPO, now)
        scope._ref = RepoRef("", f"role-binding:{binding.name}", tenant)
        scope.binding = binding
        scope.missing = missing
        return scope

    @classmethod
    def of_tenant_grant(cls, grant: TenantGrant, directory: DirectoryIndex, tenant: str | None, now: datetime) -> Scope:
        """Return the scope of a rule `for: tenant_grant`."""
        scope = cls(_NO_REPO, now, directory)
        scope._ref = RepoRef("", EVERY_REPO, tenant)
        scope.tenant_grant = grant
        return scope

    @classmethod
    def of_tenant(cls, directory: DirectoryIndex, tenant: str | None, now: datetime) -> Scope:
        """Return the scope of a rule `for: tenant`."""
        scope = cls(_NO_REPO, now, directory)
        scope._ref = RepoRef("", EVERY_REPO, tenant)
        return scope

    @classmethod
    def of_role(cls, role: PlatformRole, directory: DirectoryIndex, tenant: str | None, now: datetime) -> Scope:
        """Return the scope of a rule `for: role`."""
        scope = cls(_NO_REPO, now, directory)
        scope._ref = RepoRef("", f"role:{role.name}", tenant)
        scope.role = role
        return scope

    @property
    def ref(self) -> RepoRef:
        """The name of the repo, group or role binding in findings."""
        return self._ref or self.repo.ref

    @property
    def access(self) -> Access:
        """The grants, for rules that are only evaluated if grants were read.

        Raises:
            RuleError: The grants exist but cannot be read.
        """
        if self._access is None:
            self._access = access_of(self.repo, self.directory)
            if self._access is None:
                raise RuleError("the grants of this repo were not read")
        return self._access

    @property
    def grant(self) -> Grant:
        """The grant that a rule `for: grant` is about."""
        return self.access.grants[self.index]

    @property
    def repetition(self) -> Repetition:
        """What earlier grants give to the subject of the grant that a rule `for: grant` is about."""
        if self._repetitions is None:
            self._repetitions = self.access.repetitions()
        return self._repetitions[self.index]

    @property
    def storage(self) -> StorageIntegration | None:
        """The parsed storage integration; None if the manifest has no well-formed one."""
        if isinstance(self._storage, Missing):
            fqn = self.repo.manifest.get("storage_integration_fqn")
            if fqn is not None and not isinstance(fqn, str):
                raise RuleError(f"manifest.storage_integration_fqn has type {type_name(fqn)}, expected a string")
            self._storage = None if fqn is None else StorageIntegration.parse(fqn)
        return self._storage

    def collaborator(self, key: str) -> object:
        """Return one key of the collaborator that a rule `for: collaborator` is about."""
        collaborators = self.repo.manifest["collaborators"]
        entry = collaborators[self.index] if isinstance(collaborators, list) else None
        return entry.get(key, MISSING) if isinstance(entry, dict) else MISSING
