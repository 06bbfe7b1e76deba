"""Tables of a page as data: rows in which repeated texts are indices, drawn by `page.js` during scrolling."""

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
        values: The texts to which its cells are indices; None if the cells are texts or numbers.
        filter: Whether it has a filter by value.
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
    """A table for the template.

    Attributes:
        count: The number of rows.
        heads: The headings of the columns that are shown.
        first: The cells of the first rows, for readers without scripts.
        columns: The columns, as JSON.
        noun: The name of a row, singular and plural, as JSON.
        more: The part of another table in the details of a row, as JSON.
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
        """The number of rows that only the script shows."""
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
        columns: Its columns; hidden ones come last.
        count: The number of rows.
        first: The shown cells of the first rows.
        noun: The name of a row, singular and plural.
        rows: The cells of every row; those of a column with values are indices.
        more: The part of another table in the details of a row; `page.js` reads it.
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
