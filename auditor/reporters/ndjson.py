"""JSON lines for pipelines: the verdict first, then one line per finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.model import Report
from auditor.reporters.json import finding_document, head, not_evaluated_document
from auditor.reporters.style import Style
from auditor.text import json_line


def render_ndjson(report: Report, _style: Style) -> Iterator[str]:
    """Return a report as JSON lines; `kind` is `verdict`, `finding` or `not_evaluated`."""
    yield from (f"{json_line(each)}\n" for each in _lines(report))


def _lines(report: Report) -> Iterator[dict[str, Any]]:
    yield {"kind": "verdict", **head(report)}
    for triage, findings in (("open", report.findings), ("waived", report.waived), ("baselined", report.baselined)):
        yield from ({"kind": "finding", "triage": triage, **finding_document(each)} for each in findings)
    yield from ({"kind": "not_evaluated", **not_evaluated_document(each)} for each in report.not_evaluated)
