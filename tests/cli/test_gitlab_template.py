"""The script of the GitLab template, run by a shell in a clone, for a merge request and for a push."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
TEMPLATE = yaml.safe_load((ROOT / "ci" / "gitlab" / "auditor.gitlab-ci.yml").read_text("utf-8"))
PYTHON = "/tmp/auditor/bin/python -I"
BAD = """\
type: ml-repo
name: fraud-prod
description: ""
storage_integration_fqn: acme:aws:aws-prod:blob-storage:models
"""


def run(command: list[str], cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    who = {f"GIT_{role}_{key}": "t" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(cwd)}
    return subprocess.run(command, cwd=cwd, env={**kept, **who, **env}, capture_output=True, text=True, check=False)


@pytest.fixture
def merge_request(tmp_path) -> Path:
    """A shallow clone of a change that adds a bad manifest, and a policy that finds nothing."""
    origin = tmp_path / "origin"
    origin.mkdir()
    run(["git", "init", "--quiet", "--initial-branch", "main"], origin)
    (origin / "two words").mkdir()
    (origin / "auditor.yaml").write_text("fail_on: low\n")
    for branch, text in (("main", "fail_on: low\n"), ("change", "fail_on: critical\n")):
        run(["git", "checkout", "--quiet", "-B", branch], origin)
        (origin / "auditor.yaml").write_text(text)
        if branch == "change":
            (origin / "two words" / "fraud.yaml").write_text(BAD)
        run(["git", "add", "--all"], origin)
        run(["git", "commit", "--quiet", "--message", branch], origin)
    run(["git", "clone", "--quiet", "--depth=1", "--branch=change", f"file://{origin}", "clone"], tmp_path)
    return tmp_path / "clone"


def check(clone: Path, **env: str) -> subprocess.CompletedProcess[str]:
    (script,) = TEMPLATE["auditor-check"]["script"]
    assert script.count(PYTHON) == 1
    return run(["sh", "-e", "-c", script.replace(PYTHON, sys.executable)], clone, **env)


def test_a_merge_request_is_checked_with_the_policy_of_its_target(merge_request):
    done = check(merge_request, MANIFESTS="two words\n", CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert done.returncode == 1, done.stderr
    quality = json.loads((merge_request / "gl-code-quality-report.json").read_text())
    assert {entry["location"]["path"] for entry in quality} == {"two words/fraud.yaml"}
    for file in TEMPLATE[".auditor"]["artifacts"]["paths"]:
        assert (merge_request / file).is_file()


def test_a_push_is_checked_with_its_own_policy(merge_request):
    assert check(merge_request, MANIFESTS="two words").returncode == 0


def test_a_missing_target_does_not_pass(merge_request):
    done = check(merge_request, MANIFESTS="two words", CI_MERGE_REQUEST_TARGET_BRANCH_NAME="gone")
    assert done.returncode not in {0, 1}
    assert not (merge_request / "auditor.json").exists()


def test_what_is_named_is_one_argument_and_never_a_pattern(merge_request):
    assert check(merge_request, MANIFESTS="$(touch pwned)\n*\n--exit-zero").returncode == 2
    assert not (merge_request / "pwned").exists()
