"""`policy try`: what a pack would find on a snapshot, before it is enforced."""

from __future__ import annotations

import json

import pytest

PACK = """\
policy: 1
name: named
version: 1.0.0
title: Names
rules:
  - id: NAM001
    name: prod-name
    title: Names end with prod
    severity: low
    must:
      manifest.name: {like: "*-prod"}
"""


@pytest.fixture
def snapshot(start_plane, environment, run_auditor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = environment(start_plane())
    assert run_auditor("fetch", "-o", "tenant.gz", env=env).code == 0
    (tmp_path / "named.yaml").write_text(PACK)
    (tmp_path / "auditor.yaml").write_text("owners: [admin-team]\n")
    return run_auditor


def test_it_counts_the_repos_that_would_newly_fail(snapshot, tmp_path):
    before = sorted(each.name for each in tmp_path.iterdir())
    ran = snapshot("policy", "try", "named.yaml", "--snapshot", "tenant.gz", "-f", "json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    names = {each["repo"] for each in found["findings"] if each["rule"] == "NAM001"}
    assert names
    assert not [name for name in names if name.endswith("-prod")]
    assert found["by_rule"]["NAM001"] == {"findings": len(names), "repos": len(names)}
    assert sum(each["findings"] for each in found["by_owner"].values()) == len(found["findings"])
    assert sum(each["findings"] for each in found["by_severity"].values()) == len(found["findings"])
    assert f"{found['newly_failing_repos']} of 250 repos would newly fail" in ran.last_line
    assert sorted(each.name for each in tmp_path.iterdir()) == before


def test_findings_of_the_pack_in_force_are_not_new(snapshot):
    ran = snapshot("policy", "try", "named.yaml", "--against", "named.yaml", "--snapshot", "tenant.gz")
    assert (ran.code, ran.out) == (0, "")
    assert "0 of 250 repos would newly fail, with 0 findings, compared with the --against packs" in ran.last_line


def test_the_text_has_counts_and_samples(snapshot):
    ran = snapshot("policy", "try", "named.yaml", "--against", "hygiene", "--snapshot", "tenant.gz")
    assert [line for line in ran.out.splitlines() if line.startswith("| NAM001 prod-name")]
    assert "\n| team:" in ran.out
    assert len([line for line in ran.out.splitlines() if line.startswith(("NAM001 ", "NAM001: "))]) == 4


def test_numbers_that_may_be_too_low_are_incomplete(start_plane, environment, run_auditor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = environment(start_plane())
    assert run_auditor("fetch", "-o", "tenant.gz", "--leave-out", "users", env=env).code == 0
    ran = run_auditor("policy", "try", "hygiene", "production", "--snapshot", "tenant.gz", env=env)
    assert ran.code == 3, ran.err


def test_a_missing_snapshot_is_named(snapshot):
    ran = snapshot("policy", "try", "named.yaml", "--snapshot", "nowhere.gz")
    assert ran.code == 2
    assert "the snapshot nowhere.gz does not exist" in ran.last_line


def test_findings_below_fail_on_do_not_fail(snapshot, tmp_path):
    (tmp_path / "auditor.yaml").write_text("fail_on: medium\n")
    ran = snapshot("policy", "try", "named.yaml", "--snapshot", "tenant.gz", "-f", "json")
    assert "NAM001" not in json.loads(ran.out)["by_rule"]
    assert "0 of 250 repos would newly fail" in ran.last_line


def test_a_snapshot_that_is_not_what_is_expected_is_incomplete(snapshot, tmp_path):
    (tmp_path / "auditor.yaml").write_text("expect: {min_repos: 1000}\n")
    ran = snapshot("policy", "try", "named.yaml", "--snapshot", "tenant.gz")
    assert ran.code == 3
