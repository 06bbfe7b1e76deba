"""Reporters and sources of installed packages: loaded only when named, and never a clean run by accident."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from auditor.plugins import find_reporter

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-auditor"
version = "1.2"

[project.entry-points."auditor.reporters"]
names = "acme_auditor:render_names"
table = "acme_auditor:render_names"
raising = "acme_auditor:raise_midway"
exiting = "acme_auditor:exit_cleanly"
bytes = "acme_auditor:render_bytes"
missing = "acme_auditor:nothing"
value = "acme_auditor:VALUE"
broken = "acme_broken"

[project.entry-points."auditor.sources"]
registry = "acme_auditor:registry"
raising = "acme_auditor:Raising"
exiting = "acme_auditor:Exiting"
odd = "acme_auditor:Odd"
refusing = "acme_auditor:refuse"
forgetful = "acme_auditor:Forgetful"
"""
MODULE = """\
import sys
from pathlib import Path

from auditor import InvalidError, Origin, Provider, Repo

Path(__file__).with_name("loaded").touch()
VALUE = 5


def render_names(report, style):
    yield "repos:\\n"
    yield from (f"{name}\\n" for name in sorted({finding.repo.name for finding in report.findings}))


def raise_midway(report, style):
    yield "first\\n"
    raise ValueError("no such \\x1b[31m template")


def exit_cleanly(report, style):
    sys.exit(0)


def render_bytes(report, style):
    yield b"first"


class Registry:
    provides = {Provider.MANIFEST}

    def __init__(self, argument):
        self.names = argument.split(",")

    def collect(self):
        yield from (Repo(name, {"type": "ml-repo", "name": name, "description": ""}) for name in self.names)

    def origin(self):
        return Origin("registry", total=len(self.names))


def registry(argument):
    return Registry(argument)


class Raising(Registry):
    def collect(self):
        yield from super().collect()
        raise KeyError("page 2")


class Exiting(Registry):
    def collect(self):
        sys.exit(0)


class Odd(Registry):
    def collect(self):
        yield {"name": "fraud"}


class Forgetful(Registry):
    def origin(self):
        return Origin("registry", total=len(self.names) + 1)


def refuse(argument):
    raise InvalidError(f"{argument} is not a registry", "pass its URL")
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return a folder with the package, laid out as by `pip install --target`."""
    folder, site = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("site")
    (folder / "pyproject.toml").write_text(PROJECT, "utf-8")
    (folder / "acme_auditor.py").write_text(MODULE, "utf-8")
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(site)], cwd=folder, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(site / done.stdout.split()[-1]) as wheel:
        wheel.extractall(site)
    (site / "acme_broken.py").write_text("import a_module_that_is_not_installed\n", "utf-8")
    return site


@pytest.fixture
def run(site, run_auditor, tmp_path):
    """Run `auditor ARGUMENTS` with the package installed."""
    (tmp_path / "fraud.yaml").write_text("type: ml-repo\nname: Fraud\n", "utf-8")
    (site / "loaded").unlink(missing_ok=True)

    def run(*arguments: str, **env: str):
        return run_auditor(*arguments, env={"PYTHONPATH": str(site), **env})

    return run


def test_a_reporter_is_found_by_name_and_writes_to_stdout_and_files(run, tmp_path):
    done = run("check", "fraud.yaml", "--format", "names", "--report", "names=names.txt")
    assert (done.code, done.out) == (1, "repos:\nFraud\n")
    assert (tmp_path / "names.txt").read_text("utf-8") == done.out


def test_a_reporter_renders_saved_reports_and_a_report_for_each_owner(run, tmp_path):
    assert run("check", "fraud.yaml", "--report", "json=report.json").code == 1
    assert run("convert", "report.json", "--format", "names").out == "repos:\nFraud\n"
    assert run("check", "fraud.yaml", "-f", "names", "--split-by", "owner", "-o", "owners").code == 1
    assert [each.name for each in (tmp_path / "owners").iterdir()] == ["unowned.names"]
    assert run("check", "fraud.yaml", AUDITOR_FORMAT="names").out == "repos:\nFraud\n"


@pytest.mark.parametrize("arguments", [("check", "fraud.yaml"), ("check", "fraud.yaml", "--format", "tabel")])
def test_an_unused_plugin_is_not_loaded(run, site, arguments):
    run(*arguments)
    assert not (site / "loaded").exists()


def test_a_built_in_format_cannot_be_replaced(run, site):
    done = run("check", "fraud.yaml", "--format", "table")
    assert not done.out.startswith("repos:")
    assert not (site / "loaded").exists()


def test_an_unknown_format_is_the_same_error_with_and_without_plugins(run, run_auditor):
    for arguments in (("--format", "jsn"), ("--report", "jsn=x")):
        with_plugins = run("check", "fraud.yaml", *arguments)
        assert (with_plugins.code, with_plugins.out) == (2, "")
        assert with_plugins.err == run_auditor("check", "fraud.yaml", *arguments).err
    assert run("check", "fraud.yaml", "--report", "namse=x").last_line.endswith("did you mean 'names'?")


