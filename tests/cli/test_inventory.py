"""`auditor check --inventory` and `--live`: manifests checked as part of the tenant that they would change."""

from __future__ import annotations

import json
import re
from copy import deepcopy

import pytest
import yaml

from auditor.cli import run
from auditor.demo import sample_directory, sample_tenant
from auditor.http.client import Client
from tests.conftest import Ran
from tests.git import git
from tests.live.audits import kept_signals
from tests.schemas import assert_valid

ROWS = sample_tenant(40)
EXAMPLE, PROD, STAGING = (row["manifest"] for row in ROWS[:3])
ADMIN = "mlf-project-admin"
GONE = "user:ivan.okafor@example.com"
"""A deactivated user of the sample tenant."""


class Tenant:
    """A folder with `manifests`, and the sample tenant to check them against."""

    def __init__(self, folder, start_plane, monkeypatch, capsys):
        self.folder = folder
        self._start, self._monkeypatch, self._capsys = start_plane, monkeypatch, capsys
        (folder / "manifests").mkdir()

    def serve(self, rows=ROWS, **options):
        plane = self._start(deepcopy(rows), **options)
        self._monkeypatch.setenv("TFY_HOST", plane.host)
        self._monkeypatch.setenv("TFY_API_KEY", plane.token)
        return plane

    def declare(self, manifest, **changes):
        found = {key: value for key, value in {**manifest, **changes}.items() if value is not None}
        file = self.folder / "manifests" / f"{manifest['type']}-{found['name']}.yaml"
        file.write_text(yaml.safe_dump(found, sort_keys=False), "utf-8")

    def bind(self, name, repo, *subjects, role=ADMIN):
        parts = [dict(zip(("type", "name"), each.split(":"), strict=True)) for each in subjects]
        permission = {"resourceType": "mlf-project", "resourceFqn": repo, "role": role}
        self.declare({"type": "role-binding", "name": name, "subjects": parts, "permissions": [permission]})

    def run(self, *arguments):
        with kept_signals():
            code = run([*arguments])
        captured = self._capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    def check(self, *arguments, pack="ml-repo-baseline", where=("--live",)):
        """Check the manifests; return the exit code and the report."""
        packs = [part for each in pack.split() for part in ("--policy", each)]
        ran = self.run("check", "manifests", *where, *packs, "-f", "json", *arguments)
        document = json.loads(ran.out)
        assert_valid(document, "report")
        assert document["verdict"]["exit_code"] == ran.code
        return ran.code, document


