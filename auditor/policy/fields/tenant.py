"""Fields of grants on the tenant, and of roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.model import PlatformRole, Provider, Subject, TenantGrant
from auditor.policy.fields.access import SUBJECT
from auditor.policy.fields.field import PEOPLE, Field, Part, Target, nowhere
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type

_TEXT = (Part("", Type.STRING, "One of them.", lambda item: item),)


def tenant_fields() -> Iterator[Field]:
    """Yield the fields of rules `for: tenant_grant` and `for: role`, and the subjects with access to every repo."""
    yield _of_grant("subject", Type.STRING, "The subject, `<type>:<name>`.", lambda each: str(each.subject))
    yield _of_grant("subject.type", Type.STRING, "The subject's type.", lambda each: each.subject.type)
    yield _of_grant("subject.name", Type.STRING, "The subject's name.", lambda each: each.subject.name)
    domain = "The email domain of a user, in lowercase."
    yield _of_grant("subject.domain", Type.STRING, domain, lambda each: each.subject.domain)
    yield _of_subject("known", Type.BOOLEAN, "Whether the subject exists.", _known)
    active = "Whether the subject is active."
    yield _of_subject("active", Type.BOOLEAN, active, lambda scope, who: scope.directory.active(who))
    seen = "When the user or account was last active."
    yield _of_subject("last_seen", Type.TIMESTAMP, seen, _last_seen)
    yield _of_grant("role", Type.STRING, "The role, for example `tenant-admin`.", lambda each: each.role)
    level = "The level of the role on every repo: `admin`, `write`, `read`, `none` or `unknown`."
    yield _of_grant("level", Type.STRING, level, lambda each: each.level.value if each.level else "unknown")
    permissions = "The permissions of the role, for example `repository:ReadData`."
    yield _of_grant("permissions", Type.LIST, permissions, lambda each: list(each.permissions), _TEXT)
    origin = "Where the grant comes from, with the name if it has one, for example `role-binding operators`."
    yield _of_grant("origin", Type.STRING, origin, _origin)
    yield _of_role("name", Type.STRING, "The name of the role.", lambda _scope, role: role.name)
    kind = "The resource type of the role, for example `tenant` or `mlf-project`."
    yield _of_role("resource_type", Type.STRING, kind, lambda _scope, role: role.resource_type)
    allowed = "The permissions of the role, for example `repository:ReadData`."
    yield _of_role(
        "permissions", Type.LIST, allowed, lambda _scope, role: role.permissions and list(role.permissions), _TEXT
    )
    yield _of_role("built_in", Type.BOOLEAN, "Whether the role is built in.", lambda _scope, role: role.built_in)
    holders = "Subjects with the role, on the tenant or on a resource."
    yield _of_role(
        "holders", Type.LIST, holders, lambda scope, role: [*scope.directory.holders.get(role.name, ())], SUBJECT
    )
    for name, meaning, read in _REACHING:
        yield _list(
            f"access.tenant_{name}" if "_" not in name else f"access.{name.replace('_', '_tenant_')}", meaning, read
        )
        yield _list(f"tenant.{name}", meaning, read, Target.TENANT)


def _allowed(_scope: Scope, role: PlatformRole) -> object:
    return None if role.permissions is None else list(role.permissions)


def _admins(scope: Scope) -> list[str]:
    return [*map(str, scope.directory.tenant_admins)]


def _writers(scope: Scope) -> list[str]:
    return [*map(str, scope.directory.tenant_writers)]


def _users(scope: Scope, subjects: tuple[Subject, ...]) -> list[str]:
    return list(scope.directory.users_behind(subjects)[0])


def _origin(grant: TenantGrant) -> str:
    return grant.via.value if grant.source == grant.subject.name else f"{grant.via.value} {grant.source}"


def _known(scope: Scope, subject: Subject) -> object:
    return scope.directory.known(subject)


def _last_seen(scope: Scope, subject: Subject) -> object:
    seen = scope.directory.last_seen(subject)
    return seen.isoformat() if seen else None


def _or_missing(value: object) -> object:
    return MISSING if value is None else value


def _of_grant(
    name: str, kind: Type, meaning: str, read: Callable[[TenantGrant], object], parts: tuple[Part, ...] = ()
) -> Field:
    return Field(
        f"tenant_grant.{name}",
        kind,
        Provider.TENANT_GRANTS,
        meaning,
        lambda scope: _or_missing(read(scope.tenant_grant)) if scope.tenant_grant else MISSING,
        nowhere,
        Target.TENANT_GRANT,
        parts=parts,
    )


def _of_subject(name: str, kind: Type, meaning: str, read: Callable[[Scope, Subject], object]) -> Field:
    return Field(
        f"tenant_grant.subject.{name}",
        kind,
        Provider.TENANT_GRANTS,
        meaning,
        lambda scope: _or_missing(read(scope, scope.tenant_grant.subject)) if scope.tenant_grant else MISSING,
        nowhere,
        Target.TENANT_GRANT,
        also=PEOPLE,
    )


def _of_role(
    name: str, kind: Type, meaning: str, read: Callable[[Scope, PlatformRole], object], parts: tuple[Part, ...] = ()
) -> Field:
    return Field(
        f"role.{name}",
        kind,
        Provider.TENANT_GRANTS,
        meaning,
        lambda scope: _or_missing(read(scope, scope.role)) if scope.role else MISSING,
        nowhere,
        Target.ROLE,
        parts=parts,
    )


def _list(name: str, meaning: str, read: Callable[[Scope], object], only_for: Target | None = None) -> Field:
    return Field(name, Type.LIST, Provider.TENANT_GRANTS, meaning, read, nowhere, only_for, parts=SUBJECT)


_REACHING: tuple[tuple[str, str, Callable[[Scope], object]], ...] = (
    ("admins", "Subjects that are admins of every repo through a role on the tenant.", _admins),
    ("writers", "Subjects that can write to every repo through a role on the tenant, including admins.", _writers),
    (
        "effective_admins",
        "Users who are admins of every repo, directly or through a team.",
        lambda scope: _users(scope, scope.directory.tenant_admins),
    ),
    (
        "effective_writers",
        "Users who can write to every repo, directly or through a team.",
        lambda scope: _users(scope, scope.directory.tenant_writers),
    ),
)
"""Subjects with access to every repo: fields of the tenant, and of each repo."""
