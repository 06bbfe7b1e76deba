"""Sets of characters for patterns without RE2, as functions that accept a character, with RE2's meaning."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeAlias

Accepts: TypeAlias = Callable[[str], bool]

PRIVATE = {"pL": 0xF0000, "PL": 0xF0001, "pN": 0xF0002, "PN": 0xF0003}
"""Code points for private use that stand for Unicode classes, which Python's parser does not know."""


def union(items: list[Accepts]) -> Accepts:
    """Accept what any of these accepts."""
    return items[0] if len(items) == 1 else lambda char: any(accepts(char) for accepts in items)


def opposite(accepts: Accepts) -> Accepts:
    """Accept what this does not."""
    return lambda char: not accepts(char)


def between(low: int, high: int) -> Accepts:
    """Accept the characters from one code point to another."""
    first, last = chr(low), chr(high)
    return lambda char: first <= char <= last


def folded(char: str) -> Iterable[str]:
    """Return the ASCII characters that a character is the same as where case does not count."""
    return {char, char.lower(), char.upper()} if char.isascii() else _LIKE_ASCII.get(char, "")


_LIKE_ASCII = {"\u017f": "sS", "\u212a": "kK"}
_SPACE = frozenset("\t\n\f\r ")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
CATEGORIES: dict[str, Accepts] = {
    "CATEGORY_DIGIT": lambda char: "0" <= char <= "9",
    "CATEGORY_NOT_DIGIT": lambda char: not "0" <= char <= "9",
    "CATEGORY_SPACE": _SPACE.__contains__,
    "CATEGORY_NOT_SPACE": lambda char: char not in _SPACE,
    "CATEGORY_WORD": _WORD.__contains__,
    "CATEGORY_NOT_WORD": lambda char: char not in _WORD,
}
"""What `\\d`, `\\s`, `\\w` and their opposites accept, by the name that Python's parser gives them."""

OF_UNICODE: dict[int, Accepts] = {
    PRIVATE["pL"]: lambda char: unicodedata.category(char)[0] == "L",
    PRIVATE["PL"]: lambda char: unicodedata.category(char)[0] != "L",
    PRIVATE["pN"]: lambda char: unicodedata.category(char)[0] == "N",
    PRIVATE["PN"]: lambda char: unicodedata.category(char)[0] != "N",
}
"""What the code points for private use accept."""