@pytest.fixture
def tenant(tmp_path, start_plane, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    found = Tenant(tmp_path, start_plane, monkeypatch, capsys)
    found.serve()
    return found


def reported(document, kind="findings"):
    return {(each["rule"], each["repo"]["name"]) for each in document[kind]}


def test_a_name_that_differs_from_that_of_a_live_repo_by_case_only(tenant):
    tenant.declare(PROD, name=PROD["name"].title(), description="A description of its own, and not copied.")
    code, document = tenant.check(pack="hygiene")
    assert code == 1
    assert ("HYG003", "(inventory)") in reported(document)
    assert reported(document) == {
        ("HYG003", "(inventory)"),
        ("HYG002", "(inventory)"),
        ("MLR030", PROD["name"].title()),
    }
    assert PROD["name"] in next(each["message"] for each in document["findings"] if each["rule"] == "HYG003")


def test_production_that_moves_to_storage_of_other_environments(tenant):
    tenant.declare(PROD, storage_integration_fqn=STAGING["storage_integration_fqn"])
    alone = tenant.check(pack="storage", where=())[1]
    assert "STO004" not in {rule for rule, _ in reported(alone)}
    code, document = tenant.check(pack="storage")
    assert code == 1
    assert reported(document) == {("STO002", PROD["name"]), ("STO008", PROD["name"]), ("STO004", "(inventory)")}


def test_a_user_who_becomes_admin_of_one_repo_too_many(tenant):
    rows = [deepcopy(row) for row in ROWS[:6]]
    for row in rows[:3]:
        row["manifest"]["collaborators"] = [{"subject": "user:sam@example.com", "role_id": ADMIN}]
    tenant.serve(rows)
    tenant.declare(rows[4]["manifest"], collaborators=[{"subject": "user:sam@example.com", "role_id": ADMIN}])
    for most, expected in ((4, set()), (3, {("LPR012", "(inventory)")})):
        document = tenant.check("--param", f"max_admin_repos={most}", "--rule", "LPR012", pack="least-privilege")[1]
        assert reported(document) == expected
    code, document = tenant.check("--param", "max_admin_repos=2", "--rule", "LPR012", pack="least-privilege")
    assert (code, reported(document), reported(document, "baselined")) == (0, set(), {("LPR012", "(inventory)")})


def test_a_changed_manifest_that_grants_access_to_an_inactive_user(tenant):
    tenant.declare(PROD, collaborators=[{"subject": GONE, "role_id": "mlf-project-viewer"}])
    code, document = tenant.check("--rule", "deactivated-user", pack="least-privilege")
    assert (code, {name for _, name in reported(document)}) == (1, {PROD["name"]})
    place = document["findings"][0]["location"]
    assert place["file"] == f"manifests/ml-repo-{PROD['name']}.yaml"


def test_what_the_tenant_has_anyway_is_not_reported(tenant):
    packs = "storage least-privilege hygiene migration"
    ran = tenant.run("audit", "-f", "json", *(part for each in packs.split() for part in ("--policy", each)))
    live = json.loads(ran.out)
    assert len(live["findings"]) > 100
    tenant.declare(PROD)
    _, document = tenant.check(pack=packs)
    assert reported(document) == {each for each in reported(live) if each[1] == PROD["name"]}
    assert document["baselined"] == []
    assert document["receipt"]["ids_sha256"] == live["receipt"]["ids_sha256"]
    assert document["receipt"]["repos"] == 40


def test_the_same_from_a_snapshot_as_from_the_control_plane(tenant):
    assert tenant.run("fetch", "-o", "tenant.gz").code == 0
    tenant.declare(PROD, name="churn-two", storage_integration_fqn="other:aws:aws-prod:blob-storage:x")
    packs = "storage least-privilege hygiene migration"
    live, saved = tenant.check(pack=packs)[1], tenant.check(pack=packs, where=("--inventory", "tenant.gz"))[1]
    assert live["findings"]
    assert live["findings"] == saved["findings"]
    assert live["receipt"]["ids_sha256"] == saved["receipt"]["ids_sha256"]
    assert saved["receipt"]["against"].startswith("a snapshot of http://127.0.0.1:")
    assert live["receipt"]["against"].startswith("control-plane http://127.0.0.1:")


def test_the_tenant_is_read_over_the_network_once(tenant, monkeypatch):
    asked = []
    get = Client.get
    monkeypatch.setattr(Client, "get", lambda self, path, params: asked.append(path) or get(self, path, params))
    assert tenant.run("audit", "--policy", "hygiene").code == 1
    of_audit, asked[:] = sorted(asked), []
    tenant.declare(PROD)
    tenant.check(pack="hygiene")
    assert sorted(asked) == of_audit


def test_an_old_snapshot_is_said_with_its_age(tenant, monkeypatch):
    assert tenant.run("fetch", "-o", "tenant.gz").code == 0
    tenant.declare(PROD)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1767225600 + 5 * 86400))
    ran = tenant.run("check", "manifests", "--inventory", "tenant.gz")
    assert "taken 2026-01-01 00:00 UTC, 5 days ago" in ran.last_line
    assert "taken 2026-01-01 00:00 UTC, 5 days ago" in " ".join(ran.out.split())
    ran = tenant.run("check", "manifests", "--inventory", "tenant.gz", "--max-age", "3d")
    assert (ran.code, "which is older than --max-age" in ran.last_line) == (3, True)


