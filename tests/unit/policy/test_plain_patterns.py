"""Patterns where RE2 is not installed: what is accepted means what it means to RE2, the rest is refused."""

import re
import subprocess
import sys

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from auditor.policy.patterns import compiled
from auditor.policy.plain_patterns import PlainPattern
from auditor.policy.plain_syntax import program_of
from tests.language.test_hostile_patterns import ATTACKS, assert_linear

ATOMS = ["a", "b", "-", ".", r"\.", r"\d", r"\w", r"\s", r"\S", r"\W", r"\pL", r"\PN", r"\p{N}", r"\x41", "é", "k", "S"]
ATOMS += [
    "[ab]",
    "[^ab]",
    "[a-c1-2]",
    r"[\d\-]",
    r"[^\pL\s]",
    "[]a]",
    "[^]a]",
    "[.*]",
    "(?i:k)",
    "(?i:[a-b])",
    "(?s:.)",
]
ATOMS += [r"\n", r"\+", r"[\]]", "[a-]", "}", "]", ",", "^", "$", r"\A"]
CLAIMED = ["(a)", "(?P<x>a|ab)", "(?:a|)", "(|b)"]
TIMES = ["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{1,3}?", "{0}"]


def joined(parts):
    return st.lists(st.tuples(parts, st.sampled_from(TIMES)), min_size=1, max_size=4).map(
        lambda each: "".join(atom + times for atom, times in each)
    )


def around(inner):
    grouped = joined(inner)
    either = st.lists(grouped, min_size=1, max_size=3).map("|".join)
    return st.one_of(either.map(lambda text: f"(?:{text})"), either.map(lambda text: f"({text})"))


PATTERNS = st.recursive(joined(st.sampled_from(ATOMS + CLAIMED)), around, max_leaves=4)
PATTERNS = st.tuples(st.sampled_from(["", "", "(?i)", "(?s)", "(?is)"]), PATTERNS).map("".join)
TEXTS = st.text(alphabet="abcAk1-. \n\t\x0béK\u017f\u212aßI中Ⅷ\U0001d7d9", max_size=8)


def refusal(pattern):
    with pytest.raises(ValueError, match="google-re2 is not installed") as caught:
        PlainPattern(pattern)
    return str(caught.value)


@settings(max_examples=600, deadline=None)
@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=6))
@example(r"(?i)\W", ["\u017f", "\u212a", "s"])
def test_what_is_accepted_means_what_it_means_to_re2(pattern, texts):
    try:
        plain = PlainPattern(pattern)
    except ValueError:
        assume(False)
    ours = compiled(pattern)
    assert plain.groups == ours.groups
    for text in texts:
        assert plain.matches(text) == ours.matches(text)


NAMED = st.lists(
    st.sampled_from(
        ["(?P<a>a+)", "(?P<b>b?)", "(?P<c>[ab]*?)", "(?P<d>a|ab)", "a*", "b", "(?:ab)?", "(?:(?P<e>a)|b)*", "-"]
    ),
    min_size=1,
    max_size=4,
    unique=True,
).map("".join)


@settings(max_examples=500, deadline=None)
@given(NAMED, st.lists(st.text(alphabet="ab-", max_size=6), min_size=1, max_size=6))
def test_what_is_captured_is_what_re2_captures(pattern, texts):
    plain, ours = PlainPattern(pattern), compiled(pattern)
    for text in texts:
        assert plain.captures(text) == ours.captures(text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(?=a)a", "'(?=a'"),
        (r"(?!a)a", "'(?!a'"),
        (r"(?<=a)a", "'(?<='"),
        (r"(a)\1", r"'\\1'"),
        (r"(?P<a>a)(?P=a)", "'(?P='"),
        (r"a\b", r"'\\b'"),
        (r"a\Z", r"'\\Z'"),
        (r"a\z", r"'\\z'"),
        (r"\Qa\E", r"'\\Qa"),
        (r"\pP", r"'\\pP'"),
        (r"\u0041", r"'\\u00"),
        (r"\_", r"'\\_'"),
        (r"[[:alpha:]]", "'[:al'"),
        (r"a{,3}", "'{,3}'"),
        (r"a{x}", "'{x}'"),
        (r"a{1001}", "more than 1000 repetitions"),
        (r"(?:a{40}){40}", "more than 1000 repetitions"),
        (r"(?:[a-z]{30}b{30}c{30}d{30}e{30}){27}", "more than 4000 steps"),
        (r"(?m)^a", "'(?m)'"),
        (r"(?x)a", "'(?x)'"),
        (r"(?#c)a", "'(?#c'"),
        (r"(?i)é", "outside of ASCII"),
        (r"(?i)[à-ü]", "outside of ASCII"),
        (r"a++", "possessive repeat"),
        (r"(?>a)", "'(?>a'"),
        ("\U000f0000", "at character 1"),
        ("[\U000effff-\U000f0005]", "private characters"),
    ],
)
def test_what_is_not_of_the_subset_is_refused_with_what_it_has(pattern, reason):
    said = refusal(pattern)
    assert reason in said
    assert "install google-re2" in said


@pytest.mark.parametrize("pattern", ["(a", "a)", "[a", "*a", "a**", "[z-a]", "(?P<a>a)(?P<a>b)", "a|*", "\\"])
def test_what_is_no_pattern_is_refused_as_that(pattern):
    with pytest.raises(ValueError, match=r"google-re2|is not a pattern"):
        program_of(pattern)


def test_half_a_surrogate_pair_is_an_error_as_with_re2():
    for ask in (PlainPattern("a").matches, PlainPattern("a").captures):
        with pytest.raises(UnicodeEncodeError):
            ask("\ud83d")


@pytest.mark.parametrize(("pattern", "attack"), ATTACKS.items(), ids=ATTACKS)
def test_an_attack_takes_linear_time_without_re2_too(pattern, attack):
    plain = PlainPattern(pattern)
    assert_linear(plain.matches, *attack, size=2_000)
    assert_linear(plain.captures, *attack, size=2_000)
    text = attack[0] * (2_000 // len(attack[0])) + attack[1]
    assert plain.captures(text) == compiled(pattern).captures(text)


def test_the_memory_of_steps_has_an_end():
    plain = PlainPattern(".*x")
    assert plain.matches("".join(map(chr, range(0x4E00, 0x4E00 + 30_000))) + "x")
    assert len(plain._steps) <= 20_000


WITHOUT = """
import sys
sys.modules["re2"] = None
from auditor.policy import load_policy
from auditor.policy.patterns import compiled
from auditor.policy.plain_patterns import PlainPattern
assert isinstance(compiled("a+"), PlainPattern)
print(len(load_policy().rules))
load_policy([sys.argv[1]])
"""


def test_the_shipped_pack_loads_without_re2_and_a_pattern_beyond_the_subset_is_refused_at_its_place(tmp_path):
    pack = tmp_path / "pack.yaml"
    pack.write_text(
        'policy: 1\nname: acme\nversion: "1"\ntitle: Acme\nrules:\n  - {id: ACME001, name: odd-name, title: A name, '
        'severity: low, must: {manifest.name: {matches: "a\\\\b"}}}\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-W", "error", "-c", WITHOUT, str(pack)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert int(done.stdout) >= 14
    assert re.search(rf"DocumentError: {re.escape(str(pack))}:6:\d+: ", done.stderr)
    assert "google-re2 is not installed" in done.stderr.splitlines()[-1]
