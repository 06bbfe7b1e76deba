"""The strict YAML reader: it returns what was written, or an error with the line."""

from __future__ import annotations

import json
import re
import string
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.documents import Cursor, building, read_documents, read_file, read_yaml, scalars
from auditor.errors import DocumentError, InvalidError

TWICE = "means different things in different YAML versions"


def read(text: str | bytes) -> object:
    """Return the content of a document."""
    return cursor(text).plain()


def cursor(text: str | bytes) -> Cursor:
    return read_yaml(text.encode() if isinstance(text, str) else text, "f.yaml")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3:1: duplicate key 'a', first at f.yaml:1:1; keep one"),
        ("a:\n  x: 1\n  'x': 2", "f.yaml:3:3: duplicate key 'x', first at f.yaml:2:3; keep one"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "f.yaml:3:3: merge keys are not allowed; write the keys explicitly"),
        ("a:\n  1: x", "f.yaml:2:3: a key is not a string; put it in quotes"),
        ("a: 1\ntrue: x", "f.yaml:2:1: a key is not a string; put it in quotes"),
        ("a: 1\nnull: x", "f.yaml:2:1: a key is not a string; put it in quotes"),
        ("? [a]\n: x", "f.yaml:1:3: a key is not a string; put it in quotes"),
        ("a: !!int 1", "f.yaml:1:4: the tag 'tag:yaml.org,2002:int' is not allowed; use plain YAML"),
        ("a: !mine x", "f.yaml:1:4: the tag '!mine' is not allowed; use plain YAML"),
        ("a: !!python/object:os.system x", "f.yaml:1:4: the tag 'tag:yaml.org,2002:python/object:os.system'"),
        ("a: 010", f"f.yaml:1:4: '010' {TWICE}; put it in quotes"),
        ("a: -00", f"f.yaml:1:4: '-00' {TWICE}"),
        ("a: 0x1F", f"f.yaml:1:4: '0x1F' {TWICE}"),
        ("a: 0o17", f"f.yaml:1:4: '0o17' {TWICE}"),
        ("a: 1234567890123456789", f"f.yaml:1:4: '1234567890123456789' {TWICE}"),
        ("a: .nan", f"f.yaml:1:4: '.nan' {TWICE}"),
        ("a:\n- x\n- -.Inf", f"f.yaml:3:3: '-.Inf' {TWICE}"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: a second document starts here, expected only one"),
        ("", "f.yaml: the file contains no document, expected one"),
        ("# nothing\n", "f.yaml: the file contains no document, expected one"),
        (b"a: \xe9", "f.yaml: invalid UTF-8 at byte 3"),
        ("a: ä".encode("utf-16"), "f.yaml: invalid UTF-8 at byte 0"),
        ("a: ä".encode("utf-16-le"), "f.yaml: invalid UTF-8"),
        ("a: \x00", "f.yaml: invalid YAML: unacceptable character #x0000"),
        ("a:\n- &x [*x]", "f.yaml:2:"),
        ("a:\n  b: [1", "f.yaml:3:1: invalid YAML: did not find expected ',' or ']'"),
        ("a:\n\tb: 1", "f.yaml:2:1: invalid YAML: found character that cannot start any token (indent with "),
        ("a: b: c", "f.yaml:1:5: invalid YAML: mapping values are not allowed in this context (quote values that "),
    ],
)
def test_a_refusal_names_the_line_and_column_and_what_is_wrong(text, refusal):
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert str(caught.value).startswith(refusal)


@pytest.mark.parametrize("text", ["!!str 1", "!!str x", "!!seq []", "!!map {}", "! 1", "!<tag:yaml.org,2002:str> 1"])
def test_every_explicit_tag_is_refused_even_a_harmless_one(text):
    with pytest.raises(DocumentError, match=r"^f.yaml:1:4: the tag '"):
        read(f"a: {text}")


@pytest.mark.parametrize("text", ["1e999", "-1e999", "1.8e308", "01.5", "-007e2"])
def test_a_number_that_overflows_or_has_a_leading_zero_is_refused(text):
    with pytest.raises(DocumentError, match=r"^f.yaml:1:4: "):
        read(f"a: {text}")


