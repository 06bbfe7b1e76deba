"""Places of the parts of a document, computed from its events when first needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

Token: TypeAlias = str | int
"""A key of a mapping or an index of a list."""

Event: TypeAlias = Any
"""An event of PyYAML, whose type stubs lack most attributes of events."""

_MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file: from a line and column to a column of the same line; lines and columns count from 1.

    Attributes:
        line: The line where it starts.
        column: The column where it starts, in characters.
        end: The column after its last character; 0 if it ends in another line.
    """

    line: int
    column: int
    end: int


def span_of(first: Event, last: Event) -> Span:
    """Return the place from the start of one event to the end of another."""
    start, end = first.start_mark, last.end_mark
    return Span(start.line + 1, start.column + 1, end.column + 1 if start.line == end.line else 0)


class _Node:
    """A node of a document: the index of its first and last event, and its children with the index of their key."""

    __slots__ = ("children", "last", "merged", "start")

    def __init__(
        self, start: int, last: int, children: dict[Token, tuple[int, _Node]], merged: Sequence[_Node] = ()
    ) -> None:
        self.start, self.last, self.children, self.merged = start, last, children, merged


class Places:
    """The places of the parts of one document."""

    def __init__(self, events: Sequence[Event]) -> None:
        """Find the structure of a document.

        Args:
            events: The events of its root node, in their order.
        """
        self._events = events
        self._anchors: dict[str, _Node] = {}
        self._aliased: dict[int, _Node] = {}
        self._root, _ = self._node(0)

    def of(self, tokens: Sequence[Token]) -> Span:
        """Return the place of a value, or of the nearest value around it if there is none."""
        key, node = self._find(tokens)
        event = self._events[node.start]
        if isinstance(event, yaml.CollectionStartEvent) and not event.flow_style and key >= 0:
            return self._span(key, key)
        return self._span(node.start, node.last)

    def of_value(self, tokens: Sequence[Token]) -> Span:
        """Return the start of a value."""
        node = self._find(tokens)[1]
        return self._span(node.start, node.last)

    def of_key(self, tokens: Sequence[Token]) -> Span | None:
        """Return the place of the key of a value; None if it has none."""
        key, _ = self._find(tokens)
        return self._span(key, key) if key >= 0 else None

    def written(self, tokens: Sequence[Token]) -> Sequence[Event] | None:
        """Return the events of a value that is written in its own place and nowhere else.

        None if there is no such value, if it comes from an alias or a merge key, or if it contains an anchor or a tag.
        """
        node = self._root
        for token in tokens:
            found = node.children.get(token)
            if found is None:
                return None
            node = found[1]
        events = self._events[node.start : node.last + 1]
        shared = any(isinstance(each, yaml.AliasEvent) or _is_marked(each) for each in events)
        return None if shared else events

    def paths(self, events: Iterable[Event]) -> list[tuple[Token, ...]]:
        """Return the path of each of these scalars (equal objects suffice); for a key, that of its value."""
        wanted = {_identity(event) for event in events}
        found: dict[tuple[int, str | None], tuple[Token, ...]] = {}
        waiting: list[tuple[tuple[Token, ...], int, _Node]] = [((), -1, self._root)]
        while waiting:
            path, key, node = waiting.pop()
            for index in (node.start, key):
                if index >= 0 and (scalar := _identity(self._events[index])) in wanted:
                    found[scalar] = path
            below = [*node.children.items(), *((_MERGE, (-1, each)) for each in node.merged)]
            waiting += [((*path, token), key, child) for token, (key, child) in below]
        return [found.get(_identity(event), ()) for event in events]

    def _find(self, tokens: Sequence[Token]) -> tuple[int, _Node]:
        key, node = -1, self._root
        for token in tokens:
            found = _child(self._aliased.get(node.start, node), token)
            if found is None:
                break
            key, node = found
        return key, node

    def _span(self, start: int, last: int) -> Span:
        return span_of(self._events[start], self._events[last])

    def _node(self, start: int) -> tuple[_Node, int]:
        """Return the node that starts at an event, and the index of the event after it."""
        event: Event = self._events[start]
        if event.__class__ is yaml.MappingStartEvent:
            node = self._mapping(start)
        elif event.__class__ is yaml.SequenceStartEvent:
            node = self._sequence(start)
        else:
            node = _Node(start, start, {})
        if event.__class__ is yaml.AliasEvent:
            self._aliased[start] = self._anchors[str(event.anchor)]
        elif event.anchor is not None:
            self._anchors[event.anchor] = node
        return node, node.last + 1

    def _sequence(self, start: int) -> _Node:
        children: dict[Token, tuple[int, _Node]] = {}
        index = start + 1
        while not isinstance(self._events[index], yaml.SequenceEndEvent):
            child, index = self._node(index)
            children[len(children)] = (-1, child)
        return _Node(start, index, children)

    def _mapping(self, start: int) -> _Node:
        children: dict[Token, tuple[int, _Node]] = {}
        merged: list[_Node] = []
        index = start + 1
        while not isinstance(self._events[index], yaml.MappingEndEvent):
            child, after = self._node(self._node(index)[1])
            name = self._key(index)
            if name == _MERGE and not getattr(self._events[index], "style", None):
                items = [each for _, each in child.children.values()]
                sources = items if isinstance(self._events[child.start], yaml.SequenceStartEvent) else [child]
                merged += [self._aliased.get(each.start, each) for each in sources]
            else:
                children[name] = (index, child)
            index = after
        return _Node(start, index, children, merged)

    def _key(self, index: int) -> str:
        event = self._events[index]
        if isinstance(event, yaml.AliasEvent):
            event = self._events[self._aliased[index].start]
        return event.value if isinstance(event, yaml.ScalarEvent) else ""


