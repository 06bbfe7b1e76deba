"""Access: who can do what on a repo.

Today grants come from the manifest's inline `collaborators`. TrueFoundry is moving grants out of manifests, so a
manifest without `collaborators` says nothing about access: it is not the same as nobody having access.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.errors import RuleError
from auditor.model import Grant, Json, Repo, Subject, Via
from auditor.model.values import pointer, shown, type_name

GRANTS_UNSEEN = "the manifest has no collaborators, so its grants live elsewhere (role bindings) and were not seen"


@dataclass(frozen=True, slots=True)
class Access:
    """The grants on one repo.

    Attributes:
        grants: Every grant.
        collaborators: The inline collaborators that the first grants come from, as written.
    """

    grants: tuple[Grant, ...]
    collaborators: list[Json]

    @property
    def subjects(self) -> list[str]:
        """Everybody who holds a grant, once each, in the order of the manifest."""
        return _distinct(grant.subject for grant in self.grants)

    @property
    def admins(self) -> list[str]:
        """Everybody who holds an admin role, once each."""
        return _distinct(grant.subject for grant in self.grants if grant.is_admin)

    @property
    def admin_users(self) -> list[str]:
        """The admins who are single users."""
        return [admin for admin in self.admins if admin.startswith("user:")]

    @property
    def admin_teams(self) -> list[str]:
        """The admins that are teams."""
        return [admin for admin in self.admins if admin.startswith("team:")]


def carries_grants(repo: Repo) -> bool:
    """Tell whether a repo's manifest says anything about access."""
    return repo.manifest.get("collaborators") is not None


def access_of(repo: Repo) -> Access | None:
    """Return the grants that a repo's manifest carries; None if it carries no `collaborators` at all.

    Raises:
        RuleError: The collaborators cannot be read as grants, so no statement about access is possible.
    """
    collaborators = repo.manifest.get("collaborators")
    if collaborators is None:
        return None
    if not isinstance(collaborators, list):
        raise RuleError(f"manifest.collaborators is of type {type_name(collaborators)}, expected a list")
    return Access(tuple(_grant(entry, index) for index, entry in enumerate(collaborators)), collaborators)


def _grant(entry: object, index: int) -> Grant:
    path = pointer("collaborators", index)
    if not isinstance(entry, dict):
        raise RuleError(f"{path} is {shown(entry)}, expected an object with subject and role_id")
    subject, role = entry.get("subject"), entry.get("role_id")
    if not isinstance(subject, str) or not isinstance(role, str):
        raise RuleError(f"{path} is {shown(entry)}, expected subject and role_id to be strings")
    return Grant(Subject.parse(subject), role, Via.INLINE, path)


def _distinct(subjects: Iterable[Subject]) -> list[str]:
    return list(dict.fromkeys(str(subject) for subject in subjects))
