"""Grants that a repo's own manifest carries."""

from __future__ import annotations

from functools import lru_cache

from auditor.errors import RuleError
from auditor.model import Grant, GrantOrigin, Json, Repo, Subject
from auditor.model.values import display, type_name


def carries_grants(repo: Repo) -> bool:
    """Tell whether a repo's manifest says anything about access."""
    return repo.manifest.get("collaborators") is not None


def collaborators_of(repo: Repo) -> list[Json] | None:
    """Return the inline collaborators as written; None if the manifest carries none at all.

    Raises:
        RuleError: They are not a list.
    """
    collaborators = repo.manifest.get("collaborators")
    if collaborators is not None and not isinstance(collaborators, list):
        raise RuleError(f"manifest.collaborators is of type {type_name(collaborators)}, expected a list")
    return collaborators


def grant_of(entry: object, index: int) -> Grant:
    """Return the grant that a collaborator is.

    Raises:
        RuleError: It cannot be read as one.
    """
    path = f"/collaborators/{index}"
    if not isinstance(entry, dict):
        raise RuleError(f"{path} is {display(entry)}, expected an object with subject and role_id")
    subject, role = entry.get("subject"), entry.get("role_id")
    if not isinstance(subject, str) or not isinstance(role, str):
        raise RuleError(f"{path} is {display(entry)}, expected subject and role_id to be strings")
    return _grant(subject, role, path)


@lru_cache(maxsize=8192)  # the same subjects hold the same roles on many repos
def _grant(subject: str, role: str, path: str) -> Grant:
    return Grant(Subject.parse(subject), role, GrantOrigin.INLINE, path)
