"""Names of people in text: email addresses, `user:NAME`, and names known from other values."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias
from urllib.parse import unquote

Rename: TypeAlias = Callable[[str], str]
"""Returns the pseudonym of a name."""

_ESCAPE = r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8})"
_AT = re.compile(r"@|%40|\uff20|\ufe6b|\\u0040|\\x40")
_WORD = re.compile(rf'(?:[^\s\\/=,;:"<>()\[\]{{}}|`…“”&?#]|{_ESCAPE})+')
_USER = re.compile(rf"(?<![\w-])(user:)((?:[^\s\\/=,;'\"<>()\[\]{{}}|`…]|(?<=\w)'(?=\w)|{_ESCAPE})+)", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:\.(?:partial|gitlab))?\.(?:ya?ml|json|txt|md|sarif|xml|csv|html|ndjson)\Z")
_QUOTES = "'*.!?~^\u2018\u2019"
_PIECE = re.compile(r"\w+")


def identity(name: str) -> str:
    """Return a key that is equal for all spellings of a name."""
    return unicodedata.normalize("NFKC", name).casefold()


def mentions_people(text: str) -> bool:
    """Return whether a text may contain an email address or a user."""
    return _AT.search(text) is not None or "user:" in text.lower()


def users_in(text: str) -> Iterator[str]:
    """Yield the names after every `user:` in a text."""
    for match in _USER.finditer(text):
        name = _parts(match[2])[1]
        if _is_name(name):
            yield plain(name)


def rename_people(text: str, rename: Rename, known: Callable[[str], bool]) -> str:
    """Return a text with the names in `user:NAME` and all email addresses replaced.

    Args:
        text: The text.
        rename: Returns the pseudonym of a name.
        known: Returns whether a name is known, or already a pseudonym: such a name is not split.
    """

    def renamed(word: str) -> str:
        before, name, after = _parts(word, known)
        return f"{before}{rename(plain(name))}{after}" if _is_name(name) else word

    text = _without_clipped(text, mentions_people)
    text = _USER.sub(lambda match: match[1] + renamed(match[2]), text)
    found = _WORD.sub(lambda match: renamed(match[0]) if _AT.search(match[0]) else match[0], text)
    return found if found == text else _without_clipped(found, lambda _word: True)


def _without_clipped(text: str, hidden: Callable[[str], bool]) -> str:
    """Return a text without truncated words before `…`, as a truncated name would get a pseudonym of its own."""
    *pieces, last = text.split("…")
    done = []
    for piece in pieces:
        start = max(map(piece.rfind, " \t\r\n\"',([")) + 1
        done.append(piece[:start] if hidden(piece[start:]) else piece)
    return "…".join([*done, last])


def plain(name: str) -> str:
    """Return a name without the escapes of JSON, YAML and URLs."""
    decoded = re.sub(_ESCAPE, lambda match: _character(match[0]), name)
    return unquote(decoded) if "%40" in decoded else decoded


def _character(escape: str) -> str:
    digits = escape[2:]
    number = int(digits, base=16)
    return chr(number) if number <= sys.maxunicode else escape


def _parts(word: str, known: Callable[[str], bool] = lambda _name: False) -> tuple[str, str, str]:
    """Split a word into the text before a name, the name, and the text after it, such as quotes or a file extension."""
    name = word.lstrip(_QUOTES)
    before = word[: len(word) - len(name)]
    name = name.rstrip(_QUOTES).removesuffix("'s").removesuffix("\u2019s")
    if not known(plain(name)):
        name = _SUFFIX.sub("", name)
    return before, name, word[len(before) + len(name) :]


def _is_name(name: str) -> bool:
    """Return whether a word names a person: `*` does not, nor does `@example.com`."""
    parts = _AT.split(name)
    return all(re.search(r"\w", part) for part in (parts[0], parts[-1]))


class KnownNames:
    """Names to find in text as entire words, in one pass over the text."""

    def __init__(self, names: Iterable[str]) -> None:
        """Index names, as written and as in JSON, by their first word."""
        self._index: dict[str, list[tuple[int, re.Pattern[str], str]]] = {}
        spellings = {
            spelling: name for name in names for spelling in (json.dumps(name, ensure_ascii=False)[1:-1], name)
        }
        for spelling in sorted(spellings, key=lambda each: (-len(each), each)):
            if piece := _PIECE.search(spelling):
                pattern = re.compile(rf"(?<!\w){re.escape(spelling)}(?!\w)", re.IGNORECASE)
                found = self._index.setdefault(piece[0].casefold(), [])
                found.append((piece.start(), pattern, spellings[spelling]))

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._index)

    def rename(self, text: str, rename: Rename) -> str:
        """Return a text with the names replaced, the longest first."""
        done: list[str] = []
        end = 0
        for piece in _PIECE.finditer(text) if self._index else ():
            for offset, pattern, name in self._index.get(piece[0].casefold(), ()):
                start = piece.start() - offset
                match = pattern.match(text, start) if start >= end else None
                if match:
                    done += text[end:start], rename(name)
                    end = match.end()
                    break
        return "".join([*done, text[end:]])
