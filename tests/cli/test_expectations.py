"""Expectations: a token that sees only a part of the tenant gets a small and true total, and is detected."""

from __future__ import annotations

import pytest

from auditor.demo import sample_tenant


@pytest.fixture
def audited(start_plane, environment, run_auditor, tmp_path):
    """Audit this many repos of the sample tenant under these expectations."""

    def run(expect: str, repos: int = 250):
        (tmp_path / "auditor.yaml").write_text(f"expect: {expect}\n", "utf-8")
        rows = sample_tenant(max(repos, 1))[:repos]
        return run_auditor("audit", env=environment(start_plane(rows)))

    return run


@pytest.mark.parametrize(
    "expect",
    [
        "{tenant: truefoundry}",
        "{min_repos: 250}",
        "{include: [devtest-finetuning-test-420]}",
        "{tenant: truefoundry, min_repos: 1, include: []}",
        "{}",
    ],
)
def test_what_holds_changes_nothing(audited, expect):
    assert audited(expect).code == 1


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("{tenant: acme}", ["expect.tenant", "truefoundry", "expected acme"]),
        ("{min_repos: 251}", ["expect.min_repos", "250 repos", "at least 251"]),
        ("{include: [devtest-finetuning-test-420, nowhere]}", ["expect.include", "nowhere"]),
    ],
)
def test_what_does_not_hold_makes_the_run_incomplete(audited, expect, words):
    ran = audited(expect)
    assert ran.code == 3
    for word in words:
        assert word in ran.last_line


def test_an_empty_tenant_is_clean_only_if_the_configuration_expects_it(audited):
    assert audited("{}", repos=0).code == 3
    assert audited("{min_repos: 1}", repos=0).code == 3
    assert audited("{min_repos: 0}", repos=0).code == 0


@pytest.mark.parametrize(("repos", "code"), [(250, 1), (225, 1), (224, 3), (1, 3)])
def test_a_drop_since_an_earlier_snapshot_is_found(start_plane, environment, run_auditor, tmp_path, repos, code):
    assert run_auditor("fetch", "-o", "before.ndjson.gz", env=environment(start_plane())).code == 0
    (tmp_path / "auditor.yaml").write_text("expect: {max_drop: 10%, previous: before.ndjson.gz}\n", "utf-8")
    ran = run_auditor("audit", env=environment(start_plane(sample_tenant()[:repos])))
    assert ran.code == code
    assert ("expect.max_drop" in ran.last_line) is (code == 3)


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("{min_repo: 3}", ["did you mean 'min_repos'"]),
        ("{min_repos: -1}", ["an integer"]),
        ("{min_repos: true}", ["an integer"]),
        ("{max_drop: 10%}", ["max_drop and previous"]),
        ("{max_drop: 0.1, previous: x}", ["percentage"]),
        ("{max_drop: 200%, previous: x}", ["percentage"]),
        ("{max_drop: 10%, previous: nowhere.gz}", ["nowhere.gz", "cannot be used"]),
        ("{include: one}", ["expected a list"]),
    ],
)
def test_a_wrong_expectation_names_its_place(audited, expect, words):
    ran = audited(expect)
    assert ran.code == 2
    assert "auditor.yaml:1:" in ran.last_line
    for word in words:
        assert word in ran.last_line


MANIFEST = """\
type: ml-repo
name: fraud-scoring-prod
description: Card fraud scoring models and their evaluation runs.
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml-prod
"""


@pytest.mark.parametrize("command", [["check", "a.yaml"], ["check", "a.yaml", "--quiet"], ["fix", "a.yaml"]])
@pytest.mark.parametrize(
    "expect",
    [
        "{tenant: acme}",
        "{min_repos: 200}",
        "{include: [nowhere]}",
        "{max_drop: 10%, previous: nowhere.gz}",
    ],
)
def test_files_alone_are_not_a_tenant_of_which_something_is_expected(run_auditor, tmp_path, command, expect):
    (tmp_path / "a.yaml").write_text(MANIFEST, "utf-8")
    (tmp_path / "auditor.yaml").write_text(f"expect: {expect}\n", "utf-8")
    ran = run_auditor(*command)
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("command", ["check", "fix"])
def test_a_wrong_expectation_is_rejected_even_if_it_is_not_evaluated(run_auditor, tmp_path, command):
    (tmp_path / "a.yaml").write_text(MANIFEST, "utf-8")
    (tmp_path / "auditor.yaml").write_text("expect: {min_repo: 3}\n", "utf-8")
    assert run_auditor(command, "a.yaml").code == 2


@pytest.mark.parametrize("expect", ["{}", "{min_repos: 200}"])
@pytest.mark.parametrize("command", ["check", "fix"])
def test_a_run_without_manifests_never_advises_weaker_expectations(run_auditor, tmp_path, command, expect):
    (tmp_path / "m").mkdir()
    (tmp_path / "m/a.yaml").write_text("type: mlrepo\nname: fraud-scoring-prod\n", "utf-8")
    (tmp_path / "auditor.yaml").write_text(f"expect: {expect}\n", "utf-8")
    ran = run_auditor(command, "m")
    assert ran.code == 3
    assert "pass files or directories that contain manifests" in ran.last_line
    assert ran.last_line.endswith(". So far: 1 file checked, 1 finding at or above low")
    assert "min_repos" not in ran.err + ran.out
