"""Markdown for step summaries and comments.

Text from outside is in code spans: nothing in it becomes a link, a picture, HTML, a mention or a reference to an issue,
neither by Markdown nor by what GitHub and GitLab detect in the rendered text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from auditor.text import clipped, count_of, visible

LIMIT = 65_000
"""The most characters of a Markdown report: a comment on GitHub may have 65,536, a step summary 1 MiB."""

_LONGEST = 300
"""The most characters of one text in Markdown, so that one finding cannot displace the others."""

_BEFORE_BAR = re.compile(r"\\+(?=\|)")


def code(text: str, longest: int = _LONGEST) -> str:
    """Return text as a code span that its own backticks cannot end; long text ends with an ellipsis."""
    return _span(clipped(visible(text), longest))


def cell(text: str) -> str:
    """Return text as a code span for a table cell; `|` in it is escaped."""
    # A bar needs a backslash before it, and parsers differ on what a backslash before that one means.
    shown = _BEFORE_BAR.sub(lambda match: r"\x5c" * len(match[0]), clipped(visible(text), _LONGEST))
    return _span(shown.replace("|", r"\|"))


def _span(text: str) -> str:
    if not text:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def table(
    head: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[str]], tail: Sequence[str]
) -> Iterator[str]:
    """Yield a Markdown document with a table, at most `LIMIT` characters, with a line about rows left out.

    Args:
        head: The paragraphs before the table.
        columns: Its headings.
        rows: Its cells, as Markdown.
        tail: The lines after it.
    """
    before, after = "\n\n".join(head) + "\n\n", "\n".join(tail)[: LIMIT // 2] + "\n"
    title = f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"
    room, left, empty = LIMIT - len(before) - len(after) - len(title) - 100, 0, True
    yield before
    for row in rows:
        line = f"| {' | '.join(row)} |\n"
        if left or len(line) > room:
            left += 1
            continue
        yield f"{title}{line}" if empty else line
        room, empty = room - len(line), False
    yield f"\n**Truncated: {count_of(left, 'more row')}. The JSON format has them all.**\n" if left else ""
    yield f"\n{after}"
