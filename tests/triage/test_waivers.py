"""Waivers accept exactly what they name, until they expire, and never silently."""

from __future__ import annotations

import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from auditor.resources import schema
from tests.git import git
from tests.triage.conftest import GOOD, PACK, WAIVER, WITH_USERS

BROAD = {"reason": "x y", "owner": "o", "expires": "2030-12-01"}


def subjects(findings):
    return [each["subject"] for each in findings if each["rule"] == "ACME002"]


def kinds(report):
    return [each["kind"] for each in report["triage_notes"]]


def test_a_waiver_accepts_the_finding_about_its_subject_only(folder):
    folder.waive(WAIVER)
    report = folder.report()
    assert subjects(report["waived"]) == ["user:sam@acme.example"]
    assert subjects(report["findings"]) == ["user:kim@acme.example"]
    assert report["waived"][0]["waiver"] == {
        "rule": "ACME002",
        "repo": "churn",
        "subject": "user:sam@acme.example",
        "reason": "Moves to a team",
        "owner": "ml@acme.example",
        "expires": "2030-12-01",
        "ticket": None,
        "approved_by": None,
        "where": "waivers.yaml:2:5",
    }


@pytest.mark.parametrize("rule", ["ACME001", "missing-description", "undescribed"])
@pytest.mark.parametrize("repo", ["churn", "'glob:ch*'"])
def test_a_rule_may_be_named_by_id_name_or_alias_and_a_repo_by_name_or_glob(folder, rule, repo):
    folder.waive({"rule": rule, "repo": repo, **BROAD})
    report = folder.report()
    assert [each["rule"] for each in report["waived"]] == ["ACME001"]


def test_a_glob_counts_only_where_it_is_written_as_one(folder):
    folder.waive({"rule": "ACME001", "repo": "'ch*'", **BROAD})
    assert folder.report()["waived"] == []


def test_the_finding_of_an_expired_waiver_is_open_and_names_its_owner(folder):
    folder.waive(WAIVER)
    ran = folder.check(day="2030-12-02")
    assert ran.code == 1
    assert re.search(r"waiver +expired on 2030-12-01 \(owner: ml@acme.example, reason: Moves to a team\)", ran.out)
    assert "so 1 finding is open again" in ran.out.replace("\n     ", " ")
    assert ran.last_line.endswith(", 1 waiver expired")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata"])
def test_a_waiver_expires_at_the_end_of_its_last_day_in_utc(folder, zone):
    folder.waive(WAIVER)
    assert len(folder.report(day="2030-12-01T23:59:59", TZ=zone)["waived"]) == 1
    assert folder.report(day="2030-12-02T00:00:00", TZ=zone)["waived"] == []


def test_as_of_decides_for_another_day(folder):
    folder.waive(WAIVER)
    assert len(folder.report("--as-of", "2030-12-01")["waived"]) == 1
    assert folder.report("--as-of", "2030-12-02")["waived"] == []


def test_no_waivers_shows_everything(folder):
    folder.waive(WAIVER)
    report = folder.report("--no-waivers")
    assert report["waived"] == []
    assert len(subjects(report["findings"])) == 2


def test_a_rule_that_cannot_be_waived_stays_open(folder):
    folder.manifest("churn", GOOD.replace("acme:aws", "other:aws"))
    folder.waive({"rule": "ACME003", "repo": "churn", **BROAD})
    report = folder.report()
    assert [each["rule"] for each in report["findings"]] == ["ACME003"]
    assert kinds(report) == ["not-waivable"]


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"rule": "ACME001", "repo": "fraud"}, "unused"),
        ({"rule": "missing-descripton", "repo": "churn"}, "unknown-rule"),
        ({"rule": "ACME001", "repo": "'glob:*'"}, "too-broad"),
        ({"rule": "ACME001", "repo": "churn", "expires": "2030-06-29"}, "expires-soon"),
        ({"rule": "ACME001", "repo": "fraud", "expires": "2030-06-14"}, "expired"),
    ],
)
def test_what_is_wrong_with_a_waiver_is_reported_and_an_error_if_strict(folder, entry, kind):
    folder.manifest("fraud")
    folder.waive({**BROAD, **entry})
    assert kinds(folder.report()) == [kind]
    strict = folder.check("--strict-waivers")
    assert (strict.code, strict.last_line[:24]) == (2, "auditor: exit 2, invalid")
    assert "waivers.yaml:2:5: the waiver of" in strict.last_line


