"""The registry: every safe fix, in the order in which they are applied.

A fix is safe if the new text has the same meaning, to TrueFoundry and to every reader. Problems that depend on the
author's intention (who should be an admin, which storage, another name) are never fixed, only reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from auditor.autofix.edits import Change, deleted, replaced
from auditor.documents import Document, Token

KNOWN_ROLES = ("mlf-project-admin", "mlf-project-editor", "mlf-project-viewer")
"""The role ids of ML repos; only the first is documented by the vendor."""

REPO, BINDING = "ml-repo", "role-binding"
_REPO_TYPES = frozenset({"mlf-project", "ml-repo"})
_BLANKS = " \t\r\n"
_LINE_BREAK = re.compile(r"[ \t]*[\n\r\u2028\u2029][ \t\n\r\u2028\u2029]*")
_LONGEST_DESCRIPTION = 500

Propose: TypeAlias = Callable[[Document, str, Sequence[str]], Iterator["Change | None"]]
"""Yields the changes that fix a document, given the known role ids; None for one that is not possible."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One safe fix.

    Attributes:
        name: What it fixes.
        kinds: The types of manifests that it applies to.
        answers: The ids of the rules whose findings it can fix.
        propose: The fix itself; its docstring describes it.
    """

    name: str
    kinds: tuple[str, ...]
    answers: tuple[str, ...]
    propose: Propose

    @property
    def meaning(self) -> str:
        """What it does, in one sentence."""
        return (self.propose.__doc__ or "").partition("\n")[0].rstrip(".")


def _trimmed(document: Document, text: str, _roles: Sequence[str]) -> Iterator[Change | None]:
    """Remove leading and trailing whitespace from descriptions, subjects and roles."""
    for path, value in (*_texts(document), *_description(document)):
        trimmed = value.strip(_BLANKS)
        if trimmed and trimmed != value and not _LINE_BREAK.search(trimmed) and len(trimmed) <= _LONGEST_DESCRIPTION:
            yield replaced(document, text, path, trimmed, "had leading or trailing spaces (removed)")


def _folded(document: Document, text: str, _roles: Sequence[str]) -> Iterator[Change | None]:
    """Join a multi-line description into one line."""
    for path, value in _description(document):
        folded = _LINE_BREAK.sub(" ", value.strip(_BLANKS + "\u2028\u2029"))
        if folded and _LINE_BREAK.search(value) and len(folded) <= _LONGEST_DESCRIPTION:
            yield replaced(document, text, path, folded, "had several lines (joined into one)")


def _in_known_case(document: Document, text: str, roles: Sequence[str]) -> Iterator[Change | None]:
    """Correct the case of a known role id."""
    known = {role.casefold(): role for role in roles}
    for path, value in _roles_in(document):
        role = known.get(value.casefold(), value)
        if role != value and value not in roles:
            yield replaced(document, text, path, role, f"changed from {value} to {role}")


def _listed_once(document: Document, text: str, _roles: Sequence[str]) -> Iterator[Change | None]:
    """Delete a duplicate collaborator (same subject and role)."""
    seen: list[Any] = []
    for index, entry in _entries(document, "collaborators"):
        if entry in seen:
            yield deleted(document, text, ("collaborators",), index, f"had a duplicate of {entry['subject']} (deleted)")
        elif isinstance(entry.get("subject"), str) and isinstance(entry.get("role_id"), str):
            seen.append(entry)


FIXES = (
    Fix("blanks-around-text", (REPO, BINDING), ("MLS004", "MLS006", "MLB003", "MLB004"), _trimmed),
    Fix("description-on-several-lines", (REPO,), ("MLS004",), _folded),
    Fix("uppercase-role-id", (REPO, BINDING), ("MLR020", "MLR021", "MLR023", "MLR029"), _in_known_case),
    Fix("duplicate-collaborator", (REPO,), ("MLR026",), _listed_once),
)
"""Every fix. Texts are fixed before duplicates are searched for, so that a second run changes nothing more."""


def _entries(document: Document, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    value: Any = document.value
    entries = value.get(key)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield index, entry


def _of(document: Document, key: str, *fields: str) -> Iterator[tuple[tuple[Token, ...], str]]:
    for index, entry in _entries(document, key):
        for field in fields:
            if isinstance(entry.get(field), str):
                yield (key, index, field), entry[field]


def _is_repo(document: Document) -> bool:
    value: Any = document.value
    return bool(value.get("type") == REPO)


def _texts(document: Document) -> Iterator[tuple[tuple[Token, ...], str]]:
    if _is_repo(document):
        yield from _of(document, "collaborators", "subject", "role_id")
    else:
        yield from _of(document, "subjects", "name")
        yield from _of(document, "permissions", "role")


def _roles_in(document: Document) -> Iterator[tuple[tuple[Token, ...], str]]:
    if _is_repo(document):
        yield from _of(document, "collaborators", "role_id")
        return
    for index, entry in _entries(document, "permissions"):
        if isinstance(entry.get("role"), str) and entry.get("resourceType") in _REPO_TYPES:
            yield ("permissions", index, "role"), entry["role"]


def _description(document: Document) -> Iterator[tuple[tuple[Token, ...], str]]:
    value: Any = document.value
    if _is_repo(document) and isinstance(value.get("description"), str):
        yield ("description",), value["description"]
