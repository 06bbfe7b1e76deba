"""The documented answer of the list endpoint, served exactly as in the vendor's API reference.

Its one repo always comes with a `total` of 100, so the audit checks the repo and reports an incomplete run.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ANSWER = (Path(__file__).parent.parent / "data" / "list-ml-repos.json").read_bytes()
PATH = "/api/ml/v1/ml-repos"


@pytest.fixture
def documented(request):
    """Serve an answer at the documented path only; with `pages`, an `offset` beyond the repos gives an empty page."""
    whole, requests = request.param, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            requests.append((url.path, self.headers["Authorization"]))
            body = ANSWER
            if whole:
                document = json.loads(ANSWER)
                offset = int(parse_qs(url.query).get("offset", ["0"])[0])
                document["pagination"] = {"total": 1, "offset": offset, "limit": 100}
                document["data"] = document["data"][offset:]
                body = json.dumps(document).encode()
            found = url.path == PATH
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) if found else 2))
            self.end_headers()
            self.wfile.write(body if found else b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", requests
    server.shutdown()
    server.server_close()
    thread.join()


def audited(run_auditor, host: str, *arguments: str):
    return run_auditor("audit", "-f", "json", *arguments, env={"TFY_HOST": host, "TFY_API_KEY": "tfy_documented"})


EXPECTED = [
    {
        "rule": "MLR020",
        "name": "user-as-admin",
        "severity": "high",
        "repo": {"id": "420", "name": "devtest-finetuning-test-420", "tenant": "truefoundry"},
        "message": "user:user1@example.com has admin role mlf-project-admin on devtest-finetuning-test-420 directly "
        "(inline); grant it to a team",
        "path": "/collaborators/0/subject",
        "got": '"user"',
    }
]


def facts(report: dict) -> list[dict]:
    return [{key: each[key] for key in EXPECTED[0]} for each in report["findings"]]


@pytest.mark.parametrize("documented", [True], indirect=True)
def test_the_documented_repo_has_exactly_the_findings_that_the_rules_imply(documented, run_auditor):
    host, requests = documented
    ran = audited(run_auditor, host)
    report = json.loads(ran.out)
    assert facts(report) == EXPECTED
    assert report["receipt"]["repos"] == 1
    assert ran.code == 1
    assert {path for path, _ in requests} >= {PATH}
    assert {token for _, token in requests} == {"Bearer tfy_documented"}


@pytest.mark.parametrize("documented", [True], indirect=True)
def test_with_a_company_domain_it_still_has_only_that_finding(documented, run_auditor):
    report = json.loads(audited(run_auditor, documented[0], "--param", "company_domains=example.com").out)
    assert facts(report) == EXPECTED


@pytest.mark.parametrize("documented", [False], indirect=True)
def test_the_documented_repo_is_checked_and_the_run_is_incomplete(documented, run_auditor):
    ran = audited(run_auditor, documented[0])
    report = json.loads(ran.out)
    assert facts(report) == EXPECTED
    assert report["receipt"]["repos"] == 1
    assert report["receipt"]["total"] == 100
    assert ran.code == 3
    assert report["verdict"]["status"] == "incomplete"
