"""A review of access: the whole outcome of one reading, and the only input of every renderer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from auditor.access.matrix.loss import Loss
from auditor.access.matrix.matrix import Matrix
from auditor.access.matrix.rows import View
from auditor.model import DIRECTORY_PARTS, Origin, Provider, Unread

__all__ = ["Loss", "Review"]


@dataclass(frozen=True, slots=True)
class Review:
    """Who can do what, as far as it was seen.

    Attributes:
        complete: Whether everything was seen.
        reason: The outcome, one sentence without a final full stop.
        origin: Where the repos came from.
        started_at: When the reading began.
        finished_at: When it ended.
        unread: What was not seen.
        matrix: Every grant.
        view: What to show of it.
        loss: What would be lost with a subject, if that was asked.
    """

    complete: bool
    reason: str
    origin: Origin
    started_at: datetime
    finished_at: datetime
    unread: tuple[Unread, ...]
    matrix: Matrix
    view: View
    loss: Loss | None = None

    @property
    def tenant_admins(self) -> list[str]:
        """The users with an admin role on the tenant itself, who may do everything whatever is granted on a repo."""
        users = self.matrix.directory.directory.users.values
        return sorted(user.name for user in users if any(role.endswith("-admin") for role in user.roles))

    @property
    def parts(self) -> dict[str, str]:
        """How far each part of the directory was seen: whole, incomplete, absent, or not read."""
        return {provider.value: self._seen(provider) for provider in sorted(DIRECTORY_PARTS)}

    def _seen(self, provider: Provider) -> str:
        part = self.matrix.directory.directory.part(provider)
        if part.provided:
            return "whole" if part.whole else "incomplete"
        return "absent" if part.absent else "not read"

    @property
    def notes(self) -> list[str]:
        """What a reader has to know to read the matrix rightly, a sentence each."""
        found = []
        parts = self.parts
        if parts[Provider.USERS] != "whole":
            found.append(f"users: {parts[Provider.USERS]}, so who left or is unknown cannot be told")
        if parts[Provider.TEAMS] != "whole":
            found.append(f"teams: {parts[Provider.TEAMS]}, so what comes through teams cannot be told")
        if parts[Provider.ROLE_BINDINGS] == "absent":
            found.append("role bindings: the control plane has none, so grants are those of the manifests")
        admins = self.tenant_admins
        if admins:
            names = ", ".join(admins[:10]) + (f" and {len(admins) - 10} more" if len(admins) > 10 else "")
            found.append(f"admins of the tenant may do everything, whatever is granted here: {names}")
        return found
