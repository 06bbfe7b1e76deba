"""A cursor: a value in a document together with its place, and the questions that a loader asks of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from auditor.errors import DocumentError, did_you_mean

Value: TypeAlias = "dict[str, Cursor] | list[Cursor] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A value and its place. Every question raises `DocumentError` with the place if the answer is no.

    Attributes:
        value: A scalar, a list of cursors, or a mapping of keys to cursors.
        mark: Where the value starts.
        name: What the value is called in messages, for example `rules[2].severity`.
        key_mark: Where the value's key starts, if it has one.
    """

    value: Value
    mark: Mark
    name: str
    key_mark: Mark | None = None

    def fail(self, message: str, fix: str = "") -> NoReturn:
        """Raise an error about this value."""
        raise DocumentError(str(self.mark), f"{self.name} {message}" if self.name else message, fix)

    def fail_at_key(self, message: str, fix: str = "") -> NoReturn:
        """Raise an error about this value's key; the message stands alone."""
        raise DocumentError(str(self.key_mark or self.mark), message, fix)

    def mapping(self) -> dict[str, Cursor]:
        """Return the keys and values of a mapping."""
        if not isinstance(self.value, dict):
            self.fail(f"is {self.kind}, expected a mapping")
        return self.value

    def keys(self, known: Iterable[str], required: Iterable[str] = ()) -> dict[str, Cursor]:
        """Return a mapping that has only known keys and all the required ones."""
        found = self.mapping()
        words = set(known)
        for key, child in found.items():
            if key not in words:
                place = f" in {self.name}" if self.name else ""
                child.fail_at_key(f"unknown key {key!r}{place}", did_you_mean(key, words))
        for key in required:
            if key not in found:
                self.fail(f"has no {key!r}" if self.name else f"the document has no {key!r}", "add it")
        return found

    def items(self) -> list[Cursor]:
        """Return the elements of a list."""
        if not isinstance(self.value, list):
            self.fail(f"is {self.kind}, expected a list")
        return self.value

    def text(self) -> str:
        """Return a string that is not blank."""
        if not isinstance(self.value, str):
            self.fail(f"is {self.described}, expected a string", "put it in quotes" if self.scalar else "")
        if not self.value.strip():
            self.fail("is empty, expected a text")
        return self.value

    def boolean(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self.fail(f"is {self.kind}, expected true or false")
        return self.value

    def choice(self, words: Sequence[str]) -> str:
        """Return one of these words."""
        word = self.value
        if not isinstance(word, str) or word not in words:
            self.fail(f"is {self.described}, expected one of {', '.join(words)}", did_you_mean(str(word), words))
        return word

    @property
    def scalar(self) -> bool:
        """Whether the value is neither a list nor a mapping."""
        return not isinstance(self.value, list | dict)

    @property
    def kind(self) -> str:
        """What sort of value this is, for messages."""
        names = {dict: "a mapping", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
        return names.get(type(self.value), "a number")

    @property
    def described(self) -> str:
        """What the value is, for messages: a text or number with what it says, else only what sort of value."""
        if isinstance(self.value, str):
            return repr(self.value)
        return f"{self.kind} {json.dumps(self.value)}" if isinstance(self.value, bool | int | float) else self.kind

    def plain(self) -> object:
        """Return the value without places: plain dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value
