"""The page about the Python API: every block of Python runs, in the order of the page, and prints nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import auditor
from auditor import Status
from auditor.demo import sample_tenant

PAGE = Path(__file__).parent.parent.parent / "docs" / "python.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def _folder(tmp_path, monkeypatch, start_plane, environment, run_auditor) -> None:
    """Write the files that the page refers to."""
    plane = environment(start_plane(sample_tenant(20)))
    assert run_auditor("fetch", "--output", "tenant.ndjson.gz", env=plane).code == 0
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "fraud.yaml").write_text("type: ml-repo\nname: Fraud\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    for name, value in plane.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_folder")
def test_the_page_works_from_top_to_bottom(capfd):
    names: dict[str, object] = {}
    statuses = []
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"{PAGE.name}, block {number + 1}", "exec"), names)
        statuses.append(names["report"].verdict.status)
    assert capfd.readouterr() == ("", "")
    assert set(statuses) == {Status.FINDINGS, Status.INCOMPLETE}
    assert names["worst"].height > 1
    assert names["places"]
    assert names["new"] == []
    assert names["text"].startswith("incomplete: repo churn-prod: it is locked")


def test_the_page_names_everything_that_is_public():
    words = set(re.findall(r"\w+", PAGE.read_text("utf-8")))
    assert sorted(set(auditor.__all__) - words) == []


@pytest.mark.usefixtures("_folder")
def test_the_page_names_every_key_of_a_record():
    report = auditor.check("manifests", auditor.load_policy())
    text = PAGE.read_text("utf-8")
    assert [key for key in auditor.records(report)[0] if f"`{key}`" not in text] == []
