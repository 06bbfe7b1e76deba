"""Every reporter on one report: nothing is lost, nothing acts, nothing incomplete looks clean."""

from __future__ import annotations

import itertools
import json
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from wcwidth import wcwidth

from auditor.model import Report, Unread, UnreadKind
from auditor.reporters import REPORTERS, Style
from auditor.resources import schema
from auditor.text import visible
from auditor.version import VERSION

HERE = Path(__file__).parent
UPDATE = "AUDITOR_UPDATE_GOLDEN"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
WIDTHS = [40, 60, 80, 100, 139, 140, 200]
GOLDEN = {
    "table-80.txt": ("table", Style(80)),
    "table-200.txt": ("table", Style(200)),
    "report.json": ("json", Style()),
    "report.ndjson": ("ndjson", Style()),
    "report.html": ("html", Style()),
    "report.csv": ("csv", Style()),
    "report.excel.csv": ("csv-excel", Style()),
    "report.sarif": ("sarif", Style()),
    "report.github.txt": ("github", Style()),
    "report.md": ("markdown", Style()),
    "report.gitlab.json": ("gitlab", Style()),
    "report.junit.xml": ("junit", Style()),
}


def rendered(report: Report, name: str = "table", style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return "".join(REPORTERS[name](report, style))


def squeezed(text: str) -> str:
    """Return text without white space, which folding puts anywhere, and with commands as they were before."""
    return "".join(text.split()).replace("\\x3a:", "::").replace(":\\x3a", "::")


@pytest.mark.parametrize("file", GOLDEN)
def test_a_report_is_rendered_as_it_was(file, incomplete):
    name, style = GOLDEN[file]
    path, text = HERE / file, rendered(incomplete, name, style).replace(VERSION, "x.y.z")
    if os.environ.get(UPDATE):
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode(), f"if this is meant, run again with {UPDATE}=1 and read the difference"


def test_every_reporter_has_a_golden_file():
    assert {name for name, _ in GOLDEN.values()} == set(REPORTERS)


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_in_a_report_acts_on_a_terminal_or_a_runner(name, colour, width, incomplete):
    text = rendered(incomplete, name, Style(width, colour))
    text = COLOUR.sub("", text) if colour else text
    if name.startswith("csv"):  # which ends its lines as RFC 4180 asks; the mark at the start is the format
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    assert {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} == {"\n"}
    assert "##[" not in text
    assert "##vso[" not in text
    if name != "github":
        assert [line for line in text.split("\n") if line.lstrip().startswith("::")] == []


@pytest.mark.parametrize("kind", ["incomplete", "found", "clean", "unreadable"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_the_table_is_wider_than_asked(width, kind, request):
    lines = rendered(request.getfixturevalue(kind), "table", Style(width)).split("\n")
    assert [line for line in lines if len(line) > width] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_broken_up_command_does_not_make_its_line_wider(width, unreadable):
    word = f"::{'x' * (width - 7)}"
    unread = Unread(UnreadKind.PAGE, "page 3", f"the server said {word}")
    report = replace(unreadable, receipt=replace(unreadable.receipt, unread=(unread,)))
    assert [line for line in rendered(report, "table", Style(width)).split("\n") if len(line) > width] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_colours_come_only_when_asked_and_change_nothing_else(width, incomplete):
    plain, coloured = (rendered(incomplete, "table", Style(width, colour)) for colour in (False, True))
    assert "\x1b" not in plain
    assert plain == COLOUR.sub("", coloured) != coloured


def columns_of_findings(text: str) -> Iterator[list[str]]:
    """Return the columns of every table of findings, each as one squeezed string."""
    for block in re.split(r"\n\n+", text):
        lines = [line for line in block.split("\n") if line.startswith("|")]
        if lines and lines[0].startswith("| repo "):
            edges = itertools.pairwise(place for place, char in enumerate(lines[1]) if char in "|+")
            rows = [places(line) for line in lines]
            yield [squeezed("".join("".join(row[left + 1 : right]) for row in rows)) for left, right in edges]


def places(line: str) -> list[str]:
    """Return what is shown in each column of a terminal; the second one of a wide character is empty."""
    found: list[str] = []
    for char in line:
        width = wcwidth(char)
        if width:
            found += [char, *[""] * (width - 1)]
        else:
            found[-1] += char
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_every_finding_is_in_the_table_with_its_repo_rule_and_message(width, incomplete):
    text = rendered(incomplete, "table", Style(width))
    tables, rest = list(columns_of_findings(text)), squeezed(text)
    for finding in incomplete.findings:
        repo, message = squeezed(visible(finding.repo.name)), squeezed(visible(finding.message))
        assert [table for table in tables if repo in table[0] and message in table[1]]
        assert f"{finding.rule.severity.label.upper()}{finding.rule.name}({finding.rule.id})" in rest
        assert squeezed(visible(finding.expected)) in "".join([rest, *map("".join, tables)])


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_listed_only_in_part_says_how_much_there_is(width, incomplete):
    text = " ".join(rendered(incomplete, "table", Style(width)).split())
    assert "Not read (12)" in text
    assert "and 2 more" in text
    assert "on 14 repos: the source does not tell num_runs" in text
    assert "and 4 more" in text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["incomplete", "unreadable"])
def test_an_incomplete_report_says_so_last_and_never_that_it_is_clean(width, kind, request):
    text = rendered(request.getfixturevalue(kind), "table", Style(width))
    verdict = text.rstrip("\n").split("receipt: ")[-1]
    assert re.search(r"^INCOMPLETE: repos 200 to 299", verdict, re.MULTILINE)
    assert re.search(r"^(CLEAN|FINDINGS)\b", text, re.MULTILINE | re.IGNORECASE) is None


@pytest.mark.parametrize(("kind", "word"), [("clean", "CLEAN"), ("found", "FINDINGS"), ("incomplete", "INCOMPLETE")])
def test_the_last_block_is_the_verdict_with_its_reason(kind, word, request):
    report = request.getfixturevalue(kind)
    last = rendered(report).rstrip("\n").split("\n\n")[-1]
    assert squeezed(f"{word}: {visible(report.verdict.reason)}") in squeezed(last)


@pytest.mark.parametrize("kind", ["incomplete", "found", "clean", "unreadable"])
def test_the_json_report_is_ascii_and_fits_its_schema(kind, request):
    text = rendered(request.getfixturevalue(kind), "json")
    assert text.isascii()
    assert list(Draft202012Validator(schema("report")).iter_errors(json.loads(text))) == []


def test_the_json_report_holds_every_fact_as_it_is(incomplete):
    document = json.loads(rendered(incomplete, "json"))
    told = [(each["rule"], each["repo"]["name"], each["message"], each["got"]) for each in document["findings"]]
    assert told == [(each.rule.id, each.repo.name, each.message, each.got) for each in incomplete.findings]
    assert [each["reason"] for each in document["receipt"]["unread"]] == [
        each.reason for each in incomplete.receipt.unread
    ]
    assert [len(each["repos"]) for each in document["not_evaluated"]] == [14]
    assert (len(document["waived"]), len(document["baselined"])) == (1, 1)
    assert document["waived"][0]["location"] == {
        "file": "a.yaml",
        "line": 3,
        "column": 7,
        "end_column": None,
        "text": "",
    }


def test_the_json_verdict_and_summary_agree_with_the_report(incomplete):
    document = json.loads(rendered(incomplete, "json"))
    verdict, summary = document["verdict"], document["summary"]
    assert (verdict["status"], verdict["exit_code"], verdict["complete"]) == ("incomplete", 3, False)
    assert summary["by_severity"] == {"critical": 4, "high": 2, "medium": 3, "low": 1, "info": 1}
    assert summary["by_rule"] == {"ACME001": 4, "ACME002": 2, "ACME003": 3, "ACME004": 1, "ACME005": 1}
    assert summary["by_triage"] == {"open": 11, "waived": 1, "baselined": 1}
