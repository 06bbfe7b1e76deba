"""GitLab Code Quality: the requirements of its documentation."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import given
from jsonschema import Draft202012Validator

from auditor.model import Location, Report
from auditor.reporters import REPORTERS, Style
from auditor.text import visible
from tests.golden.hostile import TEXTS, hostile, many

ENTRIES = Draft202012Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "minLength": 1, "not": {"pattern": "^(/|\\./|\\.\\./)"}},
                        "lines": {"properties": {"begin": {"type": "integer", "minimum": 1}}, "required": ["begin"]},
                    },
                },
            },
        },
    }
)


def entries(report: Report, style: Style = Style()) -> list[dict]:  # noqa: B008 - a frozen value
    found = json.loads("".join(REPORTERS["gitlab"](report, style)))
    assert list(ENTRIES.iter_errors(found)) == []
    return found


@given(TEXTS)
def test_whatever_others_write_the_entries_are_right(text):
    found = entries(hostile(text))
    assert all(each["description"].isprintable() and each["location"]["path"].isprintable() for each in found)


def test_every_finding_is_an_entry_with_its_severity(found):
    reported = entries(found)
    assert [each["severity"] for each in reported] == [
        *["blocker"] * 4, *["critical"] * 2, *["major"] * 3, "minor", "info",
    ]  # fmt: skip
    for each, finding in zip(reported, found.findings, strict=True):
        assert each["check_name"] == f"{finding.rule.id} {finding.rule.name}"
        assert visible(finding.repo.name) in each["description"]
        assert visible(finding.message) in each["description"]
        assert each["fingerprint"] == finding.fingerprint


def test_an_incomplete_run_is_a_blocker_before_all_others(incomplete, unreadable):
    (alone,) = entries(unreadable)
    assert (alone["check_name"], alone["severity"]) == ("AUDIT001 incomplete-audit", "blocker")
    assert alone["description"].startswith("The audit is incomplete: repos 200 to 299")
    first, *rest = entries(incomplete)
    assert (first["fingerprint"], len(rest)) == (alone["fingerprint"], len(incomplete.findings))


def test_fingerprints_are_unique():
    reported = entries(many(3000, complete=False))
    assert len({each["fingerprint"] for each in reported}) == len(reported) == 3001


def test_places_are_those_of_the_checkout(found):
    first = replace(found.findings[0], location=Location("./m/a b.yaml", 3, 7))
    (entry,) = entries(replace(found, findings=(first,)), Style(folder="/src/sub", root="/src"))
    assert entry["location"] == {"path": "sub/m/a b.yaml", "lines": {"begin": 3}}


def test_a_repo_without_a_file_has_a_path_of_its_own(found):
    paths = {each["location"]["path"] for each in entries(found)}
    assert "ml-repos/acme/churn-prod" in paths
    assert all(re.match(r"ml-repos/acme/[^/]+$", path) for path in paths)
