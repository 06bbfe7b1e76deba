"""The directory over real sockets if one of its lists fails: never a complete matrix, and the other grants remain."""

from __future__ import annotations

import json
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from auditor.cli import run
from auditor.demo import sample_directory, sample_tenant
from auditor.demo.api import Api
from auditor.http import client as client_module
from auditor.http.client import Client
from auditor.sources import control_plane
from tests.conftest import kept_signals
from tests.live.audits import ATTEMPT, SHOWN
from tests.live.faults import FaultServer, answer_bytes, cut, drip_body, hang, refuse, reset, send
from tests.live.stage import TOKEN

REPOS, BARE = 150, 130


def tenant():
    """Return 150 repos of which 130 have their grants only in bindings, one each."""
    rows = sample_tenant(REPOS)
    bare = [{**row, "manifest": dict(row["manifest"])} for row in rows[:BARE]]
    for row in bare:
        row["manifest"].pop("collaborators", None)
    directory = sample_directory(rows)
    binding = directory["role-bindings"][0]
    made = [
        {
            **binding,
            "id": f"b{number:03}",
            "manifest": {
                "name": f"b{number:03}",
                "subjects": [{"type": "team", "name": "fraud-ml"}],
                "permissions": [
                    {
                        "resourceType": "mlf-project",
                        "resourceFqn": row["manifest"]["name"],
                        "role": "mlf-project-admin",
                    }
                ],
            },
        }
        for number, row in enumerate(bare)
    ]
    for path in ("virtual-accounts", "workspaces"):
        for row in directory[path]:
            row["manifest"]["permissions"] = []
    return [*bare, *rows[BARE:]], {**directory, "role-bindings": made}


ROWS, DIRECTORY = tenant()
API = Api(ROWS, TOKEN, svc=True, directory=DIRECTORY)
LISTS = ("role-bindings", "users", "teams/user", "virtual-accounts", "workspaces", "roles")
FAULTS = {
    "cut": cut(300),
    "reset": lambda connection, _answer: reset(connection),
    "no answer": hang,
    "a byte now and then": drip_body,
    "401": refuse("401 Unauthorized", "who are you"),
    "403": refuse("403 Forbidden", "not you"),
    "500": refuse("500 Internal Server Error", "oops"),
    "502": refuse("502 Bad Gateway", "oops"),
    "a login page": send(b"<html>log in</html>", "200 OK", "Content-Type: text/html"),
    "no list": send(b'{"data": null, "pagination": {"total": 0}}'),
    "another list": send(b'{"data": [{"id": 1.5}], "pagination": {"total": 1}}'),
    "an empty page": send(b'{"data": [], "pagination": {"total": 130}}'),
}


class Struck:
    """A control plane with one list that fails from an offset on."""

    def __init__(self, path, offset, fault):
        self._server = FaultServer(self._answer, lambda number: fault if self._hit(number) else None)
        self._path, self._offset = f"/api/svc/v1/{path}", offset
        self.hits = 0

    def __enter__(self):
        self._server.__enter__()
        return self

    def __exit__(self, *_):
        self._server.__exit__()

    @property
    def url(self):
        return self._server.url

    @staticmethod
    def _target(request):
        return request.split(b" ", 2)[1].decode()

    def _answer(self, request):
        authorization = f"Bearer {TOKEN}" if TOKEN.encode() in request else None
        answer = API.answer("GET", self._target(request), authorization)
        return answer_bytes(answer.body, "200 OK" if answer.status == 200 else f"{answer.status} No")

    def _hit(self, number):
        target = urlsplit(self._target(self._server.requests[number]))
        hit = target.path == self._path and int(parse_qs(target.query).get("offset", ["0"])[0]) >= self._offset
        self.hits += hit
        return hit


@pytest.fixture
def access(monkeypatch, capsys, tmp_path):
    """Run `auditor access -f json`, without waiting."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TFY_API_KEY", TOKEN)
    for name in ("TFY_HOST", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(control_plane, "Client", partial(Client, attempts=2, sleep=lambda _seconds: None))
    monkeypatch.setattr(client_module, "READ_SECONDS", ATTEMPT)
    monkeypatch.setattr(client_module, "ATTEMPT_SECONDS", 2 * ATTEMPT)

    def ask(url, *arguments):
        with kept_signals():
            code = run(["access", "-f", "json", "--host", url, *arguments])
        captured = capsys.readouterr()
        assert not [form for form in SHOWN if form in captured.out + captured.err]
        return code, json.loads(captured.out), captured.err

    return ask


def test_without_a_fault_everything_is_seen(access):
    with Struck("nowhere", 0, hang) as plane:
        code, document, _ = access(plane.url)
    assert code == 0
    assert document["complete"]
    bound = {each["repo"]["name"] for each in document["grants"] if each["via"] == "role-binding"}
    assert len(bound) == BARE


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_list_that_fails_is_named_and_the_matrix_is_incomplete(access, path, name):
    with Struck(path, 0, FAULTS[name]) as plane:
        code, document, err = access(plane.url)
        assert plane.hits
    assert code == 3
    assert document["complete"] is False
    part = {"teams/user": "teams", "role-bindings": "role bindings", "virtual-accounts": "virtual accounts"}
    word = part.get(path, path)
    assert document["receipt"]["directory"][word] == "incomplete"
    assert document["receipt"]["unread"][0]["what"] == f"the list of {word}"
    assert f"the list of {word}" in err.splitlines()[-1]
    unseen = {each["repo"]["name"] for each in document["unseen"]}
    assert len(unseen) == (BARE if path == "role-bindings" else 0)


@pytest.mark.parametrize("name", FAULTS)
def test_half_a_list_gives_the_grants_that_are_certain_and_no_more(access, name):
    with Struck("role-bindings", 90, FAULTS[name]) as plane:
        code, document, _ = access(plane.url)
    assert code == 3
    bound = {each["repo"]["name"] for each in document["grants"] if each["via"] == "role-binding"}
    unseen = {each["repo"]["name"] for each in document["unseen"]}
    names = {row["manifest"]["name"] for row in ROWS[:BARE]}
    certain = {row["manifest"]["name"] for row in ROWS[:100]}
    assert bound >= certain if name == "another list" else bound == certain  # a row without an id stops no reading
    assert unseen == names - bound
    assert document["nobody"] == []
