"""Untrusted text made safe for each medium.

Names, descriptions and server messages come from others. Shown unchanged, they could move the cursor, change colors,
fake a line, reverse the reading order, or give a CI runner a command.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from wcwidth import iter_graphemes, wcswidth

_COMMAND = r"(^|[\r\n])(\s*)::"
_OBEYED = ("##[", "##vso[")
_VOWEL = re.compile(r"(?!uni|use|eu|one)[aeiou]", re.IGNORECASE)
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n|%")
_SEPARATORS = ":/_.@-"
"""Characters after which a long word may break: those of FQNs, roles, subjects, paths and URLs."""
_UNSEEN = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
"""Letters and marks that are printable in Unicode but invisible."""

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
    surrogates: `\n`, `\x1b`, `\u202e`; also Cyrillic and Greek letters that look like Latin ones in a word. `##[` and
    `##vso[` are broken up, because the runners of GitHub and Azure execute them anywhere in a line.
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
    """Return lines that GitHub's runner does not execute as commands (those that start with `::`)."""
    return re.sub(_COMMAND, r"\1\2\\x3a:", text) if "::" in text else text


def contains_commands(text: str) -> bool:
    """Return whether the runners of GitHub or Azure would execute something in lines of text."""
    return no_commands(text) != text or any(word in text for word in _OBEYED)


def clipped(text: str, length: int) -> str:
    """Return text of at most `length` characters; if it is truncated, it ends with an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def one_line(text: str, length: int = 200) -> str:
    """Return text as one line of visible characters, clipped to `length`."""
    return clipped(visible(" ".join(text.split())), length)


def count_of(number: int, thing: str, things: str = "") -> str:
    """Return a number of things: `1 file`, `2 files`; `things` is an irregular plural."""
    return f"{number} {thing}" if number == 1 else f"{number} {things or f'{thing}s'}"


def agreeing(reason: str, number: int) -> str:
    """Return a reason for a number of things, with `need` instead of `needs` if there are several."""
    return f"need {reason.removeprefix('needs ')}" if number > 1 and reason.startswith("needs ") else reason


def with_article(words: str) -> str:
    """Return words with `a` or `an`."""
    return f"an {words}" if _VOWEL.match(words) else f"a {words}"


def columns(text: str) -> int:
    """Return how many columns of a terminal visible text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return wcswidth(text)


def wrap_lines(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Return text as lines of visible characters, none of which a CI runner executes.

    Lines break at spaces. A word that is wider than a line also breaks after a separator, for example in an FQN, and
    is split in other places only if that is not enough.

    Args:
        text: The text.
        width: The most columns of a line on a terminal.
        first: The start of the first line.
        rest: The start of the other lines, whitespace.
    """
    line = _harmless(text)
    room = max(1, width - max(columns(first), columns(rest)))
    lines = [first] if line.strip() else []
    for gap, word in re.findall("( *)([^ ]+)", line):
        space = gap
        for part in _parts(word, room):
            if columns(lines[-1] + space + part) > width:
                lines += [] if lines[-1] in (first, rest) else [rest]
                space = ""
            lines[-1] += space + part
            space = ""
    return lines


def _harmless(text: str) -> str:
    """Return visible text that may start a line."""
    return re.sub(r"(?<!\S)::", r"\\x3a:", visible(text))


def _parts(word: str, room: int) -> list[str]:
    """Return a word, or its parts if it does not fit."""
    if columns(word) <= room:
        return [word]
    parts = re.findall(f"[^{_SEPARATORS}]*[{_SEPARATORS}]+|[^{_SEPARATORS}]+", word)
    return [piece for part in parts for piece in ([part] if columns(part) <= room else _cut(part, room))]


def _cut(part: str, room: int) -> list[str]:
    pieces = [""]
    for char in iter_graphemes(part.replace("::", r":\x3a")):
        if pieces[-1] and columns(pieces[-1] + char) > room:
            pieces.append("")
        pieces[-1] += char
    return pieces


def in_columns(cells: Sequence[str], width: int, indent: str = "", gap: int = 2) -> list[str]:
    """Return cells in as many columns of equal width as fit, to be read downward; wider cells are wrapped."""
    cells = [_harmless(cell) for cell in cells]
    size = max(map(columns, cells), default=0) + gap
    count = max(1, (width - len(indent) + gap) // size)
    if count == 1:
        return [line for cell in cells for line in wrap_lines(cell, width, indent, f"{indent}  ")]
    height = -(-len(cells) // count)
    rows = [cells[place::height] for place in range(height)]
    return [indent + "".join(cell + " " * (size - columns(cell)) for cell in row).rstrip() for row in rows]


def timestamp(value: datetime) -> str:
    """Return a timestamp in UTC for JSON documents: `2026-03-01T12:00:00Z`."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def json_text(document: object) -> str:
    """Return a document as indented JSON in ASCII: nothing in it can act on a terminal or a CI runner."""
    return _safe_json(json.dumps(document, ensure_ascii=True, indent=2, allow_nan=False))


def json_line(document: object) -> str:
    """Return a document as one line of JSON in ASCII, as harmless as `json_text`."""
    return _safe_json(json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False))


def _safe_json(text: str) -> str:
    return _broken_up(text.replace("\x7f", "\\u007f"), "\\u0023")


def csv_row(cells: Iterable[str]) -> str:
    """Return cells as a row of CSV; every cell is quoted, and none is a formula."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow(map(safe_cell, cells))
    return text.getvalue()


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet does not treat as a formula; line breaks in it become escapes."""
    shown = visible(text)
    return f"'{shown}" if shown.lstrip()[:1] in _FORMULA and shown.strip() else shown


def xml_text(*lines: str) -> str:
    """Return lines as XML in ASCII: visible characters only, which excludes everything that XML 1.0 forbids."""
    text = escape("\n".join(map(visible, lines)), quote=False).replace('"', "&quot;")
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def workflow_data(text: str) -> str:
    """Return the text of a workflow command of GitHub Actions."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Return the value of a property of a workflow command."""
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")
