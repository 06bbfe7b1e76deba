"""The client with a mocked transport: its requests, its messages for people, its environment variables."""

import gzip
import json
import socket
import threading
from contextlib import suppress

import pytest
import requests
import responses

from auditor.errors import InvalidError, UnreadError
from auditor.http import body as body_module
from auditor.http.client import AnswerError, Client
from auditor.http.credentials import Credentials, Secret
from auditor.http.retries import Deadline

HOST = "https://example.truefoundry.cloud"
PATH = "/api/svc/v1/ml-repos"
TOKEN = "tfy_CANARY0123456789"
PROXIES = [f"{name}_proxy" for name in ("http", "https", "all", "no")]
AUTHORITIES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSLKEYLOGFILE"]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for variable in [*PROXIES, *(name.upper() for name in PROXIES), *AUTHORITIES]:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def mocked():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def client_for(host=HOST, seconds=60.0, **options):
    credentials = Credentials(host, Secret(TOKEN), "TFY_API_KEY")
    return Client(credentials, deadline=Deadline(seconds), **{"sleep": lambda _: None} | options)


def error_of(mocked, body=b"{}", status=200, client=None, **options):
    """Return the error for an answer, and check that people can read it."""
    mocked.get(HOST + PATH, body=body, status=status, **{"content_type": "application/json"} | options)
    with client or client_for() as asking, pytest.raises(UnreadError) as caught:
        asking.get(PATH, {"limit": 100})
    assert TOKEN not in str(caught.value)
    assert "limit=" not in str(caught.value)
    assert str(caught.value).isprintable()
    return caught.value


def test_answer(mocked):
    mocked.get(HOST + PATH, json={"data": [1]})
    with client_for(user_agent="auditor/1.2.3") as client:
        assert client.get(PATH, {"limit": 100, "name": "a b"}) == {"data": [1]}
    request = mocked.calls[0].request
    assert request.url == f"{HOST}{PATH}?limit=100&name=a+b"
    assert dict(request.headers) == {
        "User-Agent": "auditor/1.2.3",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Cache-Control": "no-cache",
        "Connection": "keep-alive",
        "Authorization": f"Bearer {TOKEN}",
    }


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/problem+json"]
)
def test_kinds_of_json(mocked, kind):
    mocked.get(HOST + PATH, body=b"[]", content_type=kind)
    with client_for() as client:
        assert client.get(PATH, {}) == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/jsonp", "text/json-ish", "application/xml", "json", "\x07"]
)
def test_other_kinds(mocked, kind):
    error = error_of(mocked, content_type=kind)
    assert f"instead of JSON from {HOST}{PATH} (4 attempts)" in error.message
    assert len(mocked.calls) == 4


@pytest.mark.parametrize("kind", ["text/html", "application/json", "text/plain"])
def test_login_page(mocked, kind):
    error = error_of(mocked, b"<!doctype html><title>Sign in</title>", content_type=kind)
    assert "got a login or error page (HTML) instead of JSON" in error.message


def test_size(mocked, monkeypatch):
    monkeypatch.setattr(body_module, "MAX_BODY", 1000)
    mocked.get(HOST + PATH, body=b" " * 998 + b"[]", content_type="application/json")
    with client_for() as client:
        assert client.get(PATH, {}) == []
    mocked.reset()
    assert "more than 1000 bytes" in error_of(mocked, b" " * 999 + b"[]").message
    assert len(mocked.calls) == 1


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "x", "identity, gzip", "gzip, gzip", "x-gzip"])
def test_codings(mocked, coding):
    error = error_of(mocked, b"{}", headers={"Content-Encoding": coding})
    assert f"content encoding {coding}" in error.message
    assert len(mocked.calls) == 1


def test_a_compressed_answer_is_complete_or_an_error(mocked):
    document = {"data": [{"id": str(number)} for number in range(9)]}
    whole = gzip.compress(json.dumps(document).encode())
    flipped = [whole[:at] + bytes([byte ^ 1]) + whole[at + 1 :] for at, byte in enumerate(whole)]
    read = 0
    for body in [whole, *flipped, *(whole[:size] for size in range(len(whole))), whole + b"\0", whole + whole]:
        mocked.reset()
        headers = {"Content-Encoding": "gzip"}
        mocked.get(HOST + PATH, body=body, content_type="application/json", headers=headers)
        with client_for(attempts=1) as client, suppress(UnreadError):
            assert client.get(PATH, {}) == document
            read += 1
    assert 1 <= read < 12  # some bits of the header, such as the time, mean nothing


def test_compressed_size(mocked, monkeypatch):
    monkeypatch.setattr(body_module, "MAX_BODY", 1000)
    headers = {"Content-Encoding": "gzip"}
    mocked.get(HOST + PATH, body=gzip.compress(b" " * 998 + b"[]"), content_type="application/json", headers=headers)
    with client_for() as client:
        assert client.get(PATH, {}) == []
    mocked.reset()
    assert "more than 1000 bytes" in error_of(mocked, gzip.compress(b" " * 999 + b"[]"), headers=headers).message
    assert len(mocked.calls) == 1


