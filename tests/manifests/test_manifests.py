"""Manifest files, good, bad and hostile: each has exactly the findings, with places, that are listed next to it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from auditor import check, load_policy
from auditor.documents import read_file
from auditor.model import UnreadKind

HERE = Path(__file__).parent
EXPECTED = "expected.yaml"


def cases() -> list:
    """Return every file with its expected result."""
    found = []
    for folder in sorted(path for path in HERE.iterdir() if (path / EXPECTED).exists()):
        document = read_file(folder / EXPECTED)[0].plain()
        found += [pytest.param(folder / name, case, id=f"{folder.name}/{name}") for name, case in document.items()]
    return found


@pytest.fixture(scope="module")
def policy():
    return load_policy()


@pytest.mark.parametrize(("file", "case"), cases())
def test_a_file_has_the_findings_listed_next_to_it(file, case, policy):
    started = time.process_time()
    report = check([str(file)], policy)
    assert time.process_time() - started < 20  # hostile input would take hours
    places = [f"{each.location.line}:{each.location.column} {each.rule.id}" for each in report.findings]
    assert sorted(places) == sorted(case.get("found", []))
    assert {each.location.file for each in report.findings} <= {str(file)}
    expected = case.get("unread", [])
    assert len(report.receipt.unread) >= len(expected) > 0 or not report.receipt.unread
    for unread, words in zip(report.receipt.unread, expected, strict=False):
        assert says(unread, str(file), words), unread
    assert report.verdict.exit_code == case["exit"]


GOOD = """\
type: ml-repo
name: fraud-scoring-prod
description: Card fraud scoring models and their evaluation runs.
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml-prod
collaborators:
"""
ADMIN = "  - {subject: 'team:fraud-ml', role_id: mlf-project-admin}\n"
LARGE = {
    "a line of 200,000 characters": (re.sub("Card.*", "d" * 200_000, GOOD) + ADMIN, 1, ["3:14 MLS004"]),
    "20,000 keys that nobody knows": (GOOD + ADMIN + "".join(f"k{n}: v\n" for n in range(20_000)), 0, []),
    "3,000 collaborators, none of them an admin": (
        GOOD + "".join(f"  - {{subject: 'team:t{n}', role_id: mlf-project-viewer}}\n" for n in range(3_000)),
        1,
        ["5:1 MLR023"],
    ),
}


@pytest.mark.parametrize(("text", "exit_code", "found"), LARGE.values(), ids=LARGE)
def test_a_large_file_has_its_findings(text, exit_code, found, policy, tmp_path):
    (tmp_path / "large.yaml").write_text(text, "utf-8")
    started = time.process_time()
    report = check([str(tmp_path)], policy)
    assert time.process_time() - started < 20  # hostile input would take hours
    assert [f"{each.location.line}:{each.location.column} {each.rule.id}" for each in report.findings] == found
    assert report.verdict.exit_code == exit_code


def says(unread, file: str, words: str) -> bool:
    """Return whether something unread matches: `rule`, or a place and the start of a reason."""
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
