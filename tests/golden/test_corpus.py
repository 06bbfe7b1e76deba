"""A fixed corpus of hostile text in every format: each document has the same structure as with harmless text."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser

import cmarkgfm
import pytest
from lxml import etree

from auditor.reporters import REPORTERS, Style
from tests.golden.hostile import hostile

TERMINAL = [
    "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\", "\x9b31m", "\x1bP+q\x1b\\",
    "\x08\x08\x08", "\x00", "\x7f", "\x85", "\x0c", "\x1b[6n", "\x1b[?1049h",
]  # fmt: skip
UNICODE = [
    "\u202egnp.exe", "\u2066\u2069", "\u200b\u200d", "\ufeff", "\u2028\u2029", "\ud800", "\udfff\ud800", "\u0430dmin",
    "\u03bfwner", "\u115f", "\U000e0041", "e\u0301\u0301", "\ufffe", "\xad",
]  # fmt: skip
COMMANDS = [
    "::error::x", "::set-output name=a::b", "::add-mask::x", "::stop-commands::t", "##[error]x",
    "##vso[task.complete]x", "%0A::error::x", "##teamcity[x]", "section_start:1:x\r\x1b[0K",
]  # fmt: skip
MARKUP = [
    "[a](https://evil.example)", "![a](https://evil.example/x.png)", "<img src=x onerror=alert(1)>", "`</td>`",
    "|a|b|", "# heading", "- [ ] task", "@org/team", "fixes #1", "https://evil.example", "<!-- x", "~~~", "```",
    "\\|", "&lt;b&gt;", "<details open>", "[x]: https://evil.example",
]  # fmt: skip
PAGES = [
    "<script>alert(1)</script>", "</script><script>alert(1)//", '" onload="alert(1)', "' onfocus='alert(1)",
    "javascript:alert(1)", "{{ 7*7 }}", "{% include 'x' %}", "</title><svg/onload=alert(1)>", "<!--<script>", "]]>",
    "<![CDATA[x]]>", "&#x3c;b&#x3e;", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY e 'x'>]>&e;",
    "</testcase><testcase>",
]  # fmt: skip
CELLS = [
    '=HYPERLINK("http://evil.example")', "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\uff1d1",
    '"\r\n=1', ";=1", ",=1",
]  # fmt: skip
CONTEXTS = ["{}", "a{}", "{}a", "a {} b", "a\n{}", "a\r\n{}b", "'{}'", '"{}"', "({})"]
CORPUS = [
    context.replace("{}", text)
    for text in (*TERMINAL, *UNICODE, *COMMANDS, *MARKUP, *PAGES, *CELLS)
    for context in CONTEXTS
]


def rendered(name: str, text: str) -> str:
    return "".join(REPORTERS[name](hostile(text), Style()))


def acts(name: str, text: str) -> bool:
    """Return whether a terminal or a CI runner would act on something in a report."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n") if name.startswith("csv") else text
    odd = {char for char in plain if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n"}
    commands = name != "github" and any(line.lstrip().startswith("::") for line in plain.split("\n"))
    return bool(odd) or commands or "##[" in text or "##vso[" in text


class Tags(HTMLParser):
    """The tags of a document with the names of their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}",))


def shape(value: object) -> object:
    """Return a JSON value without its texts."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def cells(text: str) -> Iterator[object]:
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True):
        yield len(row), sum(cell.lstrip()[:1] in set("=+-@\t\r|%\uff1d") for cell in row if cell)


def elements(text: str) -> list[tuple[str, list[str]]]:
    return [(each.tag, list(each.keys())) for each in etree.fromstring(text.encode()).iter()]


STRUCTURE: Mapping[str, Callable[[str], object]] = {
    "table": lambda text: len(re.findall(r"^(CLEAN|FINDINGS|INCOMPLETE): ", text, re.MULTILINE)),
    "json": lambda text: shape(json.loads(text)),
    "ndjson": lambda text: [shape(json.loads(line)) for line in text.splitlines()],
    "html": lambda text: Tags(text).found,
    "csv": lambda text: list(cells(text)),
    "csv-excel": lambda text: list(cells(text)),
    "sarif": lambda text: shape(json.loads(text)),
    "github": lambda text: [re.match(r"::(\w+) ((?:\w+=[^:,]*,?)+)::", line)[1] for line in text.splitlines()],
    "markdown": lambda text: Tags(cmarkgfm.github_flavored_markdown_to_html(text)).found,
    "gitlab": lambda text: shape(json.loads(text)),
    "junit": elements,
}


@pytest.mark.parametrize("name", REPORTERS)
def test_hostile_text_changes_no_structure_and_acts_on_nothing(name, summarize):
    harmless = STRUCTURE[name](rendered(name, "harmless"))
    escapes = [text for text in CORPUS if acts(name, page := rendered(name, text)) or STRUCTURE[name](page) != harmless]
    summarize(f"hostile text, {name}: {len(CORPUS)} strings, {len(escapes)} escapes")
    assert escapes == []


def test_the_corpus_is_large_enough():
    assert len(set(CORPUS)) >= 500
