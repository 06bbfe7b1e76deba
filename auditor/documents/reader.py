"""One strict reader for YAML documents.

Scalars follow the YAML 1.2 core schema, so `no` and `2026-01-01` are strings, as written. Refused, with the line:
duplicate keys, merge keys, keys that are not strings, tags, numbers with leading zeros, `.nan` and `.inf`, several
documents in one file, anything that is not UTF-8, cycles, and documents that are too deep or too large once their
aliases are expanded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import yaml

from auditor.documents.cursor import Cursor, Mark, Value
from auditor.errors import DocumentError, InvalidError

DEPTH_CEILING = 64
VALUE_CEILING = 100_000
SIZE_CEILING = 8 * 1024 * 1024

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_REFUSED = re.compile(r"[-+]?(0[0-9_][0-9_.eE+-]*|0o[0-7]+|0x[0-9a-fA-F]+|[0-9]{19,}|\.(nan|NaN|NAN|inf|Inf|INF))")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def read_file(path: Path) -> tuple[Cursor, bytes]:
    """Read a YAML file that holds one document; return it with the bytes that were read.

    Raises:
        InvalidError: The file cannot be read.
        DocumentError: The file is not one well-formed document.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(SIZE_CEILING + 1)
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > SIZE_CEILING:
        raise InvalidError(f"{path} is larger than {SIZE_CEILING // 1024 // 1024} MiB")
    return read_yaml(data, str(path)), data


def read_yaml(data: bytes, file: str) -> Cursor:
    """Read one YAML document; `file` is its name in messages.

    Raises:
        DocumentError: It is not one well-formed document.
    """
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DocumentError(file, f"is not UTF-8 at byte {error.start}") from None
    try:
        return _Builder(file, yaml.parse(text, _LOADER)).document()
    except yaml.MarkedYAMLError as error:
        raise DocumentError(_place(file, error), f"is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise DocumentError(file, f"is not YAML: {str(error).splitlines()[0]}") from None


def _place(file: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file


class _Builder:
    """Turns parser events into cursors.

    An alias stands for the cursor that was built for its anchor, so nothing is expanded; but the values that it stands
    for are counted, and an alias inside its own anchor is refused.
    """

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.file = file
        self.events = events
        self.values = 0
        self.anchors: dict[str | None, tuple[Cursor, int] | None] = {}

    def document(self) -> Cursor:
        found = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found is not None:
                    raise DocumentError(str(self.mark(event)), "a second document starts here, expected one")
                found = self.build(next(self.events), "", 0)
        if found is None:
            raise DocumentError(self.file, "has no documents, expected one")
        return found

    def mark(self, event: yaml.Event) -> Mark:
        start = event.start_mark
        return Mark(self.file, start.line + 1, start.column + 1) if start else Mark(self.file, 1, 1)

    def build(self, event: yaml.Event, name: str, depth: int) -> Cursor:
        mark = self.mark(event)
        self.values += 1
        if depth > DEPTH_CEILING:
            raise DocumentError(str(mark), f"the document is nested deeper than {DEPTH_CEILING} levels")
        if isinstance(event, yaml.AliasEvent):
            cursor = replace(self.aliased(event.anchor, mark), mark=mark)
        else:
            cursor = self.node(cast("yaml.NodeEvent", event), mark, name, depth)
        if self.values > VALUE_CEILING:
            raise DocumentError(str(mark), f"the document has over {VALUE_CEILING} values once aliases are expanded")
        return cursor

    def aliased(self, anchor: str | None, mark: Mark) -> Cursor:
        found = self.anchors.get(anchor)
        if found is None:
            problem = "stands for a value that contains it" if anchor in self.anchors else "has no anchor before it"
            raise DocumentError(str(mark), f"the alias *{anchor} {problem}")
        self.values += found[1]
        return found[0]

    def node(self, event: yaml.NodeEvent, mark: Mark, name: str, depth: int) -> Cursor:
        tag, before = getattr(event, "tag", None), self.values
        if tag is not None:
            raise DocumentError(str(mark), f"the tag {tag!r} is not allowed", "write plain YAML")
        self.anchors[event.anchor] = None
        value: Value = None
        if isinstance(event, yaml.MappingStartEvent):
            value = self.mapping(name, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(name, depth)
        elif isinstance(event, yaml.ScalarEvent):
            value = _scalar(event, mark)
        cursor = Cursor(value, mark, name)
        self.anchors[event.anchor] = (cursor, self.values - before + 1)
        return cursor

    def sequence(self, name: str, depth: int) -> list[Cursor]:
        found: list[Cursor] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.build(event, f"{name}[{len(found)}]", depth + 1))
        return found

    def mapping(self, name: str, depth: int) -> dict[str, Cursor]:
        found: dict[str, Cursor] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            mark = self.mark(event)
            key = self.build(event, name, depth + 1).value
            if not isinstance(key, str):
                raise DocumentError(str(mark), "a key is not a string", "put it in quotes")
            if key == "<<":
                raise DocumentError(str(mark), "merge keys are not allowed", "write the keys out")
            if key in found:
                first = found[key].key_mark
                raise DocumentError(str(mark), f"the key {key!r} stands here again, first at {first}", "keep one")
            child = self.build(next(self.events), f"{name}.{key}" if name else key, depth + 1)
            found[key] = replace(child, key_mark=mark)
        return found


def _scalar(event: yaml.ScalarEvent, mark: Mark) -> str | int | float | bool | None:
    text: str = event.value
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise DocumentError(str(mark), "half of a surrogate pair is not text", "write the whole character")
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _REFUSED.fullmatch(text):
        raise DocumentError(str(mark), f"{text!r} is read differently by different YAML readers", "put it in quotes")
    if _FLOAT.fullmatch(text):
        if not math.isfinite(float(text)):
            raise DocumentError(str(mark), f"{text} is beyond every number", "write a smaller number")
        return float(text)
    return text
