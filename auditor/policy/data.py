"""Data: lists for operands, in files next to a pack."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.documents import Cursor, read_yaml
from auditor.errors import DocumentError, did_you_mean
from auditor.text import count_of

if TYPE_CHECKING:
    from pathlib import Path

SIZE_CEILING = 8 * 1024 * 1024
"""The largest file of data, in bytes."""

_SCALARS = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Data:
    """A list.

    Attributes:
        values: Its values, in order.
        content: The bytes of its file.
        path: The file.
    """

    values: list[object]
    content: bytes
    path: str


def read_data(cursor: Cursor, folder: str) -> dict[str, Data]:
    """Read the `data` of a pack: each a file next to the pack or below it.

    Raises:
        DocumentError: A file is missing, empty or invalid; the error has the place in the pack.
    """
    return {name: _read(child, folder) for name, child in cursor.mapping().items()}


def sibling_names(path: str | os.PathLike[str]) -> list[str]:
    """Return the names of the files in the directory of a file, for suggestions; none if it cannot be listed."""
    try:
        return os.listdir(os.path.dirname(path) or os.curdir)
    except (OSError, ValueError):
        return []


def _read(cursor: Cursor, folder: str) -> Data:
    keys = cursor.keys(("file", "description", "column", "key"), ("file",))
    for key in ("description", "column", "key"):
        if key in keys:
            keys[key].text()
    path = _path(keys["file"], folder)
    content = _content(keys["file"], path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        keys["file"].fail(f"is {path.name!r}, expected a name that ends in {', '.join(_READERS)}")
    values = reader(content, path, keys)
    for index, value in enumerate(values):
        if not isinstance(value, _SCALARS):
            keys["file"].fail(
                f"refers to {path}, where element {index} is {json.dumps(value)}, expected a string or a number"
            )
    if not values:
        keys["file"].fail(f"refers to {path}, which is empty", "add a value, or remove the rules that use the list")
    return Data(values, content, str(path))


def _path(cursor: Cursor, folder: str) -> Path:
    name = cursor.text()
    if "\0" in name:
        cursor.fail(f"is {name!r}, which is not a valid file name")
    path = Path(os.path.realpath(os.path.join(folder, name)))  # `resolve` rejects links in a loop
    if not path.is_relative_to(os.path.realpath(folder)):
        cursor.fail("is outside the directory of the pack", "keep data files next to the pack")
    return path


def _content(cursor: Cursor, path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(SIZE_CEILING + 1)
    except OSError as error:
        hint = did_you_mean(path.name, sibling_names(path))
        cursor.fail(f"refers to {path}, which cannot be read: {error.strerror or error}", hint)
    if len(content) > SIZE_CEILING:
        cursor.fail(f"refers to {path}, which is larger than {SIZE_CEILING // 1024 // 1024} MiB")
    return content


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(str(path), f"invalid UTF-8 at byte {error.start}", "save it as UTF-8") from None


def _of_lines(content: bytes, path: Path, keys: dict[str, Cursor]) -> list[object]:
    """Read a text: one value per line; blank lines and those that start with `#` are ignored."""
    _refuse(keys, "column", "key")
    lines = (line.strip() for line in _text(content, path).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _of_csv(content: bytes, path: Path, keys: dict[str, Cursor]) -> list[object]:
    """Read one column of a CSV with a header; empty cells are ignored."""
    _refuse(keys, "key")
    rows = csv.reader(io.StringIO(_text(content, path), newline=""), strict=True)
    try:
        head = next(rows, [])
        index = _column(head, path, keys)
        return [cell for row in rows if row and (cell := _cell(row, index, head, f"{path}:{rows.line_num}"))]
    except csv.Error as error:
        raise DocumentError(f"{path}:{rows.line_num}", f"invalid CSV: {error}") from None


def _column(head: list[str], path: Path, keys: dict[str, Cursor]) -> int:
    if "column" not in keys:
        if len(head) != 1:
            keys["file"].fail(f"refers to {path}, which has {len(head)} columns", "choose one with `column`")
        return 0
    column = keys["column"].choice(head)
    if head.count(column) > 1:
        keys["column"].fail(f"is {column!r}, the name of several columns of {path}", "give each column its own name")
    return head.index(column)


def _cell(row: list[str], index: int, head: list[str], where: str) -> str:
    if len(row) != len(head):
        # A comma outside quotes moves the values after it to other columns.
        problem = f"the row has {count_of(len(row), 'cell')}, expected {len(head)} as in the header"
        raise DocumentError(where, problem, "put cells that contain commas in quotes")
    return row[index].strip()


def _of_document(content: bytes, path: Path, keys: dict[str, Cursor]) -> list[object]:
    """Read a YAML or JSON document: a list, or the list under `key`."""
    _refuse(keys, "column")
    document = read_yaml(content, str(path))
    if "key" in keys:
        document = document.keys(document.mapping(), (keys["key"].text(),))[keys["key"].text()]
    return [item.plain() for item in document.items()]


def _refuse(keys: dict[str, Cursor], *words: str) -> None:
    for word in words:
        if word in keys:
            keys[word].fail_at_key(f"`{word}` is not allowed for this type of file")


_READERS: dict[str, Callable[[bytes, Path, dict[str, Cursor]], list[object]]] = {
    ".txt": _of_lines,
    ".csv": _of_csv,
    ".yaml": _of_document,
    ".yml": _of_document,
    ".json": _of_document,
}
