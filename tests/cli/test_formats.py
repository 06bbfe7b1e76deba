"""Formats through complete commands: each report goes where it should, and nothing else does."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.cli.output import Target, deliver, targets
from auditor.errors import InvalidError
from auditor.model import Location
from auditor.reporters import REPORTERS
from auditor.resources import schema
from tests.git import git
from tests.golden.hostile import many


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Return the options that request every format, each in a file."""
    return [part for name in REPORTERS for part in ("--report", f"{name}=report.{name}")]


def test_one_run_writes_every_format(run_auditor, asked, tmp_path):
    ran = run_auditor("demo", "--repos", "40", *asked, "--format", "github", env={"SOURCE_DATE_EPOCH": "1772366400"})
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines
    assert all(line.startswith("::") for line in lines)
    assert lines[0].startswith("::notice title=auditor%3A findings::")
    texts = {name: (tmp_path / f"report.{name}").read_text("utf-8") for name in REPORTERS}
    assert texts["github"] == ran.out
    found = len(json.loads(texts["json"])["findings"])
    assert found > 0
    assert len(json.loads(texts["sarif"])["runs"][0]["results"]) == found
    assert len(json.loads(texts["gitlab"])) == found
    assert len(ET.fromstring(texts["junit"]).findall("testsuite/testcase")) == found + 1
    assert texts["markdown"].startswith("## Auditor: findings\n")


@pytest.mark.parametrize("name", [name for name in REPORTERS if name not in {"table", "markdown", "github"}])
def test_a_machine_format_is_alone_on_stdout(name, run_auditor):
    ran = run_auditor("demo", "--repos", "5", "--format", name)
    if name.startswith("csv"):
        assert ran.out.removeprefix("\ufeff").startswith('"complete",')
    elif name == "html":
        assert ran.out.startswith("<!doctype html>")
    elif name == "ndjson":
        assert all(json.loads(line)["kind"] for line in ran.out.splitlines())
    elif name == "junit":
        assert ET.fromstring(ran.out).tag == "testsuites"
    else:
        assert json.loads(ran.out) is not None
    assert ran.last_line.startswith("auditor: exit ")


def test_an_incomplete_run_is_an_error_for_github(run_auditor):
    env = {"TFY_HOST": "http://127.0.0.1:9", "TFY_API_KEY": "a.b.c"}
    ran = run_auditor("audit", "--format", "github", "--deadline", "1s", env=env)
    assert ran.code == 3
    assert ran.out.startswith("::error title=auditor%3A incomplete::")


def test_the_sarif_of_an_incomplete_run_has_a_name_that_no_upload_uses(run_auditor, tmp_path):
    (tmp_path / "m.yaml").write_text("type: ml-repo\nname: [\n", "utf-8")
    (tmp_path / "report.sarif").write_text("of an earlier run", "utf-8")
    ran = run_auditor("check", "m.yaml", "--report", "sarif=report.sarif", "--report", "json=report.json")
    assert ran.code == 3
    assert "so report.partial.sarif was written instead of report.sarif, which would close findings" in ran.err
    invocation = json.loads((tmp_path / "report.partial.sarif").read_text("utf-8"))["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert (tmp_path / "report.sarif").read_text("utf-8") == "of an earlier run"
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["verdict"]["complete"] is False


@pytest.mark.parametrize(("changed", "left_out"), [(["a.yaml"], "2 documents"), (["a.yaml", "b.yaml"], "1 document")])
def test_the_sarif_of_a_run_that_left_something_out_closes_nothing(run_auditor, tmp_path, changed, left_out):
    manifest = "type: ml-repo\nname: {0}\ndescription: Scores card payments for fraud.\n"
    names = ["a.yaml", "b.yaml", "c.yaml"]
    repository(tmp_path, {name: manifest.format(f"fraud-{name[0]}") for name in names})
    for name in changed:
        with (tmp_path / "m" / name).open("a", encoding="utf-8") as file:
            file.write("storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml-prod\n")
    options = ["--changed-since", "HEAD", "--report", "sarif=report.sarif", "--report", "json=report.json"]
    ran = run_auditor("check", "m", *options)
    assert ran.code in {0, 1}
    assert f"note: {left_out} skipped as unchanged since HEAD (" in ran.err
    assert "), so report.partial.sarif was written instead" in ran.err
    assert (tmp_path / "report.partial.sarif").is_file()
    assert not (tmp_path / "report.sarif").exists()
    assert (tmp_path / "report.json").is_file()


def test_the_sarif_of_an_unrestricted_run_is_complete(run_auditor, tmp_path):
    repository(tmp_path, {})
    (tmp_path / "m").mkdir()
    (tmp_path / "m/a.yaml").write_text("type: ml-repo\nname: fraud-a\n", "utf-8")
    ran = run_auditor("check", "m", "--changed-since", "HEAD", "--report", "sarif=report.sarif")
    assert (ran.code, "partial" in ran.err) == (1, False)
    assert (tmp_path / "report.sarif").is_file()


def repository(folder: Path, files: dict[str, str]) -> None:
    """Create a repository with one commit that has these files in `m`."""
    for name, text in files.items():
        (folder / "m").mkdir(exist_ok=True)
        (folder / "m" / name).write_text(text, "utf-8")
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--allow-empty", "--message", "one"]):
        git(folder, *command)


def test_the_sarif_of_an_incomplete_run_stays_on_a_device(run_auditor, tmp_path):
    (tmp_path / "m.yaml").write_text("type: ml-repo\nname: [\n", "utf-8")
    ran = run_auditor("check", "m.yaml", "--report", "sarif=/dev/null")
    assert (ran.code, "partial" in ran.err) == (3, False)


def test_the_configuration_knows_every_format(run_auditor, tmp_path):
    (tmp_path / "auditor.yaml").write_text(
        "reports:\n" + "".join(f"  - {{format: {name}, file: out.{name}}}\n" for name in REPORTERS), "utf-8"
    )
    assert run_auditor("demo", "--repos", "5", "--quiet").code in {0, 1}
    assert all((tmp_path / f"out.{name}").stat().st_size for name in REPORTERS)
    formats = schema("config")["properties"]["reports"]["items"]["properties"]["format"]["enum"]
    assert formats == list(REPORTERS)


def test_a_misspelled_format_suggests_the_right_one():
    with pytest.raises(InvalidError, match="did you mean 'sarif'"):
        targets("table", None, ["sarf=x"])


def test_files_in_a_report_are_relative_to_the_root_of_the_checkout(tmp_path, monkeypatch):
    folder = tmp_path / "checkout" / "deploy"
    folder.mkdir(parents=True)
    (tmp_path / "checkout" / ".git").mkdir()
    monkeypatch.chdir(folder)
    report = many(1)
    finding = replace(report.findings[0], location=Location("./repos/a.yaml", 3, 7))
    deliver(replace(report, findings=(finding,)), [Target("gitlab", folder / "out.json")])
    (entry,) = json.loads((folder / "out.json").read_text("utf-8"))
    assert entry["location"] == {"path": "deploy/repos/a.yaml", "lines": {"begin": 3}}
