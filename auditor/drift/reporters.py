"""Reports of drift: a table, JSON (`schemas/drift.schema.json`) and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.drift.values import Access, Difference, Drift, Kind, Side
from auditor.markdown import cell, code, table
from auditor.text import columns, count_of, json_text, no_commands, timestamp, visible, wrap_lines
from auditor.version import VERSION


def render_json(drift: Drift, _width: int) -> Iterator[str]:
    """Return a comparison as JSON; the same comparison gives the same bytes."""
    verdict, origin = drift.verdict, drift.live.origin
    document = {
        "drift": 1,
        "tool": {"name": "auditor", "version": VERSION},
        "verdict": {
            "status": verdict.status.value,
            "exit_code": verdict.exit_code,
            "complete": verdict.complete,
            "reason": verdict.reason,
        },
        "declared": {"files": drift.declared.origin.files, **_side(drift.declared)},
        "live": {
            "source": origin.source,
            "host": origin.host,
            "tenant": origin.tenant,
            "identity": origin.identity,
            "started_at": timestamp(drift.started_at),
            "finished_at": timestamp(drift.finished_at),
            "total": origin.total,
            **_side(drift.live),
        },
        "summary": {**drift.counts, "left_out": drift.left_out},
        "differences": [_difference(each) for each in drift.differences],
    }
    yield f"{json_text(document)}\n"


def _side(side: Side) -> dict[str, Any]:
    return {
        "repos": side.repos,
        "role_bindings": side.bindings,
        "unread": [each.as_dict() for each in side.unread],
    }


def _difference(each: Difference) -> dict[str, Any]:
    place = each.location
    return {
        "kind": each.kind.value,
        "certain": each.certain,
        "type": each.type,
        "name": each.name,
        "id": each.id,
        "field": each.field or None,
        "declared": each.declared,
        "live": each.live,
        "access": each.access.value if each.access else None,
        "location": place and {"file": place.file, "line": place.line, "column": place.column},
    }


def render_markdown(drift: Drift, _width: int) -> Iterator[str]:
    """Return a comparison as Markdown for step summaries and comments."""
    verdict = drift.verdict
    head = [f"## Auditor: {_outcome(drift).lower()}"]
    if not verdict.complete:
        head.append("**Not everything was read. Other differences may exist.**")
    head.append(code(f"{_outcome(drift)}: {verdict.reason}", 1000))
    rows = ([cell(text) for text in _cells(each)] for each in drift.differences)
    tail = [f"- {code(each)}" for each in _remarks(drift)]
    yield from table(head, _HEAD, rows, [*tail, "", code(_receipt(drift))])


_HEAD = ("drift", "what", "field", "declared", "live", "declared at")
_GAP = 2
_NARROW = 12


def render_table(drift: Drift, width: int) -> Iterator[str]:
    """Return a comparison as text of about `width` columns; nothing is cut off, long cells are wrapped."""
    from tabulate import tabulate  # noqa: PLC0415 - only this format needs it

    rows = [tuple(map(visible, _cells(each))) for each in drift.differences]
    if rows:
        widths = _widths([_HEAD, *rows], width)
        # Tabulate wraps too, but cuts FQNs and roles anywhere.
        wrapped = [["\n".join(wrap_lines(*each)) for each in zip(row, widths, strict=True)] for row in rows]
        table = tabulate(wrapped, _HEAD, tablefmt="simple", disable_numparse=True)
        yield no_commands("\n".join(line.rstrip() for line in table.splitlines()) + "\n")
    for remark in (*_remarks(drift), _receipt(drift), f"{_outcome(drift)}: {drift.verdict.reason}"):
        yield "\n" + "\n".join(wrap_lines(remark, width, rest="  ")) + "\n"


def _cells(each: Difference) -> tuple[str, ...]:
    place = each.location
    where = f"{place.file}:{place.line}:{place.column}" if place else ""
    certain = "" if each.certain else "?"
    return f"{_word(each)}{certain}", f"{each.type} {each.name}", each.field, each.declared, each.live, where


def _word(each: Difference) -> str:
    if each.kind is not Kind.DIFFERS or each.access is None:
        return each.kind.value
    return "access lost" if each.access is Access.LOST else "access gained"


def _widths(rows: list[tuple[str, ...]], width: int) -> list[int]:
    """Return the width of each column: that of its longest cell if it fits, else a fair share of the rest."""
    needs = [max(columns(row[column]) for row in rows) for column in range(len(_HEAD))]
    room = max(width - _GAP * (len(_HEAD) - 1), _NARROW * len(_HEAD))
    while sum(needs) > room and max(needs[:-1]) > _NARROW:  # a place is not split, so that it can be clicked
        needs[needs.index(max(needs[:-1]))] -= 1
    return needs


def _remarks(drift: Drift) -> Iterator[str]:
    if not all(each.certain for each in drift.differences):
        yield "? marks a difference that may be due to data that was not read"
    if any(each.kind is Kind.SURFACE for each in drift.differences):
        yield "surface means the same access, granted in a different place"
    if drift.left_out:
        left_out = count_of(drift.left_out, "undeclared repo or role binding", "undeclared repos and role bindings")
        yield f"{left_out} not shown (--declared-only)"
    yield from (f"not read from the files: {unread}" for unread in drift.declared.unread)
    yield from (f"not read from the tenant: {unread}" for unread in drift.live.unread)


def _receipt(drift: Drift) -> str:
    """Return the two sides and the time of the comparison."""
    origin = drift.live.origin
    seen = ", ".join(filter(None, (origin.source, origin.host, origin.tenant and f"tenant {origin.tenant}")))
    who = f", visible to {origin.identity}" if origin.identity else ""
    files = drift.declared.origin.files
    return f"{count_of(files, 'file')} against {seen}{who}, {drift.finished_at:%Y-%m-%d %H:%M UTC}"


def _outcome(drift: Drift) -> str:
    return {0: "NO DRIFT", 1: "DRIFT"}.get(drift.verdict.exit_code, "INCOMPLETE")


RENDERERS: Mapping[str, Callable[[Drift, int], Iterator[str]]] = {
    "table": render_table,
    "json": render_json,
    "markdown": render_markdown,
}
"""Every format by its name; the number is the width of the page in columns."""
