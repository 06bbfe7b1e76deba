"""Namesakes: manifests of one type and name, in any of the files, and names that only look alike."""

from __future__ import annotations

from auditor.documents import Document
from auditor.model import Binding, Finding, Repo, RuleInfo
from auditor.model.values import display
from auditor.sources.files.rules import DUPLICATE, LOOKALIKE


class Namesakes:
    """Everything that was named so far, and where."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], dict[str, tuple[str, int, bool]]] = {}

    def meet(self, manifest: Repo | Binding, kind: str, document: Document, *, judged: bool) -> Finding | None:
        """Remember a manifest of this kind, and return what is wrong with its name, if another one has it.

        Of two that share a name, one at least has to be judged; the others are only remembered.
        """
        name = manifest.manifest.get("name")
        if not isinstance(name, str):
            return None
        alike = self._places.setdefault((kind, _folded(name)), {})
        file, line, wanted = alike.get(name) or next(iter(alike.values()), ("", 0, False))
        other = name if name in alike else next(iter(alike), "")
        alike.setdefault(name, (document.file, document.start.line, judged))
        if not other or not (judged or wanted):
            return None
        if other == name:
            message = f"the {kind} {name} stands here again, first at {file}:{line}; `tfy apply` keeps the last one"
            return _finding(DUPLICATE, manifest, message, name, "one manifest of this type and name")
        message = f"the {kind} {name} is called like {other} at {file}:{line}, but for case or encoding"
        return _finding(LOOKALIKE, manifest, message, name, "a name that can be told from others")


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    import unicodedata  # noqa: PLC0415 - most names are ASCII

    return unicodedata.normalize("NFKC", name).casefold()


def _finding(rule: RuleInfo, manifest: Repo | Binding, message: str, name: str, expected: str) -> Finding:
    location = manifest.locate("/name") if manifest.locate else None
    return Finding(rule, manifest.ref, message, "/name", display(name), expected, key="name", location=location)
