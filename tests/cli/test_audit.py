"""`auditor audit` and `auditor demo` as their users run them."""

from __future__ import annotations

import json
import re
import stat
from collections import Counter

import pytest

from auditor.demo import sample_directory, sample_tenant
from tests.schemas import assert_valid


@pytest.fixture
def live(start_plane, environment, run_auditor):
    """Audit the sample tenant with these arguments."""
    env = environment(start_plane())
    return lambda *arguments, **more: run_auditor("audit", *arguments, env={**env, **more})


def test_the_sample_tenant_has_findings_and_the_code_says_so(live):
    ran = live()
    assert ran.code == 1
    assert ran.last_line.startswith("auditor: exit 1, findings: ")
    assert "250 of 250 repos" in " ".join(ran.out.split())
    assert "visible to" in ran.out


def test_demo_and_audit_of_the_same_tenant_agree(live, run_auditor):
    fixed = {"SOURCE_DATE_EPOCH": "1767225600"}
    audited = json.loads(live("--format", "json", "--param", "company_domains=example.com", **fixed).out)
    demoed = json.loads(run_auditor("demo", "--format", "json", env=fixed).out)
    assert demoed["findings"] == audited["findings"]
    assert demoed["verdict"] == audited["verdict"]


def test_findings_outside_repos_are_not_counted_as_a_repo(run_auditor):
    ran = run_auditor("demo", "--repos", "40", "--policy", "migration")
    found, inside, repos = map(
        int, re.search(r"^(\d+) findings \((\d+) in (\d+) repos\)", ran.out, re.MULTILINE).groups()
    )
    assert repos <= 40
    assert inside < found


def test_the_json_report_keeps_its_schema(live):
    report = json.loads(live("--format", "json").out)
    assert_valid(report, "report")
    assert report["receipt"]["repos"] == report["receipt"]["total"] == 250
    assert report["summary"]["by_triage"]["open"] == len(report["findings"])
    assert report["summary"]["by_rule"] == dict(Counter(each["rule"] for each in report["findings"]))


