"""The GitHub action, run by a shell as the runner does it: a real repository, the runner's files, hostile inputs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.git import git

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
RUN = ACTION["runs"]["steps"][-1]
COMMAND = re.compile(r"::(error|warning|notice) [^\n]*::[^\n]*")
GOOD = """\
type: ml-repo
name: fraud-prod
description: Scores card payments for fraud
storage_integration_fqn: acme:aws:aws-prod:blob-storage:models
"""
BAD = GOOD.replace("Scores card payments for fraud", '""')
PACK = """\
policy: 1
name: acme
version: 1.0.0
title: Rules of ACME
rules:
  - id: ACME001
    name: undescribed
    title: Repos have a description
    severity: high
    must: {manifest.description: {blank: false}}
"""


@dataclass(frozen=True)
class Ran:
    """The result of a step."""

    code: int
    out: str
    err: str
    outputs: dict[str, str]
    summary: str


def commit(folder: Path, message: str, **files: str) -> str:
    """Write files (`pack` for `pack.yaml`) and commit them; return the commit."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """An environment with the packages of this one; `python -I` ignores PYTHONPATH but not such an environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    site = next(folder.glob("lib/python*/site-packages"))
    tree = [str(ROOT)] if (ROOT / "auditor").is_dir() else []
    (site / "these.pth").write_text("\n".join([*tree, *(path for path in sys.path if "site-packages" in path)]))
    return folder / "bin" / "python"


