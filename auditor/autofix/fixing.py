"""Fixing one text: one fix after the other, each verified by reading the result."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from auditor.autofix.edits import Change, canonical, edited, intended
from auditor.autofix.registry import FIXES, KNOWN_ROLES, Fix
from auditor.documents import Document, read_documents
from auditor.errors import DocumentError
from auditor.model.values import pointer

_ODD_LINE_END = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
"""Line ends in YAML, and hardly anywhere else."""

_Numbered: TypeAlias = tuple[int, Change]

Wanted: TypeAlias = Callable[[Fix, int, str], bool]
"""Returns whether to apply a fix, by the number of the document, from 1, and the JSON Pointer of the value in it."""


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """One thing that was fixed.

    Attributes:
        fix: The name of the fix.
        what: The manifest, by type and name; untrusted.
        path: JSON Pointer of the value in it.
        message: What was wrong and what was applied, one sentence without a final period.
    """

    fix: str
    what: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class FixedText:
    """A text after every fix.

    Attributes:
        text: Its current text.
        applied: What was fixed, in order.
        values: The values of its documents.
    """

    text: str
    applied: tuple[AppliedFix, ...]
    values: tuple[object, ...]


def fix_text(
    text: str, file: str, roles: Sequence[str] = KNOWN_ROLES, wanted: Wanted = lambda _fix, _number, _path: True
) -> FixedText:
    """Fix everything in a file that can be fixed safely.

    Args:
        text: The text of the file.
        file: Its name, for messages.
        roles: The known role ids.
        wanted: Whether to apply a fix at a place; everything by default.

    Raises:
        DocumentError: A document of the file cannot be read; then nothing of the file is fixed.
    """
    documents = _read(text, file)
    applied: list[AppliedFix] = []
    for fix in FIXES if not _ODD_LINE_END.search(text) else ():
        proposed = [
            (n, change)
            for n, each in enumerate(documents)
            for change in _changes(fix, each, text, roles)
            if wanted(fix, n + 1, pointer(*change.path))
        ]
        changes = _Trial(text, file, documents).kept(proposed)
        if changes:
            applied += [
                AppliedFix(fix.name, _name(documents[n].value), pointer(*change.path), change.message)
                for n, change in changes
            ]
            text = edited(text, [change for _, change in changes])
            documents = _read(text, file)
    return FixedText(text, tuple(applied), tuple(document.value for document in documents))


def _changes(fix: Fix, document: Document, text: str, roles: Sequence[str]) -> list[Change]:
    value = document.value
    if not isinstance(value, dict) or value.get("type") not in fix.kinds:
        return []
    return [change for change in fix.propose(document, text, roles) if change is not None]


def _read(text: str, file: str) -> list[Document]:
    documents = list(read_documents(text, file))
    for document in documents:
        if document.problem is not None:
            raise document.problem
    return documents


class _Trial:
    """Tries changes on a text, each with the number of its document."""

    def __init__(self, text: str, file: str, documents: Sequence[Document]) -> None:
        self._text, self._file, self._documents = text, file, documents

    def kept(self, changes: list[_Numbered]) -> list[_Numbered]:
        """Return the changes after which the text has exactly the intended values."""
        if not changes or self._works(changes):
            return changes
        if len(changes) == 1:
            return []
        half = len(changes) // 2
        both = self.kept(changes[:half]) + self.kept(changes[half:])
        return both if self._works(both) else []

    def _works(self, changes: list[_Numbered]) -> bool:
        try:
            after = _read(edited(self._text, [change for _, change in changes]), self._file)
        except DocumentError:
            return False
        for number, document in enumerate(self._documents):
            wanted = intended(document.value, [change for n, change in changes if n == number])
            if len(after) != len(self._documents) or canonical(after[number].value) != wanted:
                return False
        return sum(len(each.ambiguous) for each in after) <= sum(len(each.ambiguous) for each in self._documents)


def _name(value: object) -> str:
    return f"{value.get('type')} {value.get('name')}" if isinstance(value, dict) else ""
