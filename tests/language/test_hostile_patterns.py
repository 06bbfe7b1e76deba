"""No pattern, glob or schema in a pack makes an audit slow: the time grows with the length of the text, not its square.

Each pattern here takes a backtracking engine quadratic or exponential time on the text next to it.
"""

import time

import pytest

from auditor.model.globs import glob_matcher
from auditor.policy.patterns import compiled
from auditor.policy.subschemas import schema_test

ATTACKS = {
    r"(a+)+": ("a", "!"),
    r"(a+)+b": ("a", "!"),
    r"(a*)*": ("a", "!"),
    r"(a*)*b": ("a", "!"),
    r"(a|a)*": ("a", "!"),
    r"(a|aa)+": ("a", "!"),
    r"(a|a?)+": ("a", "!"),
    r"(.*a){12}": ("a", "!"),
    r"(.*){8}b": ("a", "!"),
    r".*.*.*.*=.*": ("a", "!"),
    r"(?:.*,){11}P": (",", "!"),
    r"a*a*a*a*a*b": ("a", "!"),
    r"(a?){25}a{25}b": ("a", "!"),
    r"([a-zA-Z]+)*": ("a", "!"),
    r"([a-z]+)+\d": ("a", "!"),
    r"(\w+\s?)*": ("a ", "!"),
    r"(\w+\d+)+C": ("a1", "!"),
    r"\s*\s*\s*x": (" ", "!"),
    r"\s+$": (" ", "x"),
    r"(\s*\S*)*x": ("a ", "!"),
    r"(x+x+)+y": ("x", "!"),
    r"(x+x+x+)+y": ("x", "!"),
    r"(ab*)*c": ("ab", "!"),
    r"(a[ab]*)*c": ("ab", "!"),
    r"((ab)*)*c": ("ab", "!"),
    r"((a+)b?)+c": ("ab", "!"),
    r"(([a-z])+.)+[A-Z]([a-z])+": ("a", "!"),
    r"([a-z0-9]+-?)+": ("a-", "!"),
    r"[a-z0-9]+(-[a-z0-9]+)*": ("a-", "!"),
    r"([a-zA-Z0-9]+[-_.]?)*@x": ("a.", "!"),
    r"([\w.-]+)+@([\w-]+\.)+io": ("a.", "!"),
    r"(?:[a-z]+\.)*[a-z]+@": ("a.", "!"),
    r"(?i)(todo|to do|t o d o| )*": ("todo ", "!"),
    r"[^\pL\pN]*(todo|\.+|-+)[^\pL\pN]*": (".", "a"),
    r"(\.+|-+)*x": (".-", "!"),
    r"(\pL+\pN*)*!": ("ä1", "?"),
    r"(.|\n)*x": ("a\n", "!"),
    r"(?s)(.*)*x": ("a", "!"),
    r"(?:(?:(?:a*)*)*)*b": ("a", "!"),
    r"(((((a+)+)+)+)+)+b": ("a", "!"),
    r"(a{1,20}){1,20}b": ("a", "!"),
    r"([a-c]{0,30}){0,30}d": ("abc", "!"),
    r"(0|[1-9][0-9]*)(,(0|[1-9][0-9]*))*": ("10,", "!"),
    r'"(\\.|[^"\\])*"': ("\\a", "!"),
    r"/\*(.|\n)*?\*/": ("/*", "!"),
    r"<(.|\s)*?>": ("<a ", "!"),
    r"(https?://)?([\w-]+\.)+[\w/]*": ("a.", "!"),
    r"([^:]*:)*[^:]+": ("a:", ":"),
    r"(?P<team>[a-z]+)*-(?P<env>[a-z]+)*": ("a", "-a!"),
    r"(?P<all>(a|b|ab)*)(?P<rest>c)": ("ab", "!"),
}


def seconds(ask, text):
    """Return the shortest time of several tries, as other processes use the machine too."""
    times = []
    for _ in range(5):
        start = time.thread_time()
        ask(text)
        times.append(time.thread_time() - start)
    return min(times)


def assert_linear(ask, unit, end, size=20_000):
    text, longer = unit * (size // len(unit)) + end, unit * (16 * size // len(unit)) + end
    ask(text)
    assert seconds(ask, longer) <= 100 * seconds(ask, text) + 0.05  # quadratic time would be 256 times as long


def test_there_are_fifty_attacks():
    assert len(ATTACKS) == 50


@pytest.mark.parametrize(("pattern", "attack"), ATTACKS.items(), ids=ATTACKS)
def test_a_pattern_takes_linear_time(pattern, attack):
    assert_linear(compiled(pattern).matches, *attack)


@pytest.mark.parametrize(("pattern", "attack"), ATTACKS.items(), ids=ATTACKS)
def test_capturing_takes_linear_time(pattern, attack):
    assert_linear(compiled(pattern).captures, *attack)


@pytest.mark.parametrize(("pattern", "attack"), ATTACKS.items(), ids=ATTACKS)
def test_a_pattern_in_a_schema_takes_linear_time(pattern, attack):
    searched = pattern.replace("(?P<team>", "(").replace("(?P<env>", "(").replace("(?P<all>", "(")
    fits = schema_test({"items": {"pattern": f"^(?:{searched.replace('(?P<rest>', '(')})$"}})
    assert_linear(lambda text: fits([text]), *attack)


@pytest.mark.parametrize("glob", ["*a*a*a*a*a*a*b", "*" * 40 + "b", "a*b*c*d*e*f*g", "*?*?*?*?*b", "*[ab]*[ab]*[ab]*c"])
def test_a_glob_takes_linear_time(glob):
    assert_linear(glob_matcher([glob]), "ab", "!", 4_000)


def test_many_equal_objects_are_distinguished_in_linear_time():
    fits = schema_test({"uniqueItems": True})
    lists = [[{"subject": f"team:{number}"} for number in range(size)] for size in (2_000, 32_000)]
    assert seconds(fits, lists[1]) <= 100 * seconds(fits, lists[0]) + 0.05
