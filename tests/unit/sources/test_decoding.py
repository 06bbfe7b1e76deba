"""The strict decoder: what it accepts equals the standard library's result; everything else is one error."""

import json
import math
from contextlib import suppress

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.errors import UnreadError
from auditor.http.decoding import decode_json

WHERE = "https://example.com/api"

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=4), children, max_size=4),
    max_leaves=12,
)
"""Documents with few distinct keys, full of colons, quotes, backslashes and characters that need an escape."""

texts = st.text(st.sampled_from(':"\\/u003aA{}[], \né\u2028'), max_size=8)
objects = st.recursive(
    texts, lambda inner: st.lists(st.tuples(st.sampled_from("ab:"), inner), max_size=4), max_leaves=10
)


def written(value, escape, space):
    """Return pairs as JSON text, including objects with duplicate keys."""
    if isinstance(value, list):
        inside = f",{space}".join(
            f"{written(key, escape, '')}{space}:{space}{written(one, escape, space)}" for key, one in value
        )
        return f"{{{inside}}}"
    text = json.dumps(value, ensure_ascii=escape)
    return text.replace(":", "\\u003a") if escape else text


def repeats(value):
    if not isinstance(value, list):
        return False
    keys = [key for key, _ in value]
    return len(keys) != len(set(keys)) or any(repeats(one) for _, one in value)


@given(documents, st.booleans(), st.sampled_from([None, 1]))
def test_documents_are_read(document, escape, indent):
    try:
        body = json.dumps(document, ensure_ascii=escape, indent=indent).encode()
    except UnicodeEncodeError:
        return
    if b"\\ud" in body:
        return
    assert decode_json(body, WHERE) == document


@given(objects, st.booleans(), st.sampled_from(["", " ", "\n"]))
@example([("a", [("b", ":"), ("b", ":")])], False, "")
@example([("a", ":"), ("a", "x"), (":", "")], True, "")
def test_repeated_keys_are_refused_and_nothing_else(value, escape, space):
    body = written(value, escape, space).encode()
    if repeats(value):
        with pytest.raises(UnreadError, match="appears twice in one object"):
            decode_json(body, WHERE)
    else:
        assert decode_json(body, WHERE) == json.loads(body)


@given(
    st.binary(max_size=60) | st.text(st.sampled_from('{}[]":,0123.eE+-\\untrfals \x00é'), max_size=40).map(str.encode)
)
def test_only_an_unseen_error_may_leave(body):
    with suppress(UnreadError):
        decode_json(body, WHERE)


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"9" * 5000,
        b"01",
        b"+1",
        b"1.",
        b".5",
        b"0x1",
        b"'a'",
        b"[1,]",
        b'{"a":1,}',
        b"{a:1}",
        b"[1] // comment",
        b"[1][2]",
        b"[1]\0",
        b"true false",
        b"True",
        b'"\n"',
        b'"\t"',
        rb'"\x41"',
        rb'"\ud800"',
        rb'"\udc00\ud800"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        '{"a": 1}'.encode("utf-32"),
        b"\x1f\x8b\x08\x00",
        b'{"a": 1',
        b"[",
        b'"',
    ],
)
def test_broken_json(body):
    with pytest.raises(UnreadError, match=f"broken JSON from {WHERE}: .* at line [0-9]+, column [0-9]+$"):
        decode_json(body, WHERE)


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t "])
def test_empty_body(body):
    with pytest.raises(UnreadError, match=f"empty body instead of JSON from {WHERE}"):
        decode_json(body, WHERE)


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><html></html>",
        b"<!DOCTYPE HTML PUBLIC>",
        b"<html lang=en>",
        b"\r\n\n  <HTML>",
        b"<!-- proxy --><html>",
        b'<?xml version="1.0"?><Error/>',
        b"<head><title>502 Bad Gateway</title></head>",
        b"\xef\xbb\xbf<html>",
    ],
)
def test_login_page(body):
    with pytest.raises(UnreadError, match=rf"got a login or error page \(HTML\) instead of JSON from {WHERE}$"):
        decode_json(body, WHERE)


def test_depth():
    assert decode_json(b"[" * 254 + b"]" * 254, WHERE)
    for depth in (255, 300, 1020, 1024, 1025, 100_000):
        with pytest.raises(UnreadError, match=r"nested deeper|depth"):
            decode_json(b"[" * depth + b"]" * depth, WHERE)
        with pytest.raises(UnreadError):
            decode_json(b'{"a":1,"a":' * depth + b"1" + b"}" * depth, WHERE)
        with pytest.raises(UnreadError):
            decode_json(b'{"a":' + b"[" * depth + b"]" * depth + b',"a":1}', WHERE)


def test_large_integers_are_floats():
    assert decode_json(b"18446744073709551615", WHERE) == 2**64 - 1
    value = decode_json(b"18446744073709551616", WHERE)
    assert isinstance(value, float)
    assert math.isfinite(value)


def test_hidden_repetition_is_found():
    """The lost colon of a duplicate key is replaced by an escaped one elsewhere."""
    body = rb'{"a": 1, "a": 2, "x": "\u003a"}'
    assert body.count(b":") == orjson.dumps(orjson.loads(body)).count(b":")
    for text in (body, body.replace(b"003a", b"003A")):
        with pytest.raises(UnreadError, match='the key "a" appears twice'):
            decode_json(text, WHERE)
    assert decode_json(rb'{"a": "\u003a"}', WHERE) == {"a": ":"}


def test_key_in_the_message_is_bounded_and_visible():
    key = json.dumps("\x1b[31m" + "k" * 1000)
    with pytest.raises(UnreadError) as caught:
        decode_json(f"{{{key}: 1, {key}: 2}}".encode(), WHERE)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 400