def test_the_offset_of_a_bad_byte_counts_a_byte_order_mark():
    with pytest.raises(DocumentError, match="at byte 6"):
        read(b"\xef\xbb\xbfa: \xff")


AMBIGUOUS = [
    *(
        "no",
        "No",
        "on",
        "off",
        "yes",
        "y",
        "n",
        "1_000",
        "12:30:45",
        "2026-01-01",
        "0b101",
        "0b_",
        "0x",
        "1e",
        "1,5",
        "=",
    ),
    *("2026-01-01T00:00:00Z", "1.2.3", "1e3x", "tRue", "nUll"),
]


@pytest.mark.parametrize("word", AMBIGUOUS)
def test_what_other_readers_take_for_something_else_is_a_string_as_written(word):
    assert read(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("12", 12), ("+12", 12), ("-3", -3), ("0", 0), ("123456789012345678", 123456789012345678)],
        *[("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("-2.5E-1", -0.25)],
        *[("true", True), ("False", False), ("", None), ("~", None), ("null", None), ("NULL", None)],
        *[("[a, 1]", ["a", 1]), ("{b: {}}", {"b": {}}), ("|\n  x\n  y\n", "x\ny\n")],
    ],
)
def test_plain_values_follow_the_core_schema(text, value):
    got = read(f"a: {text}")["a"]
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize("text", ["1", "010", "true", "null", "~", "", ".nan", "0x1F", "1e999", "2026-01-01", "<<"])
def test_what_is_quoted_is_a_string(text):
    assert read(f"a: '{text}'\nb: \"{text}\"") == {"a": text, "b": text}


@pytest.mark.parametrize("text", ["a: 1\r\nb: x\r\n", "\ufeffa: 1\nb: x", "a: 1\rb: x\r", "---\na: 1\nb: x\n...\n"])
def test_line_ends_a_byte_order_mark_and_markers_change_nothing(text):
    assert read(text) == {"a": 1, "b": "x"}


def bomb(levels: int, wide: int, opened: str = "[{}]") -> str:
    """Return a document of a few lines whose aliases expand to `wide ** levels` values."""
    lines = [f"a0: &a0 {opened.format(', '.join(['x'] * wide))}"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} {opened.format(', '.join([f'*a{level - 1}'] * wide))}")
    return "\n".join(lines)


PAIRS = "\n".join(f"b{n}: &b{n} {{x: *b{n - 1}, y: *b{n - 1}}}" for n in range(1, 40))
BOMBS = {
    "billion-laughs": bomb(10, 9),
    "wide": bomb(3, 400),
    "tall": bomb(30, 2),
    "million-by-one": "a: &a [" + "x," * 1000 + "]\nb: [" + "*a," * 1000 + "]",
    "mappings": "b0: &b0 {x: 1}\n" + PAIRS,
    "cycle": "&a [*a]",
    "wide-cycle": "&a [*a, *a, *a]",
    "cycle-of-mappings": "a: &a {b: *a, c: *a}",
    "two-step-cycle": "- &a [&b [*a, *b], *a]",
    "cycle-in-a-key": "&a {*a : 1}",
    "deep-list": "[" * 1000 + "]" * 1000,
    "deep-mapping": "".join(" " * level + "a:\n" for level in range(500)),
    "deep-blocks": "- " * 1000 + "x",
    "too-many-values": "- x\n" * 100_001,
    "too-many-documents": "--- x\n" * 10_000,
}


@pytest.fixture(scope="module")
def longest():
    """Return the seconds for one of the largest documents that are accepted."""
    start = time.process_time()
    read("- x\n" * 99_990)
    return time.process_time() - start


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_takes_no_longer_than_a_normal_document(text, longest):
    start = time.process_time()
    with pytest.raises(DocumentError):
        read(text)
    assert time.process_time() - start < 20 * longest


