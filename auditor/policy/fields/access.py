"""Fields about everybody who has access to a repo."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.errors import RuleError
from auditor.model import Json, Provider, Subject
from auditor.model.values import pointer, shown
from auditor.policy.fields.field import Field, Part, Root
from auditor.policy.fields.manifest import COLLABORATOR
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type

_PLACE = pointer("collaborators")


def access_fields() -> Iterator[Field]:
    """Yield the lists of subjects and grants."""
    yield _access(
        "collaborators", "The inline collaborators; unlike `manifest.collaborators` never missing.", COLLABORATOR
    )
    yield _access("subjects", "Everybody who holds a grant, once each, as `<type>:<name>`.")
    yield _access("admins", "Everybody who holds an admin role, once each.")
    yield _access("admin_users", "The admins who are single users.")
    yield _access("admin_teams", "The admins that are teams.")


def _access(name: str, meaning: str, parts: tuple[Part, ...] | None = None) -> Field:
    def read(scope: Scope) -> object:
        return getattr(scope.access, name)

    return Field(
        f"access.{name}",
        Type.LIST,
        Provider.GRANTS,
        meaning,
        read,
        lambda _scope: _PLACE,
        parts=_SUBJECT if parts is None else parts,
        root=Root.GRANTS if parts is None else None,  # as written they may say more than grants do
        code=None if parts is None else _as_written,
    )


def _as_written(manifest: dict[str, Json], _envelope: dict[str, Json]) -> object:
    collaborators = manifest.get("collaborators")
    if not isinstance(collaborators, list):
        raise RuleError("the collaborators are no list")
    for entry in collaborators:
        if (
            not isinstance(entry, dict)
            or type(entry.get("subject")) is not str
            or type(entry.get("role_id")) is not str
        ):
            raise RuleError("a collaborator is not one")
    return collaborators


def _of_subject(name: str, meaning: str, read: Callable[[Subject], str | None]) -> Part:
    def value(item: object) -> object:
        if not isinstance(item, str):
            raise RuleError(f"an element is {shown(item)}, expected a subject")
        found = read(Subject.parse(item))
        return MISSING if found is None else found

    return Part(name, Type.STRING, meaning, value)


_SUBJECT = (
    _of_subject("", "A subject, `<type>:<name>`.", str),
    _of_subject("type", "The subject's type.", lambda subject: subject.type),
    _of_subject("name", "The subject's name.", lambda subject: subject.name),
    _of_subject("domain", "The e-mail domain of a user, in lower case.", lambda subject: subject.domain),
)
