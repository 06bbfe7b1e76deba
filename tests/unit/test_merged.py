"""A change merged into a tenant, compared with an oracle: audits of two tenants that were combined by hand."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor import AuditOptions, audit
from auditor.demo import sample_tenant
from auditor.errors import StoppedError
from auditor.model import Directory, Origin, Part, Permission, Provider, Repo, RoleBinding, Subject, User
from auditor.pipeline import unless_stopped
from auditor.policy import Settings, load_policy
from auditor.sources.files import ManifestFiles
from auditor.sources.merged import Merged

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = "acme"
POLICY = load_policy(
    ["storage", "least-privilege", "hygiene", "migration"],
    Settings({}, {"max_admin_repos": "1", "max_program_repos": "1"}, {}, {}),
)
KNOWN = sample_tenant(2)[1]
"""A row with the control plane's facts about a repo, which the generated rows share."""

OF_CONTROL_PLANE = {"MLR040", "HYG001"}
"""The rules of these packs that need data from the control plane, except about the tenant."""

NAMES = ["churn-prod", "churn-dev", "Churn-dev", "churn_dev", "fraud-prod"]
STORAGES = ["acme:aws:aws-prod:blob-storage:a", "acme:aws:aws-nonprod:blob-storage:b", "other:aws:x:blob-storage:c"]
SUBJECTS = ["user:sam@example.com", "user:gone@example.com", "team:fraud-ml", "virtualaccount:ci"]
ROLES = ["mlf-project-admin", "mlf-project-viewer"]

grants = st.lists(st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(ROLES)), max_size=3)
texts = st.sampled_from(["The models that tell who is about to leave.", "Everything about cards and their fraud.", ""])


@st.composite
def repos(draw):
    """Manifests by name."""
    found = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)):
        found[name] = {"type": "ml-repo", "name": name, "description": draw(texts)}
        found[name]["storage_integration_fqn"] = draw(st.sampled_from(STORAGES))
        if draw(st.booleans()):
            found[name]["collaborators"] = [{"subject": who, "role_id": role} for who, role in draw(grants)]
    return found


@st.composite
def bindings(draw):
    """Role bindings by name, each as subjects and permissions."""
    return {
        name: (
            draw(st.lists(st.sampled_from(SUBJECTS), unique=True, max_size=2)),
            draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(ROLES)), unique=True, max_size=2)),
        )
        for name in draw(st.lists(st.sampled_from(["one", "two", "three"]), unique=True))
    }


class Tenant:
    """A tenant in memory."""

    provides = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})

    def __init__(self, rows, bound):
        self._rows, self._bound = rows, bound

    def directory(self, wanted):
        found = [
            RoleBinding(
                name,
                tuple(map(Subject.parse, subjects)),
                tuple(Permission("mlf-project", repo, role) for repo, role in permissions),
            )
            for name, (subjects, permissions) in self._bound.items()
        ]
        users = (User("sam@example.com", active=True), User("gone@example.com", active=False))
        seen = {Provider.ROLE_BINDINGS: Part(tuple(found)), Provider.USERS: Part(users)}
        return Directory.of({provider: seen.get(provider, Part()) for provider in wanted})

    def collect(self):
        for row in self._rows:
            yield Repo(row["id"], row["manifest"], row)

    def origin(self):
        return Origin("control-plane", "https://acme.example.com", TENANT, total=len(self._rows))


def live_row(manifest):
    return {**KNOWN, "id": f"id-{manifest['name']}", "tenant_name": TENANT, "manifest": manifest}


def binding_document(name, subjects, permissions):
    return {
        "type": "role-binding",
        "name": name,
        "subjects": [{"type": each.split(":")[0], "name": each.split(":")[1]} for each in subjects],
        "permissions": [
            {"resourceType": "mlf-project", "resourceFqn": repo, "role": role} for repo, role in permissions
        ],
    }


def reported(report):
    return {(each.rule.id, each.repo.name, each.key, each.message) for each in report.findings}


def of_tenants(findings):
    """Leave out what only files have: rules about documents, and the schema of role bindings."""
    return {each for each in findings if not each[0].startswith(("MLF", "MLB"))}


SOLE_ADMIN = {"fraud-prod": {"type": "ml-repo", "name": "fraud-prod", "description": "Everything about cards."}}
SOLE_ADMIN["fraud-prod"]["storage_integration_fqn"] = STORAGES[0]
SOLE_ADMIN["fraud-prod"]["collaborators"] = [{"subject": SUBJECTS[0], "role_id": ROLES[0]}]


