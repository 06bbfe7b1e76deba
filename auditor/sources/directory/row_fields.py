"""Fields of rows: read strictly, and never shown in messages where they may be secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NoReturn

from auditor.errors import UnreadError
from auditor.model.values import Json, parse_timestamp, pointer, type_name


class Fields:
    """An object in an answer. A missing key and a null one mean the same; values of wrong types are rejected.

    Args:
        values: The object.
        path: Its JSON Pointer in the row.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, values: dict[str, Json], path: str = "") -> None:
        self._values = values
        self._path = path

    def text(self, *keys: str) -> str:
        """Return the text of the first of these keys that exists.

        Raises:
            UnreadError: None exists.
        """
        text = self.maybe_text(*keys)
        if not text:
            self._refuse(keys[0], "missing or empty", "a string")
        return text

    def maybe_text(self, *keys: str) -> str | None:
        """Return the text of the first of these keys that exists; None if none exists."""
        for key in keys:
            value = self._values.get(key)
            if value is not None:
                return value if isinstance(value, str) else self._wrong(key, value, "a string")
        return None

    def flag(self, key: str) -> bool | None:
        """Return true or false; None if the key is missing."""
        value = self._values.get(key)
        return value if value is None or isinstance(value, bool) else self._wrong(key, value, "true or false")

    def number(self, key: str) -> float | None:
        """Return a number; None if the key is missing."""
        value = self._values.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        return self._wrong(key, value, "a number")

    def timestamp(self, key: str) -> datetime | None:
        """Return a timestamp; None if the key is missing."""
        text = self.maybe_text(key)
        if not text:
            return None
        try:
            return parse_timestamp(text)
        except ValueError:
            self._refuse(key, "not a timestamp", "one such as 2026-01-31T12:00:00Z")

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts; None if the key is missing."""
        value = self._values.get(key)
        if value is None:
            return None
        items = value if isinstance(value, list) else self._wrong(key, value, "a list of strings")
        return tuple(each if isinstance(each, str) else self._wrong(key, each, "only strings in it") for each in items)

    def object(self, key: str) -> Fields | None:
        """Return an object; None if the key is missing."""
        value = self._values.get(key)
        if value is None:
            return None
        return Fields(
            value if isinstance(value, dict) else self._wrong(key, value, "an object"), self._path + pointer(key)
        )

    def objects(self, key: str) -> Iterator[Fields]:
        """Yield the objects of a list; nothing if the key is missing."""
        value = self._values.get(key)
        items = [] if value is None else value if isinstance(value, list) else self._wrong(key, value, "a list")
        for index, each in enumerate(items):
            entry = each if isinstance(each, dict) else self._wrong(key, each, "only objects in it")
            yield Fields(entry, self._path + pointer(key, index))

    def _wrong(self, key: str, value: Json, expected: str) -> NoReturn:
        self._refuse(key, f"of type {type_name(value)}", expected)

    def _refuse(self, key: str, got: str, expected: str) -> NoReturn:
        raise UnreadError(f"{self._path}{pointer(key)} is {got}, expected {expected}")
