"""The difference between two runs, and what cannot be determined."""

from __future__ import annotations

import json

import pytest

from tests.schemas import assert_valid
from tests.triage.conftest import GOOD, WAIVER, WITH_USERS


@pytest.fixture
def old(folder):
    folder.manifest("fraud")
    folder.check("-f", "json", "-o", "old.json")
    return folder


def diff(folder, *arguments):
    folder.check("-f", "json", "-o", "new.json")
    return folder.run("diff", "old.json", "new.json", *arguments)


def document(folder):
    found = json.loads(diff(folder, "-f", "json").out)
    assert_valid(found, "diff")
    return found


def test_what_is_new_fixed_and_still_open(old):
    old.manifest("churn", WITH_USERS.replace("sam@", "pat@"))
    found = document(old)
    assert found["counts"] == {"new": 1, "reopened": 0, "fixed": 1, "unknown": 0, "waived": 0, "still_open": 2}
    assert found["new"][0]["message"] == "user:pat@acme.example is an admin"
    assert found["fixed"][0]["message"] == "user:sam@acme.example is an admin"
    assert found["by_rule"]["ACME002"] == {"new": 1, "fixed": 1, "still open": 1}
    ran = diff(old)
    assert (ran.code, ran.last_line) == (1, "auditor: exit 1, findings: 1 new, 1 fixed, 2 still open")


def test_the_table_and_the_markdown_name_what_changed(old):
    old.manifest("churn", GOOD)
    ran = diff(old)
    assert ran.code == 0
    assert "\nFixed (3)\n  HIGH ACME002 churn: user:kim@acme.example is an admin\n" in ran.out
    assert "By rule\n| rule    |   fixed |\n" in ran.out
    shown = diff(old, "-f", "markdown").out
    assert shown.startswith("## Auditor: what changed\n\n3 fixed\n\n### Fixed (3)\n\n")
    assert "- high `ACME002` `churn`: `user:kim@acme.example is an admin`" in shown


def test_a_finding_that_is_waived_since_is_not_fixed(old):
    old.waive(WAIVER)
    assert document(old)["counts"] == {"new": 0, "reopened": 0, "fixed": 0, "unknown": 0, "waived": 1, "still_open": 2}


def test_a_finding_without_its_former_waiver_is_reopened(folder):
    folder.waive(WAIVER)
    folder.check("-f", "json", "-o", "old.json")
    folder.config()
    ran = diff(folder)
    assert (ran.code, ran.last_line) == (1, "auditor: exit 1, findings: 1 reopened, 2 still open")


def test_nothing_is_fixed_if_a_run_is_incomplete(old):
    old.manifest("churn", GOOD)
    (old.path / "m" / "broken.yaml").write_text("type: ml-repo\nname: [")
    assert document(old)["counts"]["fixed"] == 0
    ran = diff(old)
    assert ran.code == 3
    assert "no finding can be reported as fixed: new.json is incomplete: m/broken.yaml" in ran.last_line
    assert "\nNot confirmed as fixed (3)\n" in ran.out


def test_nothing_is_fixed_if_the_policy_differs(old):
    old.manifest("churn", GOOD)
    old.config(fail_on="low", rules="{ACME002: off}")
    ran = diff(old)
    assert ran.code == 3
    assert "no finding can be reported as fixed: the policies differ: sha256:" in ran.last_line


def test_nothing_is_fixed_if_the_scope_differs(old):
    report = json.loads((old.path / "old.json").read_text())
    report["receipt"]["tenant"] = "other"
    (old.path / "old.json").write_text(json.dumps(report))
    ran = diff(old)
    assert ran.code == 3
    assert "the scope differs in `tenant`: old.json has 'other', new.json has none" in ran.last_line


