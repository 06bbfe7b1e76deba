"""CSV: two libraries read back what was written, and no spreadsheet treats a cell as a formula."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import given

from auditor.model import Report
from auditor.reporters import REPORTERS, Style
from auditor.text import visible
from tests.golden.hostile import TEXTS, hostile

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rendered(report: Report, name: str = "csv") -> str:
    return "".join(REPORTERS[name](report, Style()))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("kind", ["incomplete", "found", "clean", "unreadable"])
def test_two_libraries_read_the_same_rows(kind, request):
    text = rendered(request.getfixturevalue(kind))
    frame = pl.read_csv(io.BytesIO(text.encode()), infer_schema=False).fill_null("")
    assert frame.to_dicts() == rows_of(text)


@pytest.mark.parametrize("kind", ["incomplete", "found", "clean", "unreadable"])
def test_the_first_row_is_the_verdict_and_each_finding_is_a_row(kind, request):
    report = request.getfixturevalue(kind)
    first, *others = rows_of(rendered(report))
    assert first["kind"] == f"verdict: {report.verdict.status.value}"
    assert first["message"] == visible(report.verdict.reason)
    opened = [row for row in others if row["kind"] == "open"]
    assert [row["fingerprint"] for row in opened] == [each.fingerprint for each in report.findings]
    assert len([row for row in others if row["kind"] == "unread"]) == len(report.receipt.unread)


@given(TEXTS)
def test_no_cell_is_a_formula_or_breaks_its_row(text):
    lines = rendered(hostile(text)).split("\r\n")
    rows = rows_of(rendered(hostile(text)))
    assert len(lines) == len(rows) + 2
    assert not [cell for row in rows for cell in row.values() if cell.lstrip().startswith(FORMULA)]


def test_excel_gets_a_byte_order_mark_and_the_same_rows(incomplete):
    assert rendered(incomplete, "csv-excel") == f"\ufeff{rendered(incomplete)}"
