"""Pages from responses of list endpoints; anything unexpected is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeAlias

from auditor.errors import UnreadError
from auditor.http.decoding import UnreadableRow
from auditor.model import Json, Repo, Unread, UnreadKind
from auditor.model.values import display, type_name
from auditor.paging.pages import BadRow, Page, Row

Key: TypeAlias = Callable[[dict[str, Json]], Json]
"""Returns the key of a row, unique in its list."""


def to_page(answer: Json, offset: int, where: str, key: Key = lambda row: row.get("id")) -> Page:
    """Return the page in a response of a list endpoint; an item without an id becomes a `BadRow`.

    Args:
        answer: The decoded body.
        offset: The requested offset; a response for another one is an error.
        where: The path, for messages.
        key: Returns the id of a row.

    Raises:
        UnreadError: The answer is not a page.
    """

    def refuse(what: str, got: object, expected: str) -> NoReturn:
        raise UnreadError(f"{where} at offset {offset} returned {what}{_outline(got)}, expected {expected}")

    if not isinstance(answer, dict):
        refuse("", answer, "an object")
    rows, pagination = answer.get("data"), answer.get("pagination")
    if not isinstance(rows, list):
        refuse("data: ", rows, "a list")
    found = tuple(_row(row, key) for row in rows)
    if pagination is None:
        return Page(found, None)
    if not isinstance(pagination, dict):
        refuse("pagination: ", pagination, "an object with total")
    total, echo = _count(pagination.get("total")), pagination.get("offset")
    if total is not None and not _is_count(total):
        refuse("pagination.total: ", total, "an integer")
    if echo is not None and (not _is_count(echo) or echo != offset):
        refuse("pagination.offset: ", echo, str(offset))
    return Page(found, total if isinstance(total, int) else None)


def _row(row: Json, key: Key) -> Row | BadRow:
    """Return a row with its id; a number as an id equals its digits."""
    if isinstance(row, UnreadableRow):
        return BadRow(str(row))
    if not isinstance(row, dict):
        return BadRow(f"got {type_name(row)}, expected an object with an id")
    row_id = key(row)
    if type(row_id) is int and row_id >= 0:
        row_id = str(row_id)
    if isinstance(row_id, str) and row_id:
        return row_id, row
    name = row["manifest"].get("name") if isinstance(row.get("manifest"), dict) else None  # type: ignore[union-attr]
    named = f" (name in its manifest: {display(name)})" if isinstance(name, str) else ""
    return BadRow(f"its id is {_kind(row_id)}, expected a string or an integer{named}")


def _kind(value: Json) -> str:
    """Return the kind of a value, without its content, which may be secret."""
    return "missing or null" if value is None else "empty" if value == "" else f"a {type_name(value)}"


def _count(total: Json) -> Json:
    """Return a total, from a number or its digits, which are limited so that no number takes long to read."""
    is_digits = isinstance(total, str) and total.isascii() and total.isdigit() and len(total) < 17
    return int(str(total)) if is_digits else total


def _outline(value: object) -> str:
    """Return a value for a message, without the content of objects and lists, which may be secret."""
    if isinstance(value, dict):
        return f"an object with {', '.join(value) or 'no keys'}"
    return f"a list of {len(value)}" if isinstance(value, list) else display(value)


def _is_count(value: Json) -> bool:
    """Return whether a value is an integer; for Python, `true` is one too."""
    return type(value) is int and 0 <= value < 2**53


def repo_of(row: dict[str, Json]) -> Repo | Unread:
    """Return the repo of a row with a valid id; only the manifest is required, as servers differ in the rest."""
    manifest = row.get("manifest")
    repo_id = str(row.get("id"))
    if isinstance(manifest, dict):
        return Repo(repo_id, manifest, row if row.get("id") == repo_id else {**row, "id": repo_id})
    got = "missing" if "manifest" not in row else f"a {type_name(manifest)}"
    reason = f"its manifest is {got}, expected an object, so no rule can be evaluated on it"
    return Unread(UnreadKind.REPO, f"repo {repo_id}", reason, "report it to the operators of the control plane")
