"""Role bindings: manifests that grant roles, on ML repos and on other things."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditor.model.ref import RepoRef
from auditor.model.repo import Locate
from auditor.model.values import Json


@dataclass(frozen=True, slots=True)
class Binding:
    """A role binding that a user wrote (`type: role-binding`).

    Attributes:
        id: What tells it from every other.
        manifest: The document, as it is; validation judges it.
        locate: Where its parts stand, if it was read from a file.
    """

    id: str
    manifest: dict[str, Json]
    locate: Locate | None = field(default=None, compare=False, repr=False)

    @property
    def ref(self) -> RepoRef:
        """What names it in a report, in the place of a repo."""
        name = self.manifest.get("name")
        return RepoRef(self.id, f"role-binding:{name if isinstance(name, str) and name else self.id}", None)