def test_length_is_counted(mocked):
    for length, words in {
        "3": "was truncated",
        "abc": "got 2 bytes",
        "-1": "got 2 bytes",
    }.items():
        mocked.reset()
        error = error_of(mocked, b"{}", headers={"Content-Length": length})
        assert words in error.message
        assert len(mocked.calls) == 4


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"statusCode": 401, "message": "jwt expired"}, ": jwt expired"),
        ({"detail": "Not authenticated"}, ": Not authenticated"),
        ({"detail": [{"loc": ["query", "limit"], "msg": "too large", "type": "x"}]}, ": too large"),
        ({"message": ["first", "second"]}, ": first"),
        ({"message": "  two\n lines\t"}, ": two lines"),
        ({"message": "", "detail": "there"}, ": there"),
        ({"message": None}, ""),
        ({"message": 5}, ""),
        ({"message": []}, ""),
        ({"message": [[]]}, ""),
        ({"detail": {"loc": []}}, ""),
        ([], ""),
        ("text", ""),
    ],
)
def test_words_of_the_server(mocked, body, said):
    error = error_of(mocked, json.dumps(body), 401)
    assert error.message == f"the token was refused by {HOST} (401){said}"


def test_words_of_the_server_are_clipped_and_visible(mocked):
    error = error_of(mocked, json.dumps({"message": "\x1b[2J\u202e" + "x" * 5000}), 403)
    assert len(error.message) < 330
    assert "\\x1b[2J\\u202exxx" in error.message


@pytest.mark.parametrize(
    "body", [b"<html>403</html>", b"", b"{", b"\xff", b"[" * 3000, b'{"message":"a","message":"b"}']
)
def test_words_that_cannot_be_read(mocked, body):
    assert error_of(mocked, body, 403).message == f"the token has no permission to read {HOST}{PATH} (403)"


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_coded_words_that_cannot_be_read(mocked, coding):
    error = error_of(mocked, b"\x1f\x8b", 401, headers={"Content-Encoding": coding})
    assert error.message.endswith("(401)")


def test_compressed_words(mocked):
    body = gzip.compress(b'{"message": "jwt expired"}')
    assert error_of(mocked, body, 401, headers={"Content-Encoding": "gzip"}).message.endswith("(401): jwt expired")


@pytest.mark.parametrize(
    ("status", "message", "fix", "calls"),
    [
        (400, "returned 400 Bad Request", "", 1),
        (401, "refused by https://example.truefoundry.cloud (401)", "renew the token in TFY_API_KEY", 1),
        (403, "no permission to read https://example", "tenant admin", 1),
        (404, "returned 404 Not Found", "is a TrueFoundry control plane", 1),
        (201, "returned 201 Created", "", 1),
        (204, "returned 204 No Content", "", 1),
        (206, "returned 206 Partial Content", "", 1),
        (302, "redirects to an unknown host (302)", "--host", 1),
        (304, "returned 304 Not Modified", "", 1),
        (429, "returned 429: too many requests (4 attempts)", "", 4),
        (500, "returned 500 Internal Server Error (4 attempts)", "", 4),
        (503, "returned 503 Service Unavailable (4 attempts)", "", 4),
        (599, "returned 599", "", 1),
    ],
)
def test_statuses(mocked, status, message, fix, calls):
    error = error_of(mocked, b"{}", status)
    assert isinstance(error, AnswerError)
    assert error.status == status
    assert error.exit_code == 3
    assert message in error.message
    assert fix in error.fix
    assert len(mocked.calls) == calls


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://login.example/x?token=SECRET", "https://login.example "),
        ("https://user:SECRET@login.example", "https://login.example "),
        ("//login.example:8443/x", "https://login.example:8443 "),
        (f"{HOST}:8443/", f"{HOST}:8443 "),
        (f"//someone:SECRET@{HOST[8:]}/x", f"{HOST} "),
        ("http://example.truefoundry.cloud/", "http://example.truefoundry.cloud "),
        ("http://[::", "an unknown host "),
        ("https://log\x1bin.example", "https://log\\x1bin.example "),
    ],
)
def test_redirects_are_named_and_not_followed(mocked, location, target):
    error = error_of(mocked, b"", 302, headers={"Location": location})
    assert f"redirects to {target}(302), and the token is not sent there" in error.message
    assert "SECRET" not in str(error)
    assert len(mocked.calls) == 1


@pytest.mark.parametrize(
    "location", ["/moved?a=1", f"{HOST}/moved?a=1", f"{HOST}:443/moved?a=1#x", "../../../moved?a=1"]
)
def test_a_redirect_to_another_path_of_the_host_is_followed_and_noted(mocked, location):
    mocked.get(HOST + PATH, status=307, headers={"Location": location})
    mocked.get(f"{HOST}/moved?a=1", json={"data": [1]})
    with client_for() as client:
        assert client.get(PATH, {"limit": 100}) == {"data": [1]}
        assert client.get(PATH, {"limit": 100}) == {"data": [1]}
        assert client.notes.texts() == (f"the control plane redirects {PATH} to /moved",)
    assert [call.request.headers["Authorization"] for call in mocked.calls] == [f"Bearer {TOKEN}"] * 4


