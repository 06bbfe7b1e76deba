"""Markdown, rendered by two parsers, one of them GitHub's: text from outside is text in code spans, nothing else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from hypothesis import given
from lxml import html
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditor.model import Report, Unread, UnreadKind
from auditor.reporters import REPORTERS, Style
from auditor.text import visible
from tests.golden.hostile import TEXTS, hostile, many

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HARMLESS = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "strong_open", "strong_close",
    "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "text", "code_inline", "softbreak",
    *(f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")),
}  # fmt: skip
LIVE = re.compile(r"@|#[0-9]|://|www\.|[Ff]ix|GH-|[<>&]")
"""What GitHub and GitLab turn into links or mentions in plain text."""


def rendered(report: Report) -> str:
    return "".join(REPORTERS["markdown"](report, Style()))


def tokens(text: str) -> list[Token]:
    return [token for block in PARSER.parse(text) for token in (block, *(block.children or []))]


def cells(text: str) -> list[list[str]]:
    """Return the rows of all tables as lists of their cells' rendered text."""
    rows: list[list[str]] = []
    for token in PARSER.parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows and token.level > 3:
            rows[-1].append("".join(child.content for child in token.children or []))
    return rows


@given(TEXTS)
def test_no_text_becomes_markup(text):
    report = hostile(text)
    found = tokens(rendered(report))
    assert {token.type for token in found} <= HARMLESS
    assert [token.content for token in found if token.type == "text" and LIVE.search(token.content)] == []
    shape = [token.type for token in found if token.type != "code_inline"]
    tame = [token.type for token in tokens(rendered(hostile("tame"))) if token.type != "code_inline"]
    assert [kind for kind in shape if kind != "text"] == [kind for kind in tame if kind != "text"]


@given(TEXTS)
def test_github_makes_nothing_of_a_text_but_code(text):
    page, tame = (html.fromstring(github_flavored_markdown_to_html(rendered(hostile(each)))) for each in (text, "tame"))
    assert page.xpath("//a | //img | //input | //del | //em | //pre | //comment()") == []
    assert {tag: len(page.xpath(f"//{tag}")) for tag in ("tr", "td", "th", "li", "h2", "h3", "p")} == {
        tag: len(tame.xpath(f"//{tag}")) for tag in ("tr", "td", "th", "li", "h2", "h3", "p")
    }
    messages = [cell.xpath("string(code[1])") for cell in page.xpath("//tbody/tr/td[4]")]
    shown = re.sub(r"\\(?=\\*\|)", r"\\x5c", visible(text)).strip()
    assert {each.strip() for each in messages} == {shown} or not shown


@given(TEXTS)
def test_no_text_adds_a_cell_or_a_row(text):
    rows = cells(rendered(hostile(text)))
    assert [len(row) for row in rows] == [len(row) for row in cells(rendered(hostile("tame")))]


@pytest.mark.parametrize(
    "text", ["a|b", "a||b", "`a`", "``|``", "x\\y", "<b>", "@all #1", "https://evil.example", "a\\"]
)
def test_text_is_shown_as_it_is(text, found):
    first = replace(found.findings[0], message=text)
    row = cells(rendered(replace(found, findings=(first,))))[-1]
    assert row[3].startswith(f"{text}, got ")


def test_the_verdict_comes_first_with_its_reason(incomplete, clean):
    assert rendered(incomplete).startswith("## Auditor: incomplete\n\n**Not everything was read. This is not a pass")
    assert visible(incomplete.verdict.reason) in rendered(incomplete)[:600]
    assert rendered(clean).startswith("## Auditor: clean\n\n`500 repos checked, no findings at or above low")


def test_findings_are_counted_and_listed_worst_first(incomplete):
    text = rendered(incomplete)
    assert re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE) == [
        ("critical", "4", "4"), ("high", "2", "2"), ("medium", "3", "3"), ("low", "1", "1"), ("info", "1", "1"),
    ]  # fmt: skip
    order = [row[0] for row in cells(text) if len(row) == 5][1:]
    assert order == ["critical"] * 4 + ["high"] * 2 + ["medium"] * 3 + ["low", "info"]


def test_unread_parts_and_skipped_rules_are_listed_with_a_count_of_the_rest(incomplete):
    text = rendered(incomplete)
    assert "### Not read or evaluated (12)" in text
    assert "- and 2 more\n" in text
    assert (
        "- `ACME005 was skipped for 14 repos: needs data from the control plane (accepted by --unavailable skip)`"
        in text
    )
    assert "- open 11, waived 1, baselined 1" in text


@pytest.mark.parametrize("complete", [True, False])
def test_a_long_report_is_truncated_visibly_and_keeps_its_end(complete):
    text = rendered(many(5000, complete=complete))
    assert len(text) <= 65_000
    shown = len([row for row in cells(text) if len(row) == 5]) - 1
    assert shown > 200
    assert f"**Truncated: {5000 - shown} more findings. The JSON report has them all.**" in text
    assert "### Receipt" in text


def test_no_single_text_displaces_the_others(found):
    unread = tuple(Unread(UnreadKind.REPO, "x" * 9_000, "`" * 9_000) for _ in range(50))
    long = tuple(replace(each, message="|`" * 9_000) for each in found.findings)
    text = rendered(replace(found, findings=long, receipt=replace(found.receipt, unread=unread)))
    assert len(text) <= 65_000
    assert "Truncated" not in text