@pytest.mark.parametrize("rule", ["MLB002", "MLF001", "MLS004", "empty-document"])
def test_a_waiver_of_a_built_in_rule_that_the_run_did_not_need_is_no_problem(folder, rule):
    folder.waive({"rule": rule, "repo": "role-binding:b", **BROAD})
    assert kinds(folder.report()) == []


def test_a_waiver_is_not_called_unused_by_a_run_that_cannot_know(folder):
    folder.manifest("fraud")
    folder.waive({"rule": "ACME001", "repo": "fraud", **BROAD}, {"rule": "ACME001", "repo": "elsewhere", **BROAD})
    assert kinds(folder.report()) == ["unused"]
    assert kinds(folder.report("--rule", "ACME001")) == []
    (folder.path / "m" / "broken.yaml").write_text("type: ml-repo\nname: [")
    assert kinds(folder.report()) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"expires": None}, "has no 'expires'"),
        ({"owner": None}, "has no 'owner'"),
        ({"reason": "..."}, "is '...', which is a placeholder; replace it with the real text"),
        ({"expires": "2031-06-15"}, "but a waiver may last until 2030-12-12 at most"),
        ({"expires": "soon"}, "is 'soon', expected a date as YYYY-MM-DD"),
        ({"expires": "2030-02-30"}, "is '2030-02-30', expected a date as YYYY-MM-DD"),
        ({"repo": "'glob:'"}, "is an empty glob"),
        ({"rul": "x"}, "unknown key 'rul' in waivers[0]; did you mean 'rule'?"),
    ],
)
def test_a_wrong_entry_names_its_place_and_nothing_is_checked(folder, entry, message):
    waiver = {key: value for key, value in {**WAIVER, **entry}.items() if value is not None}
    folder.waive(waiver)
    ran = folder.check()
    assert (ran.code, ran.out) == (2, "")
    assert "waivers.yaml:2:" in ran.last_line
    assert message in ran.last_line


def test_waiver_days_bound_the_expiry(folder):
    folder.waive(WAIVER, waiver_days=30)
    assert "may last until 2030-07-15 at most" in folder.check().last_line


def test_a_missing_file_is_an_error(folder):
    folder.config(waivers="nowhere.yaml")
    assert folder.check().code == 2


def test_the_accept_line_of_a_finding_is_an_entry_once_its_dots_are_filled(folder):
    lines = re.findall(r"accept +(- \{.*?\})$", folder.check(COLUMNS="400").out, re.MULTILINE)
    assert len(lines) == 3
    folder.config(waivers="waivers.yaml")
    text = "waivers:\n" + "".join(f"{line}\n" for line in lines)
    filled = text.replace("expires: ...", "expires: 2030-12-01").replace("...", "Known")
    (folder.path / "waivers.yaml").write_text(filled)
    ran = folder.check()
    assert ran.code == 0, ran.err
    assert ran.last_line.endswith(", 3 findings waived")


def test_the_schema_of_waivers_accepts_what_the_loader_accepts(folder):
    folder.waive(WAIVER)
    document = yaml.load((folder.path / "waivers.yaml").read_text(), yaml.BaseLoader)
    validator = Draft202012Validator(schema("waivers"))
    assert list(validator.iter_errors(document)) == []
    del document["waivers"][0]["owner"]
    assert [each.message for each in validator.iter_errors(document)] == ["'owner' is a required property"]