def _identity(event: Event) -> tuple[int, str | None]:
    """Return a unique key of a scalar among events, as a collection starts at its first scalar."""
    return event.start_mark.index, getattr(event, "value", None)


def _is_marked(event: Event) -> bool:
    return getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None


def _child(node: _Node, token: Token) -> tuple[int, _Node] | None:
    """Return the child of a node: its own, else that of the first merged mapping that has one."""
    own = node.children.get(token)
    if own is None and isinstance(token, str) and token.isdecimal():
        own = node.children.get(int(token))  # an index as in JSON Pointers
    return own or next((found for each in node.merged if (found := _child(each, token))), None)


PARSER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class LocationReader:
    """The events of the documents of one text.

    While documents are requested in order, the events of the last one are kept. If an earlier one is requested again,
    the text is read a third time, and then all its events are kept.
    """

    __slots__ = ("_kept", "_number", "_out_of_order", "_parser", "_text")

    def __init__(self, text: str) -> None:
        """Keep a text, at least the part of which was read before that will be read again."""
        self._text = text
        self._parser: Any = None  # created on demand, as its buffers are much larger than most texts
        self._number = 0
        self._out_of_order = False
        self._kept: dict[int, list[Event]] = {}

    def of(self, number: int) -> list[Event]:
        """Return the events of the root node of a document; the first one has the number 1."""
        if number not in self._kept:
            if self._parser is None:
                self._parser = PARSER(self._text)
            elif number <= self._number:
                self._parser, self._number, self._out_of_order = PARSER(self._text), 0, True
            while self._number < number:
                self._read()
        return self._kept[number]

    def _read(self) -> None:
        get, events = self._parser.get_event, list[Event]()
        while get().__class__ is not yaml.DocumentStartEvent:
            pass
        while (event := get()).__class__ is not yaml.DocumentEndEvent:
            events.append(event)
        self._number += 1
        if not self._out_of_order:
            self._kept.clear()
        self._kept[self._number] = events
