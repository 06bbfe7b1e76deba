"""Fields of the repo, as returned by the control plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.errors import RuleError
from auditor.model import Group, Json, Provider, Subject
from auditor.model.values import display, pointer, type_name
from auditor.policy.fields.field import PEOPLE, TEXTS, Field, Target, as_object, nowhere
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type

_NAME = "The name of the repo, or `id:<id>` if the manifest has none."
_ARTIFACTS = "Number of artifacts of all types; null if one of the counts is unknown."


def repo_fields() -> Iterator[Field]:
    """Yield the fields of a repo outside its manifest."""
    place = pointer("name")
    yield _repo("id", "id", Type.STRING, "The id of the repo.")
    yield Field(
        "repo.name",
        Type.STRING,
        Provider.MANIFEST,
        _NAME,
        lambda scope: scope.repo.name,
        lambda _scope: place,
    )
    yield _repo("tenant", "tenant_name", Type.STRING, "The tenant that the repo belongs to.")
    yield _repo("created_at", "created_at", Type.TIMESTAMP, "When the repo was created.")
    yield _creator("type", "subjectType", "The type of the subject that created the repo.")
    yield _creator("name", "subjectSlug", "The name of the subject that created the repo.")
    yield Field(
        "repo.created_by.active",
        Type.BOOLEAN,
        Provider.API,
        "Whether the subject that created the repo is active.",
        _creator_active,
        nowhere,
        also=PEOPLE,
    )
    yield _repo("num_runs", "num_runs", Type.NUMBER, "Number of runs.")
    yield Field(
        "repo.num_artifacts",
        Type.NUMBER,
        Provider.API,
        _ARTIFACTS,
        lambda scope: _artifacts(scope.repo.envelope),
        nowhere,
    )
    yield _repo("num_datasets", "datasets_count", Type.NUMBER, "Number of datasets.")
    yield _repo("num_tracing_projects", "tracing_projects_count", Type.NUMBER, "Number of tracing projects.")


def _repo(name: str, key: str, kind: Type, meaning: str) -> Field:
    return Field(
        f"repo.{name}",
        kind,
        Provider.API,
        meaning,
        lambda scope: scope.repo.envelope.get(key, MISSING),
        nowhere,
    )


def _creator(name: str, key: str, meaning: str) -> Field:
    def read(scope: Scope) -> object:
        creator = scope.repo.envelope.get("created_by_subject")
        return MISSING if creator is None else as_object(creator).get(key, MISSING)

    return Field(
        f"repo.created_by.{name}",
        Type.STRING,
        Provider.API,
        meaning,
        read,
        nowhere,
    )


def _creator_active(scope: Scope) -> object:
    creator = scope.repo.envelope.get("created_by_subject")
    if creator is None:
        return MISSING
    kind, name = as_object(creator).get("subjectType"), as_object(creator).get("subjectSlug")
    active = scope.directory.active(Subject(str(kind), name)) if isinstance(name, str) else None
    return MISSING if active is None else active


def _artifacts(envelope: dict[str, Json]) -> object:
    counts = envelope.get("artifact_type_counts")
    if counts is None:
        return MISSING
    total: int | None = 0
    for count in as_object(counts).values():
        if count is not None and type(count) is not int:
            raise RuleError(f"got the count {display(count)} of type {type_name(count)}, expected a number")
        # A null count in the API means unknown, not zero.
        total = None if count is None or total is None else total + count
    return total


def group_fields() -> Iterator[Field]:
    """Yield the fields of a group."""
    yield _group("key", Type.STRING, "The value of `group_by` in this group.", lambda group: group.key)
    yield _group("size", Type.NUMBER, "Number of repos or grants in the group.", lambda group: group.size)
    yield _group("repos", Type.NUMBER, "Number of different repos in the group.", lambda group: group.repos)
    yield _group(
        "members",
        Type.LIST,
        "Names of the repos in the group; messages show the first 20.",
        lambda group: [*group.members],
    )
    yield _group("distinct", Type.NUMBER, "Number of different values of `distinct`.", lambda group: len(group.values))
    yield _group("values", Type.LIST, "The different values of `distinct`, sorted.", lambda group: [*group.values])


def _group(name: str, kind: Type, meaning: str, read: Callable[[Group], object]) -> Field:
    return Field(
        f"group.{name}",
        kind,
        Provider.MANIFEST,
        meaning,
        lambda scope: read(scope.group) if scope.group else MISSING,
        nowhere,
        Target.INVENTORY,
        parts=TEXTS if kind is Type.LIST else (),
    )
