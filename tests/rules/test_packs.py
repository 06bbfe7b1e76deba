"""All shipped packs in one policy: a good repo has no findings, a bad one has exactly those about what is wrong."""

from __future__ import annotations

import json
from functools import lru_cache

import pytest

from auditor.access import DirectoryIndex
from auditor.documents import read_file, read_yaml
from auditor.engine import Evaluator
from auditor.model import Provider, Repo
from auditor.policy import DEFAULT_PACK, Settings, load_policy
from auditor.policy.examples import example_directory
from auditor.resources import shipped_packs
from tests.rules.tenants import NOW

PACKS = sorted(shipped_packs())
ADMIN, EDITOR, VIEWER = "mlf-project-admin", "mlf-project-editor", "mlf-project-viewer"
NAME = "fraud-scoring-prod"
FQN = "acme:aws:aws-prod:blob-storage:ml"
MANIFEST = {
    "type": "ml-repo",
    "name": NAME,
    "description": "Models that score card payments for fraud at authorisation time",
    "storage_integration_fqn": FQN,
    "ownedBy": {"account": "risk"},
}
ENVELOPE = {
    "tenant_name": "acme",
    "created_at": "2025-01-01T00:00:00Z",
    "created_by_subject": {"subjectType": "user", "subjectSlug": "sam@example.com"},
    "num_runs": 3,
    "artifact_type_counts": {"model": 2},
    "datasets_count": 0,
    "tracing_projects_count": 0,
}


def user(name, **more):
    return {"name": name, "active": True, "last_seen": "2025-12-24T00:00:00Z", **more}


def permission(role, repo=NAME):
    return {"resource": repo, "role": role}


def bound(name, subject, role, repo=NAME):
    return {"name": name, "subjects": [subject], "permissions": [permission(role, repo)]}


READER = {"name": "reader", "permissions": ["repository:ReadData"]}
WRITER = {"name": "writer", "permissions": ["repository:WriteData"]}
TEAM = bound("mlr-fraud-admin", "team:fraud-ml", ADMIN)
DIRECTORY = {
    "role_bindings": [TEAM],
    "users": [user("sam@example.com"), user("kim@example.com"), user("lee@example.com")],
    "teams": [{"name": "fraud-ml", "members": ["sam@example.com", "kim@example.com"]}],
    "virtual_accounts": [{"name": "ci", "expired": False}],
    "integrations": [{"fqn": FQN, "region": "eu-west-1", "storage_root": "s3://acme-ml-prod/repos"}],
    "workspaces": [],
    "roles": [],
}


@lru_cache
def policy(params="{}", packs=tuple(PACKS)):
    return load_policy(packs, Settings(params=read_yaml(params.encode(), "params").mapping()))


def audited(repos, directory, params=None, packs=tuple(PACKS)):
    """Audit repos, given as differences from the good one, and a directory likewise; return the findings."""
    index = DirectoryIndex(example_directory(read_yaml(json.dumps(DIRECTORY | directory).encode(), "directory")))
    evaluator = Evaluator(policy(json.dumps(params or {}), packs), NOW, frozenset(Provider), index)
    parts = [
        evaluator.evaluate(Repo(f"r{number}", MANIFEST | manifest, ENVELOPE | envelope))
        for number, (manifest, envelope) in enumerate(repos)
    ]
    parts.append(evaluator.conclude("acme"))
    assert not [part.unread or part.not_evaluated for part in parts if part.unread or part.not_evaluated]
    return {finding.rule.name for part in parts for finding in part.findings}


def also(part, *entries):
    return {part: [*DIRECTORY[part], *entries]}


def granted(subject, role):
    """A directory with one more role binding."""
    return also("role_bindings", bound("one-more", subject, role))


def inline(*pairs):
    return {"collaborators": [{"subject": subject, "role_id": role} for subject, role in pairs]}


def other(name, **more):
    """Another good repo, with a different description."""
    return {"name": name, "description": f"What {name} is for, described in a sentence of some length", **more}


def on_test_storage(name):
    return other(name, storage_integration_fqn="acme:aws:aws-nonprod:blob-storage:ml")


TEST_STORAGE = {"fqn": "acme:aws:aws-nonprod:blob-storage:ml", "region": "eu-west-1"}
GONE = [user("sam@example.com", active=False), user("kim@example.com", active=False)]


