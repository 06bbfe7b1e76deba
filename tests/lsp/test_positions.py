"""Lines and columns of reports become positions of the protocol, in every encoding and with every kind of line end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position

from auditor.lsp.positions import Positions

WIDE = "a: 1\nnäme: 🦊 x\n"


@pytest.mark.parametrize(
    ("encoding", "start", "end"), [("utf-32", 8, 9), ("utf-16", 9, 10), ("utf-8", 12, 13)], ids=str
)
def test_a_column_after_wide_characters_is_counted_in_the_units_of_the_client(encoding, start, end):
    found = Positions(WIDE, encoding).range(2, 9, 10)
    assert (found.start, found.end) == (Position(1, start), Position(1, end))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_for_the_protocol(end):
    text = f"one{end}two{end}{end}four"
    assert Positions(text).range(4, 1, 5).start == Position(3, 0)
    assert Positions(text).range(1, 2).end == Position(0, 3)


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_what_ends_a_line_for_yaml_only_does_not_end_one_for_the_editor(end):
    found = Positions(f"one{end}two\nthree").range(2, 1, 4)
    assert (found.start, found.end) == (Position(0, 4), Position(0, 7))


def test_other_separators_end_no_line_at_all():
    assert Positions("a\x0cb\x1cc\nd").range(2, 1, 2).start == Position(1, 0)


def test_a_byte_order_mark_counts_for_the_editor_and_not_for_reports():
    assert Positions("\ufeffname: x").range(1, 7, 8).start == Position(0, 7)


@pytest.mark.parametrize("column", [99, 10**9])
def test_a_place_beyond_a_line_is_its_end(column):
    assert Positions("ab\ncd").range(1, column).start == Position(0, 2)
    assert Positions("ab\ncd").range(9, column).start == Position(1, 2)
    assert Positions("ab\r\ncd").range(1, column).start == Position(0, 2)
    assert Positions("").range(1, 1).end == Position(0, 0)


@given(st.text(st.sampled_from("a🦊é\n\r\u2028\x0b"), max_size=20), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_the_position_of_a_character_leads_back_to_it(text, encoding):
    positions = Positions(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert positions.offset(positions.position(offset)) == offset


@given(st.text(st.sampled_from("a🦊\n\r\x85\u2028"), max_size=12), st.integers(1, 9), st.integers(1, 9))
def test_a_range_is_within_the_text_and_in_order(text, line, column):
    found = Positions(text).range(line, column)
    assert (found.start.line, found.start.character) <= (found.end.line, found.end.character)
    assert found.end.line <= text.count("\n") + text.count("\r")