def fingerprint_of(folder, rule):
    return next(each["fingerprint"] for each in folder.report("--no-waivers")["findings"] if each["rule"] == rule)


def test_add_writes_an_entry_and_keeps_comments(folder):
    folder.waive(WAIVER)
    file = folder.path / "waivers.yaml"
    file.write_text(f"# Ours\n{file.read_text()}  # the end\n")
    more = ("--reason", "No: yet", "--owner", "o", "--expires", "2030-12-01", "--ticket", "OPS-1")
    ran = folder.run("waivers", "add", fingerprint_of(folder, "ACME001")[:10], *more, "m")
    assert ran.code == 0, ran.err
    assert file.read_text() == (
        "# Ours\n"
        "waivers:\n"
        "  - {rule: ACME002, repo: churn, subject: 'user:sam@acme.example', reason: Moves to a team, "
        "owner: ml@acme.example, expires: 2030-12-01}\n"
        "  - rule: ACME001\n"
        "    repo: churn\n"
        '    reason: "No: yet"\n'
        '    owner: "o"\n'.replace('"o"', "o")
        + "    expires: 2030-12-01\n"
        "    ticket: OPS-1\n"
        "  # the end\n"
    )
    assert len(folder.report()["waived"]) == 2


def test_add_names_how_many_findings_the_waiver_accepts(folder):
    more = ("--reason", "r", "--owner", "o", "--expires", "2030-12-01", "m")
    assert "note" not in folder.run("waivers", "add", fingerprint_of(folder, "ACME001"), *more).err
    (folder.path / "acme.yaml").write_text(PACK.replace("    when: {grant.level: admin}\n", ""))
    folder.manifest("churn", WITH_USERS + "  - subject: user:sam@acme.example\n    role_id: mlf-project-viewer\n")
    ran = folder.run("waivers", "add", fingerprint_of(folder, "ACME002"), *more)
    assert "auditor: note: the waiver matches 2 findings of ACME002 on churn\n" in ran.err


def test_add_creates_the_file_and_refuses_what_it_cannot_find(folder):
    more = ("--reason", "r", "--owner", "o", "--expires", "2030-12-01", "m")
    assert (
        "no open finding has the fingerprint 0123456789" in folder.run("waivers", "add", "0123456789", *more).last_line
    )
    assert "is too short" in folder.run("waivers", "add", "0123", *more).last_line
    assert folder.run("waivers", "add", fingerprint_of(folder, "ACME001"), *more).code == 0
    folder.config(waivers="waivers.yaml")
    assert len(folder.report()["waived"]) == 1


def test_prune_prints_a_diff_and_applies_it_on_demand(folder):
    folder.waive(WAIVER, {"rule": "ACME001", "repo": "fraud", **BROAD})
    folder.manifest("fraud")
    file = folder.path / "waivers.yaml"
    before = file.read_text()
    shown = folder.run("waivers", "prune", "m")
    assert (shown.code, file.read_text()) == (1, before)
    assert [line for line in shown.out.splitlines() if line.startswith("-  ")] == [f"-{before.splitlines()[2]}"]
    assert folder.run("waivers", "prune", "m", "--write").code == 0
    assert file.read_text() == "".join(before.splitlines(keepends=True)[:2])
    assert folder.run("waivers", "prune", "m").code == 0


def test_prune_removes_the_second_of_two_equal_waivers_alone(folder):
    folder.waive(WAIVER, WAIVER)
    assert folder.check().last_line.endswith(", 1 finding waived")
    ran = folder.run("waivers", "prune", "m", "--write")
    assert ran.last_line.endswith("1 waiver removed from waivers.yaml")
    assert folder.check().last_line.endswith(", 1 finding waived")


