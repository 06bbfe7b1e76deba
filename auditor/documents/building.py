"""Building: from the events of a parser to plain values, within limits of depth and size."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import yaml

from auditor.documents.places import Event
from auditor.documents.scalars import LONGEST_WORD, SUSPECT, Meaning, meaning
from auditor.errors import DocumentError

DEPTH_CEILING = 64
VALUE_CEILING = 100_000

_PROBED = SUSPECT | {""}
_Scalar, _Mapping = yaml.ScalarEvent, yaml.MappingStartEvent
_MappingEnd, _SequenceEnd = yaml.MappingEndEvent, yaml.SequenceEndEvent

_KNOWN: set[str] = set()
"""Keys that start like a number or a word of YAML but are text, such as those of manifests; recorded when first met."""

_MOST_KNOWN, _LONGEST_KNOWN = 4096, 64
_MERGED = True
"""The marker for a merge key among the keys of a mapping, as the text `<<` is a different key."""


class _Anchor:
    """The target of an anchor: its value, the levels below it and its number of values."""

    __slots__ = ("height", "size", "value")

    def __init__(self, value: object, height: int, size: int) -> None:
        self.value = value
        self.height = height
        self.size = size


class Builder:
    """Turns the events of one document into plain values.

    Most scalars start with a character that no number and no word of YAML starts with, or are longer than any of its
    words. They are plain text, which mappings use without another call, and so are keys that occurred before.

    An alias refers to the object that was built for its anchor, so nothing is expanded. The levels and values of that
    object are counted, though, and an alias inside its own anchor is rejected.

    Attributes:
        first: The first event of the document's root node.
        last: Its last event, once it was read.
        ambiguous: The scalars that YAML 1.1 parsers read as something else.
        problem: Why the value cannot be trusted; None if it can.
        repeats: Whether a key is twice in a mapping.
    """

    def __init__(self, file: str, get_event: Callable[[], Event], *, merging: bool) -> None:
        self.file = file
        self.ambiguous: list[Event] = []
        self.problem: DocumentError | None = None
        self.repeats = False
        self._get = get_event
        self._merging = merging
        self._values = 1
        self._deepest = 0
        self._anchors: dict[str, _Anchor | None] = {}

    def root(self) -> object:
        """Return the value of the document.

        Raises:
            DocumentError: It is too deep or too large, or has an alias without an anchor.
        """
        self.first = self.last = self._get()
        return self._node(self.first, 0)

    def _at(self, event: Event) -> str:
        mark = event.start_mark
        return f"{self.file}:{mark.line + 1}:{mark.column + 1}"

    def _wrong(self, event: Event, message: str, fix: str = "") -> None:
        """Note why the value of the document cannot be trusted; the first reason stays."""
        if self.problem is None:
            self.problem = DocumentError(self._at(event), message, fix)

    def _count(self, values: int, event: Event) -> None:
        self._values += values
        if self._values > VALUE_CEILING:
            message = f"the document has over {VALUE_CEILING} values once aliases are expanded"
            raise DocumentError(self._at(event), message)

    def _node(self, event: Event, depth: int) -> object:
        if event.__class__ is yaml.AliasEvent:
            return self._alias(event, depth)
        if event.anchor is None:
            return self._value(event, depth)
        self._anchors[event.anchor] = None
        before, deepest = self._values, self._deepest
        self._deepest = depth
        value = self._value(event, depth)
        self._anchors[event.anchor] = _Anchor(value, self._deepest - depth, self._values - before)
        self._deepest = max(deepest, self._deepest)
        return value

    def _alias(self, event: Event, depth: int) -> object:
        found = self._anchors.get(event.anchor)
        if found is None:
            if event.anchor in self._anchors:
                reason = f"the alias *{event.anchor} refers to a value that contains it"
            else:
                reason = f"undefined alias *{event.anchor}"
            raise DocumentError(self._at(event), reason)
        self._count(found.size, event)
        self._reach(depth + found.height, event)
        return found.value

    def _reach(self, depth: int, event: Event) -> None:
        if depth > self._deepest:
            self._deepest = depth
            if depth > DEPTH_CEILING:
                raise DocumentError(self._at(event), f"the document is nested deeper than {DEPTH_CEILING} levels")

    def _value(self, event: Event, depth: int) -> object:
        if event.tag is not None:
            self._wrong(event, f"the tag {event.tag!r} is not allowed", "use plain YAML")
        if event.__class__ is _Scalar:
            return self._scalar(event)
        self._reach(depth + 1, event)
        return self._mapping(depth + 1) if event.__class__ is _Mapping else self._sequence(depth + 1)

    def _scalar(self, event: Event) -> object:
        text: str = event.value
        if event.style or text[:1] not in _PROBED or (len(text) > LONGEST_WORD and text[0].isalpha()):
            return text
        found = meaning(text)
        if found.refusal:
            self._wrong(event, found.refusal, "put it in quotes")
        elif found.yaml11_value or found.ambiguous_numbers:
            self.ambiguous.append(event)
        return found.value

    def _sequence(self, depth: int) -> list[object]:
        found: list[object] = []
        while (event := self._get()).__class__ is not _SequenceEnd:
            self._count(1, event)
            found.append(self._node(event, depth))
        self.last = event
        return found

    def _mapping(self, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        keys: dict[str | bool, Event] = {}
        merged: list[dict[str, object]] | None = None
        get, known = self._get, _KNOWN
        while (event := get()).__class__ is not _MappingEnd:
            self._values += 2
            if self._values > VALUE_CEILING:
                self._count(0, event)
            key = (
                event.value
                if event.__class__ is _Scalar
                and (event.value[:1] not in _PROBED or event.value in known)
                and event.anchor is None
                and event.tag is None
                else self._key(event, depth)
            )
            merge = key == "<<" and event.__class__ is _Scalar and not event.style
            first = keys.setdefault(_MERGED if merge else key, event)
            if first is not event:
                self._again(event, key, first)
            if merge:
                merged = self._merged(event, self._node(get(), depth))
                continue
            event = get()
            found[key] = (
                event.value
                if event.__class__ is _Scalar
                and (event.value[:1] not in _PROBED or (len(event.value) > LONGEST_WORD and event.value[0].isalpha()))
                and event.anchor is None
                and event.tag is None
                else self._node(event, depth)
            )
        self.last = event
        return found if merged is None else _merge(found, merged)

    def _key(self, event: Event, depth: int) -> str:
        if event.__class__ is _Scalar and event.value == "<<":
            return "<<"
        key = self._node(event, depth)
        if key == "<<" and event.__class__ is yaml.AliasEvent:
            self._wrong(event, "an alias is used as the key `<<`", "write `<<` to merge")
        if isinstance(key, str):
            if len(key) <= _LONGEST_KNOWN and len(_KNOWN) < _MOST_KNOWN and _is_itself(event):
                _KNOWN.add(key)
            return key
        self._wrong(event, "a key is not a string", "put it in quotes")
        return str(getattr(event, "value", key))

    def _again(self, event: Event, key: str, first: Event) -> None:
        self.repeats = True
        self._wrong(event, f"duplicate key {key!r}, first at {self._at(first)}", "keep one")

    def _merged(self, event: Event, value: object) -> list[dict[str, object]]:
        if not self._merging:
            self._wrong(event, "merge keys are not allowed", "write the keys explicitly")
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in sources):
            self._wrong(event, "a merge key does not refer to a mapping", "write `<<: *anchor`")
            return []
        self._count(sum(map(len, sources)), event)
        return cast("list[dict[str, object]]", sources)


def _is_itself(event: Event) -> bool:
    """Return whether a key is a plain scalar that every YAML parser reads as text."""
    plain = event.__class__ is _Scalar and not event.style
    return plain and meaning(event.value) == Meaning(event.value)


def _merge(own: dict[str, object], merged: list[dict[str, object]]) -> dict[str, object]:
    """Return a mapping with others merged into it: its own keys win, then those of the earlier ones."""
    whole: dict[str, object] = {}
    for each in reversed(merged):
        whole |= each
    return whole | own
