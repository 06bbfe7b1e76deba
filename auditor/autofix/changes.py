"""Changes: an edit of a text, with what the document says after it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from auditor.documents import Token


class Change(NamedTuple):
    """One edit.

    Attributes:
        start: Where it starts in the text.
        end: Where it ends.
        text: What stands there instead.
        path: The value that it changes.
        value: What that is afterwards; None if it is deleted from its list.
        message: What was wrong and what was done, one sentence without a final full stop.
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
    """Return what a document says after changes, as canonical JSON."""
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
    """Return a value as JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True)
