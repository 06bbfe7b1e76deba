"""Complete tenants through the public API: what is wrong with the demo, and the effect of a migration."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.model import Directory, Part, Permission, Repo, RoleBinding, Subject, Team, User, VirtualAccount, Workspace
from auditor.policy import Settings, load_policy
from auditor.resources import shipped_packs
from tests.rules.tenants import Tenant, audited, demo, moved

POLICY = load_policy(sorted(shipped_packs()), Settings(texts={"company_domains": "example.com"}))
ABOUT_THE_MOVE = {rule.info.id for rule in POLICY.rules if rule.pack == "migration"}
AS_WRITTEN = {"MLS006"}  # how a collaborator is written into a manifest

COUNTS = {
    "team-without-active-members": 1,
    "binding-to-missing-repo": 1,
    "conflicting-roles": 3,
    "inactive-creator": 10,
    "deactivated-user": 1,
    "conflicting-access-sources": 9,
    "empty-repo": 4,
    "everyone-can-write": 4,
    "expired-virtual-account": 2,
    "external-domain": 4,
    "storage-of-other-tenant": 2,
    "inline-collaborators": 244,
    "invalid-description": 5,
    "invalid-name": 2,
    "malformed-collaborator": 2,
    "malformed-storage-fqn": 2,
    "many-to-many-role-binding": 1,
    "missing-description": 8,
    "missing-owner": 1,
    "missing-storage": 2,
    "missing-admin": 3,
    "external-identity-can-write": 2,
    "user-can-write": 13,
    "placeholder-description": 3,
    "production-in-test-storage": 3,
    "production-without-artifacts": 4,
    "redundant-grant": 4,
    "service-account-as-admin": 5,
    "short-description": 2,
    "single-person-admin": 5,
    "tenant-access-for-service-account": 1,
    "tenant-write-reaches-production": 1,
    "test-in-production-storage": 1,
    "temporary-name": 1,
    "too-many-admins": 2,
    "too-many-production-admins": 1,
    "too-many-tenant-admins": 1,
    "unapproved-storage": 4,
    "unconventional-name": 4,
    "unknown-subject": 1,
    "unknown-subject-type": 4,
    "unmigratable-subject": 6,
    "missing-region": 3,
    "disallowed-writer-in-production": 11,
    "user-as-admin": 10,
    "virtual-account-permission": 9,
    "workspace-permission": 1,
}


@pytest.fixture(scope="module")
def report():
    return audited(demo(), POLICY)


def test_the_demo_has_its_planted_faults_and_every_rule_was_evaluated(report):
    assert Counter(finding.rule.name for finding in report.findings) == COUNTS
    assert report.verdict.complete
    assert report.not_evaluated == ()
    assert report.receipt.rules.evaluated == report.receipt.rules.loaded


@pytest.mark.parametrize(
    ("word", "rules"),
    [
        ("role-binding left-behind", {"deactivated-user", "user-as-admin"}),
        ("role-binding nobody-knows", {"unknown-subject", "external-domain", "user-can-write"}),
        ("virtual-account legacy-exporter", {"expired-virtual-account"}),
        ("role-binding robotics-lab-readers", {"team-without-active-members"}),
        ("minio-lab", {"missing-storage", "unapproved-storage"}),
        ("robot-arm-archive", {"binding-to-missing-repo"}),
        ("role binding platform-everywhere", {"many-to-many-role-binding"}),
        ("virtual-account release-train", {"service-account-as-admin", "conflicting-roles"}),
        ("workspace:", {"workspace-permission"}),
    ],
)
def test_what_is_wrong_in_the_directory_is_found_by_the_rules_about_it(report, word, rules):
    # The consultant has an address of another company, and a user who left had an admin role.
    assert {finding.rule.name for finding in report.findings if word in finding.message} == rules


def test_the_repo_that_a_second_binding_makes_another_team_admin_of_is_one_where_surfaces_disagree(report):
    differing = [each for each in report.findings if each.rule.name == "conflicting-access-sources"]
    (found,) = [each for each in differing if "trust-safety" in each.message]
    assert found.repo.name == demo().repos[1].manifest["name"]


def fingerprints(report, without=frozenset()):
    found = defaultdict(set)
    for finding in report.findings:
        if finding.rule.id not in without:
            found[finding.rule.id].add(finding.fingerprint)
    return dict(found)


def test_moving_every_collaborator_of_the_demo_to_a_role_binding_changes_what_is_said_about_the_move_alone(report):
    after = audited(moved(demo()), POLICY)
    without = ABOUT_THE_MOVE | AS_WRITTEN
    assert fingerprints(after, without) == fingerprints(report, without)
    assert after.not_evaluated == ()
    counts = Counter(finding.rule.name for finding in after.findings if finding.rule.id in ABOUT_THE_MOVE)
    assert counts == {
        "binding-to-missing-repo": 1,
        "many-to-many-role-binding": 1,
        "unsupported-binding-subject": 4,
        "virtual-account-permission": 9,
        "workspace-permission": 1,
    }


NAMES = ("churn-prod", "churn-dev", "Churn-prod", "fraud", "prod-scores")
ROLES = ("mlf-project-admin", "mlf-project-editor", "mlf-project-viewer", "other-admin", "")
USERS = ("sam@example.com", "Sam@example.com", "kim@example.com", "lee@partner.example", "gone@example.com")
SUBJECTS = (
    *(f"user:{name}" for name in (*USERS, "nobody@example.com", "no address", "")),
    *("team:fraud", "team:Fraud", "team:empty", "team:everyone", "team:nowhere"),
    *("virtualaccount:ci", "serviceaccount:ci", "virtualaccount:old", "agent:helper", "external-identity:okta", "bot"),
)
STORAGE = ("acme:aws:aws-prod:blob-storage:ml", "acme:aws:aws-nonprod:blob-storage:ml", "no storage")

pairs = st.lists(st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(ROLES)), max_size=6)
permissions = st.lists(
    st.builds(
        Permission,
        st.sampled_from(("mlf-project", "ml-repo", "cluster")),
        st.sampled_from(NAMES),
        st.sampled_from(ROLES),
    ),
    max_size=3,
).map(tuple)
bindings = st.builds(
    RoleBinding,
    st.sampled_from(("readers", "Writers", "b")),
    st.lists(st.sampled_from(SUBJECTS).map(Subject.parse), max_size=3).map(tuple),
    permissions,
)


@st.composite
def tenants(draw):
    repos = []
    for number, name in enumerate(draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))):
        collaborators = [{"subject": who, "role_id": role} for who, role in draw(pairs)]
        manifest = {
            "type": "ml-repo",
            "name": name,
            "description": "Whatever someone tried once",
            "storage_integration_fqn": draw(st.sampled_from(STORAGE)),
            "collaborators": collaborators,
        }
        repos.append(Repo(f"r{number}", manifest, {"tenant_name": "acme"}))
    users = tuple(User(name, active=name != "gone@example.com") for name in USERS if name[0] != "S")
    teams = (Team("fraud", ("sam@example.com", "gone@example.com")), Team("empty"))
    accounts = (VirtualAccount("ci", draw(permissions), expired=False), VirtualAccount("old", expired=True))
    directory = Directory(
        role_bindings=Part(tuple(draw(st.lists(bindings, max_size=3)))),
        users=Part(users),
        teams=Part(teams),
        virtual_accounts=Part(accounts),
        integrations=Part(),
        roles=Part(),
        workspaces=Part((Workspace("acme:eu:training", draw(permissions)),)),
    )
    return Tenant(repos, directory, "acme")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tenants())
def test_moving_every_collaborator_of_a_tenant_changes_what_is_said_about_the_move_alone(tenant):
    without = ABOUT_THE_MOVE | AS_WRITTEN
    before, after = audited(tenant, POLICY), audited(moved(tenant), POLICY)
    assert fingerprints(after, without) == fingerprints(before, without)
    assert (before.not_evaluated, before.receipt.unread) == (after.not_evaluated, after.receipt.unread) == ((), ())
