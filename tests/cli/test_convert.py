"""`auditor convert`: a JSON report in another format, byte for byte what the run itself would have written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.reporters import REPORTERS, Style
from auditor.reporters.json_reader import read_report
from tests.golden.hostile import many
from tests.samples import MANIFEST

NOW = {"SOURCE_DATE_EPOCH": "1772366400"}
CLEAN = MANIFEST.format(name="churn")
PACK = """\
policy: 1
name: acme
version: 1.0.0
title: Rules of ACME
rules:
  - {id: ACME001, name: no-description, title: Repos have a description, severity: high, rationale: People read it,
     must: {manifest.description: {blank: false}}}
  - {id: ACME002, name: no-prefix, title: Names have a prefix, severity: info, must: {manifest.name: {like: "ml-*"}}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme.yaml").write_text(PACK)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "churn.yaml").write_text(CLEAN)
    return tmp_path


def found(folder: Path) -> None:
    (folder / "m" / "fraud.yaml").write_text("type: ml-repo\nname: fraud\ndescription: ''\n")


def incomplete(folder: Path) -> None:
    found(folder)
    (folder / "m" / "broken.yaml").write_text("type: ml-repo\nname: [\n")


def clean(_folder: Path) -> None:
    pass


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize(("prepare", "code"), [(clean, 0), (found, 1), (incomplete, 3)])
def test_every_format_is_what_the_run_would_have_written(folder, run_auditor, name, prepare, code):
    prepare(folder)
    check = ("check", "m", "--policy", "acme.yaml")
    direct = run_auditor(*check, "--format", name, "--report", "json=r.json", env=NOW)
    again = run_auditor("convert", "r.json", "--format", name)
    assert (direct.code, again.code) == (code, code)
    assert (again.out, again.last_line) == (direct.out, direct.last_line)


def test_a_report_on_a_tenant_is_the_same_too(run_auditor, tmp_path):
    asked = [part for name in REPORTERS for part in ("--report", f"{name}=direct.{name}")]
    again = [part for name in REPORTERS for part in ("--report", f"{name}=again.{name}")]
    assert run_auditor("demo", "--group-by", "owner", *asked, cwd=tmp_path).code == 1
    assert run_auditor("convert", "direct.json", "--group-by", "owner", *again, cwd=tmp_path).code == 1
    for name in REPORTERS:
        assert (tmp_path / f"again.{name}").read_bytes() == (tmp_path / f"direct.{name}").read_bytes(), name


def test_waivers_and_notes_come_back(folder, run_auditor):
    found(folder)
    (folder / "waivers.yaml").write_text(
        "waivers:\n  - {rule: no-description, repo: fraud, reason: soon, owner: me, expires: 2026-03-09}\n"
    )
    check = ("check", "m", "--policy", "acme.yaml", "--waivers", "waivers.yaml", "--report", "json=r.json")
    for name in ("table", "junit", "json", "csv"):
        direct = run_auditor(*check, "--format", name, env=NOW)
        assert run_auditor("convert", "r.json", "--format", name).out == direct.out
    assert json.loads((folder / "r.json").read_text())["triage_notes"][0]["kind"] == "expires-soon"


def test_the_last_line_has_the_verdict_and_the_sarif_of_an_incomplete_run_closes_nothing(folder, run_auditor):
    incomplete(folder)
    run_auditor("check", "m", "--policy", "acme.yaml", "--report", "json=r.json")
    ran = run_auditor("convert", "r.json", "--format", "sarif", "--output", "r.sarif")
    assert ran.code == 3
    assert ran.last_line.startswith("auditor: exit 3, incomplete: m/broken.yaml")
    assert (folder / "r.partial.sarif").exists()
    assert not (folder / "r.sarif").exists()


NEW = {
    "": ("fail_on", "partial", "only_owner", "triage_notes", "rules"),
    "receipt": ("proof", "roles", "paths", "declared", "against", "notes"),
}


def test_reports_of_older_versions_are_rendered(folder, run_auditor):
    found(folder)
    run_auditor("check", "m", "--policy", "acme.yaml", "--report", "json=r.json")
    document = json.loads((folder / "r.json").read_text())
    for part, keys in NEW.items():
        for key in keys:
            del (document[part] if part else document)[key]
    for finding in document["findings"]:
        for key in ("subject", "waiver", "suggestion"):
            del finding[key]
        for key in ("end_column", "text"):
            del finding["location"][key]
    (folder / "old.json").write_text(json.dumps(document))
    for name in REPORTERS:
        ran = run_auditor("convert", "old.json", "--format", name)
        assert ran.code == 1, ran.err
        assert "ACME001" in ran.out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"report": 2}, "r.json is not a JSON report"),
        ({"verdict": {}}, "r.json is not a JSON report that this version can read: verdict: "),
        ({"news": 1}, "r.json is not a JSON report that this version can read: the document: "),
        ({"findings": {}}, "r.json is not a JSON report that this version can read: findings: "),
        ({"rules": [None]}, "r.json is not a JSON report that this version can read: rules/0: "),
    ],
)
def test_what_is_no_report_is_refused(folder, run_auditor, change, message):
    run_auditor("check", "m", "--policy", "acme.yaml", "--report", "json=r.json")
    document = json.loads((folder / "r.json").read_text())
    (folder / "r.json").write_text(json.dumps({**document, **change}))
    ran = run_auditor("convert", "r.json")
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.last_line


