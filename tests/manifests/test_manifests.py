"""Manifest files, good, bad and hostile: each gives the findings, at the places, that stand beside it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from auditor import check, load_policy
from auditor.documents import read_file
from auditor.model import UnreadKind

HERE = Path(__file__).parent
EXPECTED = "expected.yaml"


def cases() -> list:
    """Return every file with what is expected of it."""
    found = []
    for folder in sorted(path for path in HERE.iterdir() if (path / EXPECTED).exists()):
        document = read_file(folder / EXPECTED)[0].plain()
        found += [pytest.param(folder / name, case, id=f"{folder.name}/{name}") for name, case in document.items()]
    return found


@pytest.fixture(scope="module")
def policy():
    return load_policy()


@pytest.mark.parametrize(("file", "case"), cases())
def test_a_file_has_the_findings_that_stand_beside_it(file, case, policy):
    started = time.process_time()
    report = check([str(file)], policy)
    assert time.process_time() - started < 2
    places = [f"{each.location.line}:{each.location.column} {each.rule.id}" for each in report.findings]
    assert sorted(places) == sorted(case.get("found", []))
    assert {each.location.file for each in report.findings} <= {str(file)}
    expected = case.get("unread", [])
    assert len(report.receipt.unread) >= len(expected) > 0 or not report.receipt.unread
    for unread, words in zip(report.receipt.unread, expected, strict=False):
        assert says(unread, str(file), words), unread
    assert report.verdict.exit_code == case["exit"]


def says(unread, file: str, words: str) -> bool:
    """Tell whether something unread is what was expected: `rule`, or a place and the start of a reason."""
    if words == "rule":
        return unread.kind is UnreadKind.RULE
    place, _, reason = words.partition(" ")
    if ":" not in place:
        return unread.what.startswith(file) and words in unread.reason
    return unread.what == f"{file}:{place}" and unread.reason.startswith(reason)


def test_every_file_is_expected_and_they_are_many():
    files = {path for path in HERE.glob("*/*") if path.name != EXPECTED and path.parent.name != "__pycache__"}
    assert files == {case.values[0] for case in cases()}
    assert len(files) >= 120
