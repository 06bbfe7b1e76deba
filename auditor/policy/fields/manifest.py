"""Fields of the manifest."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.errors import RuleError
from auditor.model import Provider
from auditor.model.values import display, pointer
from auditor.policy.fields.field import Field, Part, as_object
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type


def manifest_fields() -> Iterator[Field]:
    """Yield the fields of the manifest."""
    yield _manifest("type", Type.STRING, "The type of the document, `ml-repo`.")
    yield _manifest("name", Type.STRING, "The name of the repo.")
    yield _manifest("description", Type.STRING, "The description of the repo.")
    yield _manifest("storage_integration_fqn", Type.STRING, "The FQN of the storage integration.")
    yield _manifest(
        "collaborators",
        Type.LIST,
        "The inline collaborators, each with `subject` and `role_id`.",
        COLLABORATOR,
    )
    yield _manifest("ownedBy.account", Type.STRING, "The account that owns the repo.")
    yield Field(
        "manifest",
        Type.OBJECT,
        Provider.MANIFEST,
        "The entire manifest, for `schema`.",
        lambda scope: scope.repo.manifest,
        lambda _scope: "",
    )


def _manifest(name: str, kind: Type, meaning: str, parts: tuple[Part, ...] = ()) -> Field:
    first, *inner = name.split(".")
    path = pointer(first, *inner)

    def read(scope: Scope) -> object:
        value: object = scope.repo.manifest.get(first, MISSING)
        for key in inner:
            if value is None or value is MISSING:
                return MISSING
            value = as_object(value).get(key, MISSING)
        return value

    return Field(
        f"manifest.{name}",
        kind,
        Provider.MANIFEST,
        meaning,
        read,
        lambda _scope: path,
        parts=parts,
    )


def key_of_object(name: str, meaning: str) -> Part:
    """Return the part for a key of an object whose value is a text."""

    def read(item: object) -> object:
        if not isinstance(item, dict):
            raise RuleError(f"an element is {display(item)}, expected an object")
        return item.get(name, MISSING)

    return Part(name, Type.STRING, meaning, read)


COLLABORATOR = (
    Part("", Type.OBJECT, "A collaborator.", lambda item: item),
    key_of_object("subject", "The subject as written, `<type>:<name>`."),
    key_of_object("role_id", "The role id, for example `mlf-project-admin`."),
)
"""The fields of an inline collaborator."""
