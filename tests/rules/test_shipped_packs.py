"""Every shipped rule does what it states: its own examples first, then one good repo and wrong variants of it."""

import json
import re
from datetime import UTC, datetime
from functools import lru_cache

import pytest

from auditor.access import DirectoryIndex
from auditor.documents import read_file, read_yaml
from auditor.engine import Evaluator
from auditor.model import Provider, Repo
from auditor.policy import DEFAULT_PACK, Settings, load_policy
from auditor.resources import shipped_packs
from auditor.validation import schema_rules

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PACKS = sorted(shipped_packs())
RULES = [
    pytest.param(rule, pack, id=rule.info.id)
    for pack in PACKS
    for rule in load_policy([pack]).rules
    if rule.pack == pack
]
EXAMPLES = [
    pytest.param(param.values[0], param.values[1], example, id=f"{param.id}-{number}")
    for param in RULES
    for number, example in enumerate(param.values[0].read_examples())
]

ADMIN, EDITOR, VIEWER = "mlf-project-admin", "mlf-project-editor", "mlf-project-viewer"
GOOD = {
    "type": "ml-repo",
    "name": "fraud-scoring",
    "description": "Models that score card payments for fraud",
    "storage_integration_fqn": "acme:aws:aws-prod:blob-storage:ml",
    "collaborators": [{"subject": "team:fraud-ml", "role_id": ADMIN}],
}
ENVELOPE = {
    "tenant_name": "acme",
    "created_at": "2025-01-01T00:00:00Z",
    "num_runs": 3,
    "artifact_type_counts": {"model": 2},
    "datasets_count": 0,
    "tracing_projects_count": 0,
}
FRAMEWORKS = {"SOC 2", "ISO 27001:2022", "NIST 800-53", "CIS Controls v8"}
EMPTY = {"num_runs": 0, "artifact_type_counts": {"model": 0}}


@lru_cache
def policy(pack, params="{}"):
    return load_policy([pack], Settings(params=read_yaml(params.encode(), "params").mapping()))


def evaluated(manifest, envelope, params=None, pack=DEFAULT_PACK, now=NOW):
    return Evaluator(policy(pack, json.dumps(params or {})), now, frozenset(Provider)).evaluate(
        Repo("7", manifest, envelope)
    )


def grants(*pairs):
    return {"collaborators": [{"subject": subject, "role_id": role} for subject, role in pairs]}


@pytest.mark.parametrize(("rule", "pack"), RULES)
def test_a_rule_documents_itself(rule, pack):
    assert rule.info.rationale
    assert rule.info.remediation
    assert rule.info.docs
    assert rule.message
    assert {example.passes for example in rule.read_examples()} == {True, False}


@pytest.mark.parametrize(("rule", "pack"), RULES)
def test_a_rule_is_named_by_what_is_wrong(rule, pack):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.info.name)
    assert not rule.info.name.startswith(("require-", "must-", "ensure-", "check-", "is-", "has-"))


@pytest.mark.parametrize(("rule", "pack"), RULES)
def test_a_title_is_a_sentence_without_a_full_stop(rule, pack):
    assert re.fullmatch(r"[A-Z].* .*[^.!?\s]", rule.info.title)


def test_ids_names_and_titles_are_unique():
    infos = [*(param.values[0].info for param in RULES), *schema_rules()]
    for attribute in ("id", "name", "title"):
        values = [getattr(info, attribute) for info in infos]
        assert len(values) == len(set(values))
    assert len(RULES) >= 60


@pytest.mark.parametrize(("rule", "pack"), RULES)
def test_a_rule_says_where_it_belongs(rule, pack):
    info = rule.info
    assert info.category != "general"
    assert pack == DEFAULT_PACK or (info.tags and info.since == "1.0.0")
    assert len({item.info.id[:3] for item in policy(pack).rules if item.pack == pack}) == 1
    assert all(control.title and control.framework in FRAMEWORKS for control in info.controls)
    assert len(set(info.controls)) == len(info.controls)


def test_a_control_has_one_title():
    controls = {control for param in RULES for control in param.values[0].info.controls}
    assert len({(control.framework, control.id) for control in controls}) == len(controls)


def test_packs_that_share_a_parameter_mean_the_same_by_it():
    seen = {}
    for pack in PACKS:
        params = read_file(shipped_packs()[pack])[0].plain().get("params", {})
        for name, param in params.items():
            assert seen.setdefault(name, param) == param


def test_a_pack_is_named_like_its_file():
    documents = {pack: read_file(shipped_packs()[pack])[0].plain() for pack in PACKS}
    assert {pack: document["name"] for pack, document in documents.items()} == {pack: pack for pack in PACKS}
    assert {document["version"] for document in documents.values()} == {"1.0.0"}


