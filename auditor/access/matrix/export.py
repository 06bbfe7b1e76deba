"""The matrix as JSON (`schemas/access.schema.json`) and as CSV without formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from auditor.access.matrix.matrix import EVERY_REPO
from auditor.access.matrix.review import Review
from auditor.access.matrix.rows import Line, lines
from auditor.text import csv_row, json_text, timestamp
from auditor.version import VERSION


def render_json(review: Review, _width: int) -> Iterator[str]:
    """Return a review as JSON, one grant after the other; the same review gives the same bytes."""
    head = json_text(_head(review))
    yield head.removesuffix("\n}") + ',\n  "grants": ['
    separator = "\n"
    for line in (each for each in lines(review.matrix, review.view) if each.place is not EVERY_REPO):
        yield f"{separator}    {_indented(json_text(_json_line(line)))}"
        separator = ",\n"
    yield "]\n}\n" if separator == "\n" else "\n  ]\n}\n"


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _head(review: Review) -> dict[str, Any]:
    origin, view, impact = review.origin, review.view, review.impact
    return {
        "access": 1,
        "tool": {"name": "auditor", "version": VERSION},
        "complete": review.complete,
        "reason": review.reason,
        "receipt": {
            "source": origin.source,
            "host": origin.host,
            "tenant": origin.tenant,
            "identity": origin.identity,
            "started_at": timestamp(review.started_at),
            "finished_at": timestamp(review.finished_at),
            "total": origin.total,
            "repos": len(review.matrix),
            "directory": review.parts,
            "unread": [each.as_dict() for each in review.unread],
        },
        "view": {
            "by": view.by.value,
            "subject": str(view.subject) if view.subject else None,
            "repo": view.repo,
            "admins": view.admins,
            "expand": view.expand,
        },
        "notes": review.notes,
        "tenant_admins": review.tenant_admins,
        "tenant_grants": [
            {key: value for key, value in _json_line(line).items() if key not in {"repo", "storage"}}
            for line in lines(review.matrix, replace(review.view, expand=False))
            if line.place is EVERY_REPO
        ],
        "without": impact
        and {
            "subject": impact.subject,
            "touched": impact.touched,
            "tenant_admins": impact.tenant_admins,
            "left": [{"repo": {"id": place.id, "name": place.name}, "with": fate} for place, fate in impact.left],
        },
        "unseen": [
            {"repo": {"id": place.id, "name": place.name}, "reason": review.matrix.hidden(place)}
            for place in review.matrix.places
            if review.matrix.hidden(place)
        ],
        "nobody": [{"id": place.id, "name": place.name} for place in review.matrix.empty],
    }


def _json_line(line: Line) -> dict[str, Any]:
    return {
        "repo": {"id": line.place.id, "name": line.place.name},
        "storage": line.place.storage or None,
        "subject": line.subject,
        "role": line.grant.role,
        "level": line.grant.level.value if line.grant.level else None,
        "via": line.grant.via.value,
        "source": line.grant.source or None,
        "through": line.through or None,
        "state": line.state or None,
    }


_COLUMNS = (
    "complete",
    "repo",
    "repo_id",
    "storage",
    "subject",
    "role",
    "level",
    "via",
    "source",
    "through",
    "state",
    "note",
)


def render_csv(review: Review, _width: int) -> Iterator[str]:
    """Return a review as CSV, every cell quoted; the first column of every line is whether everything was read."""
    complete = "yes" if review.complete else "no"
    yield csv_row(_COLUMNS)
    for line in lines(review.matrix, review.view):
        grant, place = line.grant, line.place
        level = grant.level.value if grant.level else ""
        cells = (line.subject, grant.role, level, grant.via.value, grant.source, line.through, line.state, "")
        yield csv_row((complete, place.name, place.id, place.storage, *cells))
    for place in review.matrix.places:
        note = review.matrix.hidden(place) or ("" if place.length else "no grants")
        if note:
            yield csv_row((complete, place.name, place.id, place.storage, *[""] * 7, note))
    for note in _notes(review):
        yield csv_row((complete, *[""] * 10, note))


def _notes(review: Review) -> Iterator[str]:
    yield from (str(unread) for unread in review.unread)
    yield from review.notes
    if review.impact:
        yield review.impact.sentence
        yield from review.impact.details
    if not review.complete:
        yield f"incomplete: {review.reason}"