def test_prune_leaves_everything_alone_after_an_incomplete_run(folder):
    folder.waive({"rule": "ACME001", "repo": "fraud", **BROAD})
    folder.manifest("fraud")
    (folder.path / "m" / "broken.yaml").write_text("type: ml-repo\nname: [")
    before = (folder.path / "waivers.yaml").read_text()
    ran = folder.run("waivers", "prune", "m", "--write")
    assert ran.code == 3
    assert "nothing was written, because not everything was read" in ran.last_line
    assert (folder.path / "waivers.yaml").read_text() == before


def test_list_and_check_say_what_has_to_be_looked_at(folder):
    folder.waive(WAIVER, {"rule": "ACME009", "repo": "churn", **BROAD, "expires": "2030-06-20"})
    listed = folder.run("waivers", "list", COLUMNS="200")
    assert [line.split("|")[2].strip() for line in listed.out.splitlines()[2:]] == ["expires soon", "active"]
    checked = folder.run("waivers", "check")
    assert checked.code == 1
    assert "refers to a rule that is not in the policy" in checked.out
    assert "expires in 5 days" in checked.out


def test_a_change_cannot_add_its_own_waivers(folder, monkeypatch):
    folder.waive()
    (folder.path / "waivers.yaml").write_text("waivers: []\n")
    git(folder.path, "init", "--quiet", "--initial-branch=main")
    git(folder.path, "add", ".")
    git(folder.path, "commit", "--quiet", "-m", "start")
    folder.waive({"rule": "ACME001", "repo": "churn", **BROAD})
    assert len(folder.report()["waived"]) == 1
    assert folder.report("--policy-from", "main")["waived"] == []
    assert "using the waivers and the baseline at main" in folder.check("--policy-from", "main").err
    git(folder.path, "commit", "--quiet", "--all", "-m", "accept")
    assert "using the waivers" not in folder.check("--policy-from", "main").err


def test_a_waived_finding_is_counted_in_every_format(folder):
    folder.waive(WAIVER)
    assert "\n1 waived (owners: ml@acme.example), 0 baselined, " in folder.check("-f", "table").out
    assert "waived 1" in folder.check("-f", "markdown").out
    assert '"waived": 1' in folder.check("-f", "sarif").out
    assert "waived: Moves to a team (owner: ml@acme.example, until 2030-12-01)" in folder.check("-f", "junit").out


def test_fix_leaves_waived_findings_alone(folder):
    folder.manifest("churn", WITH_USERS)
    entries = [{"rule": rule, "repo": "churn", **BROAD} for rule in ("ACME001", "ACME002")]
    folder.waive(*entries)
    ran = folder.run("fix", "m")
    assert ran.code == 0, ran.err


def test_no_waivers_wins_over_a_file_that_is_named(folder):
    folder.waive(WAIVER)
    assert folder.report("--no-waivers", "--waivers", "waivers.yaml")["waived"] == []


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"waivers: {}", b"[]", b""])
def test_add_leaves_a_file_alone_that_is_no_file_of_waivers(folder, content):
    (folder.path / "waivers.yaml").write_bytes(content)
    more = ("--reason", "r", "--owner", "o", "--expires", "2030-12-01", "m")
    ran = folder.run("waivers", "add", fingerprint_of(folder, "ACME001"), *more)
    assert ran.code == 2, ran.err
    assert (folder.path / "waivers.yaml").read_bytes() == content


def test_a_file_that_cannot_be_edited_safely_is_left_to_its_author(folder):
    text = "waivers: [{rule: R1, repo: churn, reason: r r, owner: o, expires: 2030-12-01}]\n"
    (folder.path / "waivers.yaml").write_text(text)
    more = ("--reason", "r", "--owner", "o", "--expires", "2030-12-01", "m")
    ran = folder.run("waivers", "add", fingerprint_of(folder, "ACME001"), *more)
    assert ran.code == 2
    assert "edit the file by hand" in ran.last_line
    assert (folder.path / "waivers.yaml").read_text() == text
