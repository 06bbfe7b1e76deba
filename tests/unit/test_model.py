"""The values that flow through the pipeline: how they are read, compared and shown."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Grant, GrantOrigin, Repo, RepoRef, Severity, StorageIntegration, Subject, Unread, UnreadKind
from auditor.model.globs import glob_matcher
from auditor.model.values import SHOWN_LENGTH, display, parse_duration, parse_timestamp, pointer, type_name


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("user:sam@example.com", "user", "sam@example.com"),
        ("team:a:b:c", "team", "a:b:c"),
        ("team::a", "team", ":a"),
        ("team:", "team", ""),
        ("everyone", "", "everyone"),
        ("", "", ""),
        ("team: fraud ", "team", " fraud "),
        ("Team:Fraud", "Team", "Fraud"),
    ],
)
def test_a_subject_is_split_at_the_first_colon_and_written_as_it_was(text, kind, name):
    assert Subject.parse(text) == Subject(kind, name)
    assert str(Subject.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("user:sam@Example.COM", "example.com"),
        ("user:a@b@c.org", "c.org"),
        ("user:sam", None),
        ("team:a@b.com", None),
        ("sam@example.com", None),
    ],
)
def test_only_a_user_has_a_domain_and_it_is_in_lower_case(text, domain):
    assert Subject.parse(text).domain == domain


@pytest.mark.parametrize(
    ("role", "admin"),
    [
        ("mlf-project-admin", True),
        ("custom-admin", True),
        ("mlf-project-viewer", False),
        ("mlf-project-admin-viewer", False),
        ("mlf-project-nonadmin", False),
        ("mlf-project-admin\n", False),
        ("", False),
    ],
)
def test_a_role_that_ends_in_admin_administers(role, admin):
    assert Grant(Subject("team", "a"), role, GrantOrigin.INLINE, "/collaborators/0").is_admin is admin


def test_a_storage_integration_is_its_five_segments():
    storage = StorageIntegration.parse("acme:aws:aws-prod:blob-storage:ml")
    assert storage == StorageIntegration("acme", "aws", "aws-prod", "blob-storage", "ml")


@pytest.mark.parametrize("fqn", ["", "a", "a:b:c:d", "a:b:c:d:e:f", "a:b:c:d:", ":b:c:d:e", "a::c:d:e", "::::"])
def test_anything_but_five_filled_segments_is_no_storage_integration(fqn):
    assert StorageIntegration.parse(fqn) is None


def test_severities_are_ordered_and_read_as_they_are_written():
    assert Severity.labels() == ("info", "low", "medium", "high", "critical")
    assert [Severity.of(label) for label in Severity.labels()] == sorted(Severity)
    assert [severity.label for severity in Severity] == list(Severity.labels())


@pytest.mark.parametrize("word", ["", "HIGH", "High", "warning", "high ", "none"])
def test_no_other_word_is_a_severity(word):
    with pytest.raises(KeyError):
        Severity.of(word)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("45s", timedelta(seconds=45)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("90d", timedelta(days=90)),
        ("4w", timedelta(weeks=4)),
        ("0d", timedelta()),
        ("999999w", timedelta(weeks=999_999)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text, duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "90", "d", "90 d", " 90d", "90d\n", "-1d", "1.5d", "1d12h", "90D", "1y", "1000000d", "٣d"]
)
def test_anything_else_is_not_a_duration(text):
    with pytest.raises(ValueError, match="is not a duration such as"):
        parse_duration(text)


@pytest.fixture
def in_zone(monkeypatch):
    """Set the machine's time zone for one test."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.123Z", datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00+05:30", datetime(2026, 3, 1, 6, 30, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_a_timestamp_without_an_offset_is_in_utc_wherever_it_is_read(text, moment, zone, in_zone):
    in_zone(zone)
    assert parse_timestamp(text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "1772366400", "2026-02-30", "2026-03-01T25:00:00", "01/03/2026"])
def test_anything_else_is_not_a_timestamp(text):
    with pytest.raises(ValueError):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("glob", "hits", "misses"),
    [
        ("abc", ["abc"], ["ABC", "abcd", "xabc", "abc\n", ""]),
        ("*", ["", "a", "a:b/c\nd"], []),
        ("", [""], ["a"]),
        ("*-admin", ["mlf-project-admin", "-admin"], ["admin", "x-admin\n", "x-Admin"]),
        ("*:aws:*", ["t:aws:x", "a:b:aws:c:d", ":aws:"], ["aws:x", "t:aws2:x"]),
        ("a?c", ["abc", "a:c", "a\nc", "a😀c"], ["ac", "abbc"]),
        ("[abc]x", ["ax", "cx"], ["dx", "x", "abx"]),
        ("[!abc]x", ["dx", "\nx", "!x"], ["ax", "x"]),
        ("a.c+(d)$^|{2}\\", ["a.c+(d)$^|{2}\\"], ["abc", "a.cc(d)$^|{2}\\"]),
        ("[", ["["], ["a"]),
        ("a[b", ["a[b"], ["ab"]),
    ],
)
def test_a_glob_matches_the_entire_text_and_is_case_sensitive(glob, hits, misses):
    matches = glob_matcher([glob])
    assert [text for text in hits if not matches(text)] == []
    assert [text for text in misses if matches(text)] == []


