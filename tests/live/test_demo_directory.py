"""The directory of the demo control plane, read through real sockets and with the vendor's own types."""

from __future__ import annotations

import hashlib
import json

import httpx
import pytest
import requests
from truefoundry_sdk import TrueFoundry
from truefoundry_sdk.types.provider_integration import ProviderIntegration
from truefoundry_sdk.types.role import Role
from truefoundry_sdk.types.role_binding import RoleBinding
from truefoundry_sdk.types.role_binding_subject_type import RoleBindingSubjectType
from truefoundry_sdk.types.team import Team
from truefoundry_sdk.types.user import User
from truefoundry_sdk.types.virtual_account import VirtualAccount
from truefoundry_sdk.types.workspace import Workspace

from auditor.demo import DemoControlPlane, sample_directory, sample_tenant

API = "/api/svc/v1/"
ROWS = sample_tenant()
DIRECTORY = sample_directory(ROWS)
GOLDEN_SHA256 = "1a02081b80b1c48121dfd046f7f2cb2a36b053c24082a12b08b8ee567481b8ed"
MODELS = {
    "role-bindings": RoleBinding,
    "users": User,
    "teams/user": Team,
    "virtual-accounts": VirtualAccount,
    "provider-integrations": ProviderIntegration,
    "roles": Role,
    "workspaces": Workspace,
}


@pytest.fixture
def plane():
    with DemoControlPlane(ROWS) as running:
        yield running


def get(plane, path, **params):
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"Bearer {plane.token}"}
        return session.get(plane.host + API + path, headers=headers, params=params, timeout=10)


@pytest.mark.parametrize("path", MODELS)
def test_every_row_satisfies_the_vendors_types(path):
    assert DIRECTORY[path]
    for row in DIRECTORY[path]:
        MODELS[path].model_validate(row)
    assert len({row["id"] for row in DIRECTORY[path]}) == len(DIRECTORY[path])


def test_the_vendors_client_sees_the_same_directory(plane):
    with httpx.Client(trust_env=False) as transport:
        vendor = TrueFoundry(base_url=plane.host, api_key=plane.token, httpx_client=transport)
        assert [user.email for user in vendor.users.list(limit=100, show_invalid_users=True)] == [
            row["email"] for row in DIRECTORY["users"]
        ]
        teams = list(vendor.teams.list())
        assert [team.manifest.members for team in teams] == [row["members"] for row in DIRECTORY["teams/user"]]
        members = [member.subject_slug for member in vendor.teams.list_members(teams[0].id)]
        assert members == teams[0].manifest.members
        assert len(list(vendor.virtual_accounts.list())) == len(DIRECTORY["virtual-accounts"])
        assert len(list(vendor.workspaces.list())) == len(DIRECTORY["workspaces"])


@pytest.mark.parametrize("path", MODELS)
def test_lists_are_cut_into_pages(plane, path):
    rows = [row for row in DIRECTORY[path] if path != "users" or row["active"]]
    answer = get(plane, path, limit=2, offset=1)
    assert answer.json() == {"data": rows[1:3], "pagination": {"total": len(rows), "offset": 1, "limit": 2}}
    assert requests.get(plane.host + API + path, timeout=10).status_code == 401


def test_queries_narrow_the_lists(plane):
    assert get(plane, "users").json()["pagination"]["total"] < len(DIRECTORY["users"])
    assert get(plane, "users", showInvalidUsers="true").json()["pagination"]["total"] == len(DIRECTORY["users"])
    assert get(plane, "roles", resourceType="cluster").json()["data"] == []
    assert get(plane, "provider-integrations", type="cluster").json()["data"] == []
    fqn = DIRECTORY["provider-integrations"][0]["fqn"]
    assert [row["fqn"] for row in get(plane, "provider-integrations", fqn=fqn).json()["data"]] == [fqn]
    (team, *_) = get(plane, "teams/user", includeMembership="false").json()["data"]
    assert "members" not in team
    assert team["manifest"]["members"] == []
    assert team["totalMemberCount"] > 0


@pytest.mark.parametrize("path", [*MODELS, "members"])
@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_list_can_answer_with_an_error(path, status):
    url = f"teams/{DIRECTORY['teams/user'][0]['id']}/members" if path == "members" else path
    with DemoControlPlane(ROWS, without={path: status}) as plane:
        answer = get(plane, url)
        assert answer.status_code == answer.json()["statusCode"] == status
        assert get(plane, "ml-repos").status_code == 200


def test_a_directory_of_ones_own_is_served_instead():
    with DemoControlPlane(ROWS, directory={"users": []}) as plane:
        assert get(plane, "users").json()["data"] == []
        assert get(plane, "roles").status_code == 404


