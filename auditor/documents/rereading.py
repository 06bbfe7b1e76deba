"""Reading again: the events of documents whose places somebody asks for, which are few of those that are read."""

from __future__ import annotations

from typing import Any

import yaml

from auditor.documents.places import Event

PARSER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Rereading:
    """The events of the documents of one text.

    As long as documents are asked for in their order, the events of the last one are kept. Once one is asked for that
    was passed already, the text is read a third time, and from then on every event of it stays.
    """

    __slots__ = ("_kept", "_number", "_out_of_order", "_parser", "_text")

    def __init__(self, text: str) -> None:
        """Remember a text, which was read before at least as far as it will be read again."""
        self._text = text
        self._parser: Any = None  # made when it is needed, as its buffers take much more than most texts
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
