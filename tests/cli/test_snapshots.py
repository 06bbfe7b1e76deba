"""Snapshots: the same findings as live, and refused if a single byte differs from what was written."""

from __future__ import annotations

import gzip
import hashlib
import json
import stat
from datetime import timedelta

import pytest

from auditor.demo import sample_tenant
from auditor.http.credentials import Credentials, Secret
from auditor.model import ABSENT, DIRECTORY_PARTS, NOT_PROVIDED, Directory, Provider, Unread
from auditor.model.values import parse_timestamp
from auditor.sources.control_plane import ControlPlane
from auditor.sources.snapshot.reader import Snapshot
from auditor.sources.snapshot.writer import trailer_of
from tests.schemas import assert_valid


@pytest.fixture
def taken(start_plane, environment, run_auditor, tmp_path):
    """Take a snapshot of the sample tenant; return its path and the environment."""
    env = environment(start_plane())
    ran = run_auditor("fetch", "-o", "tenant.ndjson.gz", env=env)
    assert ran.code == 0, ran.err
    return tmp_path / "tenant.ndjson.gz", env


def test_a_snapshot_gives_the_findings_of_a_live_audit(taken, run_auditor):
    path, env = taken
    live = json.loads(run_auditor("audit", "-f", "json", env=env).out)
    saved = json.loads(run_auditor("audit", str(path), "-f", "json").out)
    assert saved["findings"] == live["findings"]
    assert saved["not_evaluated"] == live["not_evaluated"]
    assert saved["verdict"] == live["verdict"]
    same = ("host", "tenant", "identity", "total", "repos", "ids_sha256", "policy_sha256", "rules")
    assert {key: saved["receipt"][key] for key in same} == {key: live["receipt"][key] for key in same}
    assert saved["receipt"]["source"] == "snapshot"


def test_it_is_lines_of_json_that_its_owner_alone_can_read(taken):
    path, env = taken
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    header, *rows, trailer = lines
    for line in lines:
        assert_valid(line, "snapshot")
    entries, repos = [row for row in rows if "directory" in row], [row for row in rows if "id" in row]
    assert rows == [*entries, *repos]
    assert [row["id"] for row in repos] == [row["id"] for row in sample_tenant()]
    assert header["repos"] == trailer["repos"] == len(repos) == 250
    assert set(header["directory"]) == {entry["directory"] for entry in entries} == set(DIRECTORY_PARTS)
    assert header["identity"] == "auditor@example.com"
    for secret in (env["TFY_API_KEY"], "auth_data", "this must never leave the control plane", "displayName"):
        assert secret.encode() not in gzip.decompress(path.read_bytes())
    size = path.stat().st_size
    hashes = [hashlib.sha256(path.read_bytes()[: size - cut]).hexdigest() for cut in range(100, 200)]
    assert trailer["sha256"] in hashes


def _directories(path, plane):
    live = ControlPlane(Credentials(plane.host, Secret(plane.token), "TFY_API_KEY")).directory(DIRECTORY_PARTS)
    return Snapshot(path).directory(DIRECTORY_PARTS), live


def test_the_directory_in_it_is_the_one_that_was_seen(start_plane, environment, run_auditor, tmp_path):
    plane = start_plane()
    assert run_auditor("fetch", "-o", "tenant.ndjson.gz", env=environment(plane)).code == 0
    saved, live = _directories(tmp_path / "tenant.ndjson.gz", plane)
    assert saved == live
    assert saved.provides == DIRECTORY_PARTS | {Provider.TENANT_GRANTS}
    assert Snapshot(tmp_path / "tenant.ndjson.gz").directory(frozenset({Provider.USERS})) == Directory(users=live.users)


def test_what_was_not_seen_of_the_directory_is_noted_and_what_is_not_there_is_absent(
    start_plane, environment, run_auditor, tmp_path
):
    plane = start_plane(without={"users": 403, "roles": 404})
    ran = run_auditor("fetch", "-o", "tenant.ndjson.gz", env=environment(plane))
    assert ran.code == 3
    assert "users (403)" in ran.last_line
    saved, live = _directories(tmp_path / "tenant.ndjson.gz", plane)
    assert saved == live
    assert saved.users.provided
    assert not saved.users.complete
    assert saved.roles == ABSENT
    ran = run_auditor("audit", "tenant.ndjson.gz", "-f", "json")
    assert ran.code == 3, "roles of users on repos are grants"
    assert [each["what"] for each in json.loads(ran.out)["receipt"]["unread"]] == ["the list of users"]


def test_parts_can_be_left_out(start_plane, environment, run_auditor, tmp_path):
    env = environment(start_plane(without={"users": 403}))
    assert run_auditor("fetch", "-o", "tenant.ndjson.gz", "--leave-out", "users", env=env).code == 0
    directory = Snapshot(tmp_path / "tenant.ndjson.gz").directory(DIRECTORY_PARTS)
    assert directory.provides == DIRECTORY_PARTS - {Provider.USERS}
    ran = run_auditor("audit", "tenant.ndjson.gz")
    assert (ran.code, "the list of users: the snapshot does not contain it" in ran.last_line) == (3, True)
    assert directory.users == NOT_PROVIDED


def test_a_snapshot_of_the_time_before_directories_is_still_read(tmp_path):
    rows = sample_tenant(2)
    header = {"snapshot": 1, "repos": 2, "finished_at": "2026-01-01T00:00:00+00:00", "unread": []}
    body = b"".join(gzip.compress(json.dumps(line).encode() + b"\n") for line in (header, *rows))
    path = tmp_path / "old.ndjson.gz"
    path.write_bytes(body + trailer_of(2, hashlib.sha256(body).hexdigest()))
    assert [item.id for item in Snapshot(path).collect()] == ["420", "421"]
    assert Snapshot(path).directory(DIRECTORY_PARTS) == Directory()


