"""People in values: found in every spelling, always the same pseudonym, and nobody else replaced."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.http.credentials import Secret
from auditor.model import Finding, Location, Origin, RepoRef, RuleInfo, Severity, Subject, Team, User, Waiver
from auditor.redaction import NOTE, Redactor, redact_report
from auditor.reporters import REPORTERS, Style
from tests.golden.conftest import ACCESS, TEXT
from tests.golden.hostile import TEXTS, hostile

KEY = Secret("correct-horse-battery-staple")
SAM = "sam.smith@acme.example"


def pseudonym(name: str, key: Secret = KEY) -> str:
    return f"user-{hmac.new(key.reveal().encode(), name.encode(), 'sha256').hexdigest()[:12]}"


HIDDEN = pseudonym(SAM)


def redacted(text: str, *known: object) -> str:
    redactor = Redactor(KEY)
    redactor.learn((text, *known))
    return redactor.redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "ask {}.",
        "ask {}!",
        "{}'s role",
        "\u2018{}\u2019s role",
        "'{}'",
        '["user:{}", "team:x"]',
        "{{'a': '{}'}}",
        "user:{} has admin role",
        "USER:{}",
        "Sam <{}>",
        "mailto:{}?subject=x",
        "https://x.example/users/{}/roles",
        "?user={}&page=2",
        "manifests/{}.yaml",
        "reports/{}.partial.sarif: gone",
        "a,{};{}|{}",
        "**{}**",
        "`{}`",
        "*@acme.example and {}",
    ],
)
@pytest.mark.parametrize("known", [(), (Subject("user", SAM),)])
def test_an_address_is_replaced_wherever_it_is_written(text, known):
    expected = text.replace("USER:{}", "USER:{}").format(*[HIDDEN] * 3)
    assert redacted(text.format(*[SAM] * 3), *known) == expected


@pytest.mark.parametrize(
    "spelling",
    [
        "Sam.Smith@Acme.Example",
        "sam.smith%40acme.example",
        "sam.smith\uff20acme.example",
        "sam\\u002esmith@acme.example",
        "s\\x61m.smith\\u0040acme.example",
    ],
)
def test_every_spelling_of_an_address_is_one_person(spelling):
    assert redacted(f"by {spelling}") == f"by {HIDDEN}"


@pytest.mark.parametrize(
    "text",
    [
        "write `user:<email>`, without spaces",
        'not like "user:?*"',
        '["user:?*", "team:everyo…',
        "*@gmail.com",
        "@team",
        "team:everyone, virtualaccount:ci, serviceaccount:ci, agent:a, external-identity:okta-guests",
        "superuser:x",
        "a description that mentions nobody…",
    ],
)
def test_other_text_stays(text):
    assert redacted(text, Subject("user", "admin")) == text


def test_an_address_in_the_name_of_a_team_is_replaced():
    assert redacted(f"team:{SAM}") == f"team:{HIDDEN}"


def test_a_name_that_is_cut_off_leaves_nothing():
    assert redacted(f'got ["user:{SAM}", "user:kim@ac…') == f'got ["user:{HIDDEN}", "…'
    assert redacted(f'got ["{SAM}", "kim.lee…') == f'got ["{HIDDEN}", "…'
    assert redacted("kim@…") == "…"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("kim", "kim and Kim, kim-dev, kimberly, okim", "{} and {}, {}-dev, kimberly, okim"),
        ("kim", "kim@acme.example is someone else", pseudonym("kim@acme.example") + " is someone else"),
        ("Kim Lee", "user:Kim Lee asked; Kim left", "user:{} asked; Kim left"),
        ("a/b@x.example", "by a/b@x.example", "by {}"),
        ('kim "k" lee', r'["user:kim \"k\" lee"]', '["user:{}"]'),
        ("o'brien@x.example", "o'brien@x.example's and user:o'brien@x.example", "{}'s and user:{}"),
        ("admin", "user:admin has admin role mlf-project-admin", "user:{} has admin role mlf-project-admin"),
        ("admin", "admin", "{}"),
        ("x", "x marks user:x", "x marks user:{}"),
    ],
)
def test_known_names_are_replaced_as_whole_words(name, text, expected):
    found = pseudonym(name.lower())
    assert redacted(text, Subject("user", name)) == expected.replace("{}", found)


def test_fields_that_hold_a_name_need_no_mark():
    waiver = Waiver("r", "x", "for joan", "team a", date(2026, 1, 1), approved_by="Joan")
    team = Team("t", members=("bo.b", "virtualaccount:ci"), managers=("team:x",))
    redactor = Redactor(KEY)
    values = (Origin("files", identity="root1"), waiver, team, User("lee1"), Subject("agent", "helper"))
    origin, waived, crew, user, agent = redactor.redact(redactor.learn(values))
    assert (origin.identity, origin.notes) == (pseudonym("root1"), (NOTE,))
    assert (waived.approved_by, waived.reason, waived.owner) == (
        pseudonym("joan"),
        f"for {pseudonym('joan')}",
        "team a",
    )
    assert (crew.members, crew.managers) == ((pseudonym("bo.b"), "virtualaccount:ci"), ("team:x",))
    assert (user.name, agent) == (pseudonym("lee1"), Subject("agent", "helper"))
    assert redactor.mapping == {pseudonym(each.lower()): each for each in ("root1", "Joan", "bo.b", "lee1")}


def test_texts_of_rules_are_redacted_too():
    rule = RuleInfo("A1", "x", "t", Severity.LOW, remediation=f"Write user:name, ask {SAM}")
    redactor = Redactor(KEY)
    changed = redactor.redact(redactor.learn(rule))
    assert changed.remediation == f"Write user:{pseudonym('name')}, ask {HIDDEN}"
    assert redactor.text("the name of a repo") == "the name of a repo"


@pytest.mark.parametrize(
    ("column", "text"), [(12, f"subject: user:{HIDDEN}"), (40, "")], ids=["before the name", "after it"]
)
def test_a_source_line_never_gives_the_length_of_a_name(column, text):
    place = Location("a.yaml", 3, column, 50, f"subject: user:{SAM}")
    changed = Redactor(KEY).redact(place)
    assert (changed.column, changed.end, changed.text) == (column, 0, text)
    assert Redactor(KEY).redact(replace(place, text="name: x")) == replace(place, text="name: x")


def test_a_value_that_could_hide_a_name_is_refused():
    @dataclass(frozen=True)
    class Later:
        place: object

    for value in (Path(SAM), SAM.encode(), {1: Later(iter([SAM]))}):
        with pytest.raises(TypeError, match="cannot be redacted"):
            Redactor(KEY).redact(value)


def test_findings_are_not_in_the_order_of_names():
    people = [f"{letter}@acme.example" for letter in "abcdefgh"]
    repo = RepoRef("1", "churn", None)
    found = [Finding(ACCESS, repo, "", "", "", "", f"user:{each}", subject=f"user:{each}") for each in people]
    report, redactor = redact_report(replace(hostile("x"), findings=tuple(found)), KEY)
    subjects = [each.subject for each in report.findings]
    assert subjects == sorted(subjects)
    assert [redactor.mapping[each.removeprefix("user:")] for each in subjects] != people


WORDS = st.text(st.sampled_from("abzAZ09éßж日.+_-"), min_size=1, max_size=12).filter(
    lambda text: text[0].isalnum() and text[-1].isalnum()
)
ADDRESSES = st.builds("{}@{}.example".format, WORDS, WORDS)


@settings(max_examples=60)
@given(address=ADDRESSES, before=TEXTS, after=TEXTS, typed=st.booleans())
def test_no_format_of_any_report_names_anybody(address, before, after, typed):
    repo = RepoRef("1", f"of {address}", None)
    person = f"user:{address}" if typed else address
    report = hostile(f"{before} {address} {after}")
    named = Finding(TEXT, repo, f"{person} is odd", "/x", f'"{person}"', address.upper(), person, subject=person)
    report = replace(report, findings=(*report.findings, named))
    shown, redactor = redact_report(report, KEY)
    assert [name for name in redactor.mapping.values() if name.casefold() == address.casefold()]
    for render in REPORTERS.values():
        text = "".join(render(shown, Style(400)))
        assert address.casefold() not in text.casefold()
    again, _ = redact_report(report, KEY)
    assert again == shown
