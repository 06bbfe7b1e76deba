"""A cursor: a value in a document with its place, and checks that raise errors with that place."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from auditor.documents.places import Span, Token
from auditor.documents.reader import Document, decode, read_documents
from auditor.errors import DocumentError, InvalidError, did_you_mean, near_hint

Value: TypeAlias = "dict[str, Cursor] | list[Cursor] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Cursor:
    """A value and its place. Every check that fails raises `DocumentError` with the place.

    Attributes:
        name: The name of the value in messages, for example `rules[2].severity`.
    """

    __slots__ = ("_children", "_document", "_path", "_plain", "name")

    def __init__(self, document: Document, plain: object, path: tuple[Token, ...] = (), name: str = "") -> None:
        self.name = name
        self._document = document
        self._plain = plain
        self._path = path
        self._children: Value = None

    @property
    def value(self) -> Value:
        """A scalar, a list of cursors, or a mapping of keys to cursors."""
        if self.scalar:
            return self._plain  # type: ignore[return-value]
        if self._children is None:
            self._children = self._below()
        return self._children

    def _below(self) -> Value:
        if isinstance(self._plain, dict):
            start = f"{self.name}." if self.name else ""
            return {
                key: Cursor(self._document, child, (*self._path, key), f"{start}{key}")
                for key, child in self._plain.items()
            }
        items = self._plain if isinstance(self._plain, list) else ()
        return [
            Cursor(self._document, child, (*self._path, index), f"{self.name}[{index}]")
            for index, child in enumerate(items)
        ]

    def without(self, key: str) -> Cursor:
        """Return a mapping without one of its keys."""
        rest = (
            {each: value for each, value in self._plain.items() if each != key} if isinstance(self._plain, dict) else {}
        )
        return Cursor(self._document, rest, self._path, self.name)

    @property
    def mark(self) -> Mark:
        """The start of the value."""
        return self._mark(self._document.places.of_value(self._path))

    @property
    def key_mark(self) -> Mark | None:
        """The start of the value's key, if it has one."""
        span = self._document.places.of_key(self._path)
        return self._mark(span) if span else None

    def _mark(self, span: Span) -> Mark:
        return Mark(self._document.file, span.line, span.column)

    def fail(self, message: str, fix: str = "") -> NoReturn:
        """Raise an error about this value."""
        raise DocumentError(str(self.mark), f"{self.name or 'the document'} {message}", fix)

    def fail_at_key(self, message: str, fix: str = "") -> NoReturn:
        """Raise an error about this value's key, with the message alone."""
        raise DocumentError(str(self.key_mark or self.mark), message, fix)

    def mapping(self) -> dict[str, Cursor]:
        """Return the keys and values of a mapping."""
        value = self.value
        if not isinstance(value, dict):
            self.fail(f"is {self.kind}, expected a mapping")
        return value

    def keys(self, known: Iterable[str], required: Iterable[str] = ()) -> dict[str, Cursor]:
        """Return a mapping with only known keys and all required ones."""
        found = self.mapping()
        words = set(known)
        for key, child in found.items():
            if key not in words:
                place = f" in {self.name}" if self.name else ""
                child.fail_at_key(f"unknown key {key!r}{place}", did_you_mean(key, words))
        for key in required:
            if key not in found:
                self.fail(f"has no {key!r}", "add it")
        return found

    def items(self) -> list[Cursor]:
        """Return the elements of a list."""
        value = self.value
        if not isinstance(value, list):
            self.fail(f"is {self.kind}, expected a list")
        return value

    def text(self) -> str:
        """Return a string that is not blank."""
        value = self.value
        if not isinstance(value, str):
            self.fail(f"is {self.described}, expected a string", "put it in quotes" if self.scalar else "")
        if not value.strip():
            self.fail("is empty, expected a non-empty string")
        return value

    def boolean(self) -> bool:
        """Return true or false."""
        value = self.value
        if not isinstance(value, bool):
            self.fail(f"is {self.kind}, expected true or false")
        return value

    def choice(self, words: Sequence[str]) -> str:
        """Return one of these words."""
        word = self.value
        if not isinstance(word, str) or word not in words:
            self.fail(f"is {self.described}, expected one of {', '.join(words)}", near_hint(str(word), words))
        return word

    @property
    def scalar(self) -> bool:
        """Whether the value is neither a list nor a mapping."""
        return not isinstance(self._plain, list | dict)

    @property
    def kind(self) -> str:
        """The type of the value, for messages."""
        names = {dict: "a mapping", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
        return names.get(type(self._plain), "a number")

    @property
    def described(self) -> str:
        """The value for messages: a string or number with its content, anything else as its type."""
        if isinstance(self._plain, str):
            return repr(self._plain)
        if isinstance(self._plain, bool | int | float):
            return f"the {self.kind.removeprefix('a ')} {json.dumps(self._plain)}"
        return self.kind

    def plain(self) -> object:
        """Return the value without places: plain dicts, lists and scalars. Do not modify it."""
        return self._plain


SIZE_CEILING = 8 * 1024 * 1024


def read_file(path: str | os.PathLike[str]) -> tuple[Cursor, bytes]:
    """Read a YAML file that holds one document; return it with the bytes that were read.

    Raises:
        InvalidError: The file cannot be read.
        DocumentError: The file is not one well-formed document.
    """
    try:
        data = _data(path)
    except OSError as error:
        raise InvalidError(f"{os.fspath(path)} cannot be read: {error.strerror or error}") from None
    if len(data) > SIZE_CEILING:
        raise InvalidError(f"{os.fspath(path)} is larger than {SIZE_CEILING // 1024 // 1024} MiB")
    return read_yaml(data, os.fspath(path)), data


_UNSAVED: ContextVar[Mapping[str, bytes]] = ContextVar("unsaved", default={})  # noqa: B039 - never changed


@contextmanager
def unsaved(contents: Mapping[str, bytes]) -> Iterator[None]:
    """Read these files with their contents in an editor, not those on disk; by absolute path without links."""
    token = _UNSAVED.set(contents)
    try:
        yield
    finally:
        _UNSAVED.reset(token)


def is_unsaved(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is read from an editor; it need not be on disk."""
    return _in_editor(path) is not None


def _in_editor(path: str | os.PathLike[str]) -> bytes | None:
    texts = _UNSAVED.get()
    return texts.get(os.path.realpath(path)) if texts else None


def _data(path: str | os.PathLike[str]) -> bytes:
    data = _in_editor(path)
    if data is None:
        with open(path, "rb") as stream:
            data = stream.read(SIZE_CEILING + 1)
    return data


def read_yaml(data: bytes, file: str) -> Cursor:
    """Read one YAML document; `file` is its name in messages.

    Raises:
        DocumentError: It is not one well-formed document.
    """
    found: Document | None = None
    for document in read_documents(decode(data, file), file, merging=False):
        if found is not None:
            place = f"{file}:{document.start.line}:{document.start.column}"
            raise DocumentError(place, "a second document starts here, expected only one")
        _refuse(document)
        found = document
    if found is None:
        raise DocumentError(file, "the file contains no document, expected one")
    return Cursor(found, found.value)


def _refuse(document: Document) -> None:
    if document.problem is not None:
        raise document.problem
    for scalar in document.ambiguous_numbers:
        place = f"{document.file}:{scalar.span.line}:{scalar.span.column}"
        raise DocumentError(
            place, f"{scalar.text!r} means different things in different YAML versions", "put it in quotes"
        )