def refusal(path) -> str | None:
    """Return why a snapshot is refused, None if it is not."""
    items = list(Snapshot(path).collect())
    unread = [item for item in items if isinstance(item, Unread)]
    assert not unread or items == unread, "nothing of a rejected snapshot is checked"
    return unread[0].reason if unread else None


@pytest.fixture
def small(start_plane, environment, run_auditor, tmp_path):
    """Take a snapshot of three repos and a user."""
    path = tmp_path / "small.ndjson.gz"
    plane = start_plane(sample_tenant(3), directory={"users": [{"id": "u", "email": "a@x.org", "active": True}]})
    assert run_auditor("fetch", "-o", str(path), env=environment(plane)).code == 0
    assert refusal(path) is None
    return path


def test_any_byte_that_is_flipped_is_found(small, tmp_path):
    whole = small.read_bytes()
    other = tmp_path / "flipped.ndjson.gz"
    for index in range(len(whole)):
        for mask in (0x01, 0x80, 0xFF):
            other.write_bytes(whole[:index] + bytes([whole[index] ^ mask]) + whole[index + 1 :])
            assert refusal(other), f"byte {index} with {mask:#x}"


def test_any_cut_and_any_addition_is_found(small, tmp_path):
    whole = small.read_bytes()
    other = tmp_path / "cut.ndjson.gz"
    for length in range(len(whole)):
        other.write_bytes(whole[:length])
        assert refusal(other), f"{length} bytes"
    for addition in (b"\0", b"\n", whole[-1:], whole):
        other.write_bytes(whole + addition)
        assert refusal(other)


def test_an_edited_and_packed_again_snapshot_is_found(small, tmp_path, run_auditor):
    text = gzip.decompress(small.read_bytes()).replace(b"mlf-project-admin", b"mlf-project-guest")
    (tmp_path / "edited.ndjson.gz").write_bytes(gzip.compress(text))
    ran = run_auditor("audit", "edited.ndjson.gz")
    assert ran.code == 3
    assert "SHA-256" in ran.last_line
    assert "auditor fetch" in ran.last_line


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"PK\x03\x04", gzip.compress(b"", mtime=0), gzip.compress(b"{}\n" * 90, mtime=0)]
)
def test_what_is_no_snapshot_is_refused(content, tmp_path, run_auditor):
    (tmp_path / "other").write_bytes(content)
    ran = run_auditor("audit", "other")
    assert ran.code == 3
    assert "CLEAN" not in ran.out


def test_an_old_snapshot_is_refused_and_a_young_one_is_not(taken, run_auditor):
    path, _ = taken
    assert run_auditor("audit", str(path), "--max-age", "1h").code == 1
    taken_at = parse_timestamp(json.loads(gzip.decompress(path.read_bytes()).splitlines()[0])["finished_at"])
    later = str(int((taken_at + timedelta(hours=25)).timestamp()))
    ran = run_auditor("audit", str(path), "--max-age", "24h", env={"SOURCE_DATE_EPOCH": later})
    assert ran.code == 3
    assert "--max-age" in ran.last_line
    assert "0 of 250 repos, 8 pages, 2 passes, list complete (proved by count)" in " ".join(ran.out.split())
    assert "250 of 250 repos, 8 pages, 2 passes, complete (proved by" in " ".join(
        run_auditor("audit", str(path)).out.split()
    )


def test_ages_are_those_of_the_moment_it_was_taken(taken, run_auditor):
    path, _ = taken
    now = run_auditor("audit", str(path), "-f", "json").out
    later = run_auditor("audit", str(path), "-f", "json", env={"SOURCE_DATE_EPOCH": "4102444800"}).out
    assert json.loads(now)["findings"] == json.loads(later)["findings"]


def test_a_missing_snapshot_is_a_mistake_of_the_user(run_auditor):
    ran = run_auditor("audit", "nowhere.ndjson.gz")
    assert ran.code == 2
    assert "auditor fetch" in ran.last_line


def test_max_age_without_a_snapshot_has_no_effect_and_says_so(run_auditor):
    assert run_auditor("audit", "--max-age", "1h").code == 2


def test_what_was_not_seen_is_noted_in_it(start_plane, environment, run_auditor, tmp_path):
    rows = sample_tenant(3)
    rows[1] = {**rows[1], "manifest": "gone"}
    ran = run_auditor("fetch", "-o", "part.ndjson.gz", env=environment(start_plane(rows)))
    assert ran.code == 3
    assert f"repo {rows[1]['id']}" in ran.last_line
    audited = run_auditor("audit", "part.ndjson.gz", "-f", "json")
    assert audited.code == 3
    assert json.loads(audited.out)["receipt"]["unread"][0]["what"] == f"repo {rows[1]['id']}"


def test_an_empty_tenant_is_not_a_complete_snapshot(start_plane, environment, run_auditor):
    assert run_auditor("fetch", "-o", "none.ndjson.gz", env=environment(start_plane([]))).code == 3


def test_a_snapshot_that_cannot_be_written_leaves_the_old_one(taken, run_auditor, tmp_path):
    _, env = taken
    ran = run_auditor("fetch", "-o", "nowhere/tenant.ndjson.gz", env=env)
    assert ran.code == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "tenant.ndjson.gz"]
