"""Reports in which a test chooses every text from outside, and very long reports."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from auditor.model import Finding, Location, NotEvaluated, RepoRef, Report, Unread, UnreadKind
from auditor.triage import with_fingerprints
from tests.golden.conftest import ACCESS, HINT, LABEL, RECEIPT, TEXT, concluded

COMMANDS = [
    "::",
    "::error::",
    "::stop-commands::x",
    "##[",
    "##[error]",
    "##vso[task.complete result=Succeeded]",
    "%0A::error::",
    "%3A%3A",
    "%25",
]
MARKUP = [
    "|",
    "\\|",
    "\\",
    "`",
    "``",
    "[a](https://evil.example)",
    "](",
    "![",
    "<img src=x>",
    "<!--",
    "@team",
    "fixes #1",
]
XML = ["]]>", "</testcase>", "<error>", "&amp;", "&#0;", '"/>', "'"]
PLAIN = [
    "a",
    " ",
    ".",
    "..",
    "/",
    "é",
    "日",
    "😀",
    ",",
    ":",
    "=",
    "*",
    "_",
    "~",
    "www.evil.example",
    "http://x.example",
]
PIECES = [*COMMANDS, *MARKUP, *XML, *PLAIN, *"\n\r\t\x00\x0b\x1b\x7f\x85\u2028\u202e\u200b\ufeff\ufffe\uffff\ud800"]
TEXTS = st.text() | st.lists(st.sampled_from(PIECES), max_size=10).map("".join)


def hostile(text: str) -> Report:
    """Return an incomplete report with this text wherever others can write text."""
    repo = RepoRef("r-hostile", text, text)
    findings = [
        Finding(rule, repo, text, text, text, text, key=f"{rule.id}{number}", owner=text, location=place)
        for rule in (ACCESS, TEXT, LABEL, HINT)
        for number, place in enumerate([None, Location(text, 3, 7, 9, text)])
    ]
    origin = replace(RECEIPT.origin, source=text, host=text, tenant=text, identity=text)
    unread = (Unread(UnreadKind.REPO, text, text, text),)
    report = concluded(with_fingerprints(findings), replace(RECEIPT, origin=origin, unread=unread))
    return replace(report, not_evaluated=(NotEvaluated((HINT,), text, (repo,)),))


def many(count: int, *, complete: bool = True) -> Report:
    """Return a report with this many findings, two per repo, of every severity except info."""
    rules = (ACCESS, TEXT, LABEL)
    findings = (
        Finding(
            rules[n % 3], RepoRef(f"r{n // 2}", f"repo-{n // 2}", "acme"), f"wrong {n}", "/x", "1", "2", key=f"/{n}"
        )
        for n in range(count)
    )
    unread = () if complete else RECEIPT.unread
    return concluded(with_fingerprints(findings), replace(RECEIPT, repos=500, unread=unread))