@settings(max_examples=60, deadline=None)
@given(repos(), bindings(), repos(), bindings())
@example(SOLE_ADMIN, {}, {}, {"one": ([SUBJECTS[0]], [("fraud-prod", ROLES[0])])})  # the same grant once more
def test_the_report_is_that_of_the_changed_tenant_less_what_the_tenant_has_anyway(there, bound, declared, binding):
    before = audit(Tenant([live_row(each) for each in there.values()], bound), POLICY, AuditOptions(clock=lambda: NOW))
    with tempfile.TemporaryDirectory() as folder:
        documents = [*declared.values(), *(binding_document(name, *each) for name, each in binding.items())]
        for number, document in enumerate(documents):
            Path(folder, f"{number}.json").write_text(json.dumps(document), "utf-8")
        live = Tenant([live_row(each) for each in there.values()], bound)
        report = audit(Merged(ManifestFiles([folder]), live), POLICY, AuditOptions(unchanged=before, clock=lambda: NOW))

    rows = [live_row(each) for each in (there | declared).values()]
    after = reported(audit(Tenant(rows, bound | binding), POLICY, AuditOptions(clock=lambda: NOW)))
    of_change = declared.keys() | {f"role-binding:{name}" for name in binding}
    gone = Counter(each[:3] for each in reported(before) - after)
    new = Counter(each[:3] for each in after - reported(before))
    unknown = {(rule, name) for rule in OF_CONTROL_PLANE for name in declared.keys() - there.keys()}
    asked = {each for each in after if each[:2] not in unknown}
    found = of_tenants(reported(report))
    assert {each for each in found if each[1] in of_change} == {each for each in asked if each[1] in of_change}
    others = {each for each in found if each[1] not in of_change}
    assert others <= asked - reported(before)
    assert Counter(each[:3] for each in others) == Counter(
        {place: number for place, number in (new - gone).items() if place[1] not in of_change}
    )
    lacking = {(rule.id, ref.name) for entry in report.not_evaluated for rule in entry.rules for ref in entry.repos}
    assert lacking == unknown
    assert report.receipt.repos == len(rows)


def test_a_tenant_that_was_read_in_part_because_the_user_stopped_is_no_tenant():
    class Stopped(Tenant):
        def collect(self):
            yield from super().collect()
            raise StoppedError(15)

    report = audit(Stopped([live_row({"name": "churn-prod"})], {}), POLICY, AuditOptions(clock=lambda: NOW))
    with pytest.raises(StoppedError) as stopped:
        unless_stopped(report)
    assert stopped.value.signal_number == 15
    assert unless_stopped(whole := audit(Tenant([], {}), POLICY, AuditOptions(clock=lambda: NOW))) is whole


def test_rules_about_the_tenant_are_not_evaluated_without_its_name(tmp_path):
    class Nameless(Tenant):
        def origin(self):
            return Origin("control-plane")

    (tmp_path / "new.json").write_text(json.dumps({"type": "ml-repo", "name": "new"}), "utf-8")
    before = audit(Nameless([], {}), POLICY, AuditOptions(clock=lambda: NOW))
    report = audit(
        Merged(ManifestFiles([str(tmp_path)]), Nameless([], {})),
        POLICY,
        AuditOptions(unchanged=before, clock=lambda: NOW),
    )
    assert report.verdict.exit_code == 3  # no live repo is visible
    (entry,) = report.not_evaluated
    assert {rule.id for rule in entry.rules} == OF_CONTROL_PLANE | {"MLR011", "STO001"}


class Changed(Tenant):
    """Return files in which one repo changed and the others did not."""

    def __init__(self, changed, *unchanged):
        self._items = [Repo("0", changed), *(Repo(each["name"], each, unchanged=True) for each in unchanged)]

    def directory(self, wanted):
        return Directory()

    def collect(self):
        yield from self._items

    def origin(self):
        return Origin("manifest files", total=1)


@pytest.mark.parametrize("deployed", [True, False])
def test_a_rule_across_repos_sees_an_unchanged_repo_whether_it_is_deployed_or_not(deployed):
    there = {"type": "ml-repo", "name": "churn-prod", "storage_integration_fqn": STORAGES[0]}
    live = Tenant([live_row({"name": "other"}), *([live_row(there)] if deployed else [])], {})
    before = audit(live, POLICY, AuditOptions(clock=lambda: NOW))
    changed = Changed({**there, "name": "Churn-Prod"}, there)
    report = audit(Merged(changed, live), POLICY, AuditOptions(unchanged=before, clock=lambda: NOW))
    assert report.receipt.repos == 2 + deployed
    assert {each.rule.id for each in report.findings if each.repo.name == "(inventory)"} >= {"HYG002"}
    assert not [each for each in report.findings if each.repo.name == "churn-prod"]
