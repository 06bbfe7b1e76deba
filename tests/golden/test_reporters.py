"""Every reporter on one report: nothing is lost, nothing is executed, nothing incomplete looks clean."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Location, Report, Unread, UnreadKind, Waiver
from auditor.reporters import REPORTERS, Style
from auditor.text import columns, visible
from auditor.version import VERSION
from tests.golden.conftest import PLAIN
from tests.golden.hostile import TEXTS, hostile, many
from tests.schemas import assert_valid

HERE = Path(__file__).parent
UPDATE = "AUDITOR_UPDATE_GOLDEN"
COLOR = re.compile(r"\x1b\[[0-9;]*m")
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
    """Return text without the white space that wrapping adds, and with commands in their original form."""
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
@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_in_a_report_acts_on_a_terminal_or_a_runner(name, color, width, incomplete):
    text = rendered(incomplete, name, Style(width, color))
    text = COLOR.sub("", text) if color else text
    if name.startswith("csv"):  # its lines end as RFC 4180 requires; the mark at the start is the format
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    assert {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} == {"\n"}
    assert "##[" not in text
    assert "##vso[" not in text
    if name != "github":
        assert [line for line in text.split("\n") if line.lstrip().startswith("::")] == []


@pytest.mark.parametrize("kind", ["incomplete", "found", "clean", "unreadable"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_the_table_is_wider_than_requested(width, kind, request):
    lines = rendered(request.getfixturevalue(kind), "table", Style(width)).split("\n")
    assert [line for line in lines if columns(line) > width] == []


@given(TEXTS, st.integers(60, 200), st.booleans(), st.sampled_from(["manifest files", "control-plane"]))
def test_whatever_others_write_no_line_of_the_table_is_too_wide_or_a_command(text, width, list_all, source):
    report = hostile(text)
    receipt = replace(report.receipt, origin=replace(report.receipt.origin, source=source))
    table = rendered(replace(report, receipt=receipt), "table", Style(width, list_all=list_all, by_owner=list_all))
    lines = table.split("\n")
    assert [line for line in lines if columns(line) > width and source == "control-plane"] == []
    assert [line for line in lines if line.lstrip().startswith("::")] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_broken_up_command_does_not_make_its_line_wider(width, unreadable):
    word = f"::{'x' * (width - 7)}"
    unread = Unread(UnreadKind.PAGE, "page 3", f"the server said {word}")
    report = replace(unreadable, receipt=replace(unreadable.receipt, unread=(unread,)))
    assert [line for line in rendered(report, "table", Style(width)).split("\n") if len(line) > width] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_colors_are_used_only_on_request_and_change_nothing_else(width, incomplete):
    plain, colored = (rendered(incomplete, "table", Style(width, color)) for color in (False, True))
    assert "\x1b" not in plain
    assert plain == COLOR.sub("", colored) != colored


@pytest.mark.parametrize("width", WIDTHS)
def test_every_finding_is_in_the_complete_table_with_its_repo_rule_message_and_values(width, incomplete):
    blocks = rendered(incomplete, "table", Style(width, list_all=True)).split("\n\n")
    for finding in incomplete.findings:
        head = f"{finding.rule.severity.label.upper()}{finding.rule.name}({finding.rule.id})"
        (block,) = [text for each in blocks if (text := squeezed(each)).startswith(head)]
        for fact in (finding.repo.name, finding.message, finding.path, finding.expected):
            assert squeezed(visible(fact)) in block
        assert squeezed(visible(finding.got)) in block


@pytest.mark.parametrize("width", WIDTHS)
def test_the_table_has_every_rule_with_its_severity_title_and_fix_and_the_repos(width, incomplete):
    blocks = rendered(incomplete, "table", Style(width)).split("\n\n")
    for finding in incomplete.findings:
        rule = finding.rule
        (block,) = [each for each in map(squeezed, blocks) if f"{rule.name}({rule.id})" in each]
        assert block.startswith(rule.severity.label.upper())
        assert squeezed(rule.title) in block
        assert squeezed(rule.remediation) in block
        assert squeezed(visible(finding.repo.name)) in block


@pytest.mark.parametrize("count", [30, 33, 3000])
def test_ten_findings_of_a_rule_are_listed_and_the_rest_counted(count):
    report = many(count)
    short, full = (rendered(report, "table", Style(80, list_all=each)) for each in (False, True))
    shown = {each for each in ("ACME001", "ACME003", "ACME004") if each in short}
    assert len(shown) == 3
    assert short.split("Not evaluated")[0].count("repo-") == 30
    assert short.count(f"and {count // 3 - 10} more (--all lists them)") == (3 if count > 30 else 0)
    assert [f"wrong {n}\n" in full or f"wrong {n} (" in full for n in range(count)] == [True] * count
    assert "--all" not in full


def test_an_expired_waiver_is_next_to_its_repo(incomplete):
    waiver = Waiver("ACME001", "churn-prod", "pilot", "sam@acme.example", date(2026, 2, 1))
    findings = tuple(replace(each, waiver=waiver) if each.repo == PLAIN else each for each in incomplete.findings)
    for list_all in (False, True):
        text = rendered(replace(incomplete, findings=findings), "table", Style(100, list_all=list_all))
        assert "churn-prod (waiver of sam@acme.example expired on 2026-02-01)" in text


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://docs.example/rules#acme001", True),
        ("http://docs.example/", True),
        ("javascript:alert(1)", False),
        ("https://x.example/\x1b]8;;", False),
        ("https://x.example/\x07", False),
        ("https://x.example/a b", False),
        ("https://x.example/##[error]", False),
        ("https://x.example/ü", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("place", [None, Location("a.yaml", 1, 1)])
def test_a_rule_links_to_its_page_if_the_terminal_can_and_the_url_is_harmless(url, linked, place, incomplete):
    source = replace(incomplete.receipt.origin, source="manifest files" if place else "control-plane")
    finding = replace(incomplete.findings[0], rule=replace(incomplete.findings[0].rule, docs=url), location=place)
    report = replace(incomplete, findings=(finding,), receipt=replace(incomplete.receipt, origin=source))
    text = rendered(report, "table", Style(color=True, links=True))
    link = f"\x1b]8;;{url}\x1b\\ACME001\x1b]8;;\x1b\\"
    assert (link in text, text.count("\x1b]8;;")) == (linked, 2 if linked else 0)
    plain = text.replace(link, "ACME001")
    assert COLOR.sub("", plain) == rendered(report, "table", Style())


@pytest.mark.parametrize(
    ("milliseconds", "reported"),
    [(0, "took less than 1 s"), (999, "took less than 1 s"), (1000, "took 1 s"), (75900, "took 75 s")],
)
def test_the_time_taken_is_that_of_the_receipt_in_whole_seconds(milliseconds, reported, clean):
    receipt = replace(clean.receipt, finished_at=clean.receipt.started_at + timedelta(milliseconds=milliseconds))
    assert f", {reported}\n" in rendered(replace(clean, receipt=receipt))


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_listed_only_in_part_says_how_much_there_is(width, incomplete):
    text = " ".join(rendered(incomplete, "table", Style(width)).split())
    assert "Not read or evaluated (12)" in text
    assert "and 2 more" in text
    assert "for 14 repos: needs data from the control plane" in text
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
    assert_valid(json.loads(text), "report")


def test_the_json_report_contains_every_fact_unchanged(incomplete):
    document = json.loads(rendered(incomplete, "json"))
    reported = [(each["rule"], each["repo"]["name"], each["message"], each["got"]) for each in document["findings"]]
    assert reported == [(each.rule.id, each.repo.name, each.message, each.got) for each in incomplete.findings]
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