def test_one_glob_of_several_is_enough_and_none_matches_nothing():
    matches = glob_matcher(["prod", "*-dev", "[st]*"])
    assert [matches(text) for text in ("prod", "x-dev", "staging", "other")] == [True, True, True, False]
    assert glob_matcher([])("") is False


def naive(tokens: list[str], text: str) -> bool:
    """Match by the definition, one token and one character at a time."""
    if not tokens:
        return not text
    first, rest = tokens[0], tokens[1:]
    if first == "*":
        return any(naive(rest, text[start:]) for start in range(len(text) + 1))
    if not text:
        return False
    if first.startswith("[!"):
        fits = text[0] not in first[2:-1]
    else:
        fits = first == "?" or text[0] in (first[1:-1] if first.startswith("[") else first)
    return fits and naive(rest, text[1:])


TOKENS = st.lists(st.sampled_from([*"ab:.\\^*?\n", "*", "[ab]", "[!ab]", "[.:]", "[!\n]"]), max_size=7)


@given(TOKENS, st.text("ab:.\\^\n", max_size=7))
def test_a_glob_means_what_its_definition_says(tokens, text):
    assert glob_matcher(["".join(tokens)])(text) is naive(tokens, text)


@pytest.mark.parametrize("glob", ["*a*a*a*a*a*a*a*b", "*a?a*a?a*a?b", "[ab]*" * 12 + "c", "*" * 50 + "b"])
def test_no_glob_takes_long_even_on_a_long_text(glob):
    start = time.process_time()
    assert glob_matcher([glob])("a" * 50_000) is False
    assert time.process_time() - start < 20  # trying every way would take years


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ((), ""),
        (("collaborators", 0, "subject"), "/collaborators/0/subject"),
        (("",), "/"),
        (("a/b", "m~n", "~1"), "/a~1b/m~0n/~01"),
    ],
)
def test_a_pointer_is_written_as_rfc_6901_says(tokens, text):
    assert pointer(*tokens) == text


@given(st.lists(st.text()))
def test_a_pointer_can_be_read_back(tokens):
    parts = pointer(*tokens).split("/")[1:]
    assert [part.replace("~1", "/").replace("~0", "~") for part in parts] == tokens


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("é", '"é"'),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ({"a": [1, "b"]}, '{"a": [1, "b"]}'),
        ("a\n", '"a\\n"'),
    ],
)
def test_a_value_is_shown_as_json(value, text):
    assert display(value) == text


@given(st.text(min_size=150, max_size=250))
def test_a_long_value_is_clipped_and_says_so(value):
    whole = json.dumps(value, ensure_ascii=False)
    assert len(display(value)) <= SHOWN_LENGTH
    assert display(value) == (whole if len(whole) <= SHOWN_LENGTH else whole[: SHOWN_LENGTH - 1] + "…")


@pytest.mark.parametrize(
    ("value", "name"),
    [({}, "object"), ([], "list"), ("", "string"), (1, "number"), (1.5, "number"), (True, "boolean"), (None, "null")],
)
def test_a_type_has_its_json_name(value, name):
    assert type_name(value) == name


@pytest.mark.parametrize("manifest", [{}, {"name": ""}, {"name": None}, {"name": 5}, {"name": ["a"]}])
def test_a_repo_without_a_name_is_named_by_its_id(manifest):
    assert Repo("r7", manifest).ref == RepoRef("r7", "id:r7", None)


def test_a_repo_is_named_by_its_manifest_and_its_tenant_by_the_api():
    assert Repo("r7", {"name": "fraud"}, {"tenant_name": "acme"}).ref == RepoRef("r7", "fraud", "acme")
    assert Repo("r7", {"name": "fraud"}, {"tenant_name": 5}).tenant is None


def test_what_was_not_seen_reads_as_one_sentence():
    assert str(Unread(UnreadKind.PAGE, "repos 200 to 299", "HTTP 500")) == "repos 200 to 299: HTTP 500"
    assert (
        str(Unread(UnreadKind.PAGE, "page 3", "HTTP 403", "use another token")) == "page 3: HTTP 403; use another token"
    )


def test_what_was_not_seen_is_written_with_all_of_its_fields_even_an_empty_one():
    unread = Unread(UnreadKind.PAGE, "repos 200 to 299", "HTTP 500")
    assert unread.as_dict() == {"kind": "page", "what": "repos 200 to 299", "reason": "HTTP 500", "fix": ""}
