"""Untrusted text: whatever it contains, it cannot affect a terminal, a reader or a CI runner."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.text import columns, contains_commands, in_columns, json_text, no_commands, one_line, visible, wrap_lines

ESC, BEL, CSI_8BIT = "\x1b", "\x07", "\x9b"
UNSEEN_LETTERS = [*"\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\ufe0f\uffa0\U000e0100"]
PIECES = [
    *"\n\r\t\x00\x85\u2028\u202e\u200b\ufeff\ud800 #[:\x7f",
    "::",
    "##[",
    "::error::",
    "##[error]",
    "##vso[",
    "vso[",
    ESC,
    CSI_8BIT,
]
TEXTS = st.text() | st.lists(st.sampled_from([*PIECES, "a", "é", "日", "😀"]), max_size=12).map("".join)


def acting(text: str) -> list[str]:
    """Return the characters of a text that act or hide something instead of being shown."""
    return [char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]


def obeyed(text: str) -> bool:
    """Return whether the runners of GitHub or Azure find a command anywhere in a line."""
    return "##[" in text or "##vso[" in text


def commands(text: str) -> list[str]:
    """Return the lines that GitHub's runner would act on, read as it reads them."""
    lines = re.split(r"\r\n|\r|\n", text)
    return [line for line in lines if line.lstrip().startswith("::") or obeyed(line)]


@given(TEXTS)
def test_visible_text_contains_no_active_character_and_no_command_of_the_old_form(text):
    assert acting(visible(text)) == []
    assert not obeyed(visible(text))
    assert set(visible(text)) & {"\xa0", "\u3000", "\u2003"} == set()


@given(TEXTS)
def test_text_that_contains_a_command_is_detected(text):
    assert contains_commands(text) or not commands(text)
    assert not contains_commands(no_commands("\n".join(map(visible, text.split("\n")))))


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)).filter(lambda text: not obeyed(text)))
def test_plain_text_stays_as_it_is(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    "text",
    ["Überprüfung", "日本語", "😀", "a\\nb", "100 %", "#[a]", "# #[", "a :: b", "Привет, x", "Δt = 5 µs", "αβγ-test"],
)
def test_harmless_text_of_any_script_stays_as_it_is(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("attack", "shown"),
    [
        (f"{ESC}[31mred{ESC}[0m", "\\x1b[31mred\\x1b[0m"),
        (f"{ESC}[2J{ESC}[H", "\\x1b[2J\\x1b[H"),
        (f"{CSI_8BIT}2K", "\\x9b2K"),
        (
            f"{ESC}]8;;https://evil.example{ESC}\\click{ESC}]8;;{ESC}\\",
            "\\x1b]8;;https://evil.example\\x1b\\click\\x1b]8;;\\x1b\\",
        ),
        (f"{ESC}]52;c;cm0gLXJm{BEL}", "\\x1b]52;c;cm0gLXJm\\x07"),
        (f"{ESC}]0;title{BEL}", "\\x1b]0;title\\x07"),
        ("bad\rCLEAN: all good", "bad\\rCLEAN: all good"),
        ("bad\b\b\bok", "bad\\x08\\x08\\x08ok"),
        ("a\n::error::b", "a\\n::error::b"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("user\u2066 admin\u2069", "user\\u2066 admin\\u2069"),
        ("pro\u200bd", "pro\\u200bd"),
        ("pro\u00add", "pro\\xadd"),
        ("\ufeffprod", "\\ufeffprod"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
        ("a\xa0b", "a\\xa0b"),
        ("\ud800", "\\ud800"),
        ("\U000e0041tag", "\\U000e0041tag"),
        ("##[error]x", "#\\x23[error]x"),
        ("###[[group]", "##\\x23[[group]"),
        ("##vso[task.complete result=Succeeded]", "#\\x23vso[task.complete result=Succeeded]"),
        ("a\tb\x00\x7f", "a\\tb\\x00\\x7f"),
        ("fr\u0430ud-prod", "fr\\u0430ud-prod"),
        ("\u0440\u0430ypal", "\\u0440\\u0430ypal"),
        ("pr\u03bfd", "pr\\u03bfd"),
    ],
)
def test_a_known_attack_is_shown_and_does_nothing(attack, shown):
    assert visible(attack) == shown


@pytest.mark.parametrize("letter", UNSEEN_LETTERS, ids=ascii)
def test_a_letter_that_cannot_be_seen_is_shown_as_an_escape(letter):
    assert letter not in visible(f"prod{letter}")


@given(TEXTS)
def test_no_line_is_a_command_once_commands_are_broken_up(text):
    assert commands(no_commands(visible(text))) == []
    assert [line for line in commands(no_commands(text)) if not obeyed(line)] == []


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("::error::x", "\\x3a:error::x"),
        ("a\n  ::set-output name=a::b", "a\n  \\x3a:set-output name=a::b"),
        ("\n\n\t::add-mask::x\n::stop-commands::y", "\n\n\t\\x3a:add-mask::x\n\\x3a:stop-commands::y"),
        ("a ::error:: b\n: :\n:", "a ::error:: b\n: :\n:"),
        ("progress\r::error::x", "progress\r\\x3a:error::x"),
    ],
)
def test_only_what_a_runner_would_obey_is_changed(text, safe):
    assert no_commands(text) == safe


