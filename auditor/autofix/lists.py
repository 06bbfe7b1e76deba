"""An entry less in a list: its lines go, comments on them stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from auditor.autofix.changes import Change
from auditor.documents import Document, Event, Token

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def deleted(document: Document, text: str, path: Sequence[Token], index: int, message: str) -> Change | None:
    """Return the change that deletes an entry, but not the first, of a list; None if that cannot be done safely.

    Args:
        document: The document.
        text: The file that it stands in.
        path: The list.
        index: Which entry, from 0.
        message: What was wrong and what was done.
    """
    whole = document.places.written(path)
    entry = document.places.written((*path, index))
    before = document.places.written((*path, index - 1))
    if not whole or not entry or not before:
        return None
    found = _in_flow(text, before, entry) if whole[0].flow_style else _in_block(text, entry)
    return found and Change(*found, (*path, index), None, message)


def _in_flow(text: str, before: Sequence[Event], entry: Sequence[Event]) -> tuple[int, int, str] | None:
    start, end = before[-1].end_mark.index, entry[-1].end_mark.index
    at = start
    for event in entry:
        if "#" in text[at : event.start_mark.index]:
            return None  # perhaps a comment, which would go with the entry
        at = event.end_mark.index
    return start, end, ""


def _in_block(text: str, entry: Sequence[Event]) -> tuple[int, int, str] | None:
    """Return the lines of an entry of a block list, and the comments that stay in their place."""
    dash = len(text[: entry[0].start_mark.index].rstrip(" ")) - 1
    start = text.rfind("\n", 0, dash) + 1
    ends = [event.end_mark.index for event in entry if event.start_mark.index < event.end_mark.index]
    if text[dash] != "-" or text[start:dash].strip(" ") or not ends or not all(map(_on_one_line, entry)):
        return None
    end = text.find("\n", max(ends)) + 1 or len(text)
    kept = "".join(_comments(text, start, end, ends, text[start:dash]))
    return None if "\0" in kept else (start, end, kept)


def _on_one_line(event: Event) -> bool:
    return bool(event.start_mark.line == event.end_mark.line) or event.start_mark.index == event.end_mark.index


def _comments(text: str, start: int, end: int, ends: Sequence[int], indent: str) -> Iterator[str]:
    """Yield the comments of lines, a line each; a NUL for a line that holds something else beside its values."""
    for line in _LINE.finditer(text, start, end):
        last = max((each for each in ends if line.start() <= each <= line.end()), default=line.start())
        rest = text[last : line.end()]
        if rest.lstrip(" \t").startswith("#"):
            yield rest if last == line.start() else indent + rest.lstrip(" \t")
        elif rest.strip():
            yield "\0"