FAILED = "the reporter 'raising' of the package acme-auditor 1.2 failed: ValueError: no such \\x1b[31m template"


def test_a_reporter_that_fails_leaves_the_report_undelivered(run, tmp_path):
    (tmp_path / "out.txt").write_text("earlier", "utf-8")
    done = run("check", "fraud.yaml", "--report", "raising=out.txt")
    assert (done.code, done.out) == (5, "")
    assert done.last_line.startswith(f"auditor: exit 5, undelivered: {FAILED}; report it to its authors")
    assert (tmp_path / "out.txt").read_text("utf-8") == "earlier"
    assert [each.name for each in tmp_path.glob(".out*")] == []
    assert run("check", "fraud.yaml", "--format", "raising").code == 5


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("exiting", 5, "failed: SystemExit: 0"),
        ("bytes", 5, "failed: TypeError: it yields bytes, expected str"),
        ("missing", 4, "cannot be loaded: AttributeError: module 'acme_auditor' has no attribute 'nothing'"),
        ("value", 4, "cannot be loaded: TypeError: acme_auditor:VALUE is not a function"),
        ("broken", 4, "cannot be loaded: ModuleNotFoundError: No module named 'a_module_that_is_not_installed'"),
    ],
)
def test_a_broken_reporter_is_an_error_with_its_name(run, name, code, reason):
    done = run("check", "fraud.yaml", "--format", name)
    assert done.code == code
    assert f"the reporter '{name}' of the package acme-auditor 1.2 {reason}" in done.last_line
    assert "Traceback" not in done.err


def test_the_author_of_a_plugin_gets_the_traceback(run):
    done = run("check", "fraud.yaml", "--format", "raising", AUDITOR_DEBUG="1")
    assert "in raise_midway" in done.err
    assert (done.code, done.last_line[:29]) == (5, "auditor: exit 5, undelivered:")


def test_a_source_is_found_by_name_and_gets_its_argument(run):
    done = run("audit", "--source", "registry:a-prod,b:c", "--rule", "missing-description", "--format", "names")
    assert (done.code, done.out) == (1, "repos:\na-prod\nb:c\n")
    assert done.last_line == (
        "auditor: exit 1, findings: 2 repos checked, 5 findings at or above low"
        "; only rules selected by --rule missing-description were evaluated"
    )


def test_a_source_that_forgets_a_repo_is_incomplete(run):
    done = run("audit", "--source", "forgetful:a-prod", "--rule", "missing-description")
    assert done.code == 3
    assert "only 1 of 2 repos were read" in done.last_line


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        (
            "raising",
            4,
            "the source 'raising' of the package acme-auditor 1.2 failed: KeyError: 'page 2'",
        ),
        ("exiting", 4, "the source 'exiting' of the package acme-auditor 1.2 failed: SystemExit: 0"),
        ("odd", 4, "failed: TypeError: it yields dict, expected Repo or Binding or Unread or Finding"),
        ("refusing", 2, "invalid: here is not a registry; pass its URL"),
        ("registri", 2, "invalid: unknown source 'registri'; did you mean 'registry'?"),
    ],
)
def test_a_source_that_fails_is_an_error_and_never_clean(run, name, code, reason):
    done = run("audit", "--source", f"{name}:here")
    assert (done.code, done.out) == (code, "")
    assert reason in done.last_line
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "other", [("snapshot.gz",), ("--max-age", "1d"), ("--verify-access", "1"), ("--host", "https://a.example.com")]
)
def test_a_source_cannot_be_combined(run, other):
    done = run("audit", "--source", "registry:a", *other)
    assert done.code == 2
    assert "cannot be used together" in done.last_line


def test_without_plugins_the_message_says_what_to_install(run_auditor):
    done = run_auditor("audit", "--source", "registry:a")
    assert done.last_line == (
        "auditor: exit 2, invalid: unknown source 'registry'; install the package that provides it"
    )


def test_a_name_of_two_packages_is_ambiguous(run, site, tmp_path):
    other = tmp_path / "other"
    info = other / "rival_auditor-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival-auditor\nVersion: 0.1\n", "utf-8")
    (info / "entry_points.txt").write_text("[auditor.reporters]\nnames = acme_auditor:render_names\n", "utf-8")
    done = run("check", "fraud.yaml", "--format", "names", PYTHONPATH=f"{site}{os.pathsep}{other}")
    assert done.code == 2
    assert "several packages have a reporter 'names': acme-auditor 1.2, rival-auditor 0.1" in done.last_line


def test_a_name_with_odd_characters_is_never_a_plugin():
    assert find_reporter("../names") is None
