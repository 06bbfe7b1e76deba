"""Files for CI services and containers: linted, consistent with each other and the version, sufficient to build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from auditor import __version__
from auditor.cli.init import plan

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*") if path.is_file())
TOOLS = ("shellcheck", "zizmor", "check-jsonschema", "kubernetes-validate", "hadolint", "pre-commit")


@pytest.fixture
def _linters(monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        pytest.skip(f"the group `lint` is not installed: {', '.join(missing)}; the job `lint` runs ci/lint.sh")


@pytest.mark.usefixtures("_linters")
def test_the_linters_find_nothing():
    done = subprocess.run(["bash", "ci/lint.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


MISTAKES = {
    "shellcheck": ("ci/action.sh", '"${arguments[@]}" <', "${arguments[@]} <"),
    "zizmor": ("action.yml", 'run: bash "$GITHUB_ACTION_PATH/ci/action.sh"', "run: echo ${{ inputs.args }}"),
    "check-jsonschema": ("action.yml", "description: Check", "describtion: Check"),
    "kubernetes-validate": ("examples/kubernetes/nightly-audit.yaml", "readOnlyRoot", "readOnlyRot"),
    "hadolint": ("Dockerfile", "USER 65532:65532", "USER root"),
    "pre-commit": (".pre-commit-hooks.yaml", "language: python", "language: cobra"),
}


@pytest.mark.usefixtures("_linters")
@pytest.mark.parametrize("tool", TOOLS)
def test_the_linters_do_look(tool, tmp_path):
    """Assert that each linter rejects a copy with one mistake."""
    name, right, wrong = MISTAKES[tool]
    for part in (".ci", ".github", "ci", "examples"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for part in ("action.yml", "Dockerfile", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / part, tmp_path / part)
    text = (tmp_path / name).read_text("utf-8")
    assert text.count(right) == 1
    (tmp_path / name).write_text(text.replace(right, wrong), "utf-8")
    script = tmp_path / "ci" / "lint.sh"
    others = tuple(f"{each} " for each in TOOLS if each != tool)
    lines = script.read_text("utf-8").splitlines()
    script.write_text("\n".join(line for line in lines if not line.startswith(others)), "utf-8")
    done = subprocess.run(["bash", "ci/lint.sh"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert name.rpartition("/")[2] in done.stdout + done.stderr


@pytest.mark.usefixtures("_linters")
def test_the_jobs_of_the_gitlab_template_are_right_with_what_they_extend(tmp_path):
    """Merge what is extended into the jobs that extend it, as the schema does not cover hidden jobs."""
    jobs = yaml.safe_load((ROOT / "ci" / "gitlab" / "auditor.gitlab-ci.yml").read_text("utf-8"))
    hidden = jobs.pop(".auditor")
    for job in jobs.values():
        assert job.pop("extends") == ".auditor"
        job.update(hidden | job | {"variables": hidden["variables"] | job.get("variables", {})})
        assert job["artifacts"]["reports"].keys() == {"codequality", "junit"}
        assert all(name in job["script"][0] for name in job["artifacts"]["reports"].values())
    (tmp_path / "whole.yml").write_text(yaml.safe_dump(jobs))
    command = ["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(tmp_path / "whole.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_example_is_linted_or_has_no_linter():
    script = (ROOT / "ci" / "lint.sh").read_text("utf-8")
    for path in EXAMPLES:
        name = str(path.relative_to(ROOT))
        pattern = f"{Path(name).parent}/*{path.suffix}"
        assert name in script or pattern in script or path.name == "Jenkinsfile", name


def test_versions_and_pins_are_in_step():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "ci").rglob("*.yml"), *EXAMPLES]
    found = []
    for path in pages:
        text = path.read_text("utf-8")
        found += re.findall(r"mlrepo-auditor(?:@v|==|/v)([0-9][0-9.]*[0-9])", text)
        found += re.findall(r"^\s*rev: v(.+)$", text, re.MULTILINE)
    assert len(found) >= 6
    assert set(found) == {__version__}
    workflows = [
        ROOT / "action.yml",
        *(ROOT / ".github" / "workflows").glob("*.yml"),
        *(ROOT / "examples" / "github").glob("*"),
    ]
    pins: dict[str, set[str]] = {}
    for path in workflows:
        for name, pin in re.findall(r"uses: (\S+?)@(.+)", path.read_text("utf-8")):
            pins.setdefault(name, set()).add(pin)
    assert all(len(each) == 1 for each in pins.values()), pins
    assert all(re.fullmatch(r"[0-9a-f]{40} # v[0-9.]+", pin) for name, (pin,) in pins.items() if "mlrepo-" not in name)


def test_the_example_workflow_is_what_init_writes(tmp_path, monkeypatch):
    (tmp_path / ".github").mkdir()
    (tmp_path / "truefoundry").mkdir()
    manifest = "type: ml-repo\nname: fraud\nstorage_integration_fqn: a:aws:b:blob-storage:c\n"
    (tmp_path / "truefoundry" / "fraud.yaml").write_text(manifest)
    monkeypatch.chdir(tmp_path)
    written = plan(Path(), "company").files[Path(".github/workflows/auditor.yml")]
    example = (ROOT / "examples" / "github" / "pull-request.yml").read_text("utf-8")
    assert _without_head(written) == _without_head(example)


def _without_head(text: str) -> str:
    return text[text.index("name: ") :]


def test_pull_requests_get_no_secrets_and_no_more_rights_than_they_need():
    workflow = yaml.safe_load((ROOT / "examples" / "github" / "pull-request.yml").read_text("utf-8"))
    triggers = workflow[True]  # YAML 1.1 reads `on` so
    assert set(triggers) == {"pull_request", "merge_group"}
    assert workflow["permissions"] == {}
    assert "secrets." not in str(workflow)


def test_the_lock_files_have_hashes_and_fit_the_ranges():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for name, wanted in (
        ("requirements.txt", project["project"]["dependencies"]),
        ("build.txt", project["build-system"]["requires"]),
    ):
        text = (ROOT / "ci" / name).read_text("utf-8")
        locked = dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", text, re.MULTILINE))
        entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert len(entries) == len(locked)
        assert all("--hash=sha256:" in entry for entry in entries)
        for requirement in map(Requirement, wanted):
            assert requirement.specifier.contains(locked[requirement.name]), requirement


def test_what_the_image_copies_is_enough_to_build_the_wheel(tmp_path):
    if not (ROOT / "auditor").is_dir():
        pytest.skip("the source tree is out of reach")
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    sources = [
        word for line in re.findall(r"^COPY (?!--)(.+)$", dockerfile, re.MULTILINE) for word in line.split()[:-1]
    ]
    let_in = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in let_in
    for name in sources:
        assert f"!{name}" in let_in, name
        target = tmp_path / "src" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, target)
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "src"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    assert len(list(tmp_path.glob("*.whl"))) == 1


def test_the_image_ends_without_root_and_isolated():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^USER 65532:65532$", dockerfile, re.MULTILINE)
    assert 'ENTRYPOINT ["/opt/auditor/bin/python", "-I", "-m", "auditor"]' in dockerfile


def test_the_job_in_kubernetes_tries_again_only_what_may_change():
    documents = yaml.safe_load_all((ROOT / "examples" / "kubernetes" / "nightly-audit.yaml").read_text("utf-8"))
    config, job = documents
    spec = job["spec"]["jobTemplate"]["spec"]
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert rule["onExitCodes"]["values"] == [1, 2, 4, 5]
    container = spec["template"]["spec"]["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert not any("value" in entry for entry in container.get("env", []))
    assert yaml.safe_load(config["data"]["auditor.yaml"])["policies"] == ["ml-repo-baseline"]
