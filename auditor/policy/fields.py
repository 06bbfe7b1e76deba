"""The catalogue of fields: everything that a rule may speak about, with its type and who provides it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import RuleError
from auditor.model import Provider
from auditor.model.values import pointer, shown, type_name
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type


class Target(StrEnum):
    """What a rule is asked of, written `for:`."""

    REPO = "repo"
    COLLABORATOR = "collaborator"
    GRANT = "grant"


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        name: What rules call it.
        type: The type of its value.
        provider: Who knows it.
        meaning: One sentence for people.
        read: Returns its value, or `MISSING`.
        path: Returns the JSON Pointer of its value in the manifest; empty if it is not in the manifest.
        only_for: The `for:` that it needs; None if every rule may use it.
    """

    name: str
    type: Type
    provider: Provider
    meaning: str
    read: Callable[[Scope], object]
    path: Callable[[Scope], str]
    only_for: Target | None = None


def _nowhere(_scope: Scope) -> str:
    return ""


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise RuleError(f"got {shown(value)} of type {type_name(value)} around it, expected an object")
    return value


def _manifest(name: str, kind: Type, meaning: str) -> Field:
    keys = name.split(".")
    place = pointer(*keys)

    def read(scope: Scope) -> object:
        value: object = scope.repo.manifest
        for key in keys:
            if value is None or value is MISSING:
                return MISSING
            value = _object(value).get(key, MISSING)
        return value

    return Field(f"manifest.{name}", kind, Provider.MANIFEST, meaning, read, lambda _scope: place)


def _repo(name: str, key: str, kind: Type, meaning: str) -> Field:
    return Field(
        f"repo.{name}",
        kind,
        Provider.API,
        meaning,
        lambda scope: scope.repo.envelope.get(key, MISSING),
        _nowhere,
    )


def _creator(name: str, key: str, meaning: str) -> Field:
    def read(scope: Scope) -> object:
        creator = scope.repo.envelope.get("created_by_subject")
        return MISSING if creator is None else _object(creator).get(key, MISSING)

    return Field(f"repo.created_by.{name}", Type.STRING, Provider.API, meaning, read, _nowhere)


def _artifacts(scope: Scope) -> object:
    counts = scope.repo.envelope.get("artifact_type_counts")
    if counts is None:
        return MISSING
    total: int | None = 0
    for count in _object(counts).values():
        if count is not None and type(count) is not int:
            raise RuleError(f"got the count {shown(count)} of type {type_name(count)}, expected a number")
        # A count that the API leaves null is unknown, not zero.
        total = None if count is None or total is None else total + count
    return total


def _storage(name: str, meaning: str) -> Field:
    def read(scope: Scope) -> object:
        return getattr(scope.storage, name) if scope.storage else MISSING

    place = pointer("storage_integration_fqn")
    return Field(f"storage.{name}", Type.STRING, Provider.MANIFEST, meaning, read, lambda _scope: place)


def _access(name: str, meaning: str) -> Field:
    place = pointer("collaborators")

    def read(scope: Scope) -> object:
        return getattr(scope.access, name)

    return Field(f"access.{name}", Type.LIST, Provider.GRANTS, meaning, read, lambda _scope: place)


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
        lambda scope: f"{scope.grant.path}{pointer(key) if key else ''}",
        Target.GRANT,
    )


def _domain(scope: Scope) -> object:
    domain = scope.grant.subject.domain
    return MISSING if domain is None else domain


def _manifest_fields() -> Iterator[Field]:
    yield _manifest("type", Type.STRING, "The type of the document, `ml-repo`.")
    yield _manifest("name", Type.STRING, "The name of the repo.")
    yield _manifest("description", Type.STRING, "What the repo is for.")
    yield _manifest("storage_integration_fqn", Type.STRING, "The FQN of the storage integration.")
    yield _manifest("collaborators", Type.LIST, "The inline collaborators, each with `subject` and `role_id`.")
    yield _manifest("ownedBy.account", Type.STRING, "The account that owns the repo.")
    yield _storage("tenant", "The first segment of the storage FQN.")
    yield _storage("provider", "The second segment of the storage FQN, for example `aws`.")
    yield _storage("account", "The third segment of the storage FQN, the provider account.")
    yield _storage("type", "The fourth segment of the storage FQN, `blob-storage`.")
    yield _storage("name", "The fifth segment of the storage FQN.")


def _repo_fields() -> Iterator[Field]:
    name, count = "The name of the repo, or `id:<id>` if the manifest has none.", "How many artifacts of any type"
    place = pointer("name")
    yield _repo("id", "id", Type.STRING, "The id of the repo.")
    yield Field("repo.name", Type.STRING, Provider.MANIFEST, name, lambda scope: scope.repo.name, lambda _scope: place)
    yield _repo("tenant", "tenant_name", Type.STRING, "The tenant that the repo belongs to.")
    yield _repo("created_at", "created_at", Type.TIMESTAMP, "When the repo was created.")
    yield _creator("type", "subjectType", "The type of the subject that created the repo.")
    yield _creator("name", "subjectSlug", "The name of the subject that created the repo.")
    yield _repo("num_runs", "num_runs", Type.NUMBER, "How many runs the repo has.")
    meaning = f"{count} the repo has; null if the API does not know one of the counts."
    yield Field("repo.num_artifacts", Type.NUMBER, Provider.API, meaning, _artifacts, _nowhere)
    yield _repo("num_datasets", "datasets_count", Type.NUMBER, "How many datasets the repo has.")
    yield _repo("num_tracing_projects", "tracing_projects_count", Type.NUMBER, "How many tracing projects it has.")


def _access_fields() -> Iterator[Field]:
    yield _access("collaborators", "The inline collaborators; unlike `manifest.collaborators` never missing.")
    yield _access("subjects", "Everybody who holds a grant, once each, as `<type>:<name>`.")
    yield _access("admins", "Everybody who holds an admin role, once each.")
    yield _access("admin_users", "The admins who are single users.")
    yield _access("admin_teams", "The admins that are teams.")
    yield _collaborator("subject", "The subject as written, `<type>:<name>`.")
    yield _collaborator("role_id", "The role id, for example `mlf-project-admin`.")
    yield _grant("subject", "subject", "Who holds the grant, `<type>:<name>`.", lambda scope: str(scope.grant.subject))
    yield _grant("subject.type", "subject", "The subject's type.", lambda scope: scope.grant.subject.type)
    yield _grant("subject.name", "subject", "The subject's name.", lambda scope: scope.grant.subject.name)
    yield _grant("subject.domain", "subject", "The e-mail domain of a user, in lower case.", _domain)
    yield _grant("role", "role_id", "The role id, for example `mlf-project-admin`.", lambda scope: scope.grant.role)
    yield _grant("via", "", "Where the grant comes from: `inline`.", lambda scope: str(scope.grant.via))


FIELDS: dict[str, Field] = {field.name: field for field in (*_manifest_fields(), *_repo_fields(), *_access_fields())}
"""Every field by its name."""