@pytest.mark.parametrize("unit", ["[", "- ", "{a: ", "? "])
def test_a_document_of_any_depth_is_refused_and_never_ends_the_process(unit):
    code = f"from auditor.documents import read_yaml\nread_yaml(b{unit!r} * 200_000, 'f.yaml')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.splitlines()[-1:] != []
    assert "DocumentError: f.yaml" in done.stderr.splitlines()[-1]


def test_64_levels_and_100000_values_are_read_and_one_more_is_not():
    assert read("[" * 64 + "]" * 64)
    with pytest.raises(DocumentError, match="deeper than 64 levels"):
        read("[" * 65 + "x" + "]" * 65)
    assert len(read("- x\n" * 99_999)) == 99_999
    with pytest.raises(DocumentError, match="over 100000 values"):
        read("- x\n" * 100_000)


MALFORMED = [
    *("a: [", "a: {", "a: ]", "}", "[a", "{a", "a: 'x", 'a: "x', "a: 'x''", "[a, b", "{a: b", "{a: b,", "[,]", "{,}"),
    *("a: b: c", "a\nb: c", "a: b\n c: d", "- a\nb: c", "a: 1\n- b", "- - -a\n- b: -\n  c", ": : :", "? {a: b}\n: c"),
    *("a: |9\n x", "a: >-x", "\ta: 1", "a: @x", "a: `x", "a: %x", "a: -", "a: ?", "a: ,", "[a,,b]", "!!", "!e!x y"),
    *(
        "%",
        "%FOO\n---\na",
        "%YAML 9.9\n---\na",
        "%YAML 1.1\n%YAML 1.1\n---\na",
        "--- a\n--- b",
        "... a",
        "a: 1\n...\nb: 2",
    ),
    *("a: *x", "*x", "a: &x &y z", "a: &x *x", "!<", "!<>", "a: !<x", "a: \x07", "a: \x7f", "a: \ufffe", '"\\u12"'),
    *('"\\q"', '"\\x4"', '"\\ud800"', '"\\UFFFFFFFF"', b"\xff\xfea\x00", b"\xfe\xff", b"\x80", b"a: \xc3", b"\xef\xbb"),
    *(b"a: \xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\x80"),
]


@pytest.mark.parametrize("text", MALFORMED, ids=ascii)
def test_a_malformed_document_is_refused_with_its_name(text):
    with pytest.raises(DocumentError, match=r"^f\.yaml"):
        read(text)


SOUP = st.lists(
    st.sampled_from([*"ab01:-,.?!&*|>'\"%@`#[]{}<\t \n\r\x00\x85é", "- ", ": ", "\n  ", "&a ", "*a", "---\n", "!!str "])
)


@settings(max_examples=600, deadline=None)
@given(SOUP.map(lambda parts: "".join(parts).encode()) | st.text(max_size=60).map(str.encode) | st.binary(max_size=60))
def test_any_bytes_are_read_as_json_values_or_refused_as_a_document(data):
    value = outcome(data)
    if isinstance(value, InvalidError):
        assert str(value).startswith("f.yaml")
    else:
        assert json.loads(json.dumps(value, allow_nan=False)) == value


def outcome(data: bytes) -> object:
    """Return the content of a document, or the one kind of error that may occur."""
    try:
        return read(data)
    except InvalidError as error:
        return error


WORDS = st.text(string.ascii_letters + string.digits + " :#-,[]{}'\"\\&*!|>%@é日😀", max_size=12)
SCALARS = (
    WORDS
    | st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
)


@settings(max_examples=200, deadline=None)
@given(st.recursive(SCALARS, lambda each: st.lists(each, max_size=4) | st.dictionaries(WORDS, each, max_size=4)))
def test_json_is_read_as_json(value):
    assert read(json.dumps(value, ensure_ascii=False)) == value


