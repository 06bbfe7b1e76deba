"""Bad input: one sentence with what, where and what to do; the right exit code; never clean, never a traceback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from auditor.demo import sample_tenant

TOKEN = "tfy_canary_8f14e45fceea167a"


@pytest.fixture
def serve() -> Iterator:
    """Answer every request with the same status, type and body; return the host."""
    servers = []

    def start(status: int, body: bytes, content_type: str = "application/json") -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def page(rows: list, total: object = None) -> bytes:
    return json.dumps({"data": rows, "pagination": {"total": len(rows) if total is None else total}}).encode()


def refused(ran, code: int, *words: str) -> None:
    """Assert that the run ended with this code and one sentence with these words, and was not reported as clean."""
    assert ran.code == code, ran
    assert ran.last_line.startswith(f"auditor: exit {code}, ")
    for word in words:
        assert word in ran.last_line
    for text in (ran.out, ran.err):
        assert "Traceback" not in text
        assert TOKEN not in text
        assert "CLEAN" not in text


def test_a_wrong_token_names_the_host_and_where_the_token_came_from(run_at_once, start_plane):
    host = start_plane().host
    ran = run_at_once("audit", env={"TFY_HOST": host, "TFY_API_KEY": TOKEN})
    refused(ran, 3, host, "401", "TFY_API_KEY")


def test_no_credentials(run_auditor):
    refused(run_auditor("audit"), 2, "TFY_HOST", "TFY_API_KEY", "tfy login")


def test_a_token_without_a_host(run_auditor):
    refused(run_auditor("audit", env={"TFY_API_KEY": TOKEN}), 2, "TFY_HOST", "--host")


@pytest.mark.parametrize("host", ["http://control.example.com", "http://10.0.0.7", "http://127.0.0.1.evil.example"])
def test_plain_http_is_for_loopback_only(run_auditor, host):
    refused(run_auditor("audit", env={"TFY_HOST": host, "TFY_API_KEY": TOKEN}), 2, "TFY_HOST", "https://")


def test_no_server_is_listening(run_at_once):
    env = {"TFY_HOST": "http://127.0.0.1:1", "TFY_API_KEY": TOKEN}
    refused(run_at_once("audit", env=env), 3, "http://127.0.0.1:1", "refused")


def test_a_login_page_instead_of_json(run_at_once, serve):
    host = serve(200, b"<!doctype html><title>Sign in</title>", "text/html")
    refused(run_at_once("audit", env={"TFY_HOST": host, "TFY_API_KEY": TOKEN}), 3, "login", host)


def test_a_500_storm(run_at_once, serve):
    host = serve(500, b'{"message": "database is down"}')
    refused(run_at_once("audit", env={"TFY_HOST": host, "TFY_API_KEY": TOKEN}), 3, "500", host)


def test_a_host_without_the_api(run_at_once, serve):
    host = serve(404, b'{"message": "not found"}')
    ran = run_at_once("audit", env={"TFY_HOST": host, "TFY_API_KEY": TOKEN})
    refused(ran, 2, host, "/api/svc/v1/ml-repos", "/api/ml/v1/ml-repos")


def test_an_empty_tenant_is_not_clean(run_at_once, start_plane, environment):
    refused(run_at_once("audit", env=environment(start_plane([]))), 3, "no repos are visible", "token")


@pytest.mark.parametrize("manifest", ["text", 7, None, [], True])
def test_a_manifest_that_is_not_an_object(run_at_once, start_plane, environment, manifest):
    rows = sample_tenant(3)
    rows[1] = {**rows[1], "manifest": manifest}
    ran = run_at_once("audit", env=environment(start_plane(rows)))
    refused(ran, 3, f"repo {rows[1]['id']}", "manifest", "expected an object")


def test_a_value_of_the_wrong_type_is_found_and_keeps_the_run_from_being_complete(
    run_auditor, start_plane, environment
):
    rows = sample_tenant(3)
    rows[1] = {**rows[1], "manifest": {**rows[1]["manifest"], "description": 42}}
    ran = run_auditor("audit", "-f", "json", env=environment(start_plane(rows)))
    refused(ran, 3, "MLR001", "42")
    assert "MLS004" in {each["rule"] for each in json.loads(ran.out)["findings"]}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"data": null, "pagination": {"total": 1}}',
        b'{"data": {}, "pagination": {"total": 1}}',
        b'{"data": []}',
        b'{"data": [], "pagination": {"total": null}}',
        b'{"data": [], "pagination": {"total": true}}',
        b'{"data": [], "pagination": {"total": -1}}',
        b'{"data": [], "pagination": {"total": "0"}}',
        b'{"data": [], "pagination": {"total": 0.0}}',
        b'{"data": [7], "pagination": {"total": 1}}',
        b'{"data": [{"manifest": {}}], "pagination": {"total": 1}}',
        b'{"data": [{"id": 7, "manifest": {}}], "pagination": {"total": 1}}',
        b'{"data": [{"id": "", "manifest": {}}], "pagination": {"total": 1}}',
        b'{"data": [], "pagination": {"total": 0, "offset": 5}}',
        b'{"data": [], "pagination": {"total": 9}}',
        b'{"data": [], "data": [], "pagination": {"total": 0}}',
        b'{"data": [], "pagination": {"total": NaN}}',
        b'{"data": [',
        b"",
        b"\xff\xfe",
    ],
)
def test_an_answer_that_is_no_page(run_at_once, serve, body):
    ran = run_at_once("audit", env={"TFY_HOST": serve(200, body), "TFY_API_KEY": TOKEN})
    refused(ran, 3)


def test_the_same_page_forever(run_at_once, serve):
    host = serve(200, page(sample_tenant(2), total=500))
    refused(run_at_once("audit", env={"TFY_HOST": host, "TFY_API_KEY": TOKEN}), 3)


POLICY = """\
policy: 1
name: acme
version: 1.0.0
title: Rules of ACME
rules:
  - id: ACME001
    name: missing-description
    title: Repos have a description
    severity: medium
    must:
      manifest.description: {blank: false}
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("severity: medium", "severity: medum", "9:15", ["'medum'", "did you mean 'medium'"]),
        ("manifest.description", "manifest.descripton", "11:7", ["did you mean 'manifest.description'"]),
        ("blank", "blnk", "11:30", ["unknown operator 'blnk'", "did you mean 'blank'"]),
        ("must:", "mst:", "10:5", ["unknown key 'mst'", "did you mean 'must'"]),
        ("rules:", "rule:", "5:1", ["unknown key 'rule'", "did you mean 'rules'"]),
        ("{blank: false}", "{blank: no}", "11:37", ["true or false"]),
        ("{blank: false}", "{}", "11:29", ["empty"]),
        ("policy: 1", "policy: 2", "1:9", ["expected 1"]),
        ("version: 1.0.0\n", "version: 1.0.0\nversion: 1.0.1\n", "4:1", ["duplicate key"]),
    ],
)
def test_a_typo_in_a_policy_names_its_place_and_the_nearest_right_word(run_auditor, tmp_path, old, new, place, words):
    (tmp_path / "acme.yaml").write_text(POLICY.replace(old, new), "utf-8")
    refused(run_auditor("demo", "--policy", "acme.yaml"), 2, f"acme.yaml:{place}: ", *words)


