"""Tables of a page as data: rows in which repeated texts are indices, drawn by `page.js` while one scrolls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from markupsafe import Markup

from auditor.html.page import json_lines, script_json

FIRST = 500
"""How many rows are in a page for readers without scripts."""


@dataclass(frozen=True, slots=True)
class Column:
    """How the script shows a column; `page.js` reads these names.

    Attributes:
        label: Its heading.
        values: The texts that its cells are indices of; None if they are texts or numbers themselves.
        filter: Whether one can choose one of its values.
        hidden: Whether it is shown only in the details of a row.
        badge: Whether it is a severity.
        opens: Whether a click on it opens the details.
        number: Whether its cells are numbers.
    """

    label: str
    values: Sequence[str] | None = None
    filter: bool = False
    hidden: bool = False
    badge: bool = False
    opens: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the template needs it.

    Attributes:
        count: How many rows it has.
        heads: The headings of the columns that are shown.
        first: The cells of the first rows, for readers without scripts.
        columns: The columns, as JSON.
        noun: What a row is, one and many, as JSON.
        more: What the details of a row show of another table, as JSON.
        rows: The rows as JSON, line by line.
    """

    count: int
    heads: Sequence[str]
    first: Sequence[Sequence[object]]
    columns: Markup
    noun: Markup
    more: Markup
    rows: Iterator[Markup]

    @property
    def rest(self) -> int:
        """How many rows only the script shows."""
        return self.count - len(self.first)


def make_table(
    columns: Sequence[Column],
    count: int,
    first: Sequence[Sequence[object]],
    noun: tuple[str, str],
    rows: Iterable[Sequence[object]],
    more: object = None,
) -> Table:
    """Return a table.

    Args:
        columns: Its columns; those that are hidden come last.
        count: How many rows it has.
        first: The shown cells of the first rows.
        noun: What a row is, one and many.
        rows: The cells of every row; those of a column with values are indices.
        more: What the details of a row show of another table; `page.js` reads it.
    """
    described = [
        {key: value for key, value in asdict(column).items() if value not in (None, False)} for column in columns
    ]
    return Table(
        count=count,
        heads=[column.label for column in columns if not column.hidden],
        first=first,
        columns=script_json(described),
        noun=script_json(noun),
        more=script_json(more),
        rows=json_lines(rows),
    )


def places_of(values: Sequence[str]) -> dict[str, int]:
    """Return the index of each value of a column."""
    return {value: number for number, value in enumerate(values)}
