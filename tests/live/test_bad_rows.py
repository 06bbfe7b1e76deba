"""A bad row costs one row: the others are audited, and the run is incomplete without further passes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from auditor.sources.directory.entries import KINDS
from tests.live.audits import NOW, write_pack
from tests.live.faults import FaultServer, answer_bytes
from tests.live.stage import LISTS, TOKEN

CASE = json.loads((Path(__file__).parent.parent / "data" / "rows.json").read_text("utf-8"))
USERS = "/api/svc/v1/users"


def repo(repo_id, name, **keys):
    manifest = {"type": "ml-repo", "name": name, "storage_integration_fqn": "acme:aws:a:blob-storage:b"}
    manifest["collaborators"] = [{"subject": "team:ml", "role_id": "mlf-project-admin"}]
    return {"id": repo_id, "tenant_name": "acme", "manifest": manifest, **keys}


def serving(**lists):
    """Serve lists by the last part of their path, one page at a time; other paths are answered with 404."""

    def answer(request):
        target = urlsplit(request.split(b" ", 2)[1].decode())
        document = lists.get(target.path.rpartition("/")[2].replace("-", "_"))
        if document is None or target.path == LISTS[1]:
            return answer_bytes(b"{}", "404 Not Found")
        query = {key: int(value) for key, [value] in parse_qs(target.query).items() if value.isdigit()}
        document = dict(document) if isinstance(document, dict) else {"data": document}
        document["data"] = document["data"][query["offset"] :][: query["limit"]]
        if "pagination" in document:
            document["pagination"] = {**document["pagination"], "offset": query["offset"]}
        return answer_bytes(json.dumps(document).encode())

    return FaultServer(answer)


@pytest.fixture
def audit(run_auditor, tmp_path):
    """Audit a control plane with two rules; return the exit code, the report and how many pages of repos were read."""

    def run(server, *arguments):
        env = {"TFY_HOST": server.url, "TFY_API_KEY": TOKEN, "SOURCE_DATE_EPOCH": NOW}
        ran = run_auditor("audit", "-f", "json", "--policy", write_pack(tmp_path), *arguments, env=env)
        report = json.loads(ran.out)
        assert report["verdict"]["exit_code"] == ran.code
        return ran.code, report["receipt"], report

    return run


def unread(receipt):
    return {each["what"]: each["reason"] for each in receipt["unread"]}


def test_a_null_costs_itself_and_a_number_is_its_digits(audit):
    with serving(ml_repos=CASE) as server:
        code, receipt, report = audit(server)
    assert (code, receipt["repos"], receipt["passes"]) == (3, 2, 2)
    assert unread(receipt) == {"row 2 of the list of repos": "got null, expected an object with an id"}
    assert {each["repo"]["id"] for each in report["findings"]} == {"1", "3"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("text", "got string, expected an object with an id"),
        ([], "got list, expected an object with an id"),
        (repo(None, "b"), 'its id is missing or null, expected a string or an integer (name in its manifest: "b")'),
        (repo("", "b"), 'its id is empty, expected a string or an integer (name in its manifest: "b")'),
        (repo(True, "b"), 'its id is a boolean, expected a string or an integer (name in its manifest: "b")'),
        (repo(2.5, "b"), 'its id is a number, expected a string or an integer (name in its manifest: "b")'),
        (repo(-2, "b"), 'its id is a number, expected a string or an integer (name in its manifest: "b")'),
        ({}, "its id is missing or null, expected a string or an integer"),
        (repo("2", "b", note="\ud83d"), '"2" has text with a lone surrogate'),
        (repo(2, "b", **{"\udc00": {}}), "2 has text with a lone surrogate"),
    ],
)
def test_an_invalid_row_is_unread_by_its_place(audit, row, reason):
    with serving(ml_repos=[repo("1", "a"), row, repo("3", "c")]) as server:
        code, receipt, _ = audit(server)
    assert (code, receipt["repos"], receipt["passes"]) == (3, 2, 2)
    assert unread(receipt) == {"row 2 of the list of repos": reason}


@pytest.mark.parametrize("manifest", ["{}", None, 5, []])
def test_a_repo_without_a_manifest_is_unread_by_its_id(audit, manifest):
    with serving(ml_repos=[repo("1", "a"), repo(2, "b") | {"manifest": manifest}]) as server:
        code, receipt, _ = audit(server)
    assert (code, receipt["repos"], receipt["passes"]) == (3, 1, 2)
    assert list(unread(receipt)) == ["repo 2"]


@pytest.mark.parametrize("ids", [(3, "3"), ("3", 3)])
def test_ids_that_clash_are_named_without_many_passes(audit, ids):
    with serving(ml_repos=[repo("1", "a"), *(repo(each, "b") for each in ids)]) as server:
        code, receipt, _ = audit(server)
    assert (code, receipt["repos"], receipt["passes"]) == (3, 2, 2)
    assert "two rows have this id, one as a number and one as a string" in unread(receipt)["repo 3"]


@pytest.mark.parametrize("pagination", [None, {}, {"total": None}, {"total": "150"}, {"total": 150}])
def test_a_total_is_not_needed(audit, pagination):
    document = {"data": [repo(str(number), f"r{number}") for number in range(1, 151)]}
    with serving(ml_repos=document if pagination is None else {**document, "pagination": pagination}) as server:
        code, receipt, _ = audit(server)
    assert (code, receipt["repos"], receipt["unread"]) == (1, 150, [])
    assert receipt["total"] == (150 if (pagination or {}).get("total") else None)


def test_half_a_pair_outside_the_rows_makes_the_page_unread(audit):
    with serving(ml_repos={"data": [repo("1", "a")], "note": "\ud83d"}) as server:
        code, receipt, _ = audit(server)
    assert (code, receipt["repos"]) == (3, 0)
    assert list(unread(receipt)) == ["repos 0 to 99"]


def test_what_was_lost_is_lost_in_a_snapshot_too(audit, run_auditor, tmp_path):
    with serving(ml_repos=CASE) as server:
        env = {"TFY_HOST": server.url, "TFY_API_KEY": TOKEN}
        assert run_auditor("fetch", "-o", "tenant.ndjson.gz", env=env).code == 3
        code, receipt, report = audit(server, "tenant.ndjson.gz")
    assert (code, receipt["repos"]) == (3, 2)
    assert unread(receipt) == {"row 2 of the list of repos": "got null, expected an object with an id"}
    assert {each["repo"]["id"] for each in report["findings"]} == {"1", "3"}


def saved(run_auditor, tmp_path, **lists):
    """Fetch a tenant with these lists; return the unread parts of its directory."""
    with serving(ml_repos=[repo("1", "a")], **lists) as server:
        env = {"TFY_HOST": server.url, "TFY_API_KEY": TOKEN}
        assert run_auditor("fetch", "-o", "tenant.ndjson.gz", env=env).code == 3
    with gzip.open(tmp_path / "tenant.ndjson.gz") as lines:
        parts = json.loads(lines.readline())["directory"]
    return {part: unread({"unread": missed}) for part, missed in parts.items() if missed}


def test_bad_rows_of_the_directory_cost_themselves(run_auditor, tmp_path):
    users = [{"email": "a@acme.example"}, None, {"active": True}, {"id": 5, "email": "b@acme.example", "active": "yes"}]
    found = saved(run_auditor, tmp_path, users=users)["users"]
    assert found["row 2 of the list of users"] == "got null, expected an object with an id"
    assert "its id is missing or null" in found["row 3 of the list of users"]
    assert "/active is of type string" in found["the list of users"]
    assert len(found) == 3


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.thing)
def test_a_null_in_any_list_costs_itself(run_auditor, tmp_path, kind):
    name = kind.path.rpartition("/")[2].replace("-", "_")
    found = saved(run_auditor, tmp_path, **{name: [None]})
    row = f"the list of {kind.thing}s"  # nothing else was seen in it
    assert found == {kind.provider.value: {row: "got null, expected an object with an id"}}