def test_a_redirect_is_followed_once(mocked):
    mocked.get(HOST + PATH, status=302, headers={"Location": PATH + "/"})
    mocked.get(HOST + PATH + "/", status=302, headers={"Location": PATH})
    with client_for() as client, pytest.raises(AnswerError, match="redirects a second time"):
        client.get(PATH, {})
    assert len(mocked.calls) == 2


def test_a_redirect_to_the_token_is_not_noted_with_it(mocked):
    mocked.get(HOST + PATH, status=302, headers={"Location": f"/{TOKEN}?{TOKEN}"})
    mocked.get(f"{HOST}/{TOKEN}?{TOKEN}", json=[])
    with client_for() as client:
        client.get(PATH, {})
        assert client.notes.texts() == (f"the control plane redirects {PATH} to /***",)


def test_a_later_attempt_may_succeed(mocked):
    slept = []
    mocked.get(HOST + PATH, status=503)
    mocked.get(HOST + PATH, body=requests.ConnectionError("reset"))
    mocked.get(HOST + PATH, json={"fine": True})
    with client_for(sleep=slept.append) as client:
        assert client.get(PATH, {}) == {"fine": True}
    assert len(slept) == 2
    assert 0.25 <= slept[0] <= 0.5 <= slept[1] <= 1.0


def test_wish_of_the_server(mocked):
    slept = []
    mocked.get(HOST + PATH, status=429, headers={"Retry-After": "7"})
    mocked.get(HOST + PATH, json=[])
    with client_for(sleep=slept.append) as client:
        assert client.get(PATH, {}) == []
    assert slept == [7.0]


def test_wish_beyond_the_deadline(mocked):
    error = error_of(mocked, b"{}", 429, headers={"Retry-After": "7200"})
    assert "asks to wait 120 minutes, but this run has 60 seconds left" in error.message
    assert error.fix == "try again in 120 minutes"
    assert len(mocked.calls) == 1


def test_number_of_attempts(mocked):
    error_of(mocked, b"{", client=client_for(attempts=2))
    assert len(mocked.calls) == 2


def test_deadline_that_has_passed(mocked):
    error = error_of(mocked, client=client_for(seconds=0))
    assert error.message == "not read within the time limit of 0 seconds"
    assert len(mocked.calls) == 0


def test_name_that_cannot_be_resolved(monkeypatch):
    def unknown(*_arguments, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with client_for() as client, pytest.raises(UnreadError) as caught:
        client.get(PATH, {})
    assert caught.value.message == f"the name in {HOST}{PATH} cannot be resolved (4 attempts)"


def test_token_is_in_no_header_of_the_session(mocked):
    mocked.get(HOST + PATH, json=[])
    with client_for() as client:
        client.get(PATH, {})
        (session,) = client._sessions
        assert "Authorization" not in session.headers
        assert session.auth is None
        assert not session.trust_env
        assert TOKEN not in repr(vars(client))


def test_every_thread_has_its_own_session(mocked):
    mocked.get(HOST + PATH, json=[])
    with client_for() as client:
        threads = [threading.Thread(target=client.get, args=(PATH, {})) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.get(PATH, {})
        client.get(PATH, {})
        assert len(client._sessions) == 4


def test_proxy(monkeypatch):
    assert client_for().proxy is None
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:password@proxy.example:3128/")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.example:1080")
    assert client_for().proxy == "proxy.example:3128"
    assert client_for("http://127.0.0.1:8080").proxy is None
    assert client_for("http://localhost").proxy is None
    monkeypatch.setenv("NO_PROXY", "truefoundry.cloud")
    assert client_for().proxy is None


@pytest.mark.parametrize("variable", AUTHORITIES[:3])
def test_authorities_of_the_environment(monkeypatch, variable):
    monkeypatch.setenv(variable, requests.certs.where())
    assert client_for()._verify == requests.certs.where()


def test_authorities(tmp_path, monkeypatch):
    assert client_for()._verify is True
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    given = client_for(ca_bundle=tmp_path)
    assert given._verify == str(tmp_path)
    assert client_for("http://127.0.0.1")._verify is True


def test_authorities_that_cannot_be_used(tmp_path, monkeypatch):
    (tmp_path / "empty.pem").write_text("")
    for name, words in (("nowhere.pem", "No such file"), ("empty.pem", "it contains no certificates")):
        with pytest.raises(InvalidError, match=f"--ca-bundle .*{name} cannot be used: {words}"):
            client_for(ca_bundle=tmp_path / name)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / name))
        with pytest.raises(InvalidError, match=f"REQUESTS_CA_BUNDLE .*{name} cannot be used: {words}"):
            client_for()


def test_key_log_is_refused(monkeypatch):
    monkeypatch.setenv("SSLKEYLOGFILE", "keys.log")
    with pytest.raises(InvalidError, match="SSLKEYLOGFILE"):
        client_for()
    client_for("http://127.0.0.1")
