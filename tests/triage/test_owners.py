"""Owners: the first matching source wins, in every format, as groups and as one report each."""

from __future__ import annotations

import json
import re

import pytest

from tests.git import git
from tests.triage.conftest import GOOD, WITH_USERS

BAD = GOOD.replace("description: Card fraud scoring models and their evaluation runs.\n", "")


def owner(folder, *arguments):
    [found] = {each["owner"] for each in folder.report(*arguments)["findings"]}
    return found


@pytest.fixture
def owned(folder):
    folder.manifest("churn", BAD)
    return folder


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("admin-team", "team:fraud-ml"),
        ("creator", None),
        ("account", "risk"),
        ("{name: '(?P<owner>[a-z]{3}).*'}", "chu"),
        ("{name: 'fraud-(?P<owner>.*)'}", None),
        ("{description: '(?P<owner>.*)'}", None),
        ("{file: owners.yaml}", "risk-team"),
        ("{file: owners.csv}", "risk-csv"),
        ("codeowners", "@acme/risk"),
    ],
)
def test_a_source_answers(owned, source, expected):
    owned.manifest("churn", BAD + "ownedBy: {{account: risk}}\n")
    (owned.path / "owners.yaml").write_text("'glob:ch*': glob-team\nchurn: risk-team\n")
    (owned.path / "owners.csv").write_text("repo,owner\nglob:ch*,risk-csv\n")
    (owned.path / ".github").mkdir()
    (owned.path / ".github" / "CODEOWNERS").write_text("* @acme/all\n/m/ @acme/risk # the risk team\nn/ @acme/other\n")
    owned.config(owners=f"[{source}]")
    assert owner(owned) == expected


def test_the_first_source_that_answers_counts(owned):
    owned.config(owners="[creator, account, admin-team, {name: '(?P<owner>.*)'}]")
    assert owner(owned) == "team:fraud-ml"


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ("[admin-tem]", "auditor.yaml:2:10: owners[0] is 'admin-tem', expected one of"),
        ("[{name: 'abc'}]", "owners[0].name captures no owner; write it with one named group"),
        ("[{name: '('}]", "is not an RE2 pattern"),
        ("[{name: a, file: b}]", "owners[0] has 2 keys, expected one of name, description, file"),
        ("[{file: nowhere.yaml}]", "nowhere.yaml cannot be read"),
        ("[{file: nowhere.csv}]", "nowhere.csv cannot be read"),
        ("[codeowners]", "needs a CODEOWNERS file, but none was found"),
    ],
)
def test_a_wrong_source_is_named(owned, sources, message):
    owned.config(owners=sources)
    ran = owned.check()
    assert ran.code == 2
    assert message in ran.last_line


@pytest.mark.parametrize(("text", "line"), [("a,b\n", 1), ("repo,owner\nchurn\n", 2), ("repo,owner\nchurn, \n", 2)])
def test_a_wrong_csv_file_names_its_line(owned, text, line):
    (owned.path / "owners.csv").write_text(text)
    owned.config(owners="[{file: owners.csv}]")
    assert f"owners.csv:{line}: expected" in owned.check().last_line


@pytest.fixture
def several(folder):
    folder.manifest("churn", BAD)
    folder.manifest("fraud", WITH_USERS.replace("team:fraud-ml", "team:risk"))
    folder.manifest("lonely", BAD.replace("team:fraud-ml", "virtualaccount:ci"))
    folder.config(owners="[admin-team]")
    return folder


def test_findings_are_grouped_by_owner(several):
    out = several.check("--group-by", "owner").out
    places = [
        out.index(f"\n{head}\n" if number else f"{head}\n")
        for number, head in enumerate(["team:fraud-ml: 1 finding", "team:risk: 3 findings", "unowned: 1 finding"])
    ]
    assert places == sorted(places)
    assert "\n  owner     team:risk\n" in out
    markdown = several.check("--group-by", "owner", "-f", "markdown").out
    assert markdown.index("#### `team:fraud-ml` (1)") < markdown.index("#### `unowned` (1)")


