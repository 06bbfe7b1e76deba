"""Fields of the storage integration in a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.model import Integration, Provider
from auditor.model.values import pointer
from auditor.policy.fields.field import Field
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type

_PLACE = pointer("storage_integration_fqn")


def storage_fields() -> Iterator[Field]:
    """Yield the segments of the storage FQN."""
    yield _segment("tenant", "The first segment of the storage FQN.")
    yield _segment("provider", "The second segment of the storage FQN, for example `aws`.")
    yield _segment("account", "The third segment of the storage FQN, the provider account.")
    yield _segment("type", "The fourth segment of the storage FQN, `blob-storage`.")
    yield _segment("name", "The fifth segment of the storage FQN.")
    yield _integration("exists", Type.BOOLEAN, "Whether the tenant has the storage integration.", lambda _each: True)
    yield _integration("region", Type.STRING, "The region of the storage, if the integration names one.", _region)
    yield _integration("bucket", Type.STRING, "The bucket or container of the storage.", lambda each: each.bucket)


def _segment(name: str, meaning: str) -> Field:
    def read(scope: Scope) -> object:
        return getattr(scope.storage, name) if scope.storage else MISSING

    return Field(
        f"storage.{name}",
        Type.STRING,
        Provider.MANIFEST,
        meaning,
        read,
        lambda _scope: _PLACE,
    )


def _region(integration: Integration) -> object:
    return integration.region


def _integration(name: str, kind: Type, meaning: str, of: Callable[[Integration], object]) -> Field:
    def read(scope: Scope) -> object:
        fqn = scope.repo.manifest.get("storage_integration_fqn")
        if not isinstance(fqn, str):
            return MISSING
        found = scope.directory.integration(fqn)
        value = of(found) if found else False if name == "exists" else None
        return MISSING if value is None else value

    return Field(f"storage.{name}", kind, Provider.INTEGRATIONS, meaning, read, lambda _scope: _PLACE)
