"""Installed as users install it, from the package index: by the action's script, and as a pre-commit hook."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
GOOD = """\
type: ml-repo
name: fraud-prod
description: Scores card payments for fraud
storage_integration_fqn: acme:aws:aws-prod:blob-storage:models
"""


@pytest.fixture(scope="module")
def _index(tmp_path_factory) -> None:
    """Skip the test if the build tool cannot be had from the package index, as both installations need it first."""
    if not (ROOT / "auditor").is_dir():
        pytest.skip("these tests install from the source tree, which is out of reach")
    folder = tmp_path_factory.mktemp("index")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "hatchling"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.skip(f"the package index cannot be reached: {asked.stderr.strip().splitlines()[-1]}")


def run(command: list[str], cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "LANG", "LC_"))}
    quick = {"PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip"), "PIP_NO_COMPILE": "1"}
    environment = {"PATH": os.environ["PATH"], **quick, **kept, **env}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.usefixtures("_index")
def test_the_action_installs_itself_outside_the_checkout(tmp_path):
    for name in ("temp", "checkout"):
        (tmp_path / name).mkdir()
    evil = "open('pwned', 'w').close()\nraise SystemExit(0)\n"
    for module in ("pip.py", "venv.py", "hatchling.py", "sitecustomize.py"):
        (tmp_path / "checkout" / module).write_text(evil)
    output = tmp_path / "output"
    done = run(
        ["bash", str(ROOT / "ci" / "install.sh")],
        tmp_path / "checkout",
        HOME=str(tmp_path),
        RUNNER_TEMP=str(tmp_path / "temp"),
        GITHUB_ACTION_PATH=str(ROOT),
        GITHUB_OUTPUT=str(output),
        BASE_PYTHON=sys.executable,
        PYTHONPATH=str(tmp_path / "checkout"),
    )
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.rglob("pwned"))
    name, _, python = output.read_text().strip().partition("=")
    assert name == "python"
    (tmp_path / "checkout" / "manifest.yaml").write_text(GOOD)
    checked = run([python, "-I", "-m", "auditor", "check", "manifest.yaml"], tmp_path / "checkout")
    assert checked.returncode == 0, checked.stderr
    assert run([python, "-I", "-m", "auditor", "init"], tmp_path).returncode == 0  # its templates are in the wheel
    place = run([python, "-I", "-c", "import auditor; print(auditor.__file__)"], tmp_path / "checkout")
    assert place.stdout.startswith(str(tmp_path / "temp"))


@pytest.mark.usefixtures("_index")
@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_every_locked_package_has_a_wheel_for_the_image(architecture, tmp_path):
    """Assert that the image is built for both architectures without a compiler."""
    base = re.search(r"^FROM python:(3\.\d+)-slim", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)[1]
    platforms = [f"--platform={name}_{architecture}" for name in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]
    target = ["--dry-run", "--ignore-installed", "--target", str(tmp_path), "--python-version", base, *platforms]
    lock = ["--only-binary", ":all:", "--require-hashes", "--requirement", str(ROOT / "ci" / "requirements.txt")]
    done = run([sys.executable, "-m", "pip", "install", "--quiet", *target, *lock], tmp_path)
    assert done.returncode == 0, done.stderr


def test_an_installation_that_fails_says_so(tmp_path):
    done = run(
        ["bash", str(ROOT / "ci" / "install.sh")],
        tmp_path,
        RUNNER_TEMP=str(tmp_path),
        GITHUB_ACTION_PATH=str(ROOT),
        GITHUB_OUTPUT=str(tmp_path / "output"),
        BASE_PYTHON="/bin/false",
    )
    assert done.returncode == 4
    assert done.stdout.startswith("::error title=auditor%3A internal-error::Auditor could not be installed;")
    assert not (tmp_path / "output").exists()


@pytest.mark.usefixtures("_index")
def test_pre_commit_runs_the_hook_on_the_manifests_of_a_commit(tmp_path):
    hook, home, user = tmp_path / "hook", tmp_path / "home", tmp_path / "user"
    shutil.copytree(
        ROOT, hook, ignore=shutil.ignore_patterns(".*cache", ".git", ".venv", "dist", "tests", "__pycache__")
    )
    for folder in (home, user):
        folder.mkdir()
    env = {"HOME": str(home), "PRE_COMMIT_HOME": str(home / "cache"), "GIT_CONFIG_NOSYSTEM": "1"}
    for folder in (hook, user):
        run(["git", "init", "--quiet"], folder, **env)
        run(["git", "config", "user.name", "t"], folder, **env)
        run(["git", "config", "user.email", "t@example.com"], folder, **env)
        run(["git", "add", "--all"], folder, **env)
        run(["git", "commit", "--quiet", "--allow-empty", "--message", "first"], folder, **env)
    (user / "good.yaml").write_text(GOOD)
    (user / "bad.yml").write_text(GOOD.replace("fraud-prod", "Fraud PROD"))
    (user / "notes.txt").write_text("not a manifest")
    revision = run(["git", "rev-parse", "HEAD"], hook, **env).stdout.strip()
    repo = f"{{repo: '{hook}', rev: {revision}, hooks: [{{id: auditor-check}}]}}"
    (user / ".pre-commit-config.yaml").write_text(f"repos: [{repo}]\n")
    run(["git", "add", "--all"], user, **env)
    hooked = [sys.executable, "-m", "pre_commit", "run", "--files"]
    done = run([*hooked, "good.yaml", "bad.yml", "notes.txt"], user, **env)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "- exit code: 1" in done.stdout
    assert "bad.yml:2:" in done.stdout
    assert "2 repos checked" in done.stdout
    assert "notes.txt" not in done.stdout
    (user / "k8s.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n---\n{{ if x }}: [\n")
    run(["git", "add", "--all"], user, **env)
    done = run([*hooked, "k8s.yaml"], user, **env)
    assert (done.returncode, "exit code" in done.stdout) == (0, False), done.stdout
