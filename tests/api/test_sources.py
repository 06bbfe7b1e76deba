"""Custom sources: whatever they leave out, the audit is not clean."""

from __future__ import annotations

import pytest

import auditor
from auditor import AuditOptions, Status
from tests.api.sources import MANIFEST, Repos

POLICY = auditor.load_policy(only=["missing-description"])


def verdict(source: auditor.Source) -> auditor.Verdict:
    return auditor.audit(source, POLICY).verdict


def test_a_source_that_yields_what_it_announced_is_clean():
    assert verdict(Repos(MANIFEST)).status is Status.CLEAN
    assert verdict(Repos(MANIFEST, total=None, proof="one transaction")).status is Status.CLEAN


def test_a_source_that_forgets_repos_that_it_announced_is_incomplete():
    found = verdict(Repos(MANIFEST, total=2))
    assert (found.status, found.exit_code) == (Status.INCOMPLETE, 3)
    assert found.reason.startswith("only 1 of 2 repos were read")


def test_a_source_that_yields_two_repos_with_one_id_is_incomplete():
    class Same(Repos):
        def collect(self):
            yield auditor.Repo("1", MANIFEST)
            yield auditor.Repo("1", {**MANIFEST, "name": "churn-prod"})

    assert verdict(Same(MANIFEST, MANIFEST)).reason.startswith("only 1 of 2 repos were read")


def test_a_source_that_announces_nothing_is_incomplete():
    found = verdict(Repos(MANIFEST, total=None))
    assert found.status is Status.INCOMPLETE
    assert "neither how many repos it has nor why its list is complete" in found.reason


def test_what_a_source_could_not_read_is_incomplete_whatever_it_announced():
    class Broken(Repos):
        def collect(self):
            yield from super().collect()
            yield auditor.Unread(auditor.UnreadKind.REPO, "repo 2", "it could not be read")

    assert verdict(Broken(MANIFEST)).reason.startswith("repo 2: it could not be read")


def test_a_source_without_repos_is_incomplete():
    assert verdict(Repos()).status is Status.INCOMPLETE


def test_rules_that_need_what_a_source_does_not_provide_are_incomplete_unless_that_is_accepted():
    policy = auditor.load_policy()
    assert auditor.audit(Repos(MANIFEST), policy).verdict.status is Status.INCOMPLETE
    accepted = auditor.audit(Repos(MANIFEST), policy, AuditOptions(unavailable="skip"))
    assert accepted.verdict.complete
    assert "rules skipped for 1 repo" in accepted.verdict.reason


@pytest.mark.parametrize("item", [None, {"name": "a"}, "a"])
def test_a_source_that_yields_something_else_is_an_error(item):
    class Odd(Repos):
        def collect(self):
            yield item

    with pytest.raises(TypeError, match="a source yields Repo, Binding, Unread and Finding, not"):
        auditor.audit(Odd(MANIFEST), POLICY)
