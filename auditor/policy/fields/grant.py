"""Fields of one grant, or of one collaborator as written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.model import Provider
from auditor.model.values import pointer
from auditor.policy.fields.field import Field, Root, Target
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type


def grant_fields() -> Iterator[Field]:
    """Yield the fields of rules `for: collaborator` and `for: grant`."""
    yield _collaborator("subject", "The subject as written, `<type>:<name>`.")
    yield _collaborator("role_id", "The role id, for example `mlf-project-admin`.")
    yield _grant("subject", "subject", "Who holds the grant, `<type>:<name>`.", lambda scope: str(scope.grant.subject))
    yield _grant("subject.type", "subject", "The subject's type.", lambda scope: scope.grant.subject.type)
    yield _grant("subject.name", "subject", "The subject's name.", lambda scope: scope.grant.subject.name)
    yield _grant("subject.domain", "subject", "The e-mail domain of a user, in lower case.", _domain)
    yield _grant("role", "role_id", "The role id, for example `mlf-project-admin`.", lambda scope: scope.grant.role)
    yield _grant("via", "", "Where the grant comes from: `inline`.", lambda scope: str(scope.grant.via))


def _collaborator(name: str, meaning: str) -> Field:
    return Field(
        f"collaborator.{name}",
        Type.STRING,
        Provider.GRANTS,
        meaning,
        lambda scope: scope.collaborator(name),
        lambda scope: pointer("collaborators", scope.index, name),
        Target.COLLABORATOR,
        root=Root.GRANTS,
    )


def _grant(name: str, key: str, meaning: str, read: Callable[[Scope], object]) -> Field:
    return Field(
        f"grant.{name}",
        Type.STRING,
        Provider.GRANTS,
        meaning,
        read,
        lambda scope: f"{scope.grant.path}{pointer(key) if key else ''}",
        Target.GRANT,
        root=Root.GRANTS,
    )


def _domain(scope: Scope) -> object:
    domain = scope.grant.subject.domain
    return MISSING if domain is None else domain
