"""Custom sources for tenants: repos and a directory in memory, audited through the public API."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from auditor import AuditOptions, Origin, audit
from auditor.demo import sample_directory, sample_tenant
from auditor.model import Directory, Part, Permission, Provider, Repo, RoleBinding, Subject
from auditor.sources.directory.entries import KINDS
from auditor.sources.directory.row_fields import Fields

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
_PREFIX = "/api/svc/v1/"


class Tenant:
    """A source: repos and the directory of a tenant."""

    def __init__(self, repos, directory, tenant="truefoundry"):
        self.repos, self.parts, self.tenant = tuple(repos), directory, tenant
        self.provides = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})

    def directory(self, wanted):
        return Directory.of({part: self.parts.part(part) for part in wanted})

    def collect(self):
        return iter(self.repos)

    def origin(self):
        return Origin("memory", tenant=self.tenant, total=len(self.repos))


def demo():
    """The sample tenant, without a server."""
    rows = sample_tenant()
    lists = sample_directory(rows)
    parts = {
        kind.provider: Part(tuple(kind.read(Fields(row)) for row in lists[kind.path.removeprefix(_PREFIX)]))
        for kind in KINDS
    }
    return Tenant([Repo(str(row["id"]), row["manifest"], row) for row in rows], Directory.of(parts))


def moved(tenant):
    """The tenant after a migration: a role binding for each inline collaborator, and no `collaborators` left."""
    bindings, repos = [], []
    for repo in tenant.repos:
        manifest = {key: value for key, value in repo.manifest.items() if key != "collaborators"}
        repos.append(replace(repo, manifest=manifest))
        for number, each in enumerate(repo.manifest.get("collaborators") or ()):
            permission = Permission("mlf-project", repo.manifest["name"], each["role_id"])
            bindings.append(RoleBinding(f"mlr-{repo.id}-{number}", (Subject.parse(each["subject"]),), (permission,)))
    before = tenant.parts.role_bindings
    directory = replace(tenant.parts, role_bindings=replace(before, values=(*bindings, *before.values)))
    return Tenant(repos, directory, tenant.tenant)


def audited(tenant, policy):
    return audit(tenant, policy, AuditOptions(clock=lambda: NOW))