def test_another_severity_is_reported(old):
    report = json.loads((old.path / "old.json").read_text())
    report["findings"][0]["severity"] = "low"
    (old.path / "old.json").write_text(json.dumps(report))
    assert [each["severity_before"] for each in document(old)["changed_severity"]] == ["low"]
    assert "\nChanged severity (1)\n  ACME002 churn: low -> high\n" in diff(old).out


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"report": 1}', "policy: 1"])
def test_another_file_is_refused(old, text):
    (old.path / "old.json").write_text(text)
    ran = diff(old)
    assert (ran.code, ran.out) == (2, "")
    assert "old.json is " in ran.last_line


def test_snapshots_are_audited_first(start_plane, environment, run_auditor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = environment(start_plane())
    for name in ("old.gz", "new.gz"):
        assert run_auditor("fetch", "-o", name, env=env).code == 0
    ran = run_auditor("diff", "old.gz", "new.gz", env=env)
    assert ran.code == 0, ran.err
    assert ran.last_line.endswith("still open")


def test_a_live_baseline_comes_from_the_tenant_or_a_snapshot(
    start_plane, environment, run_auditor, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    env = environment(start_plane())
    assert run_auditor("fetch", "-o", "tenant.gz", env=env).code == 0
    live = run_auditor("baseline", "write", "-o", "live.jsonl", env=env)
    saved = run_auditor("baseline", "write", "-o", "saved.jsonl", "--snapshot", "tenant.gz", env=env)
    assert (live.code, saved.code) == (0, 0)
    assert (tmp_path / "live.jsonl").read_bytes() == (tmp_path / "saved.jsonl").read_bytes()
    assert run_auditor("audit", "tenant.gz", "--baseline", "live.jsonl", env=env).code == 0


def test_other_paths_are_another_scope(old):
    old.run("check", "m/fraud.yaml", "-f", "json", "-o", "one.json")
    ran = old.run("diff", "old.json", "one.json")
    assert ran.code == 3
    assert "the scope differs in `paths`: old.json has 'm', one.json has 'm/fraud.yaml'" in ran.last_line


def test_the_report_of_one_owner_fixes_nothing(old):
    old.config(owners="[admin-team]")
    old.check("-f", "json", "-o", "old.json")
    old.manifest("other", WITH_USERS.replace("team:fraud-ml", "team:risk"))
    old.check("--split-by", "owner", "-f", "json", "-o", "reports")
    [part] = (old.path / "reports").glob("team-risk-*.json")
    ran = old.run("diff", "old.json", str(part))
    assert ran.code == 3
    assert "no finding can be reported as fixed: the scope differs in `only_owner`: old.json has none" in ran.err


def test_another_meaning_of_roles_is_another_policy(old):
    old.config(role_levels="{acme-curator: admin}")
    assert "the policies differ: sha256:" in diff(old).last_line
    old.check("-f", "json", "-o", "old.json")
    assert diff(old).code == 0


def test_the_output_may_not_overwrite_an_input(old):
    before = (old.path / "old.json").read_text()
    for name in ("old.json", "new.json"):
        ran = diff(old, "-o", name)
        assert ran.code == 2
        assert f"the output would overwrite {name}, which is the file of {'OLD' if name == 'old.json' else 'NEW'}" in (
            ran.last_line
        )
    assert (old.path / "old.json").read_text() == before


def test_a_live_report_compares_with_a_snapshot(start_plane, environment, run_auditor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = environment(start_plane())
    assert run_auditor("fetch", "-o", "tenant.gz", env=env).code == 0
    assert run_auditor("audit", "-f", "json", "-o", "live.json", env=env).code == 1
    ran = run_auditor("diff", "live.json", "tenant.gz", env=env)
    assert ran.code == 0, ran.err


def test_a_snapshot_with_fewer_repos_than_expected_fixes_nothing(
    start_plane, environment, run_auditor, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    env = environment(start_plane())
    assert run_auditor("fetch", "-o", "tenant.gz", env=env).code == 0
    (tmp_path / "auditor.yaml").write_text("expect: {min_repos: 1000}\n")
    ran = run_auditor("diff", "tenant.gz", "tenant.gz", env=env)
    assert ran.code == 3
    assert "no finding can be reported as fixed: tenant.gz is incomplete" in ran.last_line
