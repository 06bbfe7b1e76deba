"""A strict reader of YAML and JSON documents, both for configuration and for manifests.

Scalars follow the YAML 1.2 core schema, so `no` and `2026-01-01` are texts, as written. If YAML 1.1 parsers read them
as something else, that is noted. A document has no trustworthy value if it has duplicate keys, keys that are not texts,
tags, or numbers that are not finite. Its `problem` is the error, with the line, and the documents after it are still
read. Reading a file ends at bytes that are not UTF-8, at syntax errors, and at documents that are too deep or too large
once their aliases are expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from auditor.documents.building import DEPTH_CEILING, Builder
from auditor.documents.places import PARSER, Event, LocationReader, Places, Span, Token, span_of
from auditor.documents.scalars import meaning
from auditor.errors import DocumentError

_PAIR = r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"


class AmbiguousScalar:
    """A plain scalar that means something else in YAML 1.1.

    Attributes:
        text: The scalar as written.
        yaml11_value: Its value in YAML 1.1, in words.
        ambiguous_numbers: Whether it is a number that should be written another way.
        path: Its path; for a key, the path of its value.
        span: Its place in the file.
    """

    __slots__ = ("ambiguous_numbers", "path", "span", "text", "yaml11_value")

    def __init__(
        self, text: str, yaml11_value: str, *, ambiguous_numbers: bool, path: tuple[Token, ...], span: Span
    ) -> None:
        self.text = text
        self.yaml11_value = yaml11_value
        self.ambiguous_numbers = ambiguous_numbers
        self.path = path
        self.span = span


class Document:
    """One document of a file.

    Attributes:
        file: The name of the file, for messages.
        number: Which document of the file it is, from 1.
        start: Its start: at its `---` if it has one.
        value: Plain dicts, lists and scalars. An alias is the same object as its anchor.
        problem: Why the value cannot be trusted; None if it can.
        repeats: Whether a mapping has a duplicate key; then there is a problem too.
    """

    __slots__ = (
        "_again",
        "_places",
        "_text",
        "_traps",
        "_written",
        "file",
        "number",
        "problem",
        "repeats",
        "start",
        "value",
    )

    def __init__(
        self, file: str, number: int, start: Span, value: object, builder: Builder, text: str, again: LocationReader
    ) -> None:
        self.file = file
        self.number = number
        self.start = start
        self.value = value
        self.problem = builder.problem
        self.repeats = builder.repeats
        self._traps = builder.ambiguous
        self._text = text
        self._written = slice(builder.first.start_mark.index, builder.last.end_mark.index)
        self._again = again
        self._places: Places | None = None

    @property
    def text(self) -> str:
        """The document as written, from its first character to its last."""
        return self._text[self._written]

    @property
    def places(self) -> Places:
        """The places of its parts; computed when first needed."""
        if self._places is None:
            self._places = Places(self._again.of(self.number))
        return self._places

    @property
    def ambiguous(self) -> list[AmbiguousScalar]:
        """The scalars that mean something else in YAML 1.1, in their order."""
        return self._placed(self._traps)

    @property
    def ambiguous_numbers(self) -> list[AmbiguousScalar]:
        """Those of them that are numbers which should be written another way."""
        return self._placed([event for event in self._traps if meaning(event.value).ambiguous_numbers])

    def _placed(self, events: list[Event]) -> list[AmbiguousScalar]:
        paths = self.places.paths(events) if events else []
        return [_trap(event, path) for event, path in zip(events, paths, strict=True)]


def _trap(event: Event, path: tuple[Token, ...]) -> AmbiguousScalar:
    found = meaning(event.value)
    return AmbiguousScalar(
        event.value,
        found.yaml11_value,
        ambiguous_numbers=found.ambiguous_numbers,
        path=path,
        span=span_of(event, event),
    )


def decode(data: bytes, file: str) -> str:
    """Return the text of a file without its byte order mark.

    Raises:
        DocumentError: It is not UTF-8; the error names the byte.
    """
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DocumentError(file, f"invalid UTF-8 at byte {error.start}", "save it as UTF-8") from None


def _with_single_escapes(text: str) -> str:
    """Return JSON in which a character outside the basic plane is one escape, as in YAML, instead of two.

    The rest of its line moves two columns to the left.
    """
    if "\\u" not in text or text.lstrip()[:1] not in {"{", "["}:
        return text
    return re.sub(_PAIR, lambda match: f"{match[1]}\\U{_code_point(int(match[2], 16), int(match[3], 16)):08x}", text)


def _code_point(high: int, low: int) -> int:
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)


def read_documents(text: str, file: str, *, merging: bool = True) -> Iterator[Document]:
    """Read every document of a file, one after the other.

    Args:
        text: The text of the file.
        file: Its name, for messages.
        merging: Whether merge keys (`<<`) are merged; else they are a problem.

    Raises:
        DocumentError: From here on the file cannot be read; the documents before were returned.
    """
    try:
        text = _with_single_escapes(text)
        parser, again = PARSER(text), LocationReader(text)
        number = 0
        while (event := parser.get_event()) is not None:
            if event.__class__ is yaml.DocumentStartEvent:
                number += 1
                builder = Builder(file, parser.get_event, merging=merging)
                value = builder.root()
                parser.get_event()  # its end: only now is it known to be well-formed
                yield Document(file, number, span_of(event, event), value, builder, text, again)
    except yaml.MarkedYAMLError as error:
        raise DocumentError(_place(file, error), _reason(error)) from None
    except yaml.YAMLError as error:
        raise DocumentError(file, f"invalid YAML: {str(error).splitlines()[0]}") from None


_HINTS = {
    "mapping values are not allowed in this context": "quote values that contain a colon",
    "found character that cannot start any token": "indent with spaces, and quote values that start with @, ` or %",
    "did not find expected key": "indent all keys of an object equally, and quote values that contain quotes",
}
"""The usual cause of these problems in libyaml."""


def _reason(error: yaml.MarkedYAMLError) -> str:
    # Newer versions of libyaml have a limit of their own, far above ours, which may be reached first.
    if error.problem == "exceeded maximum nesting depth":
        return f"the document is nested deeper than {DEPTH_CEILING} levels"
    hint = _HINTS.get(str(error.problem))
    return f"invalid YAML: {error.problem}" + (f" ({hint})" if hint else "")


def _place(file: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
