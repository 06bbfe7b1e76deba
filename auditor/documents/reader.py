"""One strict reader for YAML documents.

Scalars follow the YAML 1.2 core schema, so `no` and `2026-01-01` are strings, as written. Refused, with the line:
duplicate keys, merge keys, keys that are not strings, tags, numbers with leading zeros, `.nan` and `.inf`, several
documents in one file, anything that is not UTF-8, cycles, and documents that are too deep or too large once their
aliases are expanded.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import yaml

from auditor.documents.cursor import Cursor, Mark, Value
from auditor.errors import DocumentError, InvalidError

DEPTH_CEILING = 64
NODE_CEILING = 100_000
SIZE_CEILING = 8 * 1024 * 1024

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_REFUSED = re.compile(r"[-+]?(0[0-9_]+|0o[0-7]+|0x[0-9a-fA-F]+|[0-9]{19,}|\.(nan|NaN|NAN|inf|Inf|INF))")
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
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(file, f"is not UTF-8 at byte {error.start}") from None
    try:
        nodes = list(yaml.compose_all(text, _LOADER))
    except yaml.MarkedYAMLError as error:
        raise DocumentError(_place(file, error), f"is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise DocumentError(file, f"is not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise DocumentError(file, f"is nested deeper than {DEPTH_CEILING} levels") from None
    if len(nodes) != 1 or nodes[0] is None:
        raise DocumentError(file, f"has {len(nodes) if nodes else 'no'} documents, expected one")
    return _Builder(file).build(nodes[0], "", 0)


def _place(file: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file


class _Builder:
    """Turns composed nodes into cursors, counting what aliases expand to."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.nodes = 0

    def mark(self, node: yaml.Node) -> Mark:
        return Mark(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def build(self, node: yaml.Node, name: str, depth: int) -> Cursor:
        mark = self.mark(node)
        self.nodes += 1
        if depth > DEPTH_CEILING or self.nodes > NODE_CEILING:
            limit = f"deeper than {DEPTH_CEILING} levels" if depth > DEPTH_CEILING else f"over {NODE_CEILING} values"
            raise DocumentError(str(mark), f"the document is {limit} once its aliases are expanded")
        value: Value = None
        if isinstance(node, yaml.MappingNode):
            value = self.mapping(node, name, depth)
        elif isinstance(node, yaml.SequenceNode):
            value = [self.build(child, f"{name}[{i}]", depth + 1) for i, child in enumerate(node.value)]
        elif isinstance(node, yaml.ScalarNode):
            value = _scalar(node, mark)
        if node.tag not in {f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str")}:
            raise DocumentError(str(mark), f"the tag {node.tag!r} is not allowed", "write plain YAML")
        return Cursor(value, mark, name)

    def mapping(self, node: yaml.MappingNode, name: str, depth: int) -> dict[str, Cursor]:
        found: dict[str, Cursor] = {}
        for key_node, value_node in node.value:
            mark = self.mark(key_node)
            key = _scalar(key_node, mark) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                raise DocumentError(str(mark), "a key is not a string", "put it in quotes")
            if key == "<<":
                raise DocumentError(str(mark), "merge keys are not allowed", "write the keys out")
            if key in found:
                first = found[key].key_mark
                raise DocumentError(str(mark), f"the key {key!r} stands here again, first at {first}", "keep one")
            child = self.build(value_node, f"{name}.{key}" if name else key, depth + 1)
            found[key] = replace(child, key_mark=mark)
        return found


def _scalar(node: yaml.ScalarNode, mark: Mark) -> str | int | float | bool | None:
    text: str = node.value
    if node.style:
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
