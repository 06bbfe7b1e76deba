"""Role bindings: who should not be in them, and what should become of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.access.suggestions.judging import EVERYBODY, READING, Judge
from auditor.model import Permission, RoleBinding, Subject


class Bound:
    """A role binding about ML repos, and what should become of it.

    Attributes:
        reasons: What changes and why, and what a person has to decide, a sentence each.
        manifest: What it should be; None if nothing changes, or nobody would be left in it.
        forsaken: Whether nobody would be left in it.
    """

    def __init__(self, binding: RoleBinding, judge: Judge) -> None:
        self.reasons: list[str] = []
        self._binding, self._judge = binding, judge
        permissions = tuple(self._lowered())
        subjects = tuple(dict.fromkeys(self._subjects(lowered=permissions != binding.permissions)))
        same = subjects == tuple(dict.fromkeys(binding.subjects)) and permissions == binding.permissions
        self.forsaken = not subjects and bool(binding.subjects)
        self.manifest = None if same or self.forsaken else _manifest(binding.name, subjects, permissions)

    def _lowered(self) -> Iterator[Permission]:
        """Yield the permissions, those on repos lowered if everybody alone holds them."""
        for each in self._binding.permissions:
            if self._binding.subjects == (EVERYBODY,) and _writes(each):
                why = "everybody at once may read at most"
                self.reasons.append(f"{each.role} of {EVERYBODY} on {each.resource} changed to {READING}: {why}")
                yield Permission(each.resource_type, each.resource, READING)
            else:
                yield each

    def _subjects(self, *, lowered: bool) -> Iterator[Subject]:
        about_repos = all(each.repo is not None for each in self._binding.permissions)
        admin = about_repos and any(each.role.endswith("-admin") for each in self._binding.permissions)
        for subject in self._binding.subjects:
            if subject == EVERYBODY and not lowered and any(map(_writes, self._binding.permissions)):
                self.reasons.append(f"{subject} taken out: it is everybody at once, which may read at most")
                continue
            decision = self._judge.decide(subject, admin=admin, peers=set(self._binding.subjects))
            if decision is None:
                yield subject
            elif decision.subject == subject:
                self.reasons.append(f"not changed: {subject}: {decision.why}")
                yield subject
            elif decision.subject is None:
                self.reasons.append(f"{subject} taken out: {decision.why}")
            else:
                self.reasons.append(f"{decision.subject} put in the place of {subject}: {decision.why}")
                yield decision.subject


def _writes(permission: Permission) -> bool:
    return permission.repo is not None and not permission.role.endswith("-viewer")


def _manifest(name: str, subjects: tuple[Subject, ...], permissions: tuple[Permission, ...]) -> dict[str, Any]:
    return {
        "type": "role-binding",
        "name": name,
        "subjects": [{"type": each.type, "name": each.name} for each in subjects],
        "permissions": [
            {"resourceType": each.resource_type, "resourceFqn": each.resource, "role": each.role}
            for each in permissions
        ],
    }