def test_a_new_repo_is_checked_with_its_tenant_and_not_by_unknown_facts(tenant, tmp_path):
    (tmp_path / "acme.yaml").write_text(
        "policy: 1\nname: acme\nversion: 1.0.0\ntitle: Runs\nrules:\n"
        "  - {id: ACME001, name: no-runs, title: Repos have runs, severity: high,\n"
        "     when: {repo.num_runs: {exists: true}}, must: {repo.num_runs: {ge: 1000000}}}\n"
        "  - {id: ACME002, name: shared-creator, title: One repo each, severity: high, for: inventory,\n"
        "     group_by: repo.created_by.name, must: {group.repos: {ge: 0}}}\n",
        "utf-8",
    )
    tenant.declare(PROD, name="churn-two", storage_integration_fqn="other:aws:aws-prod:blob-storage:x")
    code, document = tenant.check(pack="ml-repo-baseline acme.yaml")
    assert (code, reported(document)) == (1, {("MLR011", "churn-two")})
    (lack,) = [each for each in document["not_evaluated"] if "undeployed" in each["reason"]]
    assert {"ACME001", "ACME002"} <= {each["rule"] for each in lack["rules"]}
    assert [each["name"] for each in lack["repos"]] == ["churn-two"]
    assert tenant.check("--unavailable", "incomplete")[0] == 3
    tenant.declare(PROD)
    (tmp_path / "manifests" / "ml-repo-churn-two.yaml").unlink()
    assert reported(tenant.check("--rule", "ACME001", pack="acme.yaml")[1]) == {("ACME001", PROD["name"])}


def test_a_role_binding_breaks_a_live_repo_and_another_one_fixes_it(tenant):
    rows = [deepcopy(row) for row in ROWS[:3]]
    name = rows[1]["manifest"]["name"]
    rows[1]["manifest"].pop("collaborators")
    directory = sample_directory(ROWS)
    directory["role-bindings"] = []
    rule = ("--rule", "LPR005")
    tenant.serve(rows, directory=directory)
    tenant.bind("owners", name, GONE)
    code, document = tenant.check(*rule, pack="least-privilege")
    assert code == 1
    assert {repo for _, repo in reported(document)} == {name}
    directory["role-bindings"] = [
        {"id": "1", "manifest": yaml.safe_load((tenant.folder / "manifests/role-binding-owners.yaml").read_text())}
    ]
    tenant.serve(rows, directory=directory)
    (tenant.folder / "manifests" / "role-binding-owners.yaml").unlink()
    tenant.declare(rows[0]["manifest"])
    assert tenant.check(*rule, pack="least-privilege")[0] == 0  # not new any more
    live = json.loads(tenant.run("audit", "-f", "json", "--policy", "least-privilege", *rule).out)
    assert name in {repo for _, repo in reported(live)}
    tenant.bind("owners", name, "team:fraud-ml")
    tenant.declare(rows[1]["manifest"])
    assert tenant.check(*rule, pack="least-privilege")[0] == 0
    tenant.bind("owners", name, GONE)
    assert reported(tenant.check(*rule, pack="least-privilege")[1]) == {("LPR005", name)}


def test_a_role_binding_in_a_file_is_checked_with_the_repos_of_the_tenant(tenant):
    tenant.bind("fraud-readers", "no-such-repo", "team:fraud-ml")
    code, document = tenant.check(pack="migration")
    assert (code, reported(document)) == (1, {("MIG004", "role-binding:fraud-readers")})
    tenant.declare(EXAMPLE, name="no-such-repo", collaborators=None)
    assert tenant.check(pack="migration")[0] == 0


