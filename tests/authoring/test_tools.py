"""`auditor policy new`, `policy schema` and `rules`; selection of rules, notices and timings."""

import json
import re

import pytest
import yaml

from auditor.resources import shipped_schemas
from tests.schemas import assert_valid


@pytest.mark.parametrize("arguments", [("acme",), ("acme", "--rule", "hardly-described"), ("x-9",)])
def test_a_new_pack_passes_every_tool(arguments, auditor, here):
    ran = auditor("policy", "new", *arguments)
    pack = f"{arguments[0]}.yaml"
    assert ran.code == 0
    assert ran.out.splitlines() == [pack, f"{arguments[0]}.test.yaml"]
    assert f"auditor policy test {pack}" in ran.err
    assert (arguments[-1] if len(arguments) > 1 else "undescribed-prod") in (here / pack).read_text("utf-8")
    assert auditor("policy", "test", pack, "--mutate").code == 0
    assert auditor("policy", "lint", pack, "--strict").code == 0


def test_the_cases_of_a_new_pack_still_pass_after_a_rule_is_added(auditor, here):
    assert auditor("policy", "new", "acme").code == 0
    pack = here / "acme.yaml"
    text = pack.read_text("utf-8")
    more = text.partition("rules:\n")[2].replace("ACME001", "ACME002").replace("undescribed-prod ", "brief-prod ")
    pack.write_text(f"{text}\n{more}", "utf-8")
    ran = auditor("policy", "test", "acme.yaml")
    assert ran.code == 0, ran.out


@pytest.mark.parametrize("there", ["acme.yaml", "acme.test.yaml"])
def test_nothing_is_overwritten(there, auditor, write, here):
    write(there, "mine")
    ran = auditor("policy", "new", "acme")
    assert ran.code == 2
    assert f"{there} already exists" in ran.err
    assert [(path.name, path.read_text("utf-8")) for path in here.iterdir()] == [(there, "mine")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["../acme"], "'../acme' is not a valid name for a pack"),
        (["acme.yaml"], "is not a valid name for a pack"),
        ([""], "'' is not a valid name for a pack"),
        (["acme", "--rule", "No Owner"], "'No Owner' is not a valid name for a rule"),
        ([], "Missing argument 'NAME'"),
    ],
)
def test_an_invalid_name_is_rejected(arguments, said, auditor, here):
    ran = auditor("policy", "new", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert not list(here.iterdir())


def test_every_schema_is_listed_and_printed(auditor):
    listed = [line.split()[0] for line in auditor("policy", "schema", "--list").out.splitlines()]
    assert listed == sorted(shipped_schemas())
    assert {"config", "policy", "policy-test"} <= set(listed)
    for name in listed:
        assert json.loads(auditor("policy", "schema", name).out)["$schema"].startswith("https://json-schema.org/")
    assert auditor("policy", "schema").out == auditor("policy", "schema", "policy").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["schema", "polcy"], "unknown schema 'polcy'; did you mean 'policy'?"),
        (["tset"], "unknown command 'policy tset'; did you mean 'test'?"),
        (["test", "--mutat"], "no such option '--mutat'; did you mean '--mutate'?"),
    ],
)
def test_a_misspelled_word_is_refused_with_the_nearest_one(arguments, said, auditor):
    ran = auditor("policy", *arguments)
    assert ran.code == 2
    assert said in ran.err


def ids(ran):
    return [each["id"] for each in json.loads(ran.out) if each["pack"] != "always on"]


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (["--rule", "MLR001"], ["MLR001"]),
        (["--rule", "user-as-admin", "--rule", "MLR001"], ["MLR001", "MLR020"]),
        (["--rule", "*-description", "--exclude-rule", "severity:low"], ["MLR001"]),
        (["--rule", "category:naming"], ["MLR030"]),
        (["--rule", "severity:critical"], ["MLR011", "MLR022"]),
    ],
)
def test_rules_are_selected_on_the_command_line(arguments, chosen, auditor):
    assert ids(auditor("rules", "--format", "json", *arguments)) == chosen


def test_a_selection_of_nothing_is_refused(auditor):
    assert "--rule 'MLR999' matches no rule" in auditor("rules", "--rule", "MLR999").err
    ran = auditor("demo", "--rule", "MLR001", "--exclude-rule", "MLR0*")
    assert ran.code == 2
    assert "the policy checks nothing" in ran.err


def test_commands_evaluate_only_the_selected_rules(auditor):
    ran = auditor("demo", "--repos", "60", "--rule", "MLR020", "--format", "json")
    assert {each["rule"] for each in json.loads(ran.out)["findings"] if each["rule"].startswith("MLR")} == {"MLR020"}


