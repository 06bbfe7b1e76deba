"""Checks of documents that apply with any policy: empty, without a type, misspelled, ambiguous or duplicate."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from auditor.documents import Document, Token
from auditor.errors import nearest
from auditor.model import Binding, Finding, Location, Repo, RepoRef, RuleInfo
from auditor.model.values import display, placeholder_in, pointer
from auditor.resources import schema
from auditor.sources.files.locations import FilePlaces
from auditor.sources.files.placeholders import placeholders_of
from auditor.sources.files.recognition import probable_type
from auditor.sources.files.rules import (
    AMBIGUOUS,
    DUPLICATE,
    EMPTY,
    LOOKALIKE,
    MISSPELLED_KEY,
    MISSPELLED_TYPE,
    NOT_A_MAPPING,
    UNRESOLVED_PLACEHOLDER,
    WITHOUT_TYPE,
)

_ALIKE = 0.8
_MOST_UNKNOWN = 100


def empty_file(file: str, places: FilePlaces) -> Finding:
    """Return the finding about a file without documents."""
    return Finding(
        EMPTY, _ref(file, 1), f"{file} contains no documents", "", "nothing", "a manifest", "", places.of_line(1)
    )


def wrong_document(document: Document, places: FilePlaces) -> Finding:
    """Return the finding about a document that is not a manifest."""
    value, ref = document.value, _ref(document.file, document.number)
    if value is None:
        return _finding(EMPTY, ref, "the document is empty", "nothing", "a manifest", places.of(document.start))
    locate = places.of_document(document)
    if not isinstance(value, dict):
        what = "a list" if isinstance(value, list) else "a string or number"
        return _finding(
            NOT_A_MAPPING, ref, f"the document is {what}", display(value), "a mapping with `type`", locate("")
        )
    kind, named = value.get("type"), _named(value, ref)
    if isinstance(kind, str) and (name := placeholder_in(kind)):
        message = f"the type contains the unresolved placeholder {name}"
        return _finding(
            UNRESOLVED_PLACEHOLDER, named, message, display(kind), f"a value for {name}", locate("/type"), "/type"
        )
    if isinstance(kind, str) and kind:
        near = probable_type(kind) or "ml-repo"
        message = f"the document has type {kind!r}, but looks like a manifest of type {near!r}"
        return _finding(MISSPELLED_TYPE, named, message, display(kind), near, locate("/type"), "/type")
    got = display(kind) if "type" in value else "no type"
    return _finding(
        WITHOUT_TYPE,
        named,
        f"the document has {got}" if got == "no type" else f"the type of the document is {got}",
        got,
        "a type",
        locate("/type"),
        "/type",
    )


def misspelled_keys(document: Document, manifest: Repo | Binding, kind: str, places: FilePlaces) -> Iterator[Finding]:
    """Yield a finding for each unknown key that is similar to a missing known key."""
    known = schema(kind)["properties"].keys()
    if manifest.manifest.keys() <= known:
        return
    for key in sorted(manifest.manifest.keys() - known)[:_MOST_UNKNOWN]:
        near = nearest(key.lower(), known - manifest.manifest.keys(), _ALIKE)
        if near:
            path = pointer(key)
            message = f"unknown key {key!r} in a manifest of type {kind}; did you mean {near!r}?"
            location = places.of(document.places.of_key([key]) or document.start)
            yield Finding(MISSPELLED_KEY, manifest.ref, message, path, key, near, key=path, location=location)


def unresolved_placeholders(manifest: Repo | Binding) -> Iterator[Finding]:
    """Yield a finding for each text with an unresolved placeholder."""
    for path, text in placeholders_of(manifest.manifest):
        name = placeholder_in(text)
        message = f"{path[1:]} contains the unresolved placeholder {name}"
        location = manifest.locate(path) if manifest.locate else None
        yield _finding(
            UNRESOLVED_PLACEHOLDER, manifest.ref, message, display(text), f"a value for {name}", location, path
        )


def ambiguous_scalars(document: Document, manifest: Repo | Binding, places: FilePlaces) -> Iterator[Finding]:
    """Yield a finding for each scalar that means something else in YAML 1.1."""
    for scalar in document.ambiguous:
        if scalar.yaml11_value:
            path = pointer(*scalar.path)
            message = f"`tfy apply` reads `{scalar.text}` as {scalar.yaml11_value}"
            yield Finding(
                AMBIGUOUS,
                manifest.ref,
                message,
                path,
                got=scalar.text,
                expected="a value in quotes",
                key=f"{_place_by_name(scalar.path)}={scalar.text}",
                location=places.of(scalar.span),
            )


def _place_by_name(path: tuple[Token, ...]) -> str:
    """Return a path without the indices of lists, which change if a list is reordered."""
    return pointer(*("*" if isinstance(token, int) else token for token in path))


def _ref(file: str, number: int) -> RepoRef:
    return RepoRef(f"{file}#{number}", f"document:{file}#{number}", None)


def _named(value: dict[str, object], ref: RepoRef) -> RepoRef:
    name = value.get("name")
    return replace(ref, name=name) if isinstance(name, str) and name else ref


def _finding(
    rule: RuleInfo, ref: RepoRef, message: str, got: str, expected: str, location: Location | None, path: str = ""
) -> Finding:
    return Finding(rule, ref, message, path, got, expected, key=path, location=location)


class DuplicateNames:
    """The names so far, and the place of the first use of each."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], dict[str, tuple[str, int, bool]]] = {}

    def check(self, manifest: Repo | Binding, kind: str, document: Document, *, checked: bool) -> Finding | None:
        """Add a manifest of this kind, and return the finding about its name if another one has it.

        Of two with the same name, at least one has to be checked; skipped ones are only recorded.
        """
        name = manifest.manifest.get("name")
        if not isinstance(name, str) or placeholder_in(name):
            return None
        alike = self._places.setdefault((kind, _folded(name)), {})
        file, line, wanted = alike.get(name) or next(iter(alike.values()), ("", 0, False))
        other = name if name in alike else next(iter(alike), "")
        alike.setdefault(name, (document.file, document.start.line, checked))
        if not other or not (checked or wanted):
            return None
        if other == name:
            message = f"the {kind} {name} is already defined at {file}:{line}; `tfy apply` keeps the last one"
            return _name_finding(DUPLICATE, manifest, message, name, "one manifest of this type and name")
        message = f"the {kind} {name} differs from {other} at {file}:{line} only in case or encoding"
        return _name_finding(LOOKALIKE, manifest, message, name, "a clearly different name")


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", name).casefold()


def _name_finding(rule: RuleInfo, manifest: Repo | Binding, message: str, name: str, expected: str) -> Finding:
    location = manifest.locate("/name") if manifest.locate else None
    return Finding(rule, manifest.ref, message, "/name", display(name), expected, key="name", location=location)
