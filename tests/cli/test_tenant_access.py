"""Manifests that grant access to every repo, and rules about a tenant that can only be read in part."""

from __future__ import annotations

import json

import pytest

from auditor.demo import sample_directory, sample_tenant

BINDING = """\
type: role-binding
name: everyone-operates
subjects: [{type: %s, name: %s}]
permissions: [{resourceType: %s, resourceFqn: acme, role: %s}]
"""
ROLE = """\
type: role
name: operator
displayName: Operator
description: Runs every ML repo
resourceType: %s
permissions: [%s]
"""


@pytest.fixture
def findings(run_auditor, tmp_path):
    """Check files; return the findings about access to every repo."""

    def run(**files: str) -> list[str]:
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
        ran = run_auditor("check", ".", "-f", "json")
        assert ran.code in {0, 1}, ran.err
        found = [each for each in json.loads(ran.out)["findings"] if each["rule"] == "MLF011"]
        assert all(each["location"]["line"] for each in found)
        return [each["message"] for each in found]

    return run


@pytest.mark.parametrize(
    ("permissions", "level"),
    [
        ("'repository:ManageRepository'", "admin"),
        ("'repository:WriteData', 'repository:ReadData'", "write"),
        ("'repository:ReadRepository'", "read"),
        ("'*'", "admin"),
        ("'repository:SomethingNew'", "admin"),
    ],
)
def test_a_change_that_gives_access_to_every_repo_is_a_finding(findings, permissions, level):
    found = findings(role=ROLE % ("tenant", permissions), bind=BINDING % ("team", "ml", "tenant", "operator"))
    assert found == [
        f"team:ml gets {level} access to every repo of the tenant through role operator",
        f"everyone with role operator gets {level} access to every repo of the tenant",
    ]


def test_the_built_in_admin_role_and_a_role_of_another_file_are_findings_too(findings):
    assert findings(a=BINDING % ("user", "sam@acme.example", "tenant", "tenant-admin")) == [
        "user:sam@acme.example gets admin access to every repo of the tenant through role tenant-admin"
    ]
    (found,) = findings(a=BINDING % ("external-identity", "partner", "account", "somewhere-else"))
    assert found.startswith("external-identity:partner gets access of unknown level to every repo")


def test_roles_without_access_to_repos_have_no_findings(findings):
    role = ROLE % ("tenant", "'repository:CreateRepository', 'cluster:Manage'")
    other = ROLE.replace("operator", "other") % ("workspace", "'repository:ManageRepository'")
    binding = BINDING % ("team", "ml", "tenant", "operator")
    assert findings(role=role, other=other, bind=binding) == []
    assert findings(bind=BINDING % ("team", "ml", "tenant", "tenant-member")) == []
    assert findings(bind=BINDING % ("team", "ml", "workspace", "tenant-admin")) == []


ROWS = sample_tenant(20)


def test_a_folder_of_roles_alone_is_checked(run_auditor, tmp_path):
    (tmp_path / "role.yaml").write_text(ROLE % ("tenant", "'cluster:Manage'"), "utf-8")
    assert run_auditor("check", "role.yaml").code == 0
    (tmp_path / "role.yaml").write_text(ROLE % ("workspace", "'workspace:Manage'"), "utf-8")
    assert run_auditor("check", "role.yaml").code == 3


@pytest.mark.parametrize("part", ["role-bindings", "users", "teams/user", "virtual-accounts", "roles"])
@pytest.mark.parametrize("status", [403, 404, 500])
def test_rules_about_the_tenant_are_never_passed_where_a_part_is_missing(
    run_at_once, start_plane, environment, part, status
):
    plane = start_plane(ROWS, directory=sample_directory(ROWS), without={part: status})
    selected = [option for rule in ("LPR019", "LPR021", "PRD009") for option in ("--rule", rule)]
    ran = run_at_once("audit", "--policy", "production", *selected, "-f", "json", env=environment(plane))
    report = json.loads(ran.out)
    assert (ran.code, report["verdict"]["complete"]) == (3, False)
    (entry,) = report["not_evaluated"]
    assert {each["rule"] for each in entry["rules"]} == {"LPR019", "LPR021", "PRD009"}


def test_a_finding_about_the_tenant_is_one_however_many_repos_there_are(run_auditor, start_plane, environment):
    for size in (20, 60):
        rows = sample_tenant(size)
        plane = start_plane(rows, directory=sample_directory(rows))
        ran = run_auditor(
            "audit", "--policy", "production", "--rule", "tag:tenant", "-f", "json", env=environment(plane)
        )
        assert ran.code == 1, ran.err
        report = json.loads(ran.out)
        found = [each for each in report["findings"] if each["category"] == "access"]
        assert sorted(each["name"] for each in found) == [
            "tenant-access-for-service-account",
            "tenant-write-reaches-production",
            "too-many-tenant-admins",
        ]
        assert {each["repo"]["name"] for each in found} == {"(every repo)"}


def test_a_role_of_a_user_on_one_repo_is_a_grant_for_rules_too(run_at_once, start_plane, environment):
    held = {"resourceType": "mlf-project", "resourceId": "r1", "roleId": "7", "roleName": "mlf-project-admin"}
    users = [{"email": "pat@acme.example", "active": True, "roles": ["tenant-member"], "rolesWithResource": [held]}]
    parts = ("role-bindings", "teams/user", "virtual-accounts", "workspaces")
    directory = {**{part: [] for part in parts}, "users": users}
    rows = [{"id": "r1", "manifest": {"type": "ml-repo", "name": "churn"}}]
    audit = ("audit", "--rule", "MLR020", "-f", "json")
    ran = run_at_once(*audit, env=environment(start_plane(rows, directory=directory)))
    assert "MLR020" in {each["rule"] for each in json.loads(ran.out)["findings"]}
    ran = run_at_once(*audit, env=environment(start_plane(rows, directory=directory, without={"users": 403})))
    assert (ran.code, "the list of users" in ran.last_line) == (3, True)


def test_a_role_that_may_administer_every_repo_is_among_the_admins(run_auditor, start_plane, environment):
    directory = sample_directory(ROWS)
    user = {"email": "kim@example.com", "roles": ["keeper"], "active": True, "metadata": {}}
    plane = start_plane(ROWS, directory={**directory, "users": [*directory["users"], user]})
    ran = run_auditor("access", "--admins", env=environment(plane))
    assert ran.code == 3
    assert "keeper (level unknown)" in ran.out
    assert "tenant-member" not in ran.out


def test_the_level_of_a_role_on_the_tenant_is_shown_on_each_repo_too(run_auditor, start_plane, environment):
    plane = start_plane(ROWS, directory=sample_directory(ROWS))
    ran = run_auditor("access", "--expand", "--subject", "user:maya.rao@example.com", env=environment(plane))
    assert ran.out.count("tenant-admin (admin)") == len(ROWS)
    assert "user role maya.rao" not in ran.out
