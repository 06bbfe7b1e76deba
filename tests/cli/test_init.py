"""`auditor init`: what it writes works right away, and existing files stay as they are."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml

from auditor import __version__
from auditor.documents import read_yaml
from tests.schemas import assert_valid

GOOD = """\
type: ml-repo
name: fraud-prod
description: Scores card payments for fraud
storage_integration_fqn: acme:aws:aws-prod:blob-storage:models
"""
WRITTEN = ["auditor.yaml", "policies/company.test.yaml", "policies/company.yaml", "waivers.yaml"]


def files(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "repository"
    path.mkdir()
    return path


def test_its_files_work_right_away(folder, run_auditor, start_plane, environment):
    (folder / "truefoundry" / "ml-repos").mkdir(parents=True)
    (folder / "truefoundry" / "ml-repos" / "fraud.yaml").write_text(GOOD)
    ran = run_auditor("init", cwd=folder)
    assert ran.code == 0, ran.err
    assert sorted(ran.out.split()) == WRITTEN
    commands = [line.strip() for line in ran.err.splitlines() if line.startswith("  auditor ")]
    assert commands == [
        "auditor check truefoundry",
        "auditor policy test policies/company.yaml",
        "auditor audit  # needs TFY_HOST and TFY_API_KEY",
    ]
    assert run_auditor("check", "truefoundry", cwd=folder).code == 0
    whole = run_auditor("check", ".", "--format", "json", cwd=folder)
    assert (whole.code, json.loads(whole.out)["findings"]) == (0, [])
    assert run_auditor("policy", "test", "policies/company.yaml", cwd=folder).code == 0
    assert run_auditor("policy", "lint", "policies/company.yaml", cwd=folder).code == 0
    audited = run_auditor("audit", "--config", "auditor.yaml", cwd=folder, env=environment(start_plane()))
    assert audited.code == 1, audited.err
    assert "COMPANY001" in run_auditor("rules", cwd=folder).out


def test_the_files_keep_the_schemas_that_their_first_lines_name(folder, run_auditor):
    assert run_auditor("init", "--pack", "acme", cwd=folder).code == 0
    for name, kind in (("auditor.yaml", "config"), ("policies/acme.yaml", "policy")):
        text = (folder / name).read_text()
        assert text.startswith("# yaml-language-server: $schema=https://")
        assert text.splitlines()[0].endswith(f"/schemas/{kind}.schema.json")
        assert_valid(yaml.safe_load(text), kind)


def test_the_settings_that_it_hints_at_are_right(folder, run_auditor):
    """Assert that the commented-out settings work once they are uncommented."""
    assert run_auditor("init", cwd=folder).code == 0
    text = (folder / "auditor.yaml").read_text()
    for key in ("params: {}", "rules: {}"):
        text = text.replace(key, key.removesuffix(" {}"))
    lines = [
        line.replace("#  ", "  ").replace("# expect", "expect").replace("# reports", "reports")
        for line in text.splitlines()
    ]
    text = "\n".join(line.replace("#   -", "  -") for line in lines)
    (folder / "auditor.yaml").write_text(text)
    settings = read_yaml(text.encode(), "auditor.yaml").plain()
    assert {"params", "rules", "expect", "reports"} <= settings.keys()
    assert all(settings.values())
    assert_valid(settings, "config")
    assert run_auditor("rules", cwd=folder).code == 0


@pytest.mark.parametrize(
    "there", ["auditor.yaml", "policies/company.test.yaml", "waivers.yaml", ".github/workflows/auditor.yml"]
)
@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
def test_nothing_is_written_if_a_file_is_there(there, arguments, folder, run_auditor):
    (folder / ".github").mkdir()
    (folder / there).parent.mkdir(parents=True, exist_ok=True)
    (folder / there).write_text("mine")
    ran = run_auditor("init", *arguments, cwd=folder)
    assert ran.code == 2
    assert f"{there} already exists, so nothing was written" in ran.last_line
    assert files(folder) == [there]
    assert (folder / there).read_text() == "mine"


def test_a_link_that_leads_nowhere_is_not_followed(folder, run_auditor):
    (folder / "waivers.yaml").symlink_to(folder.parent / "elsewhere.yaml")
    assert run_auditor("init", cwd=folder).code == 2
    assert not (folder.parent / "elsewhere.yaml").exists()


def test_nothing_stays_if_a_file_cannot_be_written(folder, run_auditor):
    (folder / "policies").write_text("a file where a folder has to be")
    ran = run_auditor("init", cwd=folder)
    assert ran.code == 5
    assert "no files were created" in ran.last_line
    assert files(folder) == ["policies"]


def test_a_dry_run_prints_what_would_be_written(folder, run_auditor):
    ran = run_auditor("init", "--dry-run", cwd=folder)
    assert ran.code == 0
    assert [line[4:] for line in ran.out.splitlines() if line.startswith("--- ")] == sorted(WRITTEN, key=_order)
    assert files(folder) == []


def _order(name: str) -> tuple[bool, bool, str]:
    return (name == "waivers.yaml", name != "auditor.yaml", name.replace(".test", "~"))


def test_an_invalid_name_is_rejected(folder, run_auditor):
    for name in ("../evil", "a b", "", "x\ny"):
        assert run_auditor("init", "--pack", name, cwd=folder).code == 2
    assert files(folder) == []


def test_a_workflow_where_there_is_github_names_the_manifests(folder, run_auditor):
    (folder / ".github").mkdir()
    (folder / "fraud dir").mkdir()
    (folder / "fraud dir" / "fraud.yaml").write_text(GOOD)
    (folder / "two words: {x}").mkdir()
    (folder / ".cache").mkdir()
    (folder / ".cache" / "fraud.yaml").write_text(GOOD)
    (folder / "package.json").write_text('{"type": ["module"]}')
    (folder / "broken.yaml").write_text("{")
    (folder / "two words: {x}" / "churn.yaml").write_text(GOOD.replace("fraud-prod", "churn-prod"))
    assert run_auditor("init", cwd=folder).code == 0
    workflow = yaml.safe_load((folder / ".github" / "workflows" / "auditor.yml").read_text())
    step = workflow["jobs"]["check"]["steps"][1]
    assert step["uses"] == f"mlrepo-auditor/mlrepo-auditor@v{__version__}"
    assert step["with"]["paths"].split("\n") == ["fraud dir", "two words: {x}"]


def test_a_manifest_in_the_directory_itself_makes_the_gate_check_the_entire_directory(folder, run_auditor):
    (folder / ".github").mkdir()
    (folder / "fraud.yaml").write_text(GOOD)
    assert "\n  auditor check .\n" in run_auditor("init", cwd=folder).err
    workflow = yaml.safe_load((folder / ".github" / "workflows" / "auditor.yml").read_text())
    assert workflow["jobs"]["check"]["steps"][1]["with"]["paths"] == "."
    assert run_auditor("check", ".", cwd=folder).code == 0


def test_snippets_for_files_that_are_the_users_own_are_printed(folder, run_auditor):
    for name in (".gitlab-ci.yml", ".pre-commit-config.yaml"):
        (folder / name).write_text("")
    ran = run_auditor("init", cwd=folder)
    assert files(folder) == sorted([*WRITTEN, ".gitlab-ci.yml", ".pre-commit-config.yaml"])
    _, gitlab, hook = ran.out.split("\nAdd to ")
    assert yaml.safe_load(gitlab.partition("\n")[2])["auditor-check"] == {"variables": {"MANIFESTS": "manifests"}}
    (hook,) = yaml.safe_load(hook.partition("\n")[2])
    assert hook["rev"] == f"v{__version__}"
    assert hook["hooks"] == [{"id": "auditor-check", "args": ["manifests"], "pass_filenames": False}]
    assert "No ML repo manifests found below this directory" in ran.err


CHART = "{{ if x }}\ntype: {{ 'ml-repo' }}\n{{ end }}\n"


def test_unreadable_files_without_manifests_are_excluded_so_that_the_first_check_is_clean(folder, run_auditor):
    for name, text in (
        ("m/fraud.yaml", GOOD),
        ("charts/a b/t.yaml", CHART),
        ("odd.yaml", "storage_integration_fqn: x"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    ran = run_auditor("init", cwd=folder)
    assert ran.code == 0, ran.err
    assert "Excluded in auditor.yaml: /charts (charts/a b/t.yaml:" in ran.err
    assert "does not pass yet" not in ran.err
    assert read_yaml((folder / "auditor.yaml").read_bytes(), "").plain()["files"] == {
        "exclude": ["/charts", "/odd.yaml"]
    }
    assert run_auditor("check", ".", cwd=folder).code == 0


def test_why_the_first_check_is_not_clean_is_said(folder, run_auditor):
    (folder / "m").mkdir()
    (folder / "m/fraud.yaml").write_text(GOOD.replace("Scores card payments for fraud", "TODO"))
    ran = run_auditor("init", cwd=folder)
    assert (ran.code, "`auditor check .` does not pass yet: 1 repo checked, 2 findings at or above low" in ran.err) == (
        0,
        True,
    )
    (folder / "auditor.yaml").unlink()
    (folder / "waivers.yaml").unlink()
    (folder / "m/helm.yaml").write_text(CHART)
    shutil.rmtree(folder / "policies")
    ran = run_auditor("init", cwd=folder)
    assert (ran.code, "does not pass yet: m/helm.yaml:" in ran.err) == (0, True)
