"""JUnit XML: read by a strict parser and validated against the schema of Jenkins' xUnit plugin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree

from auditor.model import Location, Report, Severity
from auditor.reporters import REPORTERS, Style
from auditor.text import visible
from tests.golden.hostile import TEXTS, hostile, many

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent.parent / "data" / "junit-10.xsd"))


def parsed(report: Report, style: Style = Style()) -> etree._Element:  # noqa: B008 - a frozen value
    text = "".join(REPORTERS["junit"](report, style))
    assert text.isascii()
    root = etree.fromstring(text.encode())
    SCHEMA.assertValid(root)
    return root


def assert_counted(root: etree._Element) -> None:
    """Compare the numbers in the attributes with the elements."""
    for suite in (root, *root):
        assert int(suite.get("tests")) == len(suite.xpath(".//testcase"))
        assert int(suite.get("failures")) == len(suite.xpath(".//failure"))
        assert int(suite.get("errors")) == len(suite.xpath(".//error"))
        if suite is not root:
            assert int(suite.get("skipped")) == len(suite.xpath(".//skipped"))


@given(TEXTS)
def test_whatever_others_write_it_is_valid_and_says_what_it_should(text):
    root = parsed(hostile(text))
    assert_counted(root)
    assert root[0].get("name") == "auditor"
    assert len(root) == 2
    failures = root.xpath("//failure")
    assert [each.get("message") for each in failures] == [visible(text)] * 6
    assert all(child.tag in {"failure", "error", "skipped"} for case in root.iter("testcase") for child in case)


@pytest.mark.parametrize("kind", ["incomplete", "found", "clean", "unreadable"])
def test_the_numbers_are_right(kind, request):
    assert_counted(parsed(request.getfixturevalue(kind)))


def test_a_clean_run_has_one_passed_test_case(clean):
    (suite,) = parsed(replace(clean, not_evaluated=()))
    (case,) = suite.iter("testcase")
    assert (case.get("name"), len(case)) == ("everything was read", 0)
    facts = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert facts["auditor.verdict"] == "clean"
    assert facts["auditor.policy_sha256"] == "2" * 64


def test_an_incomplete_run_has_an_error_for_itself_and_for_everything_that_was_not_seen(incomplete):
    first = parsed(incomplete)[0]
    assert first.xpath("testcase[@name='everything was read']/error/@type") == ["incomplete"]
    assert len(first.xpath("testcase[starts-with(@name, 'read: ')]/error")) == 12


def test_what_was_not_evaluated_is_skipped_with_its_reason(clean):
    (skipped,) = parsed(clean).xpath("//skipped/@message")
    assert (
        skipped
        == "ACME005 was skipped for 14 repos: needs data from the control plane (accepted by --unavailable skip)"
    )


def test_what_does_not_fail_the_run_is_skipped_with_its_reason(incomplete):
    reasons = parsed(incomplete).xpath("//testsuite[position() > 1]//skipped/@message")
    assert sorted(reasons) == [
        "baselined: known",
        "info is below the threshold, low: churn-prod has 12000 runs",
        "waived: known",
    ]


def test_a_repo_is_a_suite_and_a_finding_a_failure(found):
    root = parsed(replace(found, fail_on=Severity.INFO))
    assert len(root) == 1 + len({each.repo.id for each in found.findings})
    assert len(root.xpath("//failure")) == len(found.findings)
    (failure,) = root.xpath("//testsuite[@name='acme/churn-prod']/testcase[contains(@name, 'ACME001')]/failure")
    assert failure.get("type") == "critical"
    assert failure.text == 'got "x-admin", expected a team\nfix: Give the role to a team, then take it from the user.'


def test_a_place_in_a_file_is_reported(found):
    first = replace(found.findings[0], location=Location("m/a.yaml", 3, 7))
    (failure,) = parsed(replace(found, findings=(first,)), Style(folder="/src/sub", root="/src")).xpath("//failure")
    assert "in sub/m/a.yaml:3:7" in failure.text


def test_a_repo_that_is_called_like_the_first_suite_does_not_become_it(found):
    repo = replace(found.findings[0].repo, name="auditor", tenant=None)
    root = parsed(replace(found, findings=(replace(found.findings[0], repo=repo),)))
    assert [suite.get("name") for suite in root] == ["auditor", "auditor"]
    assert [len(suite.xpath("properties")) for suite in root] == [1, 0]


def test_findings_of_a_repo_are_together():
    root = parsed(many(300))
    names = [suite.get("name") for suite in root]
    assert len(names) == len(set(names)) == 151
