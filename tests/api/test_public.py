"""The public API: its names and signatures, which change only on purpose, and its behavior."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import auditor
from auditor.demo import sample_tenant
from auditor.reporters import REPORTERS
from auditor.sources.snapshot.writer import save_snapshot
from tests.api.sources import MANIFEST, Repos

GOLDEN = Path(__file__).parent / "public.txt"
UPDATE = "AUDITOR_UPDATE_GOLDEN"


class Unshown:
    def __repr__(self) -> str:
        return "..."


def signature(called: object) -> str:
    """Return a signature as every version of Python prints it, without defaults whose text is long."""
    found = inspect.signature(called)
    short = (str, int, float, tuple, type(None), type)  # a parameter without a default has a class in its place
    given = [
        each if isinstance(each.default, short) else each.replace(default=Unshown())
        for each in found.parameters.values()
    ]
    return str(found.replace(parameters=given)).replace("'", "")


def described(name: str) -> list[str]:
    """Return a public name with its public members, one per line."""
    value = getattr(auditor, name)
    if not isinstance(value, type):
        return [f"{name}{signature(value) if inspect.isfunction(value) else f' = {value}'}"]
    if issubclass(value, Enum):
        return [name, *(f"    {each.name} = {each.value}" for each in value)]
    parts = [each.name for each in fields(value)] if is_dataclass(value) else []
    lines = [name] if parts or getattr(value, "_is_protocol", False) else [f"{name}{signature(value)}"]
    lines += [f"    {each.name}: {each.type}" for each in (fields(value) if parts else ())]
    for part, member in sorted(vars(value).items()):
        if not part.startswith("_") and part not in parts and not inspect.ismemberdescriptor(member):
            lines.append(f"    {part}{signature(getattr(value, part)) if callable(getattr(value, part)) else ''}")
    return lines


def test_the_public_names_and_their_signatures_change_only_on_purpose():
    text = "".join(f"{line}\n" for name in sorted(auditor.__all__) for line in described(name))
    if os.environ.get(UPDATE):
        GOLDEN.write_text(text, "utf-8")
    message = f"if this is meant, list it in CHANGELOG.md and run again with {UPDATE}=1"
    assert text == GOLDEN.read_text("utf-8"), message


def test_every_public_name_is_documented_and_completed_and_no_other_is_there():
    assert [name for name in auditor.__all__ if not getattr(auditor, name).__doc__] == ["Reporter"]  # an alias
    assert set(dir(auditor)) == {*auditor.__all__, "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        auditor.nothing  # noqa: B018


def test_importing_the_package_imports_no_other_part_of_it():
    code = "import sys, auditor; print(*sorted(name for name in sys.modules if name.startswith('auditor')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["auditor", "auditor.version"]


@pytest.fixture(scope="module")
def report() -> auditor.Report:
    return auditor.audit(Repos(MANIFEST, {**MANIFEST, "name": "churn-dev", "description": " "}), auditor.load_policy())


@pytest.mark.parametrize("name", REPORTERS)
def test_a_report_is_rendered_in_every_format_without_printing(name, report, capfd):
    text = auditor.render(report, name)
    assert text
    assert "\n" in text
    assert capfd.readouterr() == ("", "")


def test_the_style_of_a_table_can_be_chosen(report):
    assert "\x1b[" not in auditor.render(report)
    assert "\x1b[" in auditor.render(report, color=True)
    assert max(map(len, auditor.render(report, width=60).splitlines())) <= 60


def test_a_function_is_a_reporter_and_its_text_can_always_be_written(report):
    def repos(report: auditor.Report, style: auditor.Style):
        yield f"{report.receipt.repos} repos at {style.width} columns \ud800"

    assert auditor.render(report, repos, width=80) == "2 repos at 80 columns \\ud800"


def test_a_format_that_does_not_exist_is_an_error_with_a_suggestion(report):
    with pytest.raises(auditor.InvalidError, match="unknown report format 'markdwon'; did you mean 'markdown'"):
        auditor.render(report, "markdwon")


def test_a_report_is_read_back_from_json(report, tmp_path):
    (tmp_path / "report.json").write_text(auditor.render(report, "json"), "utf-8")
    again = auditor.read_report(tmp_path / "report.json")
    assert auditor.records(again) == auditor.records(report)
    assert again.verdict == report.verdict
    with pytest.raises(auditor.InvalidError, match=r"nothing\.json cannot be read"):
        auditor.read_report(tmp_path / "nothing.json")


def test_records_are_flat_and_of_one_type_a_column(report):
    rows = auditor.records(report)
    assert len(rows) == len(report.findings) > 0
    assert len({tuple((key, type(value)) for key, value in row.items()) for row in rows}) == 1
    assert {type(value) for value in rows[0].values()} == {str, int, bool}


def test_polars_takes_records_as_they_are_also_if_only_a_late_one_has_a_file(tmp_path):
    (tmp_path / "last.yaml").write_text("type: ml-repo\nname: Bad Name\n", "utf-8")
    of_tenant = auditor.records(auditor.audit(Repos(*_many()), auditor.load_policy()))
    of_files = auditor.records(auditor.check(tmp_path / "last.yaml", auditor.load_policy()))
    frame = pl.DataFrame([*of_tenant, *of_files])
    assert len(of_tenant) > 100
    assert frame.filter(pl.col("line") > 0).height == len(of_files)
    assert frame.schema["line"] == pl.Int64
    assert frame.schema["complete"] == pl.Boolean


def test_pandas_takes_records_as_they_are(report):
    frame = pd.DataFrame(auditor.records(report))
    assert list(frame.columns) == list(auditor.records(report)[0])
    assert str(frame["line"].dtype) == "int64"


def _many() -> list[dict[str, object]]:
    return [{**MANIFEST, "name": f"repo-{number}", "description": ""} for number in range(101)]


def test_packs_parameters_and_rules_are_chosen_without_a_configuration(tmp_path):
    one = auditor.load_policy("least-privilege", only=["single-person-admin"])
    assert [rule.info.name for rule in one.rules] == ["single-person-admin"]
    assert len(auditor.load_policy(["least-privilege", "storage"]).rules) > len(auditor.load_policy("storage").rules)
    baseline = auditor.load_policy()
    assert baseline.sha256 != auditor.load_policy(params={"min_description_length": "30"}).sha256
    assert len(auditor.load_policy(without=["missing-description"]).rules) == len(baseline.rules) - 1
    with pytest.raises(auditor.InvalidError, match="did you mean"):
        auditor.load_policy(params={"min_descripton_length": "30"})


def test_paths_may_be_one_or_several_texts_or_path_objects(tmp_path):
    for name in ("a-prod", "b-prod"):
        (tmp_path / f"{name}.json").write_text(f'{{"type": "ml-repo", "name": "{name}"}}', "utf-8")
    policy = auditor.load_policy()
    for paths in (tmp_path, str(tmp_path), [tmp_path / "a-prod.json", str(tmp_path / "b-prod.json")]):
        assert auditor.check(paths, policy).receipt.repos == 2


def test_files_can_be_audited_again(tmp_path):
    (tmp_path / "a.json").write_text('{"type": "ml-repo", "name": "a-prod"}', "utf-8")
    (tmp_path / "node_modules").mkdir()
    source, policy = auditor.ManifestFiles(tmp_path), auditor.load_policy()
    first, second = (auditor.records(auditor.audit(source, policy)) for _ in range(2))
    assert first == second
    assert source.origin().total == source.origin().files == 1


def test_a_snapshot_is_a_source_and_can_be_too_old(tmp_path, start_plane):
    plane = start_plane(sample_tenant(3))
    source = auditor.ControlPlane.with_token(plane.host, plane.token)
    clock = auditor.AuditOptions().clock
    save_snapshot(source, tmp_path / "t.gz", clock, lambda _done, _total: None, auditor.load_policy().parts)
    again = auditor.audit(auditor.Snapshot(str(tmp_path / "t.gz")), auditor.load_policy())
    assert again.receipt.repos == 3
    assert again.verdict.complete
    old = auditor.audit(auditor.Snapshot(tmp_path / "t.gz", max_age=timedelta(0)), auditor.load_policy())
    assert not old.verdict.complete
    assert "older than" in old.verdict.reason


def test_a_control_plane_is_audited_twice_each_time_with_its_own_time(start_plane, monkeypatch):
    plane = start_plane(sample_tenant(3))
    monkeypatch.setenv("TFY_HOST", plane.host)
    monkeypatch.setenv("TFY_API_KEY", plane.token)
    source, policy = auditor.ControlPlane.from_environment(), auditor.load_policy()
    first = auditor.audit(source, policy)
    deadline = source._deadline
    second = auditor.audit(source, policy)
    assert source._deadline is not deadline
    assert auditor.records(first) == auditor.records(second)
    assert second.verdict.complete
    assert first.receipt.origin == second.receipt.origin


def test_a_token_is_nowhere_to_be_seen():
    token = "tfy-very-secret"
    plane = auditor.ControlPlane.with_token("https://acme.example.com", token)
    assert repr(plane) == "ControlPlane('https://acme.example.com')"
    assert token not in f"{plane} {vars(plane)}"
    with pytest.raises(TypeError, match="not serialized"):
        pickle.dumps(plane._credentials)
    with pytest.raises(auditor.InvalidError) as refused:
        auditor.ControlPlane.with_token("https://acme.example.com", "two words")
    assert "two words" not in str(refused.value)
    with pytest.raises(auditor.InvalidError, match="the argument host is not the URL of a control plane"):
        auditor.ControlPlane.with_token("acme.example.com", token)


USER = """\
from collections.abc import Iterator
from datetime import timedelta

