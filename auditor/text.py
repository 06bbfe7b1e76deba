"""Untrusted text made safe for each medium.

Names, descriptions and server messages come from others. Shown as they are, they could move the cursor, recolor the
screen, fake a line, reverse the reading order, or give a CI runner a command.
"""

from __future__ import annotations

import json
import re
import textwrap
from datetime import datetime

_COMMAND = r"(^|[\r\n])(\s*)::"
_OBEYED = ("##[", "##vso[")
_VOWEL = re.compile(r"(?!uni|use|eu|one)[aeiou]", re.IGNORECASE)
_UNSEEN = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
"""Letters and marks that Unicode calls printable and that show nothing."""

_LOOKALIKE = (
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1\u03b9"
    "\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c\u041d"
    "\u041e\u0420\u0421\u0422\u0423\u0425\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442"
    "\u0443\u0445\u0455\u0456\u0458\u0475\u04bb\u0501\u051b\u051d"
)
"""Cyrillic and Greek letters that look like Latin ones."""
_MIXED = f"(?<=[A-Za-z])[{_LOOKALIKE}]+|[{_LOOKALIKE}]+(?=[A-Za-z])"


def visible(text: str) -> str:
    r"""Return text in which every character that is not plainly printable is written as an escape.

    Covers C0 and C1 controls, DEL, line and paragraph separators, bidirectional and zero-width characters, and lone
    surrogates: `\n`, `\x1b`, `\u202e`; also Cyrillic and Greek letters that pass for Latin ones in a word. `##[` and
    `##vso[` are broken up, because the runners of GitHub and Azure obey them anywhere in a line.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escaped(char) for char in text)
    if not text.isascii():
        text = re.sub(f"{_UNSEEN}|{_MIXED}", lambda match: _escaped(match[0]), text)
    return _broken_up(text, r"\x23")


def _broken_up(text: str, escape: str) -> str:
    for word in _OBEYED:
        text = text.replace(word, f"#{escape}{word[2:]}")
    return text


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def no_commands(text: str) -> str:
    """Return lines of which none is a command to GitHub's runner: it obeys lines that start with `::`."""
    return re.sub(_COMMAND, r"\1\2\\x3a:", text) if "::" in text else text


def holds_commands(text: str) -> bool:
    """Return whether the runners of GitHub or Azure would obey something in lines of text."""
    return no_commands(text) != text or any(word in text for word in _OBEYED)


def clipped(text: str, length: int) -> str:
    """Return text of at most `length` characters; where some are left out, it ends with an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def one_line(text: str, length: int = 200) -> str:
    """Return text as one line of visible characters, clipped to `length`."""
    return clipped(visible(" ".join(text.split())), length)


def count_of(number: int, thing: str, things: str = "") -> str:
    """Return a number of things: `1 file`, `2 files`; `things` is the plural where it is not a mere `s` more."""
    return f"{number} {thing}" if number == 1 else f"{number} {things or f'{thing}s'}"


def with_article(words: str) -> str:
    """Return words with `a` or `an`."""
    return f"an {words}" if _VOWEL.match(words) else f"a {words}"


def columns(text: str) -> int:
    """Return how many columns of a terminal visible text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # noqa: PLC0415 - most text is ASCII

    return wcswidth(text)


def wrap_lines(text: str, width: int, first: str = "", rest: str = "", *, hyphens: bool = False) -> list[str]:
    """Return text as lines of visible characters, each of at most `width` columns.

    Args:
        text: The text.
        width: How many columns of a terminal a line may take.
        first: What the first line starts with.
        rest: What the other lines start with.
        hyphens: Whether a line may end behind a hyphen.
    """
    line = visible(text)
    if line.isascii():
        return textwrap.wrap(line, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=hyphens)
    from wcwidth import wrap  # noqa: PLC0415 - most text is ASCII

    return wrap(line, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=hyphens)


def safe_lines(text: str, width: int, rest: str = "") -> list[str]:
    """Return text as `wrap_lines` does, where no line can come to start with `::`, which CI runners obey."""
    return wrap_lines(visible(text).replace("::", r":\x3a"), width, rest=rest)


def timestamp(moment: datetime) -> str:
    """Return a moment in UTC as JSON documents hold it: `2026-03-01T12:00:00Z`."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def json_text(document: object) -> str:
    """Return a document as indented JSON in ASCII: nothing in it can act on a terminal or a CI runner."""
    text = json.dumps(document, ensure_ascii=True, indent=2, allow_nan=False)
    return _broken_up(text.replace("\x7f", "\\u007f"), "\\u0023")
