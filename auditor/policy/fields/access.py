"""Fields about everyone who has access to a repo."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.errors import RuleError
from auditor.model import GrantOrigin, Provider, Subject
from auditor.model.values import display, pointer
from auditor.policy.fields.field import PEOPLE, TEXTS, Field, Part
from auditor.policy.fields.manifest import COLLABORATOR, key_of_object
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type

_COLLABORATORS = pointer("collaborators")


def access_fields() -> Iterator[Field]:
    """Yield the lists of subjects and grants."""
    written = "The inline collaborators; empty if the manifest has no `collaborators`."
    yield _access("collaborators", written, COLLABORATOR)
    yield _access("grants", "Every grant, each with `subject`, `role`, `via` and `source`.", _GRANT, read="rows")
    yield _access("subjects", "All subjects with a grant, without duplicates, as `<type>:<name>`.")
    yield _access("admins", "All subjects with an admin role, without duplicates.")
    yield _access("admin_users", "The admins that are users.")
    yield _access("admin_teams", "The admins that are teams.")
    yield _access("everyone", "The roles of `team:everyone`.", TEXTS)
    yield _access("domains", "The email domains of users with a grant, in lowercase.", TEXTS)
    differing = "Subjects whose inline roles differ from their roles in role bindings, on a repo that has both."
    yield _access("differing", differing, also=frozenset({Provider.ROLE_BINDINGS}))
    accounts = "Virtual accounts with a grant through their own permissions."
    yield _access("virtual_accounts", accounts, also=frozenset({Provider.VIRTUAL_ACCOUNTS}))
    workspaces = "Workspaces with a grant."
    yield _access("workspaces", workspaces, also=frozenset({Provider.WORKSPACES}))
    members = frozenset({Provider.TEAMS, Provider.USERS})
    yield _access("effective_admins", "Users with an admin role, directly or through a team.", also=members)
    yield _access("active_admins", "The effective admins that are active.", also=members)
    yield _access("orphaned", "Subjects that do not exist or are inactive.", also=PEOPLE)


def _access(
    name: str,
    meaning: str,
    parts: tuple[Part, ...] | None = None,
    *,
    read: str = "",
    also: frozenset[Provider] = frozenset(),
) -> Field:
    def value(scope: Scope) -> object:
        return getattr(scope.access, read or name)

    return Field(
        f"access.{name}",
        Type.LIST,
        Provider.GRANTS,
        meaning,
        value,
        _place,
        parts=SUBJECT if parts is None else parts,
        also=also,
    )


def _place(scope: Scope) -> str:
    # Other grants have no place in the manifest.
    return _COLLABORATORS if all(grant.via is GrantOrigin.INLINE for grant in scope.access.grants) else ""


def _of_subject(name: str, meaning: str, read: Callable[[Subject], str | None]) -> Part:
    def value(item: object) -> object:
        if not isinstance(item, str):
            raise RuleError(f"an element is {display(item)}, expected a subject")
        found = read(Subject.parse(item))
        return MISSING if found is None else found

    return Part(name, Type.STRING, meaning, value)


SUBJECT = (
    _of_subject("", "A subject, `<type>:<name>`.", str),
    _of_subject("type", "The subject's type.", lambda subject: subject.type),
    _of_subject("name", "The subject's name.", lambda subject: subject.name),
    _of_subject("domain", "The email domain of a user, in lowercase.", lambda subject: subject.domain),
)
"""The fields of a subject in a list."""


_GRANT = (
    Part("", Type.OBJECT, "A grant.", lambda item: item),
    key_of_object("subject", "The subject, `<type>:<name>`."),
    key_of_object("role", "The role id."),
    key_of_object("via", "Where it comes from: `inline`, `role-binding`, `virtual-account` or `workspace`."),
    key_of_object("source", "The name of the role binding, virtual account or workspace; empty if inline."),
)