import auditor
from auditor import AuditOptions, ControlPlane, Origin, Provider, Repo, Severity, Snapshot, Style, Unread


class Database:
    provides = frozenset({Provider.MANIFEST})

    def collect(self) -> Iterator[Repo | Unread]:
        yield Repo("1", {"type": "ml-repo", "name": "fraud-prod"})

    def origin(self) -> Origin:
        return Origin("database", total=1)


def render_names(report: auditor.Report, style: Style) -> Iterator[str]:
    yield from (finding.repo.name for finding in report.findings)


policy = auditor.load_policy(["ml-repo-baseline"], params={"min_description_length": "30"})
for source in (Database(), Snapshot("t.gz", max_age=timedelta(days=1)), ControlPlane.from_environment()):
    report = auditor.audit(source, policy, AuditOptions(fail_on=Severity.HIGH))
    text: str = auditor.render(report, render_names, width=80) + auditor.render(report, "sarif")
    rows: list[dict[str, str | int]] = auditor.records(report)
    code: int = report.verdict.exit_code
auditor.check("manifests", policy)
wrong: int = auditor.render(report)
"""


def test_the_script_of_a_user_is_type_checked_strictly(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER, "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "user.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    last = len(USER.splitlines())
    assert done.stdout.startswith(f"user.py:{last}: error: Incompatible types in assignment"), done.stdout
    assert done.stdout.count("error:") == 1, done.stdout
