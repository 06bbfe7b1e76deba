"""The pipeline and the directory: it reads exactly the parts that the loaded rules need."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor import AuditOptions, audit, load_policy
from auditor.errors import StoppedError
from auditor.model import (
    ABSENT,
    Directory,
    Origin,
    Part,
    Provider,
    Repo,
    Status,
    Unread,
    UnreadKind,
)

UNREAD = Unread(UnreadKind.DIRECTORY, "the list of users", "it was cut")

NOTHING = Directory()


class OneRepo:
    """A source of one repo with a given directory."""

    provides = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})

    def __init__(self, directory=NOTHING):
        self._directory = directory
        self.asked = []

    def directory(self, wanted):
        self.asked.append(wanted)
        if isinstance(self._directory, BaseException):
            raise self._directory
        return self._directory

    def collect(self):
        self.asked.append("repos")
        fqn = "acme:aws:prod:blob-storage:ml"
        yield Repo("1", {"type": "ml-repo", "name": "churn", "description": "Churn", "storage_integration_fqn": fqn})

    def origin(self):
        return Origin("test", total=1)


def policy(*needs):
    """Return the rules of the baseline that need no grants, those that need the most first."""
    shipped = load_policy()
    first, *rest = (rule for rule in shipped.rules if Provider.GRANTS not in rule.needs)
    return replace(shipped, rules=(replace(first, needs=first.needs | set(needs)), *rest))


def test_nothing_is_read_that_no_rule_needs():
    source = OneRepo()
    audit(source, policy())
    assert source.asked == ["repos"]


def test_what_a_rule_needs_is_read_once_and_before_the_repos():
    source = OneRepo(Directory(users=Part()))
    report = audit(source, policy(Provider.USERS))
    assert source.asked == [{Provider.USERS}, "repos"]
    assert report.verdict.complete


def test_a_part_that_could_not_be_read_makes_the_run_incomplete():
    report = audit(OneRepo(Directory(users=Part(unread=(UNREAD,)))), policy(Provider.USERS))
    assert report.verdict.exit_code == 3
    assert report.receipt.unread == (UNREAD,)
    assert "the list of users" in report.verdict.reason


@pytest.mark.parametrize("users", [ABSENT, Part(provided=False)])
def test_a_part_that_is_not_there_leaves_the_rule_unasked(users):
    report = audit(OneRepo(Directory(users=users)), policy(Provider.USERS))
    assert (report.verdict.exit_code, report.verdict.complete) == (3, False)
    accepted = audit(OneRepo(Directory(users=users)), policy(Provider.USERS), AuditOptions(unavailable="skip"))
    assert accepted.verdict.complete
    assert [entry.accepted for entry in accepted.not_evaluated] == ["--unavailable skip"]
    reasons = [entry.reason for entry in report.not_evaluated]
    assert any("users" in reason for reason in reasons)


def test_a_stop_while_the_directory_is_read_ends_in_a_report():
    source = OneRepo(StoppedError(15))
    report = audit(source, policy(Provider.USERS))
    assert source.asked == [{Provider.USERS}]
    assert report.verdict.status is Status.INTERRUPTED
    assert report.receipt.repos == 0