@pytest.mark.parametrize("pack", PACKS)
def test_the_good_repo_has_no_findings_and_every_rule_was_evaluated(pack):
    assert audited([({}, {})], {}, packs=(pack,)) == set()


def test_the_good_repo_is_good_for_all_packs_together_and_inline_for_all_but_the_migration():
    assert audited([({}, {})], {}) == set()
    collaborators = inline(("team:fraud-ml", ADMIN))
    assert audited([(collaborators, {})], {"role_bindings": []}) == {"inline-collaborators"}


WRONG = {
    # least-privilege
    "an account of a program as admin": ({}, granted("virtualaccount:ci", ADMIN), {"service-account-as-admin"}),
    "an account of a program as editor": ({}, granted("virtualaccount:ci", EDITOR), set()),
    "admins who all left": (
        {},
        {"users": [*GONE, user("lee@example.com")]},
        {"inactive-admins", "team-without-active-members", "inactive-creator"},
    ),
    "an admin team of whom one is left": (
        {},
        {"users": [user("sam@example.com"), GONE[1]]},
        {"single-active-admin"},
    ),
    "a user who does not exist": ({}, granted("user:nobody@example.com", VIEWER), {"unknown-subject"}),
    "a team that does not exist": ({}, granted("team:Fraud-ML", VIEWER), {"unknown-subject", "conflicting-roles"}),
    "a user who left": (
        {},
        granted("user:lee@example.com", VIEWER)
        | {"users": [*DIRECTORY["users"][:2], user("lee@example.com", active=False)]},
        {"deactivated-user"},
    ),
    "a user of whom nobody says whether they left": (
        {},
        granted("user:lee@example.com", VIEWER) | {"users": [*DIRECTORY["users"][:2], {"name": "lee@example.com"}]},
        set(),
    ),
    "an account that has expired": (
        {},
        granted("virtualaccount:ci", EDITOR) | {"virtual_accounts": [{"name": "ci", "expired": True}]},
        {"expired-virtual-account"},
    ),
    "a team without members": (
        {},
        granted("team:empty", VIEWER) | also("teams", {"name": "empty"}),
        {"team-without-active-members"},
    ),
    "the same grant twice": ({}, granted("team:fraud-ml", ADMIN), {"redundant-grant"}),
    "another role for the same subject": ({}, granted("team:fraud-ml", VIEWER), {"conflicting-roles"}),
    "a user in another case twice": (
        {},
        also(
            "role_bindings",
            bound("one-more", "user:lee@example.com", VIEWER),
            bound("two-more", "user:Lee@example.com", VIEWER),
        ),
        {"redundant-grant"},
    ),
    "a user of the tenant who reads": ({}, granted("user:lee@example.com", VIEWER), set()),
    "an address with a space": (
        {},
        granted("user:sam @example.com", VIEWER),
        {"invalid-user-email", "unknown-subject"},
    ),
    "a role of another kind of thing": ({}, granted("user:lee@example.com", "cluster-viewer"), {"unknown-role"}),
    "someone who has not been here for a year": (
        {},
        granted("user:lee@example.com", VIEWER)
        | {"users": [*DIRECTORY["users"][:2], user("lee@example.com", last_seen="2025-01-01T00:00:00Z")]},
        {"inactive-subject"},
    ),
    # storage
    "storage that does not exist": ({}, {"integrations": []}, {"missing-storage"}),
    "storage of another tenant": (
        {"storage_integration_fqn": "globex:aws:aws-prod:blob-storage:ml"},
        {},
        {"storage-of-other-tenant"},
    ),
    "a production repo in a test account": (
        on_test_storage(NAME),
        also("integrations", TEST_STORAGE),
        {"production-in-test-storage"},
    ),
    "storage that does not say its region": ({}, {"integrations": [{"fqn": FQN}]}, {"missing-region"}),
    "a production repo in a test bucket": (
        {},
        {"integrations": [{"fqn": FQN, "region": "eu-west-1", "storage_root": "s3://acme-scratch/ml"}]},
        {"production-in-test-bucket"},
    ),
    # hygiene
    "a creator who is no user any more": (
        {},
        {
            "users": DIRECTORY["users"][1:],
            "teams": [{"name": "fraud-ml", "members": ["kim@example.com", "lee@example.com"]}],
        },
        {"inactive-creator"},
    ),
    "a name for a day": (
        {"name": "prod-test"},
        {"role_bindings": [bound("mlr-fraud-admin", "team:fraud-ml", ADMIN, "prod-test")]},
        {"temporary-name"},
    ),
    "no owner": ({"ownedBy": {}}, {}, {"missing-owner"}),
    "a placeholder": ({"description": "TODO"}, {}, {"placeholder-description"}),
    # migration
    "inline collaborators that a binding has too": (
        inline(("team:fraud-ml", ADMIN)),
        {},
        {"inline-collaborators", "redundant-grant"},
    ),
    "inline collaborators that differ from the binding": (
        inline(("user:lee@example.com", VIEWER)),
        {},
        {"inline-collaborators", "conflicting-access-sources"},
    ),
    "a collaborator that cannot be moved": (
        inline(("team:fraud-ml", ADMIN), ("virtualaccount:ci", EDITOR)),
        {"role_bindings": []},
        {"inline-collaborators", "unmigratable-subject"},
    ),
    "a binding with many of both": (
        {},
        {
            "role_bindings": [
                TEAM,
                {
                    "name": "many",
                    "subjects": ["user:lee@example.com", "virtualaccount:ci"],
                    "permissions": [permission(VIEWER), {"type": "cluster", **permission("cluster-viewer", "eu")}],
                },
            ]
        },
        {"many-to-many-role-binding"},
    ),
    "a user who writes to every repo": (
        {},
        {"users": [*DIRECTORY["users"][:2], user("lee@example.com", roles=["writer"])], "roles": [WRITER]},
        {"tenant-write-for-user", "tenant-write-reaches-production"},
    ),
    "a service account that reads every repo": (
        {},
        {"virtual_accounts": [{"name": "ci", "expired": False, "roles": ["reader"]}], "roles": [READER]},
        {"tenant-access-for-service-account"},
    ),
    "an admin of the tenant who left": (
        {},
        {"users": [*DIRECTORY["users"], user("pat@example.com", active=False, roles=["tenant-admin"])]},
        {"tenant-access-of-inactive-subject"},
    ),
    "a custom role that nobody holds": ({}, {"roles": [READER]}, {"unused-custom-role"}),
    "a custom role that allows everything": (
        {},
        {
            "roles": [{"name": "all", "permissions": ["repository:*"]}],
            "role_bindings": [TEAM],
            "teams": [{**DIRECTORY["teams"][0], "roles": ["all"]}],
        },
        {"wildcard-role", "tenant-write-reaches-production"},
    ),
    "six admins of the tenant": (
        {},
        {
            "users": [
                user(f"{name}@example.com", roles=["tenant-admin"]) for name in ("sam", "kim", "lee", "a", "b", "c")
            ]
        },
        {"too-many-tenant-admins"},
    ),
    "a binding to a repo that is not there": (
        {},
        also("role_bindings", bound("one-more", "team:fraud-ml", VIEWER, "fraud-scoring")),
        {"binding-to-missing-repo"},
    ),
    "a binding to a subject that it does not take": (
        {},
        granted("serviceaccount:ci", VIEWER),
        {"unsupported-binding-subject"},
    ),
    "a permission of a virtual account": (
        {},
        {"virtual_accounts": [{"name": "ci", "expired": False, "permissions": [permission(EDITOR)]}]},
        {"virtual-account-permission"},
    ),
    "a permission of a workspace to read": (
        {},
        {"workspaces": [{"fqn": "acme:eu:training", "permissions": [permission(VIEWER)]}]},
        {"workspace-permission"},
    ),
    "a binding whose name does not fit": (
        {},
        also("role_bindings", bound("One_More", "user:lee@example.com", VIEWER)),
        {"unsupported-binding-name"},
    ),
    "a binding to nobody": (
        {},
        also("role_bindings", {"name": "one-more", "subjects": [], "permissions": [permission(VIEWER)]}),
        {"empty-binding"},
    ),
    # production
    "a permission of a workspace to write to production": (
        {},
        {"workspaces": [{"fqn": "acme:eu:training", "permissions": [permission(EDITOR)]}]},
        {"workspace-permission", "disallowed-writer-in-production"},
    ),
    "a user who writes to production": (
        {},
        granted("user:lee@example.com", EDITOR),
        {"user-can-write", "disallowed-writer-in-production"},
    ),
    "everyone reads production": (
        {},
        granted("team:everyone", VIEWER),
        {"everyone-can-read", "everyone-in-production"},
    ),
    "an outside identity reads production": (
        {},
        granted("external-identity:okta", VIEWER),
        {"external-identity-in-production"},
    ),
    "a thin description in production": (
        {"description": "Models against card fraud"},
        {},
        {"short-production-description"},
    ),
    "someone in production who has not been here for four months": (
        {},
        granted("user:lee@example.com", VIEWER)
        | {"users": [*DIRECTORY["users"][:2], user("lee@example.com", last_seen="2025-09-01T00:00:00Z")]},
        {"inactive-subject-in-production"},
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_exactly_the_rules_about_what_is_wrong_have_findings(case):
    change, directory, expected = WRONG[case]
    assert audited([(change, {})], directory) == expected


def team_of(*repos):
    """A directory in which the good team administers all of these repos through one binding."""
    permissions = [permission(ADMIN, repo) for repo in repos]
    binding = {"name": "mlr-fraud-admin", "subjects": ["team:fraud-ml"], "permissions": permissions}
    return {"role_bindings": [binding], **also("integrations", TEST_STORAGE)}


TOGETHER = {
    "production and tests share storage": (
        [other("a-prod"), other("b-dev")],
        {"storage-across-environments", "test-in-production-storage"},
    ),
    "production has storage of its own": ([other("a-prod"), on_test_storage("b-dev")], set()),
    "names that differ by a hyphen": (
        [other("fraud-model-prod"), other("fraudmodel-prod", description="Another sentence that says what it is for")],
        {"near-duplicate-name"},
    ),
    "names that differ by case": (
        [other("fraud-model-prod"), other("Fraud-model-prod", description="Another sentence that says what it is for")],
        {"near-duplicate-name", "names-differ-by-case", "unconventional-name"},
    ),
    "a copied description": ([other("a-prod"), {**other("a-prod"), "name": "b-prod"}], {"duplicate-description"}),
    "empty repos in production": ([other("a-prod"), other("b-prod")], set()),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_repos_are_checked_together(case):
    manifests, expected = TOGETHER[case]
    directory = team_of(*(manifest["name"] for manifest in manifests))
    assert audited([(manifest, {}) for manifest in manifests], directory) == expected


def test_a_production_repo_has_artifacts():
    empty = {"artifact_type_counts": {"model": 0}}
    assert audited([({}, empty)], {}) == {"production-without-artifacts"}
    assert audited([({}, {"artifact_type_counts": {"model": None}})], {}) == set()


def test_a_user_administers_a_handful_of_repos():
    repos = [f"{letter}-prod" for letter in "abcdefghijklmnopqrstu"]
    directory = team_of(*repos)
    sam = {"name": "sam-everywhere", "subjects": ["user:sam@example.com"]}
    for number, more in ((20, set()), (21, {"user-administers-too-many-repos"})):
        binding = {**sam, "permissions": [permission(ADMIN, repo) for repo in repos[:number]]}
        found = audited(
            [(other(repo), {}) for repo in repos],
            {**directory, "role_bindings": [*directory["role_bindings"], binding]},
        )
        assert found == {"user-as-admin", "disallowed-writer-in-production"} | more


LEE = granted("user:lee@example.com", VIEWER)
STEWARD = "mlf-project-steward"
VISITOR = ({}, LEE)
PARAMS = {
    # least-privilege
    "admin_roles": (["*-steward"], ({}, granted("virtualaccount:ci", STEWARD)), {"service-account-as-admin"}),
    "known_roles": (["mlf-project-admin"], VISITOR, {"unknown-role"}),
    "program_subject_types": (["team"], ({}, {}), {"service-account-as-admin"}),
    "outside_subject_types": (["user"], VISITOR, {"external-identity-in-production"}),
    "min_active_admins": (3, ({}, {}), {"single-active-admin"}),
    "max_effective_admins": (1, ({}, {}), {"oversized-admin-team"}),
    "max_admin_repos": (0, ({}, granted("user:lee@example.com", ADMIN)), {"user-administers-too-many-repos"}),
    "max_program_repos": (0, ({}, granted("virtualaccount:ci", EDITOR)), {"overused-service-account"}),
    "dormant_after": ("1d", VISITOR, {"inactive-subject"}),
    "max_tenant_admins": (
        0,
        ({}, {"users": [*DIRECTORY["users"][:2], user("lee@example.com", roles=["tenant-admin"])]}),
        {"too-many-tenant-admins"},
    ),
    "tenant_admin_roles": (
        ["owner"],
        ({}, {"users": [*DIRECTORY["users"][:2], user("lee@example.com", roles=["tenant-admin"])]}),
        {"tenant-write-for-user"},
    ),
    "all_repository_actions": (
        ["repository:ReadData"],
        ({}, {"roles": [READER], "teams": [{**DIRECTORY["teams"][0], "roles": ["reader"]}]}),
        {"wildcard-role"},
    ),
    "production_tenant_roles": (
        ["owner"],
        ({}, {"users": [*DIRECTORY["users"][:2], user("lee@example.com", roles=["tenant-admin"])]}),
        {"tenant-write-reaches-production"},
    ),
    # storage
    "production_repos": (["other"], ({}, {}), {"test-in-production-storage"}),
    "production_accounts": (["other"], ({}, {}), {"production-in-test-storage"}),
    "test_accounts": (["aws-*"], ({}, {}), {"production-in-test-storage"}),
    "allowed_regions": (["us-*"], ({}, {}), {"disallowed-region"}),
    "approved_buckets": (["other"], ({}, {}), {"unapproved-bucket"}),
    "test_buckets": (["acme-*"], ({}, {}), {"production-in-test-bucket"}),
    "providers_with_region": (["gcp"], ({}, {"integrations": [{"fqn": FQN}]}), {"missing-region"}),
    # hygiene
    "throwaway_names": ("fraud.*", ({}, {}), {"temporary-name"}),
    "description_pattern": (".*Owner: .*", ({}, {}), {"description-pattern-mismatch"}),
    "owner_accounts": (["marketing"], ({}, {}), {"unknown-owner"}),
    "max_same_description": (0, ({}, {}), {"duplicate-description"}),
    # migration
    "migratable_subjects": (["user:?*"], (inline(("team:fraud-ml", ADMIN)), {}), {"unmigratable-subject"}),
    "bindable_subject_types": (["user"], ({}, {}), {"unsupported-binding-subject"}),
    "binding_name_pattern": ("[a-z]+", ({}, {}), {"unsupported-binding-name"}),
    # production
    "production_writers": (["user"], ({}, {}), {"disallowed-writer-in-production"}),
    "max_production_admins": (0, ({}, {}), {"too-many-production-admins"}),
    "production_dormant_after": ("1d", VISITOR, {"inactive-subject-in-production"}),
    "min_production_description_length": (80, ({}, {}), {"short-production-description"}),
}


@pytest.mark.parametrize("name", PARAMS)
def test_a_parameter_decides(name):
    value, (change, directory), expected = PARAMS[name]
    with_default, with_value = (audited([(change, {})], directory, params) for params in ({}, {name: value}))
    assert with_default ^ with_value == expected


def test_the_words_of_environments_decide_together():
    manifests = [other("a-prod"), other("b-live")]
    directory = team_of("a-prod", "b-live")
    repos = [(manifest, {}) for manifest in manifests]
    default = audited(repos, directory)
    pattern = {"environment_in_name": "(?:.*-)?(?P<environment>prod|live)(?:-.*)?"}
    assert audited(repos, directory, pattern) ^ default == {"storage-across-environments"}
    assert audited(repos, directory, pattern | {"production_words": ["prod", "live"]}) == default


def test_every_parameter_has_a_case():
    named = set()
    for pack in set(PACKS) - {DEFAULT_PACK}:
        named |= set(read_file(shipped_packs()[pack])[0].plain()["params"])
    assert named == {*PARAMS, "environment_in_name", "production_words"}


@pytest.mark.parametrize("lacking", sorted(Provider.__members__.values()))
def test_a_rule_that_needs_what_is_not_there_is_not_evaluated_and_never_passes_quietly(lacking):
    index = DirectoryIndex(example_directory(read_yaml(json.dumps(DIRECTORY).encode(), "directory")))
    evaluator = Evaluator(policy(), NOW, frozenset(Provider) - {lacking}, index)
    result = evaluator.evaluate(Repo("7", MANIFEST, ENVELOPE))
    needing = {rule.info.id for rule in policy().rules if lacking in rule.needs}
    assert {info.id for _, infos in result.not_evaluated for info in infos} == needing
    assert not evaluator.evaluated & needing
    assert bool(needing) is (lacking is not Provider.ROLES)
