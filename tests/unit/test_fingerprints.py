"""Fingerprints: a finding keeps its identity through every change that does not affect what is wrong."""

from __future__ import annotations

import random
from dataclasses import replace

from auditor.model import Finding, Location, RepoRef, RuleInfo, Severity
from auditor.triage import with_fingerprints

RULE = RuleInfo("ACME001", "missing-owner", "Every repo has an owner", Severity.MEDIUM)
FINDING = Finding(
    RULE, RepoRef("r1", "fraud", "acme"), "fraud has no owner", "/ownedBy", "missing", "an owner", "/ownedBy"
)


def fingerprint(finding: Finding = FINDING, **changes: object) -> str:
    return with_fingerprints([replace(finding, **changes)])[0].fingerprint


def made(severity: Severity = Severity.LOW, rule: str = "ACME001", repo: str = "fraud", path: str = "/name") -> Finding:
    return replace(
        FINDING, rule=replace(RULE, id=rule, severity=severity), repo=RepoRef("r", repo, None), path=path, key=path
    )


def test_a_fingerprint_is_32_hexadecimal_digits_and_never_changes():
    assert fingerprint() == "942b987937f58246e97e25727bfb074f"


def test_what_is_said_about_a_finding_does_not_change_its_identity():
    rule = replace(RULE, severity=Severity.CRITICAL, name="ownerless", title="Own it", remediation="Own it.")
    assert fingerprint(rule=rule, message="reworded", got='"x"', expected="another") == fingerprint()
    assert fingerprint(location=Location("a.yaml", 7, 3), owner="risk") == fingerprint()


def test_a_moved_element_of_a_list_keeps_its_identity():
    key = '{"subject": "user:sam"}'
    assert fingerprint(path="/collaborators/0", key=key) == fingerprint(path="/collaborators/7", key=key)


def test_the_same_repo_in_a_file_and_in_the_control_plane_has_the_same_findings():
    assert fingerprint(repo=RepoRef("fraud.yaml", "fraud", None)) == fingerprint()


def test_another_rule_repo_or_place_is_another_finding():
    others = [
        fingerprint(rule=replace(RULE, id="ACME002")),
        fingerprint(repo=RepoRef("r1", "churn", "acme")),
        fingerprint(key="/name"),
        fingerprint(),
    ]
    assert len(set(others)) == 4


def test_findings_that_share_all_three_are_numbered_and_the_first_keeps_its_own():
    twins = with_fingerprints([replace(FINDING, path=f"/collaborators/{index}") for index in range(3)])
    assert len({each.fingerprint for each in twins}) == 3
    assert twins[0].fingerprint == fingerprint()


def test_numbers_do_not_depend_on_the_order_of_arrival():
    twins = [replace(FINDING, path=f"/collaborators/{index}") for index in range(3)]
    assert with_fingerprints(twins) == with_fingerprints(twins[::-1])


def test_the_worst_come_first_then_by_rule_repo_and_place():
    ordered = [
        made(Severity.CRITICAL, "Z009"),
        made(Severity.HIGH, "A001", "b"),
        made(Severity.HIGH, "A002", "a", "/name"),
        made(Severity.HIGH, "A002", "a", "/type"),
        made(Severity.HIGH, "A002", "b", "/name"),
        made(Severity.INFO, "A000"),
    ]
    shuffled = random.Random(7).sample(ordered, len(ordered))
    reported = [(each.rule.id, each.repo.name, each.path) for each in with_fingerprints(shuffled)]
    assert reported == [(each.rule.id, each.repo.name, each.path) for each in ordered]


def test_a_name_of_any_characters_has_a_fingerprint():
    assert fingerprint(repo=RepoRef("r1", "\ud800\n\x00", None)) != fingerprint()


def test_nothing_has_no_findings():
    assert with_fingerprints([]) == ()