def test_all_packs_together_make_one_policy():
    together = load_policy(PACKS)
    ids = [rule.info.id for rule in together.rules]
    assert len(set(ids)) == len(ids)
    off = {"MLR026"}  # least-privilege covers the same with two rules of its own
    assert set(ids) == {param.id for param in RULES} - off
    assert {rule.info.id for rule in load_policy(PACKS[::-1]).rules} == set(ids)


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_keeps_the_rules_of_the_baseline_except_those_that_it_replaces(pack):
    names = {rule.info.name for rule in load_policy([pack, DEFAULT_PACK]).rules}
    lost = {rule.info.name for rule in policy(DEFAULT_PACK).rules} - names
    assert lost <= {"duplicate-subject"}
    assert not lost or {"redundant-grant", "conflicting-roles"} <= names


def evaluated_example(example, pack, now):
    """Audit the repos of an example with a pack, one after the other and then together."""
    provides = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS}) | example.directory.provides
    evaluator = Evaluator(policy(pack, json.dumps(example.params)), now, provides, DirectoryIndex(example.directory))
    parts = [evaluator.evaluate(Repo(f"{n}", each.manifest, each.repo)) for n, each in enumerate(example.repos)]
    return [*parts, evaluator.conclude("acme")]


@pytest.mark.parametrize(("rule", "pack", "example"), EXAMPLES)
def test_an_example_gives_what_it_says(rule, pack, example):
    now = datetime.fromisoformat(example.now) if example.now else NOW
    parts = evaluated_example(example, pack, now)
    found = [finding for part in parts for finding in part.findings if finding.rule.id == rule.info.id]
    assert bool(found) is not example.passes
    assert not [unread for part in parts for unread in part.unread if rule.info.id in unread.what]
    assert rule.info.id not in {info.id for part in parts for _, infos in part.not_evaluated for info in infos}
    assert not [finding.message for finding in found if set(finding.message) & set("{}")]


def test_the_good_repo_has_no_findings_and_every_rule_was_evaluated():
    result = evaluated(GOOD, ENVELOPE)
    assert (result.findings, result.unread, result.not_evaluated) == ((), (), ())