QUESTIONS: list[tuple[str, Callable[[Cursor], object], str]] = [
    ("a: 5", lambda at: at.mapping()["a"].text(), "f.yaml:1:4: a is the number 5, expected a string; put it in quotes"),
    ("a: '  '", lambda at: at.mapping()["a"].text(), "f.yaml:1:4: a is empty, expected a non-empty string"),
    ("a: x", lambda at: at.mapping()["a"].items(), "f.yaml:1:4: a is a string, expected a list"),
    ("a: [1]", lambda at: at.mapping()["a"].mapping(), "f.yaml:1:4: a is a list, expected a mapping"),
    ("a: 1", lambda at: at.mapping()["a"].boolean(), "f.yaml:1:4: a is a number, expected true or false"),
    (
        "a:\n- b\n- c: 1",
        lambda at: at.mapping()["a"].items()[1].boolean(),
        "f.yaml:3:3: a[1] is a mapping, expected true",
    ),
    (
        "a: hihg",
        lambda at: at.mapping()["a"].choice(["low", "high"]),
        "f.yaml:1:4: a is 'hihg', expected one of low, high; did",
    ),
    ("- 1", lambda at: at.mapping(), "f.yaml:1:1: the document is a list, expected a mapping"),
    ("b: 1", lambda at: at.keys(["a", "b"], ["a"]), "f.yaml:1:1: the document has no 'a'; add it"),
    ("x:\n  b: 1", lambda at: at.mapping()["x"].keys(["a", "b"], ["a"]), "f.yaml:2:3: x has no 'a'; add it"),
    ("a: 1\nnmae: 2", lambda at: at.keys(["a", "name"]), "f.yaml:2:1: unknown key 'nmae'; did you mean 'name'?"),
    ("x:\n  b: 1", lambda at: at.mapping()["x"].keys(["a"]), "f.yaml:2:3: unknown key 'b' in x; available: a"),
]


@pytest.mark.parametrize(("text", "question", "refusal"), QUESTIONS, ids=[each[2] for each in QUESTIONS])
def test_a_question_that_is_answered_no_names_place_got_and_expected(text, question, refusal):
    with pytest.raises(DocumentError) as caught:
        question(cursor(text))
    assert str(caught.value).startswith(refusal)


def test_levels_are_counted_through_aliases():
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 63))]
    assert read("\n".join(lines))
    with pytest.raises(DocumentError, match=r"^f.yaml:64:12: the document is nested deeper than 64 levels"):
        read("\n".join([*lines, "a63: &a63 [*a62]"]))


def test_a_value_behind_an_alias_is_called_by_the_path_that_leads_to_it():
    at = cursor("a: &x {b: {c: 1}}\nd: *x").mapping()["d"].mapping()["b"].mapping()["c"]
    with pytest.raises(DocumentError) as caught:
        at.text()
    assert str(caught.value) == "f.yaml:1:15: d.b.c is the number 1, expected a string; put it in quotes"


def test_the_first_of_two_keys_is_found_and_not_a_value_that_looks_like_it():
    with pytest.raises(DocumentError, match=r"f\.yaml:3:1: duplicate key 'a', first at f\.yaml:2:1"):
        read("x: [a, {a: a}]\na: 1\na: 2")


@pytest.mark.parametrize("text", ["[1, b]", "{b: 1}", "", "true"])
def test_a_message_never_contains_python(text):
    with pytest.raises(DocumentError, match="expected a string") as caught:
        cursor(f"a: {text}").mapping()["a"].text()
    assert [word for word in ("Cursor", "None", "True") if word in str(caught.value)] == []


def test_a_file_that_cannot_be_read_or_is_too_large_is_named(tmp_path):
    with pytest.raises(InvalidError, match=r"gone\.yaml cannot be read: No such file"):
        read_file(tmp_path / "gone.yaml")
    large = tmp_path / "large.yaml"
    with large.open("wb") as stream:
        stream.truncate(8 * 1024 * 1024 + 1)
    with pytest.raises(InvalidError, match=r"large\.yaml is larger than 8 MiB"):
        read_file(large)


def test_a_file_is_returned_with_the_very_bytes_that_were_read(tmp_path):
    path = tmp_path / "pack.yaml"
    path.write_bytes(b"a: 1\r\n")
    document, data = read_file(path)
    assert (document.plain(), data, str(document.mapping()["a"].mark)) == ({"a": 1}, b"a: 1\r\n", f"{path}:1:4")