RICH = """\
must: {repo.num_runs: {le: {param: most}}}
tags: [cost, runs]
since: "2"
deprecated: use the dashboard
controls: [{framework: SOC 2, id: CC1, title: Control}]
examples: {fail: [{repo: {num_runs: 9}}]}
"""
MOST = "params:\n  most: {description: The most, type: number, default: 5}\n"


def test_a_listed_rule_says_all_of_itself(auditor, pack):
    ran = auditor("rules", "--policy", pack(RICH, head=MOST), "--param", "most=7", "--format", "json")
    (rule,) = [each for each in json.loads(ran.out) if each["id"] == "ACME001"]
    expected = {
        "pack": "acme",
        "for": "repo",
        "needs": ["control plane", "manifest"],
        "params": {"most": 7},
        "tags": ["cost", "runs"],
        "since": "2",
        "deprecated": "use the dashboard",
        "severity": "low",
        "controls": [{"framework": "SOC 2", "id": "CC1", "title": "Control"}],
    }
    assert {key: rule[key] for key in expected} == expected


def test_the_markdown_is_a_reference(auditor, pack):
    page = auditor("rules", "--policy", pack(RICH, head=MOST), "--format", "markdown").out
    for words in (
        "| [ACME001](#acme001) |",
        "## ACME001",
        "Deprecated: use the dashboard",
        "since 2",
        "Tags: cost, runs",
    ):
        assert words in page
    assert "- parameter `most`, `` 5 ``" in page
    assert "[cost, runs] (deprecated)" in page


def test_notices_are_said_on_stderr(auditor, pack):
    ran = auditor("rules", "--policy", pack(RICH, head=MOST))
    assert ran.err.splitlines() == ["auditor: note: ACME001 is deprecated: use the dashboard"]
    assert "note" not in ran.out


def test_timings_tell_the_cost_of_each_rule_on_stderr_and_change_nothing_else(auditor):
    plain = auditor("demo", "--repos", "40", "--format", "json")
    timed = auditor("demo", "--repos", "40", "--format", "json", "--timings")
    assert timed.code == plain.code == 1
    rows = re.findall(r"^\| (MLR[0-9]+) +\| +([0-9.]+) \| +([0-9]+)% \|$", timed.err, re.MULTILINE)
    assert len(rows) == len(ids(auditor("rules", "--format", "json")))
    costs = [float(cost) for _, cost, _ in rows]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 0
    assert json.loads(timed.out)["findings"] == json.loads(plain.out)["findings"]
    assert timed.last_line.startswith("auditor: exit 1, findings")


SHARED = """\
policy: 1
name: acme
version: 1.0.0
title: Rules of ACME
x-production: &production
  repo.name: {like: "*-prod"}
x-owners: [&team team]
rules:
  - id: ACME001
    name: undescribed-production
    title: Production repos have a description
    severity: high
    when: *production
    must: {manifest.description: {blank: false}}
  - id: ACME002
    name: user-in-production
    title: Grants on production repos go to teams
    severity: high
    for: grant
    when: *production
    must: {grant.subject.type: *team}
"""


def test_keys_that_begin_with_x_hold_parts_that_rules_share(run_auditor, tmp_path):
    (tmp_path / "acme.yaml").write_text(SHARED, "utf-8")
    manifest = "type: ml-repo\nname: churn-prod\ncollaborators: [{subject: 'user:a@b.c', role_id: x-admin}]\n"
    (tmp_path / "m.yaml").write_text(manifest, "utf-8")
    ran = run_auditor("check", "m.yaml", "--policy", "acme.yaml", "-f", "json")
    assert {"ACME001", "ACME002"} <= {each["rule"] for each in json.loads(ran.out)["findings"]}
    assert_valid(yaml.safe_load(SHARED), "policy")
    (tmp_path / "acme.yaml").write_text(SHARED.replace("x-owners", "owners"), "utf-8")
    ran = run_auditor("rules", "--policy", "acme.yaml")
    assert (ran.code, "acme.yaml:7:1: " in ran.last_line) == (2, True)


def test_an_id_that_two_packs_have_names_both_files(run_auditor, tmp_path):
    (tmp_path / "a.yaml").write_text(SHARED, "utf-8")
    (tmp_path / "b.yaml").write_text(SHARED.replace("name: acme", "name: other"), "utf-8")
    ran = run_auditor("rules", "--policy", "a.yaml", "--policy", "b.yaml")
    assert ran.code == 2
    refusal = "b.yaml:9:5: rules[0] uses 'ACME001', which is already the id or name of a rule of another pack (a.yaml)"
    assert refusal in ran.last_line


def test_the_message_about_an_id_states_the_complete_rule(run_auditor, tmp_path):
    (tmp_path / "a.yaml").write_text(SHARED.replace("ACME001", "M001"), "utf-8")
    expected = "is 'M001', expected two to eight uppercase letters and three or four digits, for example ACME001"
    assert expected in run_auditor("rules", "--policy", "a.yaml").last_line
