"""Fields of one grant, or of one collaborator as written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from auditor.access import Repetition
from auditor.model import Provider
from auditor.model.values import pointer
from auditor.policy.fields.field import PEOPLE, Field, Target
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type


def grant_fields() -> Iterator[Field]:
    """Yield the fields of rules `for: collaborator` and `for: grant`."""
    yield _collaborator("subject", "The subject as written, `<type>:<name>`.")
    yield _collaborator("role_id", "The role id, for example `mlf-project-admin`.")
    yield _grant("subject", "subject", "The subject, `<type>:<name>`.", lambda scope: str(scope.grant.subject))
    yield _grant("subject.type", "subject", "The subject's type.", lambda scope: scope.grant.subject.type)
    yield _grant("subject.name", "subject", "The subject's name.", lambda scope: scope.grant.subject.name)
    yield _grant("subject.domain", "subject", "The email domain of a user, in lowercase.", _domain)
    yield _grant("role", "role_id", "The role id, for example `mlf-project-admin`.", lambda scope: scope.grant.role)
    level = "The level of the role on the repo: `admin`, `write`, `read`, `none` or `unknown`."
    yield _grant("level", "role_id", level, lambda scope: scope.grant.level.value if scope.grant.level else "unknown")
    via = "The source: `inline`, `role-binding`, `virtual-account`, `workspace`, `user-role` or `team-role`."
    yield _grant("via", "", via, lambda scope: scope.grant.via.value)
    source = "The name of the role binding, virtual account or workspace; missing for other grants."
    yield _grant("source", "", source, lambda scope: scope.grant.source or MISSING)
    origin = "Where the grant comes from, with the name if it has one, for example `role-binding fraud-readers`."
    yield _grant("origin", "", origin, lambda scope: f"{scope.grant.via.value} {scope.grant.source}".rstrip())
    repeated = "Whether an earlier grant gives the subject the same role."
    yield _repetition("repeated", repeated, Repetition.SAME_ROLE)
    conflicting = "Whether the subject has earlier grants, and all of them have a different role."
    yield _repetition("conflicting", conflicting, Repetition.OTHER_ROLE)
    yield _of_subject("known", Type.BOOLEAN, "Whether the subject exists.", _known)
    active = (
        "Whether the subject is active: an active user, a team with an active user, or an account that has not expired."
    )
    yield _of_subject("active", Type.BOOLEAN, active, _active)
    yield _of_subject("last_seen", Type.TIMESTAMP, "When the user or account was last active.", _last_seen)


def _collaborator(name: str, meaning: str) -> Field:
    return Field(
        f"collaborator.{name}",
        Type.STRING,
        Provider.GRANTS,
        meaning,
        lambda scope: scope.collaborator(name),
        lambda scope: pointer("collaborators", scope.index, name),
        Target.COLLABORATOR,
    )


def _grant(name: str, key: str, meaning: str, read: Callable[[Scope], object]) -> Field:
    return Field(
        f"grant.{name}",
        Type.STRING,
        Provider.GRANTS,
        meaning,
        read,
        lambda scope: f"{scope.grant.path}{pointer(key)}" if key and scope.grant.path else scope.grant.path,
        Target.GRANT,
    )


def _repetition(name: str, meaning: str, right: Repetition) -> Field:
    return replace(_grant(name, "", meaning, lambda scope: scope.repetition is right), type=Type.BOOLEAN)


def _of_subject(name: str, kind: Type, meaning: str, read: Callable[[Scope], object]) -> Field:
    field = _grant(f"subject.{name}", "subject", meaning, read)
    return replace(field, type=kind, also=PEOPLE)


def _known(scope: Scope) -> object:
    known = scope.directory.known(scope.grant.subject)
    return MISSING if known is None else known


def _active(scope: Scope) -> object:
    active = scope.directory.active(scope.grant.subject)
    return MISSING if active is None else active


def _last_seen(scope: Scope) -> object:
    seen = scope.directory.last_seen(scope.grant.subject)
    return MISSING if seen is None else seen.isoformat()


def _domain(scope: Scope) -> object:
    domain = scope.grant.subject.domain
    return MISSING if domain is None else domain
