"""Drift as JSON, described by `schemas/drift.schema.json`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from auditor.drift.values import Difference, Drift, Side
from auditor.text import json_text
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
            "started_at": _timestamp(drift.started_at),
            "finished_at": _timestamp(drift.finished_at),
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
        "unread": [
            {"kind": each.kind.value, "what": each.what, "reason": each.reason, "fix": each.fix} for each in side.unread
        ],
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


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
