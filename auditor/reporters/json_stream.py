"""JSON a piece at a time, so that a long list is never held as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.text import json_text


def stream_json(value: object, depth: int = 0) -> Iterator[str]:
    """Write a document in which lists may be iterators; those are written item by item.

    Args:
        value: Anything that JSON knows, with iterators for lists.
        depth: How many levels of two spaces the document is indented by.

    Returns:
        Pieces of the text that `json_text` would give for the same document.
    """
    if not _streams(value):
        yield json_text(value).replace("\n", _line(depth))
    elif isinstance(value, dict):
        fields = ((f"{json_text(key)}: ", item) for key, item in value.items())
        yield from _items("{}", fields, depth)
    elif isinstance(value, Iterable):
        yield from _items("[]", (("", item) for item in value), depth)


def _items(brackets: str, items: Iterable[tuple[str, object]], depth: int) -> Iterator[str]:
    before = brackets[0]
    for label, item in items:
        yield f"{before}{_line(depth + 1)}{label}"
        yield from stream_json(item, depth + 1)
        before = ","
    yield brackets if before == brackets[0] else f"{_line(depth)}{brackets[1]}"


def _line(depth: int) -> str:
    return "\n" + "  " * depth


def _streams(value: object) -> bool:
    if isinstance(value, dict):
        return any(_streams(item) for item in value.values())
    return isinstance(value, Iterator) or (isinstance(value, list) and any(_streams(item) for item in value))
