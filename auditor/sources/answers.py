"""From an answer of a list endpoint to a page: anything that is not what it has to be is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeAlias

from auditor.errors import UnreadError
from auditor.model import Json, Repo, Unread, UnreadKind
from auditor.model.values import display, type_name
from auditor.paging.pages import Page, Row

Key: TypeAlias = Callable[[dict[str, Json]], Json]
"""Returns what tells a row from the others of its list."""


def to_page(
    answer: Json, offset: int, where: str, key: Key = lambda row: row.get("id"), *, paginated: bool = True
) -> Page:
    """Read an answer of a list endpoint.

    Args:
        answer: The decoded body.
        offset: The offset that was asked for; an answer for another one proves nothing about ours.
        where: The path, for messages.
        key: Returns the id of a row.
        paginated: Whether an answer without `pagination` is refused.

    Raises:
        UnreadError: The answer is not a page.
    """

    def refuse(what: str, got: object, expected: str) -> NoReturn:
        raise UnreadError(f"{where} at offset {offset} answered {what} {_outline(got)}, expected {expected}")

    if not isinstance(answer, dict):
        refuse("with", answer, "an object")
    rows, pagination = answer.get("data"), answer.get("pagination")
    if not isinstance(rows, list):
        refuse("with data", rows, "a list")
    found: list[Row] = []
    for row in rows:
        row_id = key(row) if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(row_id, str) or not row_id:
            refuse("with an item", row, "an object with an id")
        found.append((row_id, row))
    if pagination is None and not paginated:
        return Page(tuple(found), None)
    if not isinstance(pagination, dict):
        refuse("with pagination", pagination, "an object with total")
    total, echo = pagination.get("total"), pagination.get("offset")
    if not _is_count(total):
        refuse("with pagination.total", total, "a whole number")
    if echo is not None and (not _is_count(echo) or echo != offset):
        refuse("with pagination.offset", echo, str(offset))
    return Page(tuple(found), total if isinstance(total, int) else None)


def _outline(value: object) -> str:
    """Return a value for a message; of objects and lists no content, which may be secret."""
    if isinstance(value, dict):
        return f"an object with {', '.join(value) or 'no keys'}"
    return f"a list of {len(value)}" if isinstance(value, list) else display(value)


def _is_count(value: Json) -> bool:
    """Tell whether a value is a whole number; to Python `true` is one too."""
    return type(value) is int and 0 <= value < 2**53


def repo_of(row: dict[str, Json]) -> Repo | Unread:
    """Return the repo of a row whose id was checked; only the manifest is required, as servers differ in the rest."""
    manifest = row.get("manifest")
    repo_id = str(row.get("id"))
    if isinstance(manifest, dict):
        return Repo(repo_id, manifest, row)
    got = "missing" if "manifest" not in row else f"a {type_name(manifest)}"
    reason = f"its manifest is {got}, expected an object, so no rule can be asked of it"
    return Unread(UnreadKind.REPO, f"repo {repo_id}", reason, "report it to the operators of the control plane")
