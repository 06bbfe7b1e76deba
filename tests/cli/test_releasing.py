"""Releases: the same bytes from the same commit, packages that indexes accept, and one version everywhere."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import auditor
from tests.git import git

ROOT = Path(__file__).parent.parent.parent
WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
NOT_IN_SDIST = {".ci/run", ".gitattributes"}
EPOCH = "1800000000"


def script(name: str) -> ModuleType:
    """Import a script of ci/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "ci" / f"{name}.py")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release_notes = script("release_notes")
audit_dependencies = script("audit_dependencies")


def tracked() -> list[str]:
    if not (ROOT / "auditor").is_dir():
        pytest.skip("the source tree is out of reach")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a checkout of git")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def build(folder: Path, *, umask: int, mtime: int, zone: str) -> Path:
    """Copy the files in git and build them like ci/build.sh, but without an index; return the packages."""
    for name in tracked():
        (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / "src" / name)
        (folder / "src" / name).chmod((0o777 if os.access(ROOT / name, os.X_OK) else 0o666) & ~umask)
        os.utime(folder / "src" / name, (mtime, mtime))
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist")]
    env = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "TZ": zone}
    subprocess.run(command, cwd=folder / "src", env=env, umask=umask, check=True, capture_output=True)
    return folder / "dist"


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("first"), umask=0o022, mtime=1_000_000_000, zone="UTC")


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_commit_gives_the_same_bytes(packages, tmp_path):
    again = build(tmp_path / "another" / "folder", umask=0o077, mtime=1_700_000_001, zone="Asia/Tokyo")
    assert len(digests(packages)) == 2
    assert digests(again) == digests(packages)


def test_the_wheel_of_the_source_distribution_is_the_wheel_of_the_checkout(packages, tmp_path):
    (tmp_path / "src").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "auditor", "policies", "schemas"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / "src" / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist")]
    env = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    subprocess.run(command, cwd=tmp_path / "src", env=env, check=True, capture_output=True)
    assert digests(tmp_path / "dist").items() <= digests(packages).items()


def test_files_in_the_packages_carry_the_time_of_the_commit_and_no_owner(packages):
    (sdist,) = packages.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert {(each.mtime, each.uid, each.gid, each.uname) for each in archive} == {(int(EPOCH), 0, 0, "")}
    (wheel,) = packages.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {each.date_time[:3] for each in archive.infolist()} == {(2027, 1, 15)}


def test_the_source_distribution_has_what_git_tracks_and_nothing_else(packages):
    (sdist,) = packages.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {each.name.partition("/")[2] for each in archive if each.isfile()}
    assert names == {*tracked(), "PKG-INFO"} - NOT_IN_SDIST


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", str(ROOT / "ci" / "check-packages.sh"), str(folder)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_the_packages_pass_the_checks_of_indexes(packages):
    done = check(packages)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2
    assert ".whl: OK" in done.stdout
    assert "Final rating: 10/10" in done.stdout


def test_the_checks_of_packages_do_look(packages, tmp_path):
    shutil.copytree(packages, tmp_path / "dist")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (record,) = (name for name in files if name.endswith("/RECORD"))
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in {
            **files,
            "tests/__init__.py": b"",
            record: files[record] + b"tests/__init__.py,,\n",
        }.items():
            archive.writestr(name, content)
    done = check(tmp_path / "dist")
    assert done.returncode != 0
    assert "W005" in done.stdout


# Version, changelog and tag