def test_a_policy_that_checks_nothing(run_auditor, tmp_path):
    (tmp_path / "acme.yaml").write_text(POLICY[: POLICY.index("rules:")] + "rules: []\n", "utf-8")
    refused(run_auditor("demo", "--policy", "acme.yaml"), 2, "acme.yaml:5:8: ", "rules is empty; add at least one rule")
    (tmp_path / "acme.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "auditor.yaml").write_text("policies: [acme.yaml]\nrules: {ACME001: off}\n", "utf-8")
    refused(run_auditor("demo"), 2, "checks nothing")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--fail-on", "hihg"], ["'hihg'", "high"]),
        (["demo", "--fail-onn", "high"], ["--fail-on"]),
        (["demoo"], ["did you mean 'demo'"]),
        (["demo", "--policy", "ml-repo-basline"], ["did you mean 'ml-repo-baseline'"]),
        (["demo", "--param", "max_admin=3"], ["did you mean 'max_admins'"]),
        (["demo", "--param", "max_admins=many"], ["'many' is not a number"]),
        (["demo", "--param", "max_admins"], ["NAME=VALUE"]),
        (["demo", "--param", "empty_after=soon"], ["'soon' is not a duration"]),
        (["demo", "--param", "name_pattern=(?=x)"], ["RE2"]),
        (["demo", "--config", "nowhere.yaml"], ["nowhere.yaml"]),
        (["demo", "--format", "xml"], ["'xml'"]),
        (["demo", "--report", "json"], ["FORMAT=FILE"]),
        (["demo", "--report", "jsn=r.json"], ["did you mean 'json'"]),
        (["demo", "--report", "json=r", "--report", "table=./r"], ["same file"]),
        (["demo", "--repos", "0"], ["0"]),
        (["audit", "--token-file", "nowhere"], ["nowhere"]),
        (["audit", "extra"], ["extra"]),
    ],
)
def test_wrong_usage(run_auditor, arguments, words):
    refused(run_auditor(*arguments), 2, *words)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("polices: []", ["1:1", "did you mean 'policies'"]),
        ("fail_on: hi", ["1:10", "expected one of"]),
        ("rules: {MLR0001: off}", ["1:9", "did you mean 'MLR001'"]),
        ("rules: {MLR001: of}", ["1:17"]),
        ("rules: {MLR001: {severty: low}}", ["did you mean 'severity'"]),
        ("rules: {MLR001: {severity: hihg}}", ["did you mean 'high'"]),
        ("params: {max_admin: 3}", ["did you mean 'max_admins'"]),
        ("params: {max_admins: three}", ["1:22", "not a number"]),
        ("reports: [{format: jsn, file: x}]", ["did you mean 'json'"]),
        ("policies: ml-repo-baseline", ["expected a list"]),
        ("- a", ["expected a mapping"]),
        ("a: b: c", ["1:5"]),
        ("", ["no document"]),
        ("fail_on: low\npolicies: []\n", [":2:11:", "add a pack", "ml-repo-baseline"]),
    ],
)
def test_a_wrong_configuration(run_auditor, tmp_path, config, words):
    (tmp_path / "auditor.yaml").write_text(config, "utf-8")
    refused(run_auditor("demo"), 2, "auditor.yaml:", *words)


def test_a_configuration_that_cannot_be_read_is_not_ignored(run_auditor, tmp_path):
    (tmp_path / "auditor.yaml").symlink_to("auditor.yaml")
    refused(run_auditor("check", "."), 2, "auditor.yaml cannot be read: ", "fix or remove it")
