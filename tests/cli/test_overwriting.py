"""Reports never overwrite the inputs of a run, and are never checked as manifests."""

from __future__ import annotations

import json
import shutil

import pytest

from auditor.demo import sample_tenant
from tests.samples import MANIFEST

GOOD = MANIFEST.format(name="fraud-scoring-prod")
PACK = """\
policy: 1
name: acme
version: 1.0.0
title: Rules of ACME
data:
  teams: {file: teams.txt}
rules:
  - id: ACME001
    name: undescribed
    title: Repos have a description
    severity: high
    must: {manifest.description: {blank: false}}
"""


@pytest.fixture
def folder(tmp_path, run_auditor, start_plane, environment):
    """A folder with manifests, settings, a pack with data, and two snapshots."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m/good.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "m/link.yml").symlink_to("good.yaml")
    (tmp_path / "pack.yaml").write_text(PACK, "utf-8")
    (tmp_path / "teams.txt").write_text("fraud-ml\n", "utf-8")
    plane = start_plane(sample_tenant(3))
    assert run_auditor("fetch", "-o", "t.gz", "--quiet", env=environment(plane)).code == 0
    shutil.copy(tmp_path / "t.gz", tmp_path / "before.gz")
    (tmp_path / "auditor.yaml").write_text(
        "policies: [pack.yaml]\nexpect: {max_drop: 90%, previous: before.gz}\n", "utf-8"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("command", "kept", "words"),
    [
        ("check m --report json=m/good.yaml", "m/good.yaml", "the json report would overwrite m/good.yaml"),
        ("check m --report sarif=m/link.yml", "m/good.yaml", "the sarif report"),
        ("check m/good.yaml -o m/good.yaml", "m/good.yaml", "m/good.yaml, which is being checked; write the report"),
        ("check m/*.yaml -o ./m/good.yaml", "m/good.yaml", "m/good.yaml, which is being checked; write the report"),
        ("check . --report junit=m/good.yaml", "m/good.yaml", "not a report of an earlier run, and . is being checked"),
        ("check m -o auditor.yaml", "auditor.yaml", "auditor.yaml, which is the configuration file"),
        ("check m -o pack.yaml --policy pack.yaml", "pack.yaml", "pack.yaml, which is part of the policy"),
        ("check m --report table=pack.yaml", "pack.yaml", "pack.yaml, which is part of the policy"),
        ("check m -o teams.txt", "teams.txt", "teams.txt, which is part of the policy"),
        ("audit t.gz -o before.gz", "before.gz", "before.gz, which is the earlier snapshot of `expect`"),
        ("check m --inventory t.gz -o t.gz", "t.gz", "t.gz, which is the input snapshot"),
        ("audit t.gz -o ./t.gz", "t.gz", "the table report would overwrite t.gz"),
        ("drift m --snapshot t.gz -o m/good.yaml -f json", "m/good.yaml", "the json report would overwrite"),
        ("drift m --snapshot t.gz -o t.gz", "t.gz", "t.gz, which is the input snapshot"),
        ("drift m --snapshot t.gz -o auditor.yaml", "auditor.yaml", "which is the configuration file"),
    ],
)
def test_a_report_that_would_take_the_place_of_an_input_is_refused(folder, run_auditor, command, kept, words):
    before = (folder / kept).read_bytes()
    ran = run_auditor(*command.split())
    assert ran.code == 2, ran.err
    assert words in ran.last_line
    assert ran.out == ""
    assert (folder / kept).read_bytes() == before


def test_reports_of_the_configuration_are_refused_too(folder, run_auditor):
    (folder / "auditor.yaml").write_text("reports: [{format: json, file: m/good.yaml}]\n", "utf-8")
    ran = run_auditor("check", "m")
    assert (ran.code, "the json report would overwrite" in ran.last_line) == (2, True)
    assert (folder / "m/good.yaml").read_text("utf-8") == GOOD


def test_the_replacement_of_sarif_overwrites_nothing(folder, run_auditor):
    (folder / "m/good.partial.yaml").write_text(GOOD, "utf-8")
    ran = run_auditor("check", "m", "--report", "sarif=m/good.yaml")
    assert ran.code == 2
    (folder / "m/broken.yaml").write_text("type: ml-repo\na: @\n", "utf-8")
    ran = run_auditor("check", "m", "--report", "sarif=m/new.sarif")
    assert ran.code == 3
    ran = run_auditor("check", "m/good.partial.yaml", "m/broken.yaml", "--report", "sarif=m/good.yaml")
    assert (ran.code, "m/good.partial.yaml" in ran.last_line) == (2, True)


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab"])
@pytest.mark.parametrize("manifest", [GOOD, GOOD.replace("team:fraud-ml", "user:sam@example.com")])
def test_a_report_among_manifests_is_written_again_and_is_no_manifest(run_auditor, tmp_path, name, manifest):
    (tmp_path / "good.yaml").write_text(manifest, "utf-8")
    first, again = (run_auditor("check", ".", "--report", f"{name}=report.json") for _ in range(2))
    assert first.code in {0, 1}
    assert again.last_line == first.last_line
    assert "1 document skipped (auditor's own files: 1)" in " ".join(again.out.split())
    assert json.loads((tmp_path / "report.json").read_text("utf-8")) is not None


@pytest.mark.parametrize("command", ["drift . --snapshot t.gz", "access t.gz"])
def test_reports_of_other_commands_are_no_manifests_either(folder, run_auditor, command):
    assert run_auditor(*command.split(), "-f", "json", "-o", "m/other.json").code in {0, 1, 3}
    assert "auditor's own files" in run_auditor("check", "m").out


@pytest.mark.parametrize(
    "text",
    ['{"report": 1}', '{"report": 1, "tool": {"name": "other"}}', "[1]", '[{"description": "x"}]', '{"runs": [{}]}'],
)
def test_what_only_looks_like_a_report_is_checked(run_auditor, tmp_path, text):
    (tmp_path / "other.json").write_text(text, "utf-8")
    (tmp_path / "good.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "auditor.yaml").write_text("files: {strict: true}\n", "utf-8")
    ran = run_auditor("check", ".")
    assert (ran.code, "other.json:1:1" in ran.out) == (1, True)
    assert run_auditor("check", ".", "--report", "json=other.json").code == 2


def test_a_check_of_an_empty_json_list_alone_is_incomplete(run_auditor, tmp_path):
    (tmp_path / "empty.json").write_text("[]", "utf-8")
    assert run_auditor("check", ".").code == 3


@pytest.mark.parametrize(("option", "link"), [("--token-file", False), ("--token-file", True), ("--ca-bundle", False)])
def test_a_snapshot_replaces_no_file_that_fetching_it_reads(option, link, run_auditor, tmp_path):
    given, output = tmp_path / "given", tmp_path / ("linked" if link else "given")
    given.write_text("tfy_CANARY0123456789\n")
    given.chmod(0o600)
    if link:
        output.symlink_to(given)
    env = {"TFY_HOST": "http://127.0.0.1:1", "TFY_API_KEY": "tfy_0123456789"}
    ran = run_auditor("fetch", "-o", str(output), option, str(given), env=env)
    assert ran.code == 2
    assert f"the snapshot would overwrite {output}, which is the file of {option}" in ran.last_line
    assert given.read_text() == "tfy_CANARY0123456789\n"
