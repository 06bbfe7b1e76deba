"""Formats of any text: an answer, never an exception, and in linear time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.policy.formats import FORMATS
from tests.language.test_hostile_patterns import assert_linear

SOUP = st.text(alphabet="ab0.:@-/ %[]+Tz\n\x00é\ud83d\u202e😀", max_size=30)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=40) | SOUP)
def test_every_format_answers_for_every_text(text):
    for well_formed in FORMATS.values():
        assert well_formed(text) in {True, False}


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("unit", ["a", "a.", "a-", "a@", "0:", ":", "1.", "http://a", " "])
def test_every_format_takes_linear_time(name, unit):
    assert_linear(FORMATS[name], unit, "!", 8_000)


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("text", ["", " ", "\n", "\x00", "true", "null"])
def test_what_says_nothing_has_no_format(name, text):
    assert not FORMATS[name](text) or (name, text) in {
        ("hostname", "true"),
        ("hostname", "null"),
        ("repo-name", "true"),
        ("repo-name", "null"),
    }


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_white_space_at_an_end_is_not_well_formed(name):
    good = {
        "date": "2025-01-01",
        "duration": "90d",
        "email": "sam@x.io",
        "hostname": "x.io",
        "ip": "10.0.0.1",
        "repo-name": "fraud-scoring",
        "storage-fqn": "t:aws:acc:blob-storage:n",
        "subject": "user:sam@x.io",
        "timestamp": "2025-01-01T00:00:00Z",
        "uri": "https://x.io/a",
        "uuid": "8c5c2a3e-0c55-4d7e-9d2e-9b4f6f3f0a11",
    }[name]
    assert FORMATS[name](good)
    for wrong in (f"{good}\n", f" {good}"):
        assert not FORMATS[name](wrong) or name == "storage-fqn"
