"""Namesakes: manifests of one type and name, in any of the files, and names that only look alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from auditor.model import Finding, Locate, RepoRef, RuleInfo
from auditor.model.values import shown
from auditor.sources.manifests.rules import DUPLICATE, LOOKALIKE


class Namesakes:
    """Everything that was named so far, and where."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], dict[str, str]] = {}

    def meet(self, kind: str, name: object, ref: RepoRef, place: str, locate: Locate) -> Iterator[Finding]:
        """Yield what is wrong with one more name.

        Args:
            kind: The type of the manifest.
            name: Its name, as written.
            ref: What names it in a report.
            place: Where it stands, for people.
            locate: Tells where its name stands.
        """
        if not isinstance(name, str):
            return
        alike = self._places.setdefault((kind, unicodedata.normalize("NFC", name).casefold()), {})
        if name in alike:
            message = f"the {kind} {name} stands here again, first at {alike[name]}; `tfy apply` keeps the last one"
            yield _finding(DUPLICATE, ref, message, name, "one manifest of this type and name", locate)
            return
        for other, where in alike.items():
            message = f"the {kind} {name} is called like {other} at {where}, but for case or encoding"
            yield _finding(LOOKALIKE, ref, message, name, "a name that can be told from others", locate)
            break
        alike[name] = place


def _finding(rule: RuleInfo, ref: RepoRef, message: str, name: str, expected: str, locate: Locate) -> Finding:
    return Finding(rule, ref, message, "/name", shown(name), expected, key="name", location=locate("/name"))