def test_what_was_not_seen_of_the_tenant_makes_it_incomplete(tenant, tmp_path):
    tenant.declare(PROD)
    assert tenant.run("fetch", "-o", "tenant.gz").code == 0
    (tmp_path / "tenant.gz").write_bytes((tmp_path / "tenant.gz").read_bytes()[:-20])
    assert tenant.check(where=("--inventory", "tenant.gz"))[0] == 3
    broken = deepcopy(ROWS[:5])
    broken[4]["manifest"] = None
    tenant.serve(broken)
    code, document = tenant.check()
    assert (code, document["receipt"]["unread"][0]["kind"]) == (3, "repo")
    tenant.serve([])
    code, document = tenant.check()
    assert (code, "no repos are visible" in document["verdict"]["reason"]) == (3, True)
    (tmp_path / "auditor.yaml").write_text("expect: {min_repos: 0}\n", "utf-8")
    assert tenant.check()[0] in {0, 1}


def test_expectations_hold_for_the_tenant_and_not_for_the_files(tenant, tmp_path):
    tenant.declare(PROD, name="churn-two")
    (tmp_path / "auditor.yaml").write_text("expect: {min_repos: 41, include: [churn-two], tenant: acme}\n", "utf-8")
    code, document = tenant.check()
    assert code == 3
    assert {each["what"] for each in document["receipt"]["unread"]} == {
        "expect.min_repos",
        "expect.include",
        "expect.tenant",
    }
    (tmp_path / "auditor.yaml").write_text(f"expect: {{min_repos: 40, include: [{PROD['name']}]}}\n", "utf-8")
    assert tenant.check()[0] in {0, 1}


def test_files_without_a_manifest_are_not_clean_because_the_tenant_is(tenant, tmp_path):
    (tmp_path / "manifests" / "note.yaml").write_text("type: service\nname: a\n", "utf-8")
    code, document = tenant.check()
    assert (code, "no ML repos or role bindings in 1 file" in document["verdict"]["reason"]) == (3, True)


def test_a_broken_file_is_reported_with_the_tenant_too(tenant, tmp_path):
    tenant.declare(PROD)
    (tmp_path / "manifests" / "wrong.yaml").write_text("type: ml-repo\nname: [unclosed", "utf-8")
    assert tenant.check()[0] == 3
    (tmp_path / "manifests" / "wrong.yaml").write_text(yaml.safe_dump(PROD), "utf-8")
    assert ("MLF005", PROD["name"]) in reported(tenant.check()[1])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--live", "--inventory", "tenant.gz"), "remove one of them"),
        (("--inventory", "no.gz"), "the snapshot no.gz does not exist"),
        (("--live", "--max-age", "1d"), "--max-age needs a snapshot"),
        (("--max-age", "1d"), "--max-age needs a tenant"),
        (("--host", "https://acme.example.com"), "--host needs a tenant"),
    ],
)
def test_options_that_make_no_sense_together_are_refused(tenant, arguments, reason):
    tenant.declare(PROD)
    ran = tenant.run("check", "manifests", *arguments)
    assert (ran.code, reason in ran.err, ran.out) == (2, True, "")


def test_only_changes_are_merged_and_only_new_findings_are_reported(tenant, tmp_path):
    moved = {"storage_integration_fqn": STAGING["storage_integration_fqn"]}
    tenant.declare(PROD, **moved)
    tenant.declare(STAGING)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "manifests")
    git(tmp_path, "commit", "--quiet", "--message", "before")
    tenant.declare(STAGING, description="Something else is said of it now, and that is all.")
    rules = ("--rule", "STO002", "--rule", "STO004")
    code, document = tenant.check("--changed-since", "main", *rules, pack="storage")
    assert (code, reported(document)) == (0, set())
    assert document["receipt"]["declared"] == 1
    assert re.search("1 document skipped as unchanged since main .*, merged into", document["verdict"]["reason"])
    assert {rule for rule, _ in reported(tenant.check(*rules, pack="storage")[1])} == {"STO002", "STO004"}
    code, document = tenant.check("--compare", "main", *rules, pack="storage")
    assert (code, reported(document)) == (0, set())
    assert {rule for rule, _ in reported(document, "baselined")} == {"STO002", "STO004"}


def test_nothing_of_the_tenant_stays_on_the_disk(tenant, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    tenant.declare(PROD)
    tenant.check()
    assert list((tmp_path / "tmp").iterdir()) == []
