"""Where token and host come from, and everything that is rejected."""

import base64
import copy
import json
import logging
import os
import pickle
import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.errors import InvalidError
from auditor.http.base_url import parse_host
from auditor.http.credentials import Credentials, Secret, find_credentials

HOST = "https://example.truefoundry.cloud"
TOKEN = "tfy_CANARY0123456789"


def jwt(payload):
    """Return an unsigned token with this payload."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, payload)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmF0dXJl"])


def logged_in(home, **document):
    """Write the file that `tfy login` writes."""
    content = {"access_token": TOKEN, "refresh_token": "tfy_OTHER", "host": HOST} | document
    return write_login(home, json.dumps({key: value for key, value in content.items() if value is not None}))


def write_login(home, text):
    path = home / ".truefoundry" / "credentials.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def token_file(folder, text, mode=0o600):
    path = folder / "token"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(mode)
    return path


def refusal(*arguments):
    """Return the error, which says what to do and does not show the token."""
    with pytest.raises(InvalidError) as caught:
        find_credentials(*arguments)
    error = caught.value
    assert error.fix
    assert error.exit_code == 2
    assert "\n" not in str(error)
    for text in (str(error), repr(error), "".join(traceback.format_exception(error))):
        assert "CANARY" not in text
    return str(error)


def test_secret_is_never_shown(caplog):
    secret = Secret(TOKEN)
    credentials = Credentials(HOST, secret, "TFY_API_KEY")
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").info("%s %r %s", secret, secret, credentials)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", f"{secret!r:.3}", f"{credentials}", caplog.text]
    assert not [text for text in shown if "tfy_" in text]
    assert str(secret) == repr(secret) == f"{secret}" == "***"
    assert secret.reveal() == TOKEN
    for written in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            written(secret)


def test_secrets_are_compared_by_what_they_hide():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_environment(tmp_path):
    environ = {"TFY_HOST": HOST + "/", "TFY_API_KEY": TOKEN}
    assert find_credentials(None, None, environ, tmp_path) == Credentials(HOST, Secret(TOKEN), "TFY_API_KEY")


def test_option_wins_over_environment(tmp_path):
    path = token_file(tmp_path, "tfy_file\n")
    environ = {"TFY_HOST": "nonsense", "TFY_API_KEY": TOKEN}
    found = find_credentials("https://other.example", path, environ, tmp_path)
    assert found == Credentials("https://other.example", Secret("tfy_file"), f"--token-file {path}")


@pytest.mark.parametrize("variable", ["TFY_HOST", "TFY_BASE_URL", "TFY_API_HOST"])
def test_the_host_has_three_variables_of_which_the_first_counts(variable, tmp_path):
    later = {"TFY_API_HOST": "https://other.example"} if variable != "TFY_API_HOST" else {}
    environ = {"TFY_HOST": "", **later, variable: HOST, "TFY_API_KEY": TOKEN}
    assert find_credentials(None, None, environ, tmp_path) == Credentials(HOST, Secret(TOKEN), "TFY_API_KEY")
    assert f"{variable} is not the URL" in refusal(None, None, {**environ, variable: "nonsense"}, tmp_path)


def test_environment_wins_over_login(tmp_path):
    logged_in(tmp_path, access_token="tfy_login")
    environ = {"TFY_HOST": "https://other.example", "TFY_API_KEY": TOKEN}
    assert find_credentials(None, None, environ, tmp_path).token == Secret(TOKEN)


@pytest.mark.parametrize("host", [None, HOST, HOST + "/", "HTTPS://EXAMPLE.truefoundry.cloud:443"])
def test_login(tmp_path, host):
    path = logged_in(tmp_path)
    assert find_credentials(host, None, {"TFY_HOST": ""}, tmp_path) == Credentials(HOST, Secret(TOKEN), str(path))


def test_login_token_goes_to_its_own_host_only(tmp_path):
    logged_in(tmp_path)
    text = refusal("https://evil.example", None, {}, tmp_path)
    assert f"is for {HOST}, not for https://evil.example" in text
    assert "tfy login --host https://evil.example" in text


def test_nothing_at_all(tmp_path):
    text = refusal(HOST, None, {}, tmp_path)
    assert "TFY_API_KEY is not set" in text
    assert "credentials.json cannot be read: No such file" in text
    assert "tfy login" in text


def test_token_without_host(tmp_path):
    logged_in(tmp_path)
    for path, environ in ((None, {"TFY_API_KEY": TOKEN}), (token_file(tmp_path, TOKEN), {"TFY_HOST": ""})):
        text = refusal(None, path, environ, tmp_path)
        assert "no host" in text
        assert "set TFY_HOST" in text
        assert "--host" in text


def test_empty_token(tmp_path):
    logged_in(tmp_path)
    assert "TFY_API_KEY is empty" in refusal(HOST, None, {"TFY_API_KEY": ""}, tmp_path)
    assert "is empty" in refusal(HOST, token_file(tmp_path, "\n"), {}, tmp_path)


@pytest.mark.parametrize(
    "bad", ["{}\n", "{}\nX-Other: 1", "a {}", " {}", "{}\t", "{}\x00", "{}é", "{}\x7f", "{}\u202e", "Bearer {}"]
)
def test_token_that_cannot_be_sent(tmp_path, bad):
    token = bad.format(TOKEN)
    for found in (
        lambda: refusal(HOST, None, {"TFY_API_KEY": token}, tmp_path),
        lambda: refusal(None, None, {}, logged_in(tmp_path, access_token=token).parent.parent),
    ):
        assert "another character that is not allowed in a token" in found()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_token_file_may_end_its_line(tmp_path, end):
    found = find_credentials(HOST, token_file(tmp_path, TOKEN + end), {}, tmp_path)
    assert found.token == Secret(TOKEN)


@pytest.mark.parametrize("bad", ["{}\n\n", "{}\nmore", "{}\xe9", " {}", "{}" + " " * 70_000], ids=range(5))
def test_bad_token_file(tmp_path, bad):
    path = token_file(tmp_path, bad.format(TOKEN))
    assert str(path) in refusal(HOST, path, {}, tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o777])
def test_token_file_that_others_can_reach(tmp_path, mode):
    path = token_file(tmp_path, TOKEN, mode)
    text = refusal(HOST, path, {}, tmp_path)
    assert f"{mode:04o}" in text
    assert f"run: chmod 600 {path}" in text


def test_an_invalid_token_file(tmp_path):
    assert "No such file" in refusal(HOST, tmp_path / "nowhere", {}, tmp_path)
    assert "Is a directory" in refusal(HOST, tmp_path, {}, tmp_path)
    assert "cannot be read" in refusal(HOST, tmp_path / "a\0b", {}, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"tfy_CANARY"',
        b'\xff{"host": 1}',
        b'{"access_token": "tfy_CANARY", "access_token": "tfy_CANARY2"}',
        b"[" * 5000,
        b" " * 70_000,
    ],
)
def test_broken_login_file(tmp_path, text):
    write_login(tmp_path, text)
    assert "tfy login" in refusal(None, None, {}, tmp_path)


@pytest.mark.parametrize("key", ["access_token", "host"])
@pytest.mark.parametrize("value", [None, "", 5, ["x"], {}])
def test_login_file_without_a_key(tmp_path, key, value):
    path = logged_in(tmp_path, **{key: value})
    text = refusal(None, None, {}, tmp_path)
    assert f"{path} has no {key}" in text
    assert "tfy login" in text


def test_login_file_with_a_bad_host(tmp_path):
    path = logged_in(tmp_path, host="http://example.com")
    assert f"the host in {path}" in refusal(None, None, {}, tmp_path)


def test_expired_token(tmp_path):
    token = jwt({"exp": 1_700_000_000, "email": "a@example.com"})
    logged_in(tmp_path, access_token=token)
    text = refusal(None, None, {}, tmp_path)
    assert "expired at 2023-11-14 22:13 UTC" in text
    assert f"run: tfy login --host {HOST}" in text
    assert token not in text
    assert "create a new API key" in refusal(HOST, None, {"TFY_API_KEY": token}, tmp_path)


@pytest.mark.parametrize(
    "token",
    [
        jwt({"exp": 4_000_000_000.5}),
        jwt({}),
        jwt([]),
        jwt({"exp": "1"}),
        jwt({"exp": True}),
        jwt({"exp": None}),
        jwt({"exp": -5}),
        jwt({"exp": 10**300}),
        jwt({"exp": 10**40}),
        "a.b.c",
        "a.!!!.c",
        "..",
        "a.b.c.d",
        "a." + base64.urlsafe_b64encode(b"[" * 3000).decode() + ".c",
    ],
)
def test_tokens_of_which_no_end_is_known_are_left_to_the_server(tmp_path, token):
    assert find_credentials(HOST, None, {"TFY_API_KEY": token}, tmp_path).token.reveal() == token


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (HOST, HOST),
        (HOST + "/", HOST),
        ("HTTPS://Example.TrueFoundry.Cloud", HOST),
        (HOST + ":443", HOST),
        (HOST + ":0443/", HOST),
        (HOST + ":8443", HOST + ":8443"),
        (HOST + ":65535", HOST + ":65535"),
        ("https://a_b.example", "https://a_b.example"),
        ("https://intranet", "https://intranet"),
        ("https://10.0.0.1:8443", "https://10.0.0.1:8443"),
        ("https://[2001:DB8:0::1]", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("https://\u0435xample.com", "https://xn--xample-2of.com"),
        ("https://faß.example", "https://xn--fa-hia.example"),
        ("http://localhost", "http://localhost"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
    ],
)
def test_host(text, host):
    assert parse_host(text, "--host") == host


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("example.truefoundry.cloud", "https://"),
        ("//example.com", "https://"),
        ("https:/example.com", "https://"),
        ("https:example.com", "https://"),
        ("ftp://example.com", "https://"),
        ("file:///etc/passwd", "https://"),
        ("javascript://example.com", "https://"),
        ("http://example.com", "is http"),
        ("http://10.0.0.1", "is http"),
        ("http://localhost.example.com", "is http"),
        ("http://127.0.0.1.example.com", "is http"),
        ("http://0.0.0.0", "is http"),
        ("http://[::ffff:127.0.0.1]", "is http"),
        ("http://[::2]", "is http"),
        ("https://", "host"),
        ("https:///path", "host"),
        ("https://user:CANARY@example.com", "user name or password"),
        ("https://CANARY@example.com", "user name or password"),
        ("https://example.com@evil.example", "user name or password"),
        ("https://user:CANARY/x@example.com", "host"),
        ("https://example.com\\@evil.example", "backslash"),
        ("https://example.com\\evil", "backslash"),
        ("https://example.com/api", "remove the path: https://example.com"),
        ("https://example.com//", "remove the path: https://example.com"),
        ("https://example.com:8443/api/", "remove the path: https://example.com:8443"),
        ("https://example.com?token=CANARY", "query"),
        ("https://example.com/?x", "query"),
        ("https://example.com#x", "fragment"),
        ("https://example.com/#", "fragment"),
        (" https://example.com", "space"),
        ("https://example.com ", "space"),
        ("https://exam ple.com", "space"),
        ("https://example.com\n", "control character"),
        ("https://example.com\r\nX: y", "control character"),
        ("https://exa\tmple.com", "control character"),
        ("https://exa\u200bmple.com", "control character"),
        ("https://exa\u202emple.com", "control character"),
        ("https://example\u00a0.com", "space"),
        ("https://example.com\x00", "control character"),
        ("https://example.com.", "host name"),
        ("https://.example.com", "host name"),
        ("https://example..com", "host name"),
        ("https://-example.com", "host name"),
        ("https://example-.com", "host name"),
        ("https://exam%70le.com", "host name"),
        ("https://exam,ple.com", "host name"),
        ("https://*.example.com", "host name"),
        ("https://" + "a" * 64 + ".com", "host name"),
        ("https://" + "a." * 130 + "com", "host name"),
        ("https://127.1", "host name"),
        ("https://2130706433", "host name"),
        ("https://0x7f.0.0.1", "host name"),
        ("https://example.0x7f", "host name"),
        ("https://127.0.0.01", "host name"),
        ("https://256.0.0.1", "host name"),
        ("https://1.2.3.4.5", "host name"),
        ("https://[::1", "host"),
        ("https://::1", "host"),
        ("https://[::1]x", "host"),
        ("https://[fe80::1%25eth0]", "host name"),
        ("https://[fe80::1%eth0]", "host name"),
        ("https://[127.0.0.1]", "host name"),
        ("https://[]", "host name"),
        ("https://example.com:", "port"),
        ("https://example.com:0", "port"),
        ("https://example.com:65536", "port"),
        ("https://example.com:99999", "port"),
        ("https://example.com:-1", "port"),
        ("https://example.com:x", "port"),
        ("https://example.com:80:80", "port"),
        ("https://example.com:٤٤٣", "port"),
        ("https://ex℀mple.com", "host name"),
        ("https://exa\uff0fmple.com", "host name"),
        ("https://☃️\u0338.example", "host name"),
    ],
)
def test_what_is_no_host(text, problem):
    with pytest.raises(InvalidError) as caught:
        parse_host(text, "TFY_HOST")
    assert str(caught.value).startswith("TFY_HOST is ")
    assert problem in str(caught.value)
    assert caught.value.fix
    assert "CANARY" not in str(caught.value)


@given(
    st.text(max_size=40)
    | st.text(st.sampled_from("htps:/.@[]\\?#%-0128xaé\uff11。ﬀ \n"), max_size=30).map("https://{}".format)
)
@example("https://\u0000")
@example("https://xn--")
@example("https://xn--a.example")
@example("https://\uff41.example")
def test_any_text_is_a_host_or_an_invalid_error(text):
    try:
        host = parse_host(text, "--host")
    except InvalidError:
        return
    assert host.isascii()
    assert parse_host(host, "--host") == host