@pytest.fixture
def checkout(tmp_path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    return folder


@pytest.fixture
def run_action(tmp_path, checkout, installed):
    """Run the last step of the action, with the inputs under their public names."""
    temp = tmp_path / "temp"
    temp.mkdir()

    def run(*, base: str = "", python: Path = installed, cwd: Path = checkout, env: dict | None = None, **inputs: str):
        unknown = {name.replace("_", "-") for name in inputs} - ACTION["inputs"].keys()
        assert not unknown
        given = {name: inputs.get(name.replace("-", "_"), entry["default"]) for name, entry in ACTION["inputs"].items()}
        files = {name: temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
        for path in files.values():
            path.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", RUN["run"]],
            cwd=cwd,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "RUNNER_TEMP": str(temp),
                "GITHUB_ACTION_PATH": str(ROOT),
                **{name: str(path) for name, path in files.items()},
                **{name: _evaluated(text, given, base, python) for name, text in RUN["env"].items()},
                **(env or {}),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert files["GITHUB_ENV"].read_text() == ""
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        assert len(outputs) == len(lines)
        assert outputs.keys() <= {"exit-code", "verdict", "report-file", "sarif-file"}
        assert outputs["exit-code"] == str(done.returncode)
        for line in done.stdout.splitlines():
            assert COMMAND.fullmatch(line), line
        return Ran(done.returncode, done.stdout, done.stderr, outputs, files["GITHUB_STEP_SUMMARY"].read_text())

    return run


def _evaluated(expression: str, inputs: dict[str, str], base: str, python: Path) -> str:
    """Evaluate an expression in the step's environment; three kinds of them occur."""
    inside = re.fullmatch(r"\$\{\{ (.+) \}\}", expression)[1]
    if inside.startswith("inputs."):
        return inputs[inside.removeprefix("inputs.")]
    if inside == "steps.install.outputs.python":
        return str(python)
    assert inside == "github.event.pull_request.base.sha || github.event.merge_group.base_sha"
    return base


def test_findings_are_annotations_a_summary_outputs_and_sarif(run_action, checkout):
    commit(checkout, "a repo", manifest=BAD)
    ran = run_action(paths="manifest.yaml", reports="junit=junit.xml")
    assert (ran.code, ran.outputs["verdict"]) == (1, "findings")
    assert re.search(r"^::warning title=missing-description.*file=manifest.yaml,line=3,", ran.out, re.MULTILINE)
    assert ran.summary.startswith("## Auditor: findings\n")
    assert ran.err.splitlines()[-1].startswith("auditor: exit 1, findings:")
    sarif = json.loads(Path(ran.outputs["sarif-file"]).read_text())
    assert sarif["runs"][0]["invocations"][0]["executionSuccessful"] is True
    assert json.loads(Path(ran.outputs["report-file"]).read_text())["verdict"]["exit_code"] == 1
    assert (checkout / "junit.xml").is_file()


def test_a_clean_run(run_action, checkout):
    commit(checkout, "a repo", manifest=GOOD)
    ran = run_action(paths="manifest.yaml")
    assert (ran.code, ran.outputs["verdict"]) == (0, "clean")
    assert Path(ran.outputs["sarif-file"]).is_file()


def test_an_incomplete_run_outputs_no_sarif(run_action, checkout, tmp_path):
    commit(checkout, "a repo and half of one", manifest=GOOD, broken="type: ml-repo\nname: [\n")
    ran = run_action(paths=".", args="--exit-zero")
    assert (ran.code, ran.outputs["verdict"]) == (3, "incomplete")
    assert "sarif-file" not in ran.outputs
    assert [path.name for path in tmp_path.rglob("*.sarif")] == ["auditor.partial.sarif"]
    assert "Not everything was read" in ran.summary
    assert json.loads(Path(ran.outputs["report-file"]).read_text())["verdict"]["complete"] is False


def test_a_run_that_skipped_unchanged_documents_outputs_no_sarif(run_action, checkout, tmp_path):
    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "nothing")
    commit(checkout, "two repos", manifest=GOOD, other=BAD.replace("fraud-prod", "fraud-dev"))
    commit(checkout, "a change", manifest=BAD)
    ran = run_action(paths=".", args="--changed-since=HEAD~1")
    assert (ran.code, ran.outputs["verdict"]) == (1, "findings")
    assert "sarif-file" not in ran.outputs
    assert [path.name for path in tmp_path.rglob("*.sarif")] == ["auditor.partial.sarif"]
    whole = run_action(paths=".", args="--changed-since=HEAD~2")
    assert Path(whole.outputs["sarif-file"]).is_file()


def test_a_run_that_checked_nothing_has_no_report(run_action, checkout):
    commit(checkout, "a repo and a wrong pack", manifest=GOOD, pack="policy: 1\nnmae: x\n")
    ran = run_action(paths="manifest.yaml", policy="pack.yaml")
    assert (ran.code, ran.outputs) == (2, {"exit-code": "2", "verdict": "invalid"})
    assert ran.out.startswith("::error title=auditor%3A invalid::auditor: exit 2, invalid: pack.yaml:2:1:")
    assert ran.summary == ""


def test_a_report_that_cannot_be_written_is_undelivered(run_action, checkout):
    commit(checkout, "a repo", manifest=GOOD)
    ran = run_action(paths="manifest.yaml", reports="junit=missing/junit.xml")
    assert (ran.code, ran.outputs["verdict"]) == (5, "undelivered")
    assert "sarif-file" not in ran.outputs


def test_exit_zero_still_tells_findings(run_action, checkout):
    commit(checkout, "a repo", manifest=BAD)
    ran = run_action(paths="manifest.yaml", args="--exit-zero")
    assert (ran.code, ran.outputs["verdict"]) == (0, "findings")


def test_fail_on_config_params_and_policy_reach_auditor(run_action, checkout):
    commit(checkout, "a repo", manifest=BAD, pack=PACK, settings="fail_on: info\n")
    assert run_action(paths="manifest.yaml", fail_on="high").code == 0
    assert run_action(paths="manifest.yaml", policy="pack.yaml\nml-repo-baseline", fail_on="high").code == 1
    assert run_action(paths="manifest.yaml", config="settings.yaml", params="max_admins=many").code == 2


def test_an_audit_takes_a_snapshot_or_the_live_tenant(run_action, checkout, start_plane, environment):
    ran = run_action(command="audit", env=environment(start_plane()))
    assert (ran.code, ran.outputs["verdict"]) == (1, "findings")
    ran = run_action(command="audit")
    assert ran.code == 2
    assert "TFY_HOST" in ran.out


def test_a_pull_request_cannot_change_the_policy_that_checks_it(run_action, checkout):
    base = commit(checkout, "the main branch", auditor="policies: [pack.yaml]\n", pack=PACK)
    weaker = PACK.replace("blank: false", "exists: true")
    commit(checkout, "an attack", manifest=BAD, pack=weaker, auditor="policies: [pack.yaml]\nfail_on: critical\n")
    assert run_action(paths="manifest.yaml").code == 0
    assert run_action(paths="manifest.yaml", base=base, policy_from="checkout").code == 0
    evaluated = run_action(paths="manifest.yaml", base=base)
    assert (evaluated.code, evaluated.outputs["verdict"]) == (1, "findings")
    assert "title=undescribed (ACME001)" in evaluated.out
    assert run_action(paths="manifest.yaml", base=base, config="auditor.yaml").code == 1
    assert run_action(paths="manifest.yaml", policy_from="HEAD~1").code == 1
    assert run_action(paths="manifest.yaml", policy_from="HEAD").code == 0


def test_the_base_of_a_shallow_checkout_is_fetched(run_action, checkout, tmp_path):
    base = commit(checkout, "the main branch", auditor="policies: [pack.yaml]\n", pack=PACK)
    commit(checkout, "a change", manifest=BAD, auditor="rules: {}\n")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{checkout}", str(shallow))
    ran = run_action(paths="manifest.yaml", base=base, cwd=shallow)
    assert (ran.code, ran.outputs["verdict"]) == (1, "findings")
    assert "title=undescribed (ACME001)" in ran.out


def test_a_base_that_cannot_be_fetched_does_not_pass(run_action, checkout):
    commit(checkout, "a repo", manifest=GOOD)
    ran = run_action(paths="manifest.yaml", base="0" * 39 + "1")
    assert (ran.code, ran.outputs) == (2, {"exit-code": "2", "verdict": "invalid"})
    assert "set fetch-depth: 0 for actions/checkout" in ran.out
    assert ran.err


def test_an_empty_policy_from_is_an_error_and_not_the_checkout(run_action, checkout):
    commit(checkout, "a repo", manifest=GOOD)
    ran = run_action(paths="manifest.yaml", policy_from="")
    assert (ran.code, ran.outputs) == (2, {"exit-code": "2", "verdict": "invalid"})


HOSTILE = [
    "--exit-zero",
    "--config=evil.yaml",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned;",
    '"; touch pwned; "',
    "'; touch pwned; '",
    "manifest.yaml && touch pwned",
    "${IFS}",
    "*.none",
    "a\rb",
    "\x1b[2J::error::",
    "x\nEOF\nverdict=clean",
]


@pytest.mark.parametrize(
    "name", ["paths", "policy", "config", "fail_on", "params", "reports", "command", "policy_from"]
)
def test_no_input_is_evaluated_or_becomes_an_option(name, run_action, checkout):
    commit(checkout, "a repo", manifest=GOOD, evil="rules: {}\n")
    ran = run_action(**{"paths": "manifest.yaml"} | {name: "\n".join(HOSTILE)})
    assert (ran.code, ran.outputs) == (2, {"exit-code": "2", "verdict": "invalid"})
    assert not list(checkout.rglob("pwned"))


def test_a_file_may_be_called_like_an_option(run_action, checkout):
    (checkout / "--exit-zero").write_text(BAD)
    commit(checkout, "an attack", manifest=BAD)
    assert run_action(paths="--exit-zero\nmanifest.yaml").code == 1


def test_the_checkout_cannot_take_the_place_of_a_module(run_action, checkout):
    code = "import os\nopen('pwned', 'w').close()\nos._exit(0)\n"
    (checkout / "auditor").mkdir()
    for module in ("auditor/__init__.py", "auditor/__main__.py", "yaml.py", "json.py", "sitecustomize.py"):
        (checkout / module).write_text(code)
    commit(checkout, "an attack", manifest=BAD)
    startup = {"PYTHONPATH": str(checkout), "PYTHONSTARTUP": str(checkout / "yaml.py")}
    assert run_action(paths="manifest.yaml", env=startup).code == 1
    assert not list(checkout.rglob("pwned"))


def test_text_from_a_manifest_is_no_command(run_action, checkout):
    text = r'"x\n::set-output name=verdict::clean\r::stop-commands::t\n##[error]y\n%0A::add-mask::z <img src=//evil>"'
    hostile = BAD.replace("fraud-prod", text).replace("acme:aws", "::error::")
    commit(checkout, "an attack", manifest=hostile)
    ran = run_action(paths="manifest.yaml")  # the fixture looks at every line
    assert ran.code == 1
    assert "##[" not in ran.out
    assert not any(line.startswith("::") for line in ran.err.splitlines())


@pytest.mark.parametrize("end", ["import sys; sys.exit(0)", "import sys; sys.exit(1)"])
def test_an_exit_code_without_a_report_is_an_internal_error(end, run_action, checkout, tmp_path):
    """Run as `python -m auditor` does if Auditor is not installed: Python exits with 1."""
    false = tmp_path / "python"
    false.write_text(f'#!/bin/sh\necho "it went away" >&2\nexec {sys.executable} -c "{end}"\n')
    false.chmod(0o755)
    ran = run_action(paths="manifest.yaml", python=false)
    assert (ran.code, ran.outputs) == (4, {"exit-code": "4", "verdict": "internal-error"})
    assert ran.out == "::error title=auditor%3A internal-error::it went away\n"


def test_a_killed_command_does_not_pass(run_action, tmp_path):
    false = tmp_path / "python"
    false.write_text("#!/bin/sh\nkill -KILL $$\n")
    false.chmod(0o755)
    ran = run_action(paths="manifest.yaml", python=false)
    assert (ran.code, ran.outputs["verdict"]) == (137, "internal-error")


def test_a_pull_request_without_a_manifest_passes_and_the_checkout_alone_does_not(run_action, checkout):
    base = commit(checkout, "a map", map="apiVersion: v1\nkind: ConfigMap\n")
    commit(checkout, "another", other="apiVersion: v1\nkind: ConfigMap\n")
    ran = run_action(paths=".", base=base)
    assert (ran.code, ran.outputs["verdict"]) == (0, "clean")
    assert ran.err.splitlines()[-1].endswith("no manifests in 2 files (2 documents skipped) (--allow-empty)")
    assert run_action(paths=".").code == 3
