"""Messages of rules: text with `{field}` placeholders, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from auditor.documents import Cursor
from auditor.errors import RuleError, did_you_mean
from auditor.model.values import SHOWN_LENGTH, display
from auditor.policy.fields import Field
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING

DETAILS = ("got", "expected", "path")
"""Placeholders that are not fields: the actual value, the expected value, and the place."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Message:
    """A checked message."""

    parts: tuple[str | Field, ...]
    details: frozenset[int]

    def render(self, scope: Scope, details: Mapping[str, str]) -> str:
        """Return the message for a scope; a value that is not a text is shown as JSON, clipped."""
        texts = []
        for index, part in enumerate(self.parts):
            if isinstance(part, str):
                texts.append(details[part] if index in self.details else part)
            else:
                texts.append(_read(part, scope))
        return "".join(texts)


def _read(field: Field, scope: Scope) -> str:
    """Return a value in words; if it cannot be read, the finding stays without it."""
    try:
        value = field.read(scope)
    except RuleError:
        return "(unreadable)"
    if value is MISSING:
        return "(none)"
    text = value if isinstance(value, str) else display(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"


def read_message(cursor: Cursor, resolve: Callable[[str, Cursor], Field]) -> Message:
    """Read a message; `resolve` finds a field by its name or raises.

    Raises:
        DocumentError: A placeholder is not a field, or a brace is alone.
    """
    text = cursor.text()
    parts: list[str | Field] = []
    details: set[int] = set()
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        parts.append(_plain(text[end : match.start()], cursor))
        if match[1] in DETAILS:
            details.add(len(parts))
            parts.append(match[1])
        else:
            if "." not in match[1]:  # a field has one, but for `manifest`
                near = did_you_mean(match[1], DETAILS)
                if near.startswith("did you mean"):
                    cursor.fail(f"is invalid: unknown field {match[1]!r}", near)
            parts.append(resolve(match[1], cursor))
        end = match.end()
    parts.append(_plain(text[end:], cursor))
    return Message(tuple(parts), frozenset(details))


def _plain(text: str, cursor: Cursor) -> str:
    if "{" in text or "}" in text:
        cursor.fail("has a brace that is not part of a {field}", "write the name of a field between the braces")
    return text