@pytest.mark.parametrize("rows", [[], ROWS[:1], [{"id": "1"}, {"id": "2", "manifest": "gone"}], sample_tenant(17)])
def test_every_tenant_has_a_directory(rows):
    assert set(sample_directory(rows)) == set(MODELS)


def test_the_directory_never_changes():
    canonical = json.dumps(DIRECTORY, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(canonical).hexdigest() == GOLDEN_SHA256
    assert sample_directory(sample_tenant()) == DIRECTORY


# The cases that an access review has to find


def manifests(path):
    return [row["manifest"] for row in DIRECTORY[path]]


def granted():
    """Yield the subject and the repo of every grant, on every surface."""
    for row in ROWS:
        for each in row["manifest"].get("collaborators", ()):
            yield each["subject"], row["manifest"]["name"]
    for binding in manifests("role-bindings"):
        for subject in binding["subjects"]:
            for permission in binding["permissions"]:
                if permission["resourceType"] in {"mlf-project", "ml-repo"}:
                    yield f"{subject['type']}:{subject['name']}", permission["resourceFqn"]
    for account in manifests("virtual-accounts"):
        for permission in account["permissions"]:
            if permission["resource_type"] == "mlf-project":
                yield f"virtualaccount:{account['name']}", permission["resource_fqn"]


HOLDERS = {subject.lower() for subject, _ in granted()}
USERS = {row["email"]: row for row in DIRECTORY["users"]}
NAMES = {row["manifest"]["name"] for row in ROWS}


def test_teams_and_people_of_the_repos_are_in_it():
    teams = {f"team:{each['name']}" for each in manifests("teams/user")} | {"team:everyone"}
    assert {holder for holder in HOLDERS if holder.startswith("team:")} <= teams
    assert {holder[5:] for holder in HOLDERS if holder.startswith("user:")} - USERS.keys() == {"consultant@example.net"}
    assert all(member in USERS for each in manifests("teams/user") for member in each["members"])
    assert any(holder.endswith("@contractor.example.org") for holder in HOLDERS)
    kinds = {each["type"] for binding in manifests("role-bindings") for each in binding["subjects"]}
    # The vendor's guides have external identities, and its open enumeration does not name them.
    assert kinds - {"external-identity"} <= {each.value for each in RoleBindingSubjectType}


def test_an_inactive_user_still_has_a_grant():
    left = {name for name, row in USERS.items() if not row["active"]}
    assert any(f"user:{name}" in HOLDERS for name in left)
    assert len(left) < len(USERS) / 10


def test_a_team_without_members_holds_a_grant():
    dead = {each["name"] for each in manifests("teams/user") if not each["members"]}
    assert dead == {"robotics-lab"}
    assert "team:robotics-lab" in HOLDERS


def test_an_expired_account_holds_a_grant_and_another_account_is_an_admin():
    accounts = {row["manifest"]["name"]: row for row in DIRECTORY["virtual-accounts"]}
    assert [name for name, row in accounts.items() if row["isExpired"]] == ["legacy-exporter"]
    assert "virtualaccount:legacy-exporter" in HOLDERS
    roles = {each["role_id"] for each in accounts["release-train"]["manifest"]["permissions"]}
    assert "mlf-project-admin" in roles


def test_a_storage_integration_is_missing():
    there = {row["fqn"] for row in DIRECTORY["provider-integrations"]}
    named = {row["manifest"]["storage_integration_fqn"] for row in ROWS}
    assert "truefoundry:custom:minio-lab:blob-storage:old-lab-server" in named - there
    assert len(named & there) > 20


def test_bindings_are_right_but_for_the_ones_that_are_there_to_be_found():
    of_tenant = {f"truefoundry:{name}" for name in NAMES}
    assert {repo for _, repo in granted()} - NAMES - of_tenant == {"robot-arm-dev"}
    wide = [each for each in manifests("role-bindings") if min(len(each["subjects"]), len(each["permissions"])) > 1]
    assert [each["name"] for each in wide] == ["platform-everywhere"]


def test_most_repos_without_collaborators_have_their_grants_in_bindings():
    bare = [row["manifest"]["name"] for row in ROWS if "collaborators" not in row["manifest"]]
    bound = {repo for _, repo in granted()}
    assert len(bare) == 6
    assert [name for name in bare if name not in bound] == bare[:1]


def test_one_repo_has_two_surfaces_that_disagree():
    (binding,) = [each for each in manifests("role-bindings") if each["name"] == "second-opinion"]
    (row,) = [row for row in ROWS if row["manifest"]["name"] == binding["permissions"][0]["resourceFqn"]]
    inline = {each["subject"] for each in row["manifest"]["collaborators"]}
    assert not inline & {f"{each['type']}:{each['name']}" for each in binding["subjects"]}