def test_each_owner_gets_a_report(several):
    ran = several.check("--split-by", "owner", "-f", "json", "-o", "reports")
    assert ran.code == 1
    files = sorted((several.path / "reports").iterdir())
    parts = [json.loads(file.read_text()) for file in files]
    assert [{each["owner"] for each in part["findings"]} for part in parts] == [
        {"team:fraud-ml"},
        {"team:risk"},
        {None},
    ]
    assert [file.name.rpartition("-")[0] for file in files] == ["team-fraud-ml", "team-risk", ""]
    assert files[-1].name == "unowned.json"
    assert {part["verdict"]["status"] for part in parts} == {"findings"}


def test_a_report_of_an_owner_without_findings_is_named_as_old(several):
    several.check("--split-by", "owner", "-f", "markdown", "-o", "reports")
    several.manifest("lonely")
    ran = several.check("--split-by", "owner", "-f", "markdown", "-o", "reports")
    assert "reports/unowned.md is from an earlier run: that owner has no findings now" in ran.err


def test_split_by_needs_a_directory(several):
    assert "--split-by owner needs a directory" in several.check("--split-by", "owner").last_line
    assert "acme.yaml is not a directory" in several.check("--split-by", "owner", "-o", "acme.yaml").last_line
    assert "m is a directory" in several.check("-o", "m").last_line


def test_findings_of_a_tenant_have_owners_too(start_plane, environment, run_auditor, tmp_path):
    config = tmp_path / "auditor.yaml"
    config.write_text("owners: [admin-team, creator]\n")
    env = environment(start_plane())
    ran = run_auditor("audit", "--group-by", "owner", "--config", str(config), env={**env, "COLUMNS": "200"})
    assert ran.code == 1, ran.err
    assert "\nBy owner\n" in ran.out
    counts = ran.out[ran.out.index("\nBy owner\n") :].split("\n\n")[0]
    assert re.search(r"  team:\S+: \d+ findings", counts)
    assert re.search(r"^  and \d+ more \(--all lists them\)$", counts, re.MULTILINE)
    full = run_auditor("audit", "--all", "--group-by", "owner", "--config", str(config), env=env).out
    listed = re.findall(r"(\d+) findings?\b", full[full.index("\nBy owner\n") :].split("\n\n")[0])
    assert f"\n{sum(map(int, listed))} findings in " in full


def test_a_report_of_an_owner_does_not_replace_a_manifest(several):
    several.manifest("unowned")
    before = (several.path / "m" / "unowned.yaml").read_text()
    several.check("--split-by", "owner", "-f", "json", "-o", "reports")
    (several.path / "reports" / "unowned.json").write_text(before)
    ran = several.run("check", ".", "--split-by", "owner", "-f", "json", "-o", "reports")
    assert ran.code == 2
    assert "the json report would overwrite reports/unowned.json, which is not a report" in ran.last_line
    assert (several.path / "reports" / "unowned.json").read_text() == before


def test_each_report_names_its_owner(several):
    several.check("--split-by", "owner", "-f", "json", "-o", "reports")
    several.check("--split-by", "owner", "-f", "sarif", "-o", "reports")
    folder = several.path / "reports"
    assert {json.loads(file.read_text())["only_owner"] for file in folder.glob("*.json")} == {
        "team:fraud-ml",
        "team:risk",
        "",
    }
    ids = {
        json.loads(file.read_text())["runs"][0]["automationDetails"]["id"].split("/")[-2]
        for file in folder.glob("*.sarif")
    }
    assert len(ids) == 3


def test_codeowners_count_with_a_policy_from_a_commit(owned):
    (owned.path / "CODEOWNERS").write_text("/m/ @acme/risk\n")
    owned.config(owners="[codeowners]")
    git(owned.path, "init", "-q")
    git(owned.path, "add", "-A")
    git(owned.path, "commit", "-q", "-m", "all")
    assert owner(owned, "--policy-from", "HEAD") == "@acme/risk"