def test_version_changelog_and_tag_of_this_checkout_agree():
    assert release_notes.problems(CHANGELOG, auditor.__version__) == []
    tags = subprocess.run(["git", "tag", "--points-at", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    for tag in re.findall(r"^v\d+\.\d+\.\d+(?:rc\d+)?$", tags.stdout, re.MULTILINE):
        assert release_notes.problems(CHANGELOG, auditor.__version__, tag) == []


def test_the_version_is_written_in_one_place():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'dynamic = ["version"]' in project
    assert auditor.__version__ not in re.findall(r'^version = "(.+)"$', project, re.MULTILINE)


def released(changelog: str, version: str, date: str) -> str:
    """Update the changelog as docs/releasing.md says."""
    links = release_notes.links([version])
    end = "".join(f"[{name}]: {link}\n" for name, link in links.items())
    text = changelog.partition("\n[Unreleased]: ")[0] + "\n" + end
    return text.replace("## [Unreleased]\n", f"## [Unreleased]\n\n## [{version}] - {date}\n", 1)


def test_the_changelog_of_today_can_be_released():
    text = released(CHANGELOG, auditor.__version__, "2027-01-15")
    assert release_notes.problems(text, auditor.__version__, f"v{auditor.__version__}") == []
    notes = release_notes.sections(text)[1].text
    assert notes == release_notes.sections(CHANGELOG)[0].text
    assert notes.startswith("### Added\n")
    assert "[Unreleased]" not in notes


LOG = """\
# Changelog

## [Unreleased]

## [0.2.0] - 2027-02-01

### Fixed

- A bug.

## [0.1.0] - 2027-01-01

### Added

- Everything.

[Unreleased]: https://github.com/mlrepo-auditor/mlrepo-auditor/compare/v0.2.0...main
[0.2.0]: https://github.com/mlrepo-auditor/mlrepo-auditor/compare/v0.1.0...v0.2.0
[0.1.0]: https://github.com/mlrepo-auditor/mlrepo-auditor/releases/tag/v0.1.0
"""


def test_the_notes_of_a_release_are_its_section():
    assert release_notes.problems(LOG, "0.2.0", "v0.2.0") == []
    assert release_notes.sections(LOG)[1].text == "### Fixed\n\n- A bug."


@pytest.mark.parametrize(
    ("old", "new", "version", "tag", "problem"),
    [
        ("", "", "0.2.0", "v0.2.1", "the tag is v0.2.1, but auditor/version.py has 0.2.0"),
        ("", "", "0.2.0", "0.2.0", "expected the tag v0.2.0"),
        ("", "", "0.3.0", "v0.3.0", "the newest release of the changelog is not 0.3.0"),
        ("", "", "0.1.0", "v0.1.0", "the newest release of the changelog is not 0.1.0"),
        ("", "", "0.1.0", None, "auditor/version.py has 0.1.0, but the changelog already has 0.2.0"),
        ("", "", "0.3.0", None, "version 0.3.0 is not released yet, but the changelog has no unreleased changes"),
        ("", "", "next", None, "'next' is not a version"),
        ("[Unreleased]\n\n##", "[Unreleased]\n\n- More.\n\n##", "0.2.0", "v0.2.0", "still has unreleased changes"),
        ("### Fixed\n\n- A bug.\n", "", "0.2.0", "v0.2.0", "the changelog has no changes for 0.2.0"),
        ("## [Unreleased]\n", "", "0.2.0", None, "does not begin with `## [Unreleased]`"),
        ("2027-02-01", "2026-02-01", "0.2.0", None, "dates of the changelog are not in the order"),
        ("2027-02-01", "2027-02-31", "0.2.0", None, "section 0.2.0: no date"),
        (" - 2027-02-01", "", "0.2.0", None, "section 0.2.0: no date"),
        ("[0.2.0] - 2027-02-01", "0.2.0 (2027-02-01)", "0.2.0", None, "heading '0.2.0 (2027-02-01)': expected"),
        ("### Fixed", "### Bugs", "0.2.0", None, "heading 'Bugs' is not one of Added, Changed,"),
        ("compare/v0.1.0...v0.2.0", "compare/v0.1.0...v0.1.1", "0.2.0", None, "links at the end of the changelog"),
        ("## [0.1.0]", "## [0.2.0]", "0.2.0", None, "not listed newest first, each once"),
    ],
)
def test_a_disagreement_is_found(old, new, version, tag, problem):
    assert old in LOG
    found = release_notes.problems(LOG.replace(old, new, 1), version, tag)
    assert any(problem in each for each in found), found


def test_a_release_comes_after_its_candidates():
    assert sorted(["1.0.0", "1.0.0rc2", "0.10.0", "1.0.0rc10", "0.9.9"], key=release_notes.order) == [
        *("0.9.9", "0.10.0", "1.0.0rc2", "1.0.0rc10", "1.0.0"),
    ]


def test_a_tag_that_may_not_be_released_stops_the_workflow():
    if not (ROOT / "auditor").is_dir():
        pytest.skip("the source tree is out of reach")
    command = [sys.executable, str(ROOT / "ci" / "release_notes.py"), "v999.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "error: the tag is v999.0.0" in done.stderr


# The workflow


def jobs() -> dict[str, dict]:
    return yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]


def before(name: str) -> set[str]:
    """Return every job that has to succeed before this one."""
    needs = jobs()[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*map(before, direct)) if direct else set()


def test_nothing_is_published_before_the_wheel_was_tested_and_attested():
    publishing = {name for name, job in jobs().items() if "environment" in job}
    assert publishing == {"pypi", "registry", "github", "action", "docs"}
    for name in publishing:
        assert {"notes", "ci", "sbom", "attest", "image"} <= before(name), name
        assert jobs()[name]["if"].startswith("github.event_name == 'push'")
    assert {"pypi", "registry"} <= before("github") < before("action")
    assert {"github", "site"} <= before("docs")


def test_the_wheel_is_built_once_and_no_job_that_publishes_packages_runs_code_of_the_repository():
    text = WORKFLOW.read_text("utf-8")
    assert "build.sh" not in text
    assert "python -m build" not in text
    for name in ("attest", "pypi", "github", "action", "docs"):
        assert not any("checkout" in step.get("uses", "") for step in jobs()[name]["steps"]), name
    assert not any("run" in step for step in jobs()["pypi"]["steps"])
    reused = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    runs = [step.get("run", "") for job in reused["jobs"].values() for step in job["steps"]]
    assert runs.count("ci/build.sh") == 1
    assert jobs()["ci"]["uses"] == "$/.github/workflows/ci.yml"


def test_each_job_has_the_permissions_that_it_needs_and_there_are_no_secrets():
    text = WORKFLOW.read_text("utf-8")
    assert yaml.safe_load(text)["permissions"] == {}
    assert "secrets" not in text
    writes = {
        name: {key for key, value in job["permissions"].items() if value == "write"} for name, job in jobs().items()
    }
    assert {name: keys for name, keys in writes.items() if keys} == {
        "attest": {"attestations", "id-token"},
        "pypi": {"id-token"},
        "registry": {"attestations", "id-token", "packages"},
        "github": {"contents"},
        "action": {"contents"},
        "docs": {"contents"},
    }


def test_the_site_of_a_release_is_added_to_those_of_earlier_versions(tmp_path):
    (push,) = [step["run"] for step in jobs()["docs"]["steps"] if "run" in step]
    site, remote = tmp_path / "site", tmp_path / "remote.git"
    commit = ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--allow-empty"]
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    git(tmp_path, "init", "--quiet", "--initial-branch=gh-pages", str(site))
    for version in ("0.1.0", "0.2.0"):
        git(site, *commit, "--message", version)
        git(site, "bundle", "create", "--quiet", "../site.bundle", "gh-pages")
        shutil.rmtree(tmp_path / "site.git", ignore_errors=True)
        env = {
            "GH_TOKEN": "t",
            "GITHUB_REPOSITORY": "o/r",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{remote}.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://x-access-token:t@github.com/o/r.git",
        }
        subprocess.run(["bash", "-e", "-c", push], cwd=tmp_path, env={**os.environ, **env}, check=True)
    assert git(remote, "log", "--format=%s", "gh-pages").split() == ["0.2.0", "0.1.0"]


DOCKER = """\
#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *inspect*) echo '{"digest": "sha256:abc"}' ;; esac
"""


@pytest.mark.parametrize(
    ("tag", "tags"), [("v0.2.0", ["0.2.0", "0", "latest"]), ("v1.0.0rc1", ["1.0.0rc1"])], ids=["release", "candidate"]
)
def test_both_architectures_become_one_image_and_candidates_move_no_tags(tag, tags, tmp_path):
    if not shutil.which("jq"):
        pytest.skip("jq is not installed")
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    env = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "IMAGE": "registry.example/auditor",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    command = ["bash", str(ROOT / "ci" / "push-image.sh"), "images", tag]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (create,) = [line for line in (tmp_path / "calls").read_text().splitlines() if "imagetools create" in line]
    wanted = [f"--tag registry.example/auditor:{each}" for each in tags]
    wanted += [f"registry.example/auditor:{tags[0]}-{each}" for each in ("amd64", "arm64")]
    assert create.partition("create ")[2] == " ".join(wanted)
    assert (tmp_path / "output").read_text() == "digest=sha256:abc\n"


def test_the_image_of_a_release_is_made_of_the_wheel_that_was_tested():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^FROM scratch AS wheel\nCOPY --from=build /dist/\*\.whl /$", dockerfile, re.MULTILINE)
    last = dockerfile.rpartition("\nFROM ")[2]
    assert re.findall(r"--from=(\w+)", last) == ["install"]
    install = dockerfile.partition(" AS install\n")[2].partition("\nFROM ")[0]
    assert re.findall(r"--from=(\w+)", install) == ["wheel"]
    (built,) = [step["run"] for step in jobs()["image"]["steps"] if "docker build" in step.get("run", "")]
    assert "--build-context wheel=dist" in built


def test_the_manifest_that_the_image_is_tried_with_is_clean(run_auditor):
    assert run_auditor("check", str(ROOT / "ci" / "image" / "repo.yaml")).code == 0


# Known vulnerabilities

VULNERABLE = {
    "id": "PYSEC-2099-1",
    "summary": "bad",
    "affected": [{"package": {"name": "requests", "ecosystem": "PyPI"}, "ranges": [], "versions": []}],
}


@pytest.fixture
def advisories():
    """An advisory service on loopback, and its answer for each package."""
    answers: dict[str, tuple[int, dict]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answers.get(asked["package"]["name"], (200, {}))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    options = ["--vulnerability-service", "osv", "--osv-url", f"http://127.0.0.1:{server.server_port}"]
    yield answers, options
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "code", "line"),
    [
        ((200, {}), 0, r"requirements.txt: \d+ dependencies checked, 0 vulnerabilities"),
        (
            (200, {"vulns": [VULNERABLE]}),
            1,
            r"requirements.txt: requests \S+ is vulnerable: PYSEC-2099-1, fixed in: none",
        ),
        ((500, {}), 3, r"requirements.txt: not checked, pip-audit ended with exit code 1:"),
    ],
    ids=["clean", "vulnerable", "out of order"],
)
def test_vulnerable_and_unchecked_dependencies_fail(advisories, answer, code, line, capfd):
    answers, options = advisories
    answers["requests"] = answer
    assert audit_dependencies.audit("requirements.txt", options) == code
    assert re.search(line, capfd.readouterr().out)


def test_a_dependency_that_the_advisory_service_does_not_know_is_not_passed(capsys):
    known, unknown = {"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found: b"}
    assert audit_dependencies.conclude("lock", [known]) == 0
    assert audit_dependencies.conclude("lock", [known, unknown]) == 3
    assert audit_dependencies.conclude("lock", []) == 3
    assert "lock: 1 of 2 dependencies not checked: not found: b, ..." in capsys.readouterr().out
