"""Untrusted text made safe for each medium.

Names, descriptions and server messages come from others. Shown as they are, they could move the cursor, recolour the
screen, fake a line, reverse the reading order, or give a CI runner a command.
"""

from __future__ import annotations

import json
import re

_COMMAND = r"(^|[\r\n])(\s*)::"
_OBEYED = ("##[", "##vso[")
_UNSEEN = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
"""Letters and marks that Unicode calls printable and that show nothing."""


def visible(text: str) -> str:
    r"""Return text in which every character that is not plainly printable is written as an escape.

    Covers C0 and C1 controls, DEL, line and paragraph separators, bidirectional and zero-width characters, and lone
    surrogates: `\n`, `\x1b`, `\u202e`. `##[` and `##vso[` are broken up, because the runners of GitHub and Azure obey
    them anywhere in a line.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escaped(char) for char in text)
    if not text.isascii():
        text = re.sub(_UNSEEN, lambda match: _escaped(match[0]), text)
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


def one_line(text: str, length: int = 200) -> str:
    """Return text as one line of visible characters, clipped to `length`."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= length else f"{line[: length - 1]}…"


def json_text(document: object) -> str:
    """Return a document as indented JSON in ASCII: nothing in it can act on a terminal or a CI runner."""
    text = json.dumps(document, ensure_ascii=True, indent=2, allow_nan=False)
    return _broken_up(text.replace("\x7f", "\\u007f"), "\\u0023")
