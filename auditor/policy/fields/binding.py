"""Fields of a role binding, for rules `for: binding`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.model import Provider, RoleBinding
from auditor.policy.fields.access import SUBJECT
from auditor.policy.fields.field import TEXTS, Field, Part, Target, nowhere
from auditor.policy.fields.manifest import key_of_object
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type

_PERMISSION = (
    Part("", Type.OBJECT, "A permission.", lambda item: item),
    key_of_object("type", "The type of the resource."),
    key_of_object("resource", "The resource, for a repo its name."),
    key_of_object("role", "The role id."),
)


def binding_fields() -> Iterator[Field]:
    """Yield the fields of a role binding."""
    yield _binding("name", Type.STRING, "The name of the role binding.", lambda each: each.name)
    subjects = "The subjects of the binding, `<type>:<name>`."
    yield _binding("subjects", Type.LIST, subjects, lambda each: [*map(str, each.subjects)], SUBJECT)
    permissions = "The permissions of the binding, each with `type`, `resource` and `role`."
    yield _binding("permissions", Type.LIST, permissions, _permissions, _PERMISSION)
    yield _binding("repos", Type.LIST, "The names of its repos.", _repos, TEXTS)
    missing = "Repos of the role binding that do not exist or were not read."
    yield _of_scope("missing_repos", missing, lambda scope, each: [x for x in _repos(each) if x in scope.missing])


def _permissions(binding: RoleBinding) -> list[dict[str, str]]:
    return [{"type": each.resource_type, "resource": each.resource, "role": each.role} for each in binding.permissions]


def _repos(binding: RoleBinding) -> list[str]:
    return list(dict.fromkeys(each.repo for each in binding.permissions if each.repo is not None))


def _binding(
    name: str, kind: Type, meaning: str, read: Callable[[RoleBinding], object], parts: tuple[Part, ...] = ()
) -> Field:
    return Field(
        f"binding.{name}",
        kind,
        Provider.ROLE_BINDINGS,
        meaning,
        lambda scope: read(scope.binding) if scope.binding else MISSING,
        nowhere,
        Target.BINDING,
        parts=parts,
    )


def _of_scope(name: str, meaning: str, read: Callable[[Scope, RoleBinding], object]) -> Field:
    return Field(
        f"binding.{name}",
        Type.LIST,
        Provider.ROLE_BINDINGS,
        meaning,
        lambda scope: read(scope, scope.binding) if scope.binding else MISSING,
        nowhere,
        Target.BINDING,
        parts=TEXTS,
        also=frozenset({Provider.API}),  # files do not list the repos of the tenant
    )
