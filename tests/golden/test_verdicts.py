"""An independent reader for each format decides whether a report is clean; none takes an incomplete one for clean."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from lxml import etree

from auditor.model import Status, Verdict
from auditor.reporters import REPORTERS, Style
from tests.conftest import LONG
from tests.golden.hostile import many


def sarif_is_clean(text: str) -> bool:
    """Read like most tools: results only."""
    (run,) = json.loads(text)["runs"]
    return run["results"] == []


def github_is_clean(text: str) -> bool:
    """Read like a person who looks at a step: no annotation is an error or a warning."""
    return not re.search(r"^::(error|warning) ", text, re.MULTILINE)


def junit_is_clean(text: str) -> bool:
    """Read like a CI service: something was tested, and nothing failed."""
    root = etree.fromstring(text.encode())
    return int(root.get("tests")) > 0 and not root.xpath("//failure | //error")


def csv_is_clean(text: str) -> bool:
    """Read like a person who sorts and filters: every row states whether the run was complete, and none is open."""
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return len(rows) > 0 and all(row["complete"] == "yes" and row["kind"] != "open" for row in rows)


READERS: Mapping[str, Callable[[str], bool]] = {
    "table": lambda text: bool(re.search(r"^CLEAN: ", text, re.MULTILINE)),
    "json": lambda text: json.loads(text)["verdict"]["complete"] and not json.loads(text)["findings"],
    "ndjson": lambda text: json.loads(text.split("\n")[0])["verdict"]["status"] == "clean",
    "html": lambda text: '<div class="verdict clean"' in text and '"rows":[\n[' not in text,
    "csv": csv_is_clean,
    "csv-excel": lambda text: csv_is_clean(text.removeprefix("\ufeff")),
    "sarif": sarif_is_clean,
    "github": github_is_clean,
    "markdown": lambda text: text.startswith("## Auditor: clean\n"),
    "gitlab": lambda text: json.loads(text) == [],
    "junit": junit_is_clean,
}


def seen_clean(name: str, report: object) -> bool:
    return READERS[name]("".join(REPORTERS[name](report, Style())))


def test_every_format_has_a_reader():
    assert set(READERS) == set(REPORTERS)


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("kind", ["incomplete", "unreadable", "unaccepted", "found"])
def test_no_reader_takes_an_unclean_report_for_clean(name, kind, request):
    assert not seen_clean(name, request.getfixturevalue(kind))


@pytest.mark.parametrize("name", REPORTERS)
def test_every_reader_sees_a_clean_report(name, clean):
    assert seen_clean(name, clean)


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("status", [Status.INCOMPLETE, Status.INTERRUPTED])
def test_no_reader_takes_an_interrupted_run_for_clean(name, status, clean):
    verdict = Verdict(status, 3, complete=False, reason="interrupted by a signal")
    assert not seen_clean(name, replace(clean, verdict=verdict))


@pytest.mark.parametrize("name", REPORTERS)
def test_the_same_report_gives_the_same_bytes(name, incomplete):
    first, second = ("".join(REPORTERS[name](incomplete, Style())) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", ["json", "ndjson", "csv", "sarif", "gitlab", "junit", "markdown"])
def test_a_long_report_comes_in_small_pieces(name):
    pieces = [len(piece) for piece in REPORTERS[name](many(3000), Style())]
    assert max(pieces) < 20_000
    assert len(pieces) > 300


@pytest.mark.parametrize("name", ["json", "ndjson", "csv", "sarif", "gitlab"])
def test_the_memory_of_a_reporter_does_not_grow_with_the_report(name):
    peaks, sizes = zip(*(measured(name, count) for count in (1000, 4000)), strict=True)
    assert sizes[1] > 3 * sizes[0] > 500_000
    assert peaks[1] < sizes[1] / 4


@pytest.mark.skipif(not LONG, reason="takes a minute")
@pytest.mark.parametrize("name", ["ndjson", "csv", "sarif"])
def test_a_hundred_thousand_findings_need_three_megabytes(name, summarize):
    peak, size = measured(name, 100_000)
    summarize(f"{name}: 100000 findings, {size / 1e6:.0f} MB written, {peak / 1e6:.1f} MB of memory")
    assert peak < 3_000_000


def measured(name: str, count: int) -> tuple[int, int]:
    """Return the peak of memory while a report is rendered and discarded piece by piece, and its size."""
    report = many(count)
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in REPORTERS[name](report, Style()))
        return tracemalloc.get_traced_memory()[1], size
    finally:
        tracemalloc.stop()


def test_only_the_reporter_that_renders_is_imported():
    code = "import sys, auditor.cli.main; print([m for m in sys.modules if m.startswith('auditor.reporters.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['auditor.reporters.style']"