def test_a_complete_verdict_cannot_be_forged_by_half(folder, run_auditor):
    incomplete(folder)
    run_auditor("check", "m", "--policy", "acme.yaml", "--report", "json=r.json")
    document = json.loads((folder / "r.json").read_text())
    document["verdict"]["status"] = "clean"
    (folder / "r.json").write_text(json.dumps(document))
    assert run_auditor("convert", "r.json").code == 2


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", "\ufeff{}"])
def test_whatever_is_no_json_is_an_error(folder, run_auditor, text):
    (folder / "r.json").write_text(text)
    ran = run_auditor("convert", "r.json")
    assert ran.code == 2
    assert "r.json is not a JSON report" in ran.last_line


def test_a_report_is_not_overwritten_by_its_own_conversion(folder, run_auditor):
    run_auditor("check", "m", "--policy", "acme.yaml", "--report", "json=r.json")
    ran = run_auditor("convert", "r.json", "--output", "r.json")
    assert ran.code == 2
    assert "the table report would overwrite r.json" in ran.last_line
    assert "r2.json cannot be read" in run_auditor("convert", "r2.json").last_line


def test_a_hostile_report_reads_back_as_it_was(incomplete_report):
    data = "".join(REPORTERS["json"](incomplete_report, Style())).encode()
    back = read_report(data, "r.json")
    for name, render in REPORTERS.items():
        assert "".join(render(back, Style())) == "".join(render(incomplete_report, Style())), name


@pytest.fixture
def incomplete_report():
    return many(30, complete=False)


def test_people_can_be_redacted_later(run_auditor, tmp_path):
    secret = {"AUDITOR_REDACT_KEY": "k" * 32}
    assert run_auditor("demo", "--report", "json=plain.json", "-o", "x.txt", cwd=tmp_path).code == 1
    redact = ("--redact", "subjects", "--redact-map", "map.json")
    ran = run_auditor("convert", "plain.json", "-f", "html", *redact, cwd=tmp_path, env=secret)
    assert ran.code == 1, ran.err
    names = json.loads((tmp_path / "map.json").read_text()).values()
    assert len(names) > 10
    assert not [name for name in names if name in ran.out + ran.err]
    again = run_auditor(
        "convert", "plain.json", "-f", "html", "--redact-map", "plain.json", *redact[:2], cwd=tmp_path, env=secret
    )
    assert again.code == 2
    assert "would overwrite plain.json" in again.last_line