WORDS = st.one_of(st.sampled_from(["a", "b", "no", "010", "", "~", "1_000"]), st.text("ab 1", max_size=4))
NESTED = st.recursive(
    WORDS, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below, max_size=3)
)


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for token, child in items for each in paths(child, (*path, token)))]


@settings(max_examples=100, deadline=None)
@given(st.lists(NESTED, min_size=1, max_size=5), st.booleans(), st.randoms(use_true_random=False))
def test_places_do_not_depend_on_the_order_in_which_they_are_computed(values, flow, order):
    text = yaml.safe_dump_all(values, explicit_start=True, default_flow_style=flow)
    alone = [next(read_documents(f"---{each}", "f.yaml")) for each in text.split("---")[1:]]
    lines = [text[: each.start()].count("\n") for each in re.finditer("---", text)]
    together = [*read_documents(text, "f.yaml")]
    asked = [(number, path) for number, value in enumerate(values) for path in paths(value)]
    order.shuffle(asked)
    for number, path in asked:
        place, other = (documents[number].places.of(path) for documents in (together, alone))
        assert (place.line - lines[number], place.column, place.end) == (other.line, other.column, other.end)
        assert together[number].places.of_key(path) is None or together[number].places.of_key(path).column
    for one, other in zip(together, alone, strict=True):
        assert one.text == other.text
        assert [(each.text, each.path, each.span.column) for each in one.ambiguous] == [
            (each.text, each.path, each.span.column) for each in other.ambiguous
        ]


def test_a_key_is_no_duplicate_of_one_that_only_looks_like_it():
    assert next(read_documents("x: &x {b: 1}\ny: {<<: *x, '<<': 2}", "f.yaml")).value["y"] == {"b": 1, "<<": 2}
    found = next(read_documents("x: &x {b: 1}\ny:\n  <<: *x\n  c: 1\n  <<: *x", "f.yaml"))
    assert str(found.problem) == "f.yaml:5:3: duplicate key '<<', first at f.yaml:3:3; keep one"


def test_a_duplicate_hides_no_mistake_after_it_and_no_document():
    with pytest.raises(DocumentError, match=r"^f\.yaml:4:1: invalid YAML"):
        read("a: 1\na: 2\nb: [\n")
    lines = "".join(f"---\na: {number}\na: 1\n" for number in range(3))
    problems = [str(document.problem) for document in read_documents(lines, "f.yaml")]
    assert [each.split(", ", 1)[1] for each in problems] == [f"first at f.yaml:{n}:1; keep one" for n in (2, 5, 8)]


@pytest.mark.parametrize("text", ["a: &x <<\n*x : {b: 1}", "a: &x '<<'\n*x : {b: 1}"])
def test_an_alias_is_never_taken_for_a_merge_key(text):
    found = next(read_documents(text, "f.yaml"))
    assert str(found.problem) == "f.yaml:2:1: an alias is used as the key `<<`; write `<<` to merge"
    assert found.places.of(("a",))


def test_only_short_keys_are_kept_in_mind():
    read("".join(f"note{'o' * n}: t{'e' * 1000}\n" for n in range(200)))
    assert {len(each) <= 64 for each in building._KNOWN} == {True}
    assert "note" in building._KNOWN
    read("\n".join(f"n{n}: x" for n in range(5000)))
    assert len(building._KNOWN) <= 4096
    assert read("note: no\nno: note\n'on': 1") == {"note": "no", "no": "note", "on": 1}


def test_every_yaml_parser_reads_a_long_word_as_text():
    resolvers = yaml.resolver.Resolver.yaml_implicit_resolvers
    shapes = {pattern.pattern for letter in string.ascii_letters for _, pattern in resolvers.get(letter, ())}
    words = {word for shape in shapes for word in re.findall(r"[A-Za-z]+", shape)}
    assert max(map(len, words)) == len("false") == scalars.LONGEST_WORD
    for word in ("falsey", "notnull", "offset", "True-ish", "yes please", "nobody: x".partition(":")[0]):
        assert read(f"a: {word}\n{word}: b") == {"a": word, word: "b"}
        assert [*next(read_documents(f"- {word}", "f.yaml")).ambiguous] == []