@given(TEXTS, st.integers(1, 300))
def test_one_line_is_one_line_of_visible_characters_and_never_longer_than_requested(text, length):
    line = one_line(text, length)
    assert len(line) <= length
    assert acting(line) == []
    assert not obeyed(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\n  b\tc ", "a b c"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("\x1b[1m", "\\x1b[1m"),
        ("\n", ""),
    ],
)
def test_one_line_joins_lines_and_says_when_it_was_clipped(text, line):
    assert one_line(text) == line


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(TEXTS, each, max_size=4),
    max_leaves=8,
)


@given(JSON)
def test_json_reads_back_as_it_was_and_is_ascii_that_does_nothing(document):
    text = json_text(document)
    assert json.loads(text) == document
    assert text.isascii()
    assert acting(text.replace("\n", "")) == []
    assert commands(text) == []


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_never_contains_a_number_that_is_invalid_in_json(number):
    with pytest.raises(ValueError, match="JSON"):
        json_text({"got": number})


WORDS = st.text("ab日本e\u0301😀:/_.@-", max_size=90) | TEXTS
INDENTS = st.sampled_from(["", "  ", "      "])
SEPARATED = r"[^:/_.@-]*[:/_.@-]+|[^:/_.@-]+"


@given(st.lists(WORDS, max_size=8).map(" ".join), st.integers(20, 200), INDENTS, INDENTS)
def test_no_wrapped_line_is_wider_than_requested_and_none_is_a_command(text, width, first, rest):
    lines = wrap_lines(text, width, first, rest)
    assert [line for line in lines if columns(line) > width] == []
    assert commands("\n".join(lines)) == []
    assert acting("".join(lines)) == []


@given(st.lists(WORDS.filter(lambda word: "::" not in word), max_size=8).map(" ".join), st.integers(20, 200), INDENTS)
def test_no_word_is_cut_but_behind_a_separator_and_where_there_is_no_other_way(text, width, rest):
    lines = wrap_lines(text, width, rest=rest)
    shown = visible(text)
    pieces = iter(piece for line in lines for piece in line.split())
    for word in shown.split():
        room = width - len(rest)
        together, taken = "", []
        while together != word:
            taken.append(next(pieces))
            together += taken[-1]
        assert len(taken) == 1 or columns(word) > room
        whole = [part for part in re.findall(SEPARATED, word) if columns(part) <= room]
        assert all(any(part in piece for piece in taken) for part in whole)
    assert list(pieces) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("truefoundry:aws:aws-nonprod:blob-storage:ml", ["truefoundry:aws:aws-", "  nonprod:blob-", "  storage:ml"]),
        ("in storage_integration_fqn", ["in storage_", "  integration_fqn"]),
        ("a short-hyphenated-word", ["a short-hyphenated-", "  word"]),
        ("in the well-known-place", ["in the", "  well-known-place"]),
        ("arn:aws:iam::1 ::warning", ["arn:aws:iam::1", "  \\x3a:warning"]),
        ("日本語日本語日本語日本語", ["日本語日本語日本語", "  日本語"]),
        ("e\u0301" * 21, ["e\u0301" * 18, "  " + "e\u0301" * 3]),
        ("   ", []),
        ("", []),
    ],
)
def test_where_lines_break(text, lines):
    assert wrap_lines(text, 20, rest="  ") == lines


CELLS = st.lists(st.text("ab日e\u0301😀:-", min_size=1, max_size=30), min_size=1, max_size=12)


@given(CELLS, st.integers(20, 200), st.integers(2, 4))
def test_cells_are_in_columns_of_equal_width_to_be_read_downward(cells, width, gap):
    lines = in_columns(cells, width, "    ", gap)
    assert [line for line in lines if columns(line) > width or not line.startswith("    ")] == []
    assert commands("\n".join(lines)) == []
    if len(lines) < len(cells):
        rows = [line.split() for line in lines]
        assert [row[place] for place in range(len(rows[0])) for row in rows if place < len(row)] == [
            cell.replace("::", "\\x3a:", 1) if cell.startswith("::") else cell for cell in cells
        ]


def test_columns_take_the_width_that_there_is():
    names = ["churn", "fraud", "日本語", "risk", "ads"]
    assert in_columns(names, 22) == ["churn   日本語  ads", "fraud   risk"]
    assert in_columns(names, 40) == ["churn   fraud   日本語  risk    ads"]
    assert in_columns(names, 8) == names
    assert in_columns([], 8) == []
