"""A baseline accepts the findings of one day, only shrinks, and survives merges or is rejected."""

from __future__ import annotations

import json
import re
import subprocess
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import DocumentError
from auditor.triage import KnownFinding, baseline_text, read_baseline
from tests.conftest import LONG
from tests.triage.conftest import GOOD, WAIVER, WITH_USERS

FILE = "auditor-baseline.jsonl"


def write(folder, *arguments):
    return folder.run("baseline", "write", "m", *arguments)


def test_with_a_baseline_only_new_findings_fail(folder):
    written = write(folder)
    assert written.last_line.endswith(f"{FILE}: 3 findings, 3 added, 0 removed")
    assert "set `baseline` in auditor.yaml" in written.err
    folder.config(baseline=FILE)
    assert "set `baseline`" not in write(folder).err
    assert folder.check().code == 0
    folder.manifest("fraud", WITH_USERS.replace("sam@", "pat@"))
    report = folder.report()
    assert {each["repo"]["name"] for each in report["findings"]} == {"fraud"}
    assert {each["repo"]["name"] for each in report["baselined"]} == {"churn"}
    assert report["summary"]["by_triage"] == {"open": 3, "waived": 0, "baselined": 3}


def test_without_paths_and_credentials_it_says_how_to_audit_files(folder, tmp_path):
    ran = folder.run("baseline", "write", HOME=str(tmp_path))
    assert ran.code == 2
    assert "TFY_API_KEY is not set" in ran.last_line
    assert "to audit manifest files, add their paths; otherwise set TFY_HOST" in ran.last_line


def test_another_subject_is_new(folder):
    write(folder)
    folder.config(baseline=FILE)
    folder.manifest("churn", WITH_USERS.replace("sam@", "pat@"))
    report = folder.report()
    assert [each["subject"] for each in report["findings"]] == ["user:pat@acme.example"]


def test_the_file_is_sorted_has_one_finding_a_line_and_no_times(folder):
    write(folder)
    first = (folder.path / FILE).read_bytes()
    folder.run("baseline", "write", "m", day="2031-01-01")
    assert (folder.path / FILE).read_bytes() == first
    head, *lines = first.decode().splitlines()
    assert head == '{"auditor_baseline": 1}'
    shown = [[json.loads(line)[key] for key in ("rule", "repo", "subject")] for line in lines]
    assert shown == [
        ["ACME001", "churn", ""],
        ["ACME002", "churn", "user:kim@acme.example"],
        ["ACME002", "churn", "user:sam@acme.example"],
    ]


def test_it_only_shrinks_unless_new_findings_are_accepted(folder):
    write(folder)
    folder.manifest("churn", GOOD)
    folder.manifest("fraud", GOOD.replace("description: Card fraud scoring models and their evaluation runs.\n", ""))
    ran = write(folder)
    assert "1 new finding not added; --accept-new adds new findings" in ran.err
    assert ran.last_line.endswith(": 0 findings, 0 added, 3 removed")
    assert write(folder, "--accept-new").last_line.endswith(": 1 finding, 1 added, 0 removed")


def test_stale_entries_are_listed_and_pruned(folder):
    write(folder)
    folder.config(baseline=FILE)
    folder.manifest("churn", GOOD)
    assert [each["kind"] for each in folder.report()["triage_notes"]] == ["stale-baseline"]
    shown = folder.run("baseline", "prune", "m")
    assert (shown.code, len(re.findall(r"^-\{", shown.out, re.MULTILINE))) == (1, 3)
    assert folder.run("baseline", "prune", "m", "--write").code == 0
    assert (folder.path / FILE).read_text() == '{"auditor_baseline": 1}\n'


def test_it_hides_neither_what_was_not_read_nor_a_rule_that_cannot_be_waived(folder):
    folder.manifest("churn", GOOD.replace("acme:aws", "other:aws"))
    assert write(folder).last_line.endswith(": 0 findings, 0 added, 0 removed")
    found = folder.report()["findings"][0]
    forged = KnownFinding(found["rule"], "churn", "", found["fingerprint"])
    (folder.path / FILE).write_text(baseline_text([forged]))
    folder.config(baseline=FILE)
    assert folder.check().code == 1
    (folder.path / "m" / "broken.yaml").write_text("type: ml-repo\nname: [")
    assert folder.check().code == 3


def test_nothing_is_written_after_an_incomplete_run(folder):
    (folder.path / "m" / "broken.yaml").write_text("type: ml-repo\nname: [")
    assert write(folder).code == 3
    assert not (folder.path / FILE).exists()


def test_a_waived_finding_is_not_written_and_an_expired_waiver_reopens_a_known_one(folder):
    write(folder)
    folder.waive(WAIVER, baseline=FILE)
    assert folder.check().code == 0
    report = folder.report(day="2030-12-02")
    assert [each["subject"] for each in report["findings"]] == ["user:sam@acme.example"]
    assert write(folder).last_line.endswith(": 2 findings, 0 added, 1 removed")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda line: line.replace("churn", "fraud"),
            ":2: the digest does not match: the entry was edited, or a merge mixed two lines",
        ),
        (lambda _: "<<<<<<< ours", ":2: git conflict marker"),
        (lambda _: "{}", ":2: not a baseline entry, expected the keys"),
        (lambda _: "text", ":2: not a baseline entry"),
    ],
)
def test_a_line_that_auditor_did_not_write_is_refused(folder, change, message):
    write(folder)
    head, line, *rest = (folder.path / FILE).read_text().splitlines()
    (folder.path / FILE).write_text("\n".join([head, change(line), *rest]) + "\n")
    folder.config(baseline=FILE)
    ran = folder.check()
    assert (ran.code, ran.out) == (2, "")
    assert f"{FILE}{message}" in ran.last_line


def test_another_file_is_no_baseline(folder):
    (folder.path / FILE).write_text("[]\n")
    folder.config(baseline=FILE)
    assert f"{FILE}:1: not a baseline: expected" in folder.check().last_line


NAMES = st.sampled_from([f"repo-{number}" for number in range(8)])
KNOWN = st.builds(
    lambda rule, repo: KnownFinding(rule, repo, "", sha256(f"{rule}{repo}".encode()).hexdigest()[:32]),
    st.sampled_from(["R1", "R2", "R3"]),
    NAMES,
)


def _git(folder: str, *arguments: str, check: bool = True) -> int:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *settings, *arguments], cwd=folder, check=check, capture_output=True).returncode


@given(st.sets(KNOWN), st.sets(KNOWN), st.sets(KNOWN))
def test_two_branches_merge_into_lines_of_either_or_are_refused(start, ours, theirs):
    with TemporaryDirectory() as folder:
        file = Path(folder) / FILE
        _git(folder, "init", "--quiet", "--initial-branch=main")

        def commit(known):
            file.write_text(baseline_text(known))
            _git(folder, "add", ".")
            _git(folder, "commit", "--quiet", "--allow-empty", "-m", "x")

        commit(start)
        _git(folder, "checkout", "--quiet", "-b", "ours")
        commit(ours)
        _git(folder, "checkout", "--quiet", "-b", "theirs", "main")
        commit(theirs)
        conflict = _git(folder, "merge", "--quiet", "-m", "m", "ours", check=False)
        if conflict:
            with pytest.raises(DocumentError):
                read_baseline(file)
        else:
            merged = set(read_baseline(file))
            assert merged <= ours | theirs
            assert merged >= ours & theirs


if LONG:
    from hypothesis import settings

    test_two_branches_merge_into_lines_of_either_or_are_refused = settings(max_examples=1000, deadline=None)(
        test_two_branches_merge_into_lines_of_either_or_are_refused
    )
