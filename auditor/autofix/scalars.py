"""A text in place of another: written in the style of the one before, so that only its words change."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from auditor.autofix.changes import Change
from auditor.documents import Document, Token
from auditor.documents.scalars import Meaning, meaning

_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(#[^\n]*?)?[ \t]*\r?\n")
_PLAIN = re.compile(r"[A-Za-z](?:[-\w .,;()/+=@]|:(?=[^\s:])|'(?=\w))*[\w.)]")
"""What may stand without quotes anywhere in YAML, whatever is around it; not all that may."""


def replaced(document: Document, text: str, path: Sequence[Token], value: str, message: str) -> Change | None:
    """Return the change that puts a text in the place of another; None if that cannot be done safely.

    Args:
        document: The document.
        text: The file that it stands in.
        path: The text to replace.
        value: What is to stand there: one line.
        message: What was wrong and what was done.
    """
    events = document.places.written(path)
    if events is None or len(events) != 1 or not value.isprintable():
        return None
    start, end = events[0].start_mark.index, events[0].end_mark.index
    written = text[start:end]
    style = events[0].style or ""
    if style not in {"|", ">"}:
        return Change(start, end, _written(value, style), tuple(path), value, message)
    header = _HEADER.match(written)
    if header is None:
        return None
    comment = f"  {header[1]}" if header[1] else ""
    end = start + len(written.rstrip())
    return Change(start, end, _written(value, "") + comment, tuple(path), value, message)


def _written(value: str, style: str) -> str:
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    plain = not style and _PLAIN.fullmatch(value) and meaning(value) == Meaning(value)
    return value if plain else json.dumps(value, ensure_ascii=False)