def test_the_same_inputs_give_the_same_bytes(start_plane, environment, run_auditor):
    env = {**environment(start_plane()), "SOURCE_DATE_EPOCH": "1767225600"}
    outputs = {
        run_auditor("audit", "--format", "json", env={**env, "PYTHONHASHSEED": seed}).out for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


def test_the_order_in_which_repos_are_served_changes_nothing(start_plane, environment, run_auditor):
    reports = []
    for rows in (sample_tenant(), list(reversed(sample_tenant()))):
        plane = start_plane(rows, directory=sample_directory(sample_tenant()))
        env = {**environment(plane), "SOURCE_DATE_EPOCH": "1767225600"}
        report = json.loads(run_auditor("audit", "--format", "json", env=env).out)
        report["receipt"]["host"] = None
        reports.append(report)
    assert reports[0] == reports[1]


def test_an_old_control_plane_gives_the_same_findings(start_plane, environment, run_auditor):
    new, old = (
        json.loads(run_auditor("audit", "-f", "json", env=environment(start_plane(svc=svc))).out)
        for svc in (True, False)
    )
    assert old["findings"] == new["findings"]


@pytest.mark.parametrize(("fail_on", "code"), [("info", 1), ("low", 0), ("critical", 0)])
def test_info_never_fails_by_default(fail_on, code, start_plane, environment, run_auditor, tmp_path):
    (tmp_path / "auditor.yaml").write_text(
        "rules: {MLR020: off, MLR024: off}\nparams: {min_description_length: 1}\n", "utf-8"
    )
    row = sample_tenant()[0]
    row |= {"num_runs": 0, "artifact_type_counts": {}, "datasets_count": 0, "tracing_projects_count": 0}
    ran = run_auditor("audit", "--fail-on", fail_on, env=environment(start_plane([row])))
    assert "empty-repo" in ran.out
    assert ran.code == code
    assert ran.last_line.startswith(f"auditor: exit {code}, {'findings' if code else 'clean'}: ")


def test_exit_zero_maps_findings_to_zero_and_still_says_so(live):
    ran = live("--exit-zero")
    assert ran.code == 0
    assert ran.last_line.startswith("auditor: exit 0, findings: ")


def test_exit_zero_does_not_hide_an_incomplete_run(start_plane, environment, run_auditor):
    ran = run_auditor("audit", "--exit-zero", env=environment(start_plane([])))
    assert ran.code == 3


def test_skipped_rules_make_an_audit_incomplete_unless_accepted(start_plane, environment, run_auditor):
    env = environment(start_plane(without={"role-bindings": 404}))
    report = json.loads(run_auditor("audit", "-f", "json", env=env).out)
    assert [len(each["repos"]) for each in report["not_evaluated"]] == [6]
    assert "MLR020" in {rule["rule"] for rule in report["not_evaluated"][0]["rules"]}
    refused = run_auditor("audit", env=env)
    assert refused.code == 3
    assert refused.last_line.startswith("auditor: exit 3, incomplete: 10 rules were skipped for 6 repos: ")
    accepted = run_auditor("audit", "--unavailable", "skip", env=env)
    assert accepted.code == 1
    assert "10 rules skipped for 6 repos (--unavailable skip)" in accepted.last_line
    accepted = run_auditor("audit", env={**env, "AUDITOR_UNAVAILABLE": "skip"})
    assert "10 rules skipped for 6 repos (AUDITOR_UNAVAILABLE=skip)" in accepted.last_line


GRANTS_ONLY = """\
policy: 1
name: acme
version: "1"
title: Acme
rules:
  - id: ACME001
    name: grant-to-everyone
    title: No grant goes to everyone
    severity: high
    for: grant
    must: {grant.subject: {not: "team:everyone"}}
"""

WITHOUT_COLLABORATORS = [
    {"id": name, "tenant_name": "acme", "manifest": {"type": "ml-repo", "name": name, "description": "Models."}}
    for name in ("churn-prod", "fraud-prod")
]


@pytest.mark.parametrize("accepted", [(), ("--unavailable", "skip")])
def test_a_policy_that_was_evaluated_nowhere_is_never_clean(accepted, start_plane, environment, run_auditor, tmp_path):
    env = environment(start_plane(WITHOUT_COLLABORATORS, without={"role-bindings": 404}))
    (tmp_path / "grants.yaml").write_text(GRANTS_ONLY, "utf-8")
    ran = run_auditor("audit", "--policy", "grants.yaml", *accepted, env=env)
    assert ran.code == 3
    assert "no rule of the policy was evaluated on any repo: " in ran.last_line


@pytest.mark.parametrize("file", ["grants.yaml", "auditor.yaml"])
def test_the_verdict_names_the_file_that_accepts_rules_not_evaluated(
    file, start_plane, environment, run_auditor, tmp_path
):
    env = environment(start_plane(WITHOUT_COLLABORATORS, without={"role-bindings": 404}))
    named = "    when_unavailable: skip\n" if file == "grants.yaml" else ""
    rule = '  - {id: ACME002, name: no-name, title: A name, severity: low, must: {manifest.name: {like: "*"}}}\n'
    (tmp_path / "grants.yaml").write_text(f"{GRANTS_ONLY}{named}{rule}", "utf-8")
    config = "rules: {ACME001: {when_unavailable: skip}}\n" if file == "auditor.yaml" else ""
    (tmp_path / "auditor.yaml").write_text(f"policies: [grants.yaml]\n{config}", "utf-8")
    ran = run_auditor("audit", env=env)
    assert f"ACME001 skipped for 2 repos (when_unavailable: skip in {file})" in ran.last_line
    assert run_auditor("audit", "--unavailable", "incomplete", env=env).code == 3


@pytest.mark.parametrize("path", ["m", "m/repo.yaml", "-", "m/*.yaml"])
def test_an_audit_reads_no_manifest_files_whose_rules_would_be_skipped(path, run_auditor, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m/repo.yaml").write_text("type: ml-repo\nname: a\n", "utf-8")
    ran = run_auditor("audit", path)
    assert ran.code == (3 if path == "m/repo.yaml" else 2)
    assert "skip" not in ran.last_line


def test_grants_outside_the_manifest_are_evaluated_like_those_in_it(live):
    report = json.loads(live("-f", "json").out)
    assert report["not_evaluated"] == []
    assert report["receipt"]["rules"]["not_evaluated"] == 0


def test_reports_go_to_files_and_the_table_to_stdout(live, tmp_path):
    ran = live("--report", "json=report.json", "--report", "table=report.txt")
    assert ran.code == 1
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["verdict"]["exit_code"] == 1
    table = (tmp_path / "report.txt").read_text("utf-8")
    assert "\nFINDINGS: " in table
    assert "\nFINDINGS: " in ran.out


def test_output_takes_the_report_away_from_stdout(live, tmp_path):
    ran = live("-f", "json", "-o", "report.json")
    assert ran.out == ""
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["report"] == 1
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) & 0o600 == 0o600


def test_options_win_over_environment_and_environment_over_configuration(live, tmp_path):
    (tmp_path / "auditor.yaml").write_text("fail_on: info\nparams: {max_admins: 1}\n", "utf-8")
    assert "at or above info" in live().last_line
    assert "at or above high" in live(AUDITOR_FAIL_ON="high").last_line
    assert "at or above critical" in live("--fail-on", "critical", AUDITOR_FAIL_ON="high").last_line
    many = json.loads(live("-f", "json").out)["summary"]["by_rule"]["MLR025"]
    few = json.loads(live("-f", "json", "--param", "max_admins=50").out)["summary"]["by_rule"].get("MLR025", 0)
    assert many > few == 0


def test_the_configuration_is_found_above_and_its_paths_start_there(live, tmp_path, run_auditor):
    (tmp_path / "acme.yaml").write_text(PACK, "utf-8")
    (tmp_path / "auditor.yaml").write_text("policies: [acme.yaml]\nreports: [{format: json, file: r.json}]\n", "utf-8")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    ran = run_auditor("demo", cwd=below)
    assert "no-environment" in ran.out
    assert (tmp_path / "r.json").is_file()


def test_a_rule_can_be_off_or_have_another_severity(live, tmp_path):
    (tmp_path / "auditor.yaml").write_text(
        "rules:\n  MLR001: off\n  user-as-admin: {severity: info}\n  short-description:\n    params: "
        "{min_description_length: 1}\n",
        "utf-8",
    )
    report = json.loads(live("-f", "json").out)
    assert "MLR001" not in report["summary"]["by_rule"]
    assert "MLR003" not in report["summary"]["by_rule"]
    assert {each["severity"] for each in report["findings"] if each["rule"] == "MLR020"} == {"info"}


PACK = """
policy: 1
name: acme
version: 1.0.0
title: Rules of ACME
rules:
  - id: ACME001
    name: no-environment
    title: Names of repos contain their environment
    severity: low
    must: {manifest.name: {like: ["*-dev", "*-staging", "*-prod"]}}
"""
