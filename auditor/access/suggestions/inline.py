"""A repo's inline grants: fixed where they are, or moved to role bindings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from auditor.access import DirectoryIndex
from auditor.access.access import collaborators_of, grant_of
from auditor.access.suggestions.advisor import READING, TEAM_EVERYONE, Advisor, Names
from auditor.errors import RuleError
from auditor.model import Grant, Permission, Repo, RoleBinding, Subject

_BOUND_TYPES = frozenset({"user", "team", "virtualaccount", "agent"})
"""The types of subjects that a role binding accepts."""


class Inline:
    """The inline grants of a repo, and their suggested changes.

    Attributes:
        changed: Whether anything should change.
        reasons: What changes and why, and what a person has to decide, a sentence each.
        collaborators: The suggested collaborators.
    """

    def __init__(self, repo: Repo, directory: DirectoryIndex, advisor: Advisor) -> None:
        """Decide on every inline grant.

        Raises:
            RuleError: The collaborators cannot be read as grants.
        """
        entries: Sequence[Any] = collaborators_of(repo) or []
        self.changed = False
        self.reasons: list[str] = []
        self.collaborators: list[dict[str, Any]] = []
        grants = [grant_of(entry, index) for index, entry in enumerate(entries)]
        bound = directory.grants_on(repo.name)
        for grant, entry in zip(grants, entries, strict=True):
            self._take(grant, entry, grants, bound, advisor)

    def _take(
        self, grant: Grant, entry: dict[str, Any], grants: Sequence[Grant], bound: Sequence[Grant], advisor: Advisor
    ) -> None:
        subject, role = grant.subject, grant.role
        elsewhere = next((each for each in bound if (each.subject, each.role) == (subject, role)), None)
        if subject == TEAM_EVERYONE and not role.endswith("-viewer"):
            self._put(grant, {**entry, "role_id": READING}, f"{subject} may have at most a viewer role")
            return
        if elsewhere:
            place = f"{elsewhere.via.value.replace('-', ' ')} {elsewhere.source}"
            self._put(grant, None, f"{place} grants the same role")
            return
        peers = {each.subject for each in (*grants, *bound) if each.role == role}
        decision = advisor.decide(subject, admin=grant.is_admin, peers=peers)
        if decision is None:
            self._put(grant, entry, "")
        elif decision.subject == subject:
            self.reasons.append(f"{role} of {subject} needs a decision, because {decision.why}")
            self._put(grant, entry, "")
        else:
            changed = {**entry, "subject": str(decision.subject)} if decision.subject else None
            self._put(grant, changed, decision.why)

    def _put(self, grant: Grant, entry: dict[str, Any] | None, why: str) -> None:
        """Keep an entry, unless it is there already."""
        again = entry in self.collaborators
        if entry is not None and not again:
            self.collaborators.append(entry)
        if why or again:
            self.changed = True
            taken = f"changed to {entry['role_id']} of {entry['subject']}" if entry and why else "removed"
            self.reasons.append(f"{grant.role} of {grant.subject} {taken}, because {why or 'it is a duplicate'}")


def moved(repo: Repo, collaborators: Sequence[dict[str, Any]], names: Names) -> tuple[list[dict[str, Any]], str]:
    """Return a repo's grants as documents: a role binding for each role, then its manifest without them.

    Empty if no grant can be moved to a role binding. Grants that cannot be moved stay in the manifest.

    Args:
        repo: The repo.
        collaborators: Its inline grants.
        names: Gives names to bindings.
    """
    by_role: dict[str, list[Subject]] = {}
    stay: list[dict[str, Any]] = []
    for entry in collaborators:
        subject = Subject.parse(entry["subject"])
        if subject.type not in _BOUND_TYPES:
            stay.append(entry)
        elif subject not in by_role.setdefault(entry["role_id"], []):
            by_role[entry["role_id"]].append(subject)
    if not by_role:
        return [], ""
    bindings = [
        {
            "type": "role-binding",
            "name": names.of(repo.name, role),
            "subjects": [{"type": subject.type, "name": subject.name} for subject in subjects],
            "permissions": [{"resourceType": "mlf-project", "resourceFqn": repo.name, "role": role}],
        }
        for role, subjects in by_role.items()
    ]
    manifest = {key: value for key, value in repo.manifest.items() if key != "collaborators"}
    kept = ", ".join(entry["subject"] for entry in stay)
    why = "grants in manifests are deprecated, and role bindings give the same access"
    return [*bindings, {**manifest, **({"collaborators": stay} if stay else {})}], (
        f"{why}. Role bindings do not support {kept}, so its grant stays in the manifest" if stay else why
    )


def suggest_inline(repo: Repo, directory: DirectoryIndex, advisor: Advisor) -> Inline | None:
    """Return the inline grants of a repo; None if it has none, or none that can be read."""
    try:
        found = Inline(repo, directory, advisor)
    except RuleError:
        return None
    return found if found.collaborators or found.changed else None


class BindingSuggestion:
    """A role binding about ML repos, and its suggested changes.

    Attributes:
        reasons: What changes and why, and what a person has to decide, a sentence each.
        manifest: The suggested manifest; None if nothing changes, or no subject would be left in it.
        empty_after_change: Whether no subject would be left in it.
    """

    def __init__(self, binding: RoleBinding, advisor: Advisor) -> None:
        self.reasons: list[str] = []
        self._binding, self._advisor = binding, advisor
        permissions = tuple(self._lowered())
        subjects = tuple(dict.fromkeys(self._subjects(lowered=permissions != binding.permissions)))
        same = subjects == tuple(dict.fromkeys(binding.subjects)) and permissions == binding.permissions
        self.empty_after_change = not subjects and bool(binding.subjects)
        self.manifest = None if same or self.empty_after_change else _manifest(binding.name, subjects, permissions)

    def _lowered(self) -> Iterator[Permission]:
        """Yield the permissions; those on repos are lowered if `team:everyone` is the only subject."""
        for each in self._binding.permissions:
            if self._binding.subjects == (TEAM_EVERYONE,) and _writes(each):
                why = f"{TEAM_EVERYONE} may have at most a viewer role"
                self.reasons.append(
                    f"{each.role} of {TEAM_EVERYONE} on {each.resource} changed to {READING}, because {why}"
                )
                yield Permission(each.resource_type, each.resource, READING)
            else:
                yield each

    def _subjects(self, *, lowered: bool) -> Iterator[Subject]:
        about_repos = all(each.repo is not None for each in self._binding.permissions)
        admin = about_repos and any(each.role.endswith("-admin") for each in self._binding.permissions)
        for subject in self._binding.subjects:
            if subject == TEAM_EVERYONE and not lowered and any(map(_writes, self._binding.permissions)):
                self.reasons.append(f"{subject} removed, because it may have at most a viewer role")
                continue
            decision = self._advisor.decide(subject, admin=admin, peers=set(self._binding.subjects))
            if decision is None:
                yield subject
            elif decision.subject == subject:
                self.reasons.append(f"{subject} needs a decision, because {decision.why}")
                yield subject
            elif decision.subject is None:
                self.reasons.append(f"{subject} removed, because {decision.why}")
            else:
                self.reasons.append(f"{subject} replaced by {decision.subject}, because {decision.why}")
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