WRONG = {
    "a missing description": ({"description": None}, {"missing-description"}),
    "a blank description": ({"description": " \t "}, {"missing-description"}),
    "a placeholder": ({"description": "TODO"}, {"placeholder-description"}),
    "a decorated placeholder": ({"description": "-- Test. --"}, {"placeholder-description"}),
    "a placeholder of dots": ({"description": "....................."}, {"placeholder-description"}),
    "a short description": ({"description": "fraud models"}, {"short-description"}),
    "a text in another script is no placeholder": ({"description": "Модели для оценки риска платежей."}, set()),
    "a text in another script with a hyphen": ({"description": "Модели - оценка риска платежей"}, set()),
    "storage of another kind": (
        {"storage_integration_fqn": "acme:custom:minio:blob-storage:scratch"},
        {"unapproved-storage"},
    ),
    "storage of another tenant": (
        {"storage_integration_fqn": "globex:aws:aws-prod:blob-storage:ml"},
        {"storage-of-other-tenant"},
    ),
    "an admin role on a user next to a team": (
        grants(("team:fraud-ml", ADMIN), ("user:sam@example.com", ADMIN)),
        {"user-as-admin"},
    ),
    "a single admin who is a person": (
        grants(("user:sam@example.com", ADMIN)),
        {"user-as-admin", "single-person-admin"},
    ),
    "a single person with two admin roles": (
        grants(("user:sam@example.com", ADMIN), ("user:sam@example.com", "other-admin")),
        {"user-as-admin", "single-person-admin", "duplicate-subject"},
    ),
    "two people as admins": (
        grants(("user:sam@example.com", ADMIN), ("user:kim@example.com", ADMIN)),
        {"user-as-admin"},
    ),
    "an agent as admin": (grants(("agent:helper", ADMIN)), {"disallowed-admin-type"}),
    "everyone as admin": (grants(("team:everyone", ADMIN)), {"everyone-can-write"}),
    "everyone as editor": (grants(("team:fraud-ml", ADMIN), ("team:everyone", EDITOR)), {"everyone-can-write"}),
    "everyone as viewer": (grants(("team:fraud-ml", ADMIN), ("team:everyone", VIEWER)), set()),
    "no admin": (grants(("team:fraud-ml", EDITOR)), {"missing-admin"}),
    "an empty list of collaborators": ({"collaborators": []}, {"missing-admin"}),
    "five admins": (grants(*((f"team:t{number}", ADMIN) for number in range(5))), set()),
    "six admins": (grants(*((f"team:t{number}", ADMIN) for number in range(6))), {"too-many-admins"}),
    "a subject twice": (grants(("team:fraud-ml", ADMIN), ("team:fraud-ml", VIEWER)), {"duplicate-subject"}),
    "a subject twice in another case": (
        grants(("team:fraud-ml", ADMIN), ("user:sam@example.com", VIEWER), ("user:Sam@Example.com", VIEWER)),
        {"duplicate-subject"},
    ),
    "an unknown subject type": (grants(("team:fraud-ml", ADMIN), ("bot:nightly", VIEWER)), {"unknown-subject-type"}),
    "a subject type in capitals": (
        grants(("team:fraud-ml", ADMIN), ("User:sam@example.com", VIEWER)),
        {"unknown-subject-type"},
    ),
    "a subject without a type": (
        grants(("team:fraud-ml", ADMIN), ("sam@example.com", VIEWER)),
        {"unknown-subject-type"},
    ),
    "a name outside the convention": ({"name": "Fraud_Scoring"}, {"unconventional-name"}),
    "a name with a line break": ({"name": "fraud-scoring\n"}, {"unconventional-name"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_exactly_the_rules_about_what_is_wrong_have_findings(case):
    change, expected = WRONG[case]
    result = evaluated(GOOD | change, ENVELOPE)
    assert {finding.rule.name for finding in result.findings} == expected
    assert result.unread == ()


PARAMS = {
    "approved_storage": (["*:aws:aws-dev:blob-storage:*"], "unapproved-storage"),
    "company_domains": (["example.com"], "external-domain"),
    "name_pattern": ("[a-z]+-prod", "unconventional-name"),
    "max_admins": (0, "too-many-admins"),
    "min_description_length": (60, "short-description"),
    "placeholder_descriptions": ("(?i)models.*", "placeholder-description"),
    "admin_subject_types": (["virtualaccount"], "disallowed-admin-type"),
    "subject_types": (["team"], "unknown-subject-type"),
    "wide_subjects": (["team:*"], "everyone-can-write"),
    "empty_after": ("1d", "empty-repo"),
}


@pytest.mark.parametrize("name", PARAMS)
def test_a_parameter_decides(name):
    value, rule = PARAMS[name]
    outsider = ("user:kim@agency.example.org", VIEWER)
    manifest = GOOD | grants(("team:fraud-ml", ADMIN), ("team:everyone", VIEWER), outsider)
    envelope = ENVELOPE | EMPTY | {"created_at": "2025-12-01T00:00:00Z"}
    assert evaluated(manifest, envelope).findings == ()
    assert {finding.rule.name for finding in evaluated(manifest, envelope, {name: value}).findings} == {rule}


def test_roles_whose_permissions_are_unknown_are_read_only_where_the_parameter_says_so():
    manifest = GOOD | grants(("team:fraud-ml", ADMIN), ("team:everyone", "mlf-project-reader"))
    assert {finding.rule.name for finding in evaluated(manifest, ENVELOPE).findings} == {"everyone-can-write"}
    assert evaluated(manifest, ENVELOPE, {"read_only_roles": ["*-reader"]}).findings == ()


def test_every_parameter_of_the_baseline_has_a_case_here():
    document = read_file(shipped_packs()[DEFAULT_PACK])[0]
    assert set(document.plain()["params"]) == {*PARAMS, "read_only_roles"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (EMPTY, {"empty-repo"}),
        (EMPTY | {"tracing_projects_count": None}, set()),
        (EMPTY | {"num_runs": None}, set()),
        (EMPTY | {"artifact_type_counts": {"model": None}}, set()),
        (EMPTY | {"artifact_type_counts": None}, set()),
        (EMPTY | {"datasets_count": None}, set()),
        (EMPTY | {"datasets_count": 1}, set()),
        (EMPTY | {"tracing_projects_count": 2}, set()),
        (EMPTY | {"created_at": "2025-12-01T00:00:00Z"}, set()),
        ({"created_at": "2020-01-01T00:00:00Z"}, set()),
    ],
)
def test_a_repo_is_empty_and_old_only_if_every_count_is_known_to_be_zero(change, expected):
    assert {finding.rule.name for finding in evaluated(GOOD, ENVELOPE | change).findings} == expected


ABSENT = {key: value for key, value in GOOD.items() if key != "collaborators"}


@pytest.mark.parametrize("manifest", [ABSENT, GOOD | {"collaborators": None}], ids=["absent", "null"])
def test_without_collaborators_no_rule_over_grants_says_anything(manifest):
    result = evaluated(manifest, ENVELOPE)
    ((reason, rules),) = result.not_evaluated
    over_grants = {rule.info.id for rule in policy(DEFAULT_PACK).rules if Provider.GRANTS in rule.needs}
    assert "collaborators" in reason
    assert {rule.id for rule in rules} == over_grants
    assert len(over_grants) >= 9
    assert (result.findings, result.unread) == ((), ())


@pytest.mark.parametrize(
    "collaborators", ["team:fraud-ml", ["team:fraud-ml"], [{"subject": "team:fraud-ml"}], [{"subject": 7}], {}, 7]
)
def test_collaborators_that_cannot_be_read_leave_every_rule_over_grants_unread(collaborators):
    result = evaluated(GOOD | {"collaborators": collaborators}, ENVELOPE)
    unread = " ".join(each.what for each in result.unread)
    assert all(rule.info.id in unread for rule in policy(DEFAULT_PACK).rules if Provider.GRANTS in rule.needs)
    assert result.findings == ()
