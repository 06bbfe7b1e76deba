"""Changes: an edit of a text, with the values of the document after it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from auditor.documents import Document, Event, Token
from auditor.documents.scalars import Meaning, meaning


class Change(NamedTuple):
    """One edit.

    Attributes:
        start: Where it starts in the text.
        end: Where it ends.
        text: The replacement.
        path: The changed value.
        value: The new value; None if it is deleted from its list.
        message: What was wrong and what was applied, one sentence without a final period.
    """

    start: int
    end: int
    text: str
    path: tuple[Token, ...]
    value: str | None
    message: str


def edited(text: str, changes: Sequence[Change]) -> str:
    """Return a text after edits that do not overlap."""
    for change in sorted(changes, reverse=True):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def intended(value: object, changes: Iterable[Change]) -> str:
    """Return the values of a document after changes, as canonical JSON."""
    copied: Any = json.loads(json.dumps(value))
    for change in sorted(changes, key=lambda each: [str(token).zfill(9) for token in each.path], reverse=True):
        *parents, last = change.path
        holder = copied
        for token in parents:
            holder = holder[token]
        if change.value is None:
            del holder[last]
        else:
            holder[last] = change.value
    return canonical(copied)


def canonical(value: object) -> str:
    """Return a value as JSON; equal values have equal JSON."""
    return json.dumps(value, sort_keys=True)


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def deleted(document: Document, text: str, path: Sequence[Token], index: int, message: str) -> Change | None:
    """Return the change that deletes an entry of a list, except its first; None if that cannot be applied safely.

    Args:
        document: The document.
        text: The file that it is in.
        path: The list.
        index: Which entry, from 0.
        message: What was wrong and what was applied.
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
            return None  # it may be a comment, which would be removed with the entry
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
    """Yield the comment of each line; a NUL for a line with anything else besides its values."""
    for line in _LINE.finditer(text, start, end):
        last = max((each for each in ends if line.start() <= each <= line.end()), default=line.start())
        rest = text[last : line.end()]
        if rest.lstrip(" \t").startswith("#"):
            yield rest if last == line.start() else indent + rest.lstrip(" \t")
        elif rest.strip():
            yield "\0"


_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(#[^\n]*?)?[ \t]*\r?\n")
_PLAIN = re.compile(r"[A-Za-z](?:[-\w .,;()/+=@]|:(?=[^\s:])|'(?=\w))*[\w.)]")
"""Texts that need no quotes anywhere in YAML; a subset of all such texts."""


def replaced(document: Document, text: str, path: Sequence[Token], value: str, message: str) -> Change | None:
    """Return the change that replaces a text; None if that cannot be applied safely.

    Args:
        document: The document.
        text: The file that it is in.
        path: The text to replace.
        value: The new text: one line.
        message: What was wrong and what was applied.
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
