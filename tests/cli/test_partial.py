"""A restricted run is marked in every format, and its SARIF closes no alert."""

from __future__ import annotations

import json

import pytest

from auditor.reporters import REPORTERS
from tests.cli.test_convert import CLEAN, PACK
from tests.git import git

SELECTED = "only rules selected by --rule ACME001 were evaluated"
LEFT_OUT = "rules selected by --exclude-rule severity:info, ACME002 were not evaluated"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme.yaml").write_text(PACK)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "churn.yaml").write_text(CLEAN)
    return tmp_path


def commit(folder):
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        git(folder, *arguments)
    return git(folder, "rev-parse", "HEAD")[:12]


def check(run_auditor, *arguments):
    return run_auditor("check", "m", "--policy", "acme.yaml", *arguments)


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [(("--rule", "ACME001"), SELECTED), (("--exclude-rule", "severity:info", "--exclude-rule", "ACME002"), LEFT_OUT)],
)
def test_selected_rules_are_named_in_every_format(folder, run_auditor, name, options, sentence):
    ran = check(run_auditor, *options, "--format", name)
    assert ran.code == 0
    assert sentence in " ".join(ran.out.split())
    assert sentence in ran.last_line


@pytest.mark.parametrize("name", REPORTERS)
def test_a_comparison_names_the_commit_in_every_format(folder, run_auditor, name):
    (folder / "m" / "fraud.yaml").write_text("type: ml-repo\nname: fraud\ndescription: ''\n")
    sentence = f"only findings that are new since HEAD ({commit(folder)}) are open"
    ran = check(run_auditor, "--compare", "HEAD", "--format", name)
    assert ran.code == 0
    assert sentence in " ".join(ran.out.split()).replace("%3A", ":")


@pytest.mark.parametrize("name", REPORTERS)
def test_unchanged_documents_are_counted_with_the_commit_in_every_format(folder, run_auditor, name):
    sentence = f"1 document skipped as unchanged since HEAD ({commit(folder)})"
    (folder / "m" / "fraud.yaml").write_text(CLEAN.replace("churn", "ml-fraud"))
    ran = check(run_auditor, "--changed-since", "HEAD", "--format", name)
    assert ran.code == 0
    assert sentence in " ".join(ran.out.split())


@pytest.mark.parametrize("options", [("--rule", "ACME001"), ("--exclude-rule", "ACME002"), ("--compare", "HEAD")])
def test_its_sarif_has_the_name_that_no_upload_uses(folder, run_auditor, options):
    commit(folder)
    ran = check(run_auditor, *options, "--report", "sarif=r.sarif")
    assert "so r.partial.sarif was written instead of r.sarif, which would close findings" in ran.err
    [run] = json.loads((folder / "r.partial.sarif").read_text())["runs"]
    assert len(run["properties"]["partial"]) == 1
    assert not (folder / "r.sarif").exists()


def test_a_full_report_has_no_such_entry(folder, run_auditor):
    assert json.loads(check(run_auditor, "--format", "json").out)["partial"] == []
    commit(folder)
    assert json.loads(check(run_auditor, "--changed-since", "HEAD", "--format", "json").out)["partial"] != []
