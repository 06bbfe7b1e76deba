"""SARIF: the requirements of its schema, Microsoft's validator and GitHub."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from jsonschema_rs import validator_for

from auditor.model import Control, Location, Report
from auditor.reporters import REPORTERS, Style
from auditor.text import visible
from tests.golden.hostile import TEXTS, hostile, many

SCHEMA = json.loads((Path(__file__).parent.parent / "data" / "sarif-2.1.0.json").read_text("utf-8"))
FAST = validator_for(SCHEMA, validate_formats=True)
MULTITOOL = "5.7.0"
URI_PATH = re.compile(r"(?!/|\.\.?/)([A-Za-z0-9._~/-]|%[0-9A-F]{2})+")
KINDS = ["incomplete", "found", "clean", "unreadable"]


def text_of(report: Report, style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return "".join(REPORTERS["sarif"](report, style))


def run_of(report: Report, style: Style = Style()) -> dict:  # noqa: B008 - a frozen value
    (run,) = json.loads(text_of(report, style))["runs"]
    return run


def with_locations(report: Report, file: str) -> Report:
    findings = (replace(each, location=Location(file, 4, 9, 17)) for each in report.findings)
    return replace(report, findings=tuple(findings))


@pytest.mark.parametrize("kind", KINDS)
def test_the_log_fits_the_official_schema(kind, request):
    document = json.loads(text_of(request.getfixturevalue(kind)))
    Draft202012Validator.check_schema(SCHEMA)
    assert list(Draft202012Validator(SCHEMA).iter_errors(document)) == []
    assert document["version"] == "2.1.0"


@given(TEXTS)
def test_whatever_others_write_the_log_fits_and_its_places_are_right(text):
    run = run_of(hostile(text))
    log = {"version": "2.1.0", "runs": [run]}
    assert [error.message for error in FAST.iter_errors(log)] == []
    for result in run["results"]:
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        uri = place["artifactLocation"]["uri"]
        assert URI_PATH.fullmatch(uri)
        assert {"", ".", ".."} & set(uri.split("/")) == set()
        assert place["region"]["startLine"] >= 1
        assert "](" not in result["message"]["text"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_run_says_how_it_ended(kind, request):
    report = request.getfixturevalue(kind)
    run = run_of(report)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is report.verdict.complete
    assert invocation["exitCode"] == report.verdict.exit_code
    assert report.verdict.status.value in invocation["exitCodeDescription"]
    assert run["properties"]["verdict"] == report.verdict.status.value
    assert run["properties"]["policy_sha256"] == report.receipt.policy_sha256
    assert run["properties"]["ids_sha256"] == report.receipt.ids_sha256
    assert run["properties"]["repos"] == report.receipt.repos


def notifications(run: dict, kind: str) -> list[str]:
    listed = run["invocations"][0]["toolExecutionNotifications"]
    return [each["message"]["text"] for each in listed if each["descriptor"]["id"] == kind]


def test_everything_that_was_not_seen_is_a_notification(incomplete):
    run = run_of(incomplete)
    reported = notifications(run, "not-seen")
    assert len(reported) == 12
    assert all(visible(each.what) in text for each, text in zip(incomplete.receipt.unread, reported, strict=True))
    assert notifications(run, "not-evaluated") == [
        "ACME005 was skipped for 14 repos: needs data from the control plane (accepted by --unavailable skip)."
    ]
    first = run["results"][0]
    assert (first["ruleId"], first["level"]) == ("AUDIT001", "error")


def test_more_unread_things_than_fit_are_counted(incomplete):
    unread = incomplete.receipt.unread * 10
    report = replace(incomplete, receipt=replace(incomplete.receipt, unread=unread))
    reported = notifications(run_of(report), "not-seen")
    assert (len(reported), reported[-1]) == (101, "20 more not read.")


@pytest.mark.parametrize(("complete", "kept", "left_out"), [(True, 5000, 3), (False, 4999, 4)])
def test_only_what_github_keeps_is_written_and_the_rest_is_counted(complete, kept, left_out):
    report = many(5003, complete=complete)
    run = run_of(report)
    assert len(run["results"]) == 5000
    assert [each["partialFingerprints"]["auditor/v1"] for each in run["results"][-kept:]] == [
        each.fingerprint for each in report.findings[:kept]
    ]
    (text,) = notifications(run, "left-out")
    assert text.startswith(f"{left_out} more findings left out")


def test_a_run_that_fits_leaves_nothing_out():
    assert notifications(run_of(many(5000)), "left-out") == []


def test_rules_say_what_github_shows(found):
    rules = {rule["id"]: rule for rule in run_of(found)["tool"]["driver"]["rules"]}
    access = rules["ACME001"]
    assert set(rules) == {f"ACME00{number}" for number in range(1, 6)}
    assert access["shortDescription"]["text"] == "Admin roles go to teams, not to single users."
    assert access["fullDescription"]["text"] == "People leave."
    assert "Give the role to a team" in access["help"]["text"]
    assert "Give the role to a team" in access["help"]["markdown"]
    assert access["helpUri"] == "https://docs.example/rules#acme001"
    assert access["properties"]["tags"] == ["security", "access", "SOC 2 CC6.1"]
    scores = {name: rule["properties"].get("security-severity") for name, rule in rules.items()}
    assert scores == {"ACME001": "9.5", "ACME002": "8.0", "ACME003": "5.5", "ACME004": "2.0", "ACME005": None}
    levels = {name: rule["defaultConfiguration"]["level"] for name, rule in rules.items()}
    assert levels == {
        "ACME001": "error", "ACME002": "error", "ACME003": "warning", "ACME004": "warning", "ACME005": "note",
    }  # fmt: skip


def test_a_rule_that_has_no_finding_is_listed_all_the_same(clean):
    assert len(run_of(clean)["tool"]["driver"]["rules"]) == 5


@pytest.mark.parametrize("docs", ["", "docs/rules.md", "javascript:alert(1)", "https://x.example/a b", "https://x/%zz"])
def test_only_a_valid_uri_is_a_help_uri(docs, found):
    rules = (replace(found.rules[0], docs=docs),)
    assert "helpUri" not in run_of(replace(found, rules=rules, findings=()))["tool"]["driver"]["rules"][0]


def test_a_rule_has_at_most_twenty_tags(found):
    controls = tuple(Control("F", str(number)) for number in range(40))
    rules = (replace(found.rules[0], controls=controls),)
    tags = run_of(replace(found, rules=rules))["tool"]["driver"]["rules"][0]["properties"]["tags"]
    assert len(tags) == len(set(tags)) == 20


def test_every_result_has_its_level_its_rule_and_a_place(found):
    run = run_of(found)
    rules = run["tool"]["driver"]["rules"]
    for result, finding in zip(run["results"], found.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule.id
        assert result["level"] == rules[result["ruleIndex"]]["defaultConfiguration"]["level"]
        assert visible(finding.message) in result["message"]["text"]
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(uri).startswith("ml-repos/acme/")
        logical = location["logicalLocations"]
        assert logical[0]["fullyQualifiedName"] == f"acme/{visible(finding.repo.name)}"
        assert [each["name"] for each in logical[1:]] == ([finding.path] if finding.path else [])


@pytest.mark.parametrize(
    ("file", "folder", "uri"),
    [
        ("manifests/a b%.yaml", "/src", "manifests/a%20b%25.yaml"),
        ("./x.yaml", "/src/sub", "sub/x.yaml"),
        ("/src/sub/x.yaml", "/src", "sub/x.yaml"),
        ("../x.yaml", "/src/sub", "x.yaml"),
        ("/etc/x.yaml", "/src", "etc/x.yaml"),
        ("a:b/c#d?e.yaml", "/src", "a%3Ab/c%23d%3Fe.yaml"),
    ],
)
def test_files_are_relative_to_the_root_of_the_checkout(file, folder, uri, found):
    (location,) = run_of(with_locations(found, file), Style(folder=folder, root="/src"))["results"][0]["locations"]
    place = location["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
    assert place["region"] == {"startLine": 4, "startColumn": 9, "endColumn": 17}


def test_a_moved_line_or_a_reordered_list_keeps_the_fingerprint(found):
    def prints(report: Report) -> list[dict]:
        return [result["partialFingerprints"] for result in run_of(report)["results"]]

    moved = replace(found, findings=tuple(replace(each, path="/moved/9") for each in found.findings))
    assert prints(found) == prints(with_locations(moved, "a.yaml"))
    assert len({each["primaryLocationLineHash"] for each in prints(found)}) == len(found.findings)


def test_waived_and_baselined_findings_are_counted_and_left_out(incomplete):
    run = run_of(incomplete)
    assert len(run["results"]) == len(incomplete.findings) + 1
    assert (run["properties"]["waived"], run["properties"]["baselined"]) == (1, 1)


def test_logs_of_two_tenants_do_not_replace_each_other(clean):
    other = replace(clean, receipt=replace(clean.receipt, origin=replace(clean.receipt.origin, tenant="b c")))
    assert run_of(clean)["automationDetails"]["id"] == "auditor/control-plane/acme/"
    assert run_of(other)["automationDetails"]["id"] == "auditor/control-plane/b%20c/"


@pytest.fixture(scope="session")
def multitool() -> Path:
    """Install Microsoft's validator into the user's cache, once."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / f"auditor-sarif-multitool-{MULTITOOL}"
    program = cache / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    if not program.exists():
        package = f"@microsoft/sarif-multitool-linux@{MULTITOOL}"
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000")
        command = [npm, "install", "--prefix", str(cache), *options, package]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"npm could not install {package}: {done.stderr.strip()[-200:]}")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("kind", [*KINDS, "placed"])
def test_the_validator_of_microsoft_with_the_rules_of_github_has_nothing_to_say(kind, request, multitool, tmp_path):
    report = request.getfixturevalue("incomplete" if kind == "placed" else kind)
    log, verdict = tmp_path / "log.sarif", tmp_path / "verdict.sarif"
    log.write_text(text_of(with_locations(report, "manifests/a b.yaml") if kind == "placed" else report), "utf-8")
    command = [str(multitool), "validate", str(log), "--rule-kind", "Sarif;Ghas", "--output", str(verdict)]
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stdout
    (run,) = json.loads(verdict.read_text("utf-8-sig"))["runs"]
    reported = [(result["ruleId"], result.get("level", "warning"), result["message"]) for result in run["results"]]
    assert [each for each in reported if each[1] in {"error", "warning"}] == []
    assert "invocations" in run
