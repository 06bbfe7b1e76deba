"""The embedded control plane and its sample tenant, read through real sockets and with the vendor's own client."""

import hashlib
import json
import re
import socket
from contextlib import closing

import httpx
import pytest
import requests
from truefoundry_sdk import ListMlReposResponse, Session, TrueFoundry

from auditor.demo import FAULTS, DemoControlPlane, fault_at, sample_tenant

NEW = "/api/svc/v1/ml-repos"
OLD = "/api/ml/v1/ml-repos"
ROWS = sample_tenant()
GOLDEN_SHA256 = "dac511d566826df94b13a3bf0b0547f525c482aaeae70ff6127d712bf0d12960"


class Client(requests.Session):
    """A session with a control plane's host and token, and without the machine's proxies."""

    def __init__(self, plane):
        super().__init__()
        self.plane = plane
        self.trust_env = False
        self.headers["Authorization"] = f"Bearer {plane.token}"

    def request(self, method, path, **options):
        return super().request(method, self.plane.host + path, timeout=10, **options)


@pytest.fixture
def plane():
    with DemoControlPlane(ROWS) as running:
        yield running


@pytest.fixture
def client(plane):
    with Client(plane) as session:
        yield session


def ids(answer):
    return [row["id"] for row in answer.json()["data"]]


def test_the_vendors_client_sees_the_same_repos(plane):
    with httpx.Client(trust_env=False) as transport:
        vendor = TrueFoundry(base_url=plane.host, api_key=plane.token, httpx_client=transport)
        seen = list(vendor.ml_repos.list(limit=100))
        one = vendor.ml_repos.get("420").data
    assert [repo.id for repo in seen] == [row["id"] for row in ROWS]
    assert [repo.manifest.name for repo in seen] == [row["manifest"]["name"] for row in ROWS]
    assert [repo.manifest.description for repo in seen] == [row["manifest"].get("description") for row in ROWS]
    assert one.manifest.name == "devtest-finetuning-test-420"


@pytest.mark.parametrize("path", [NEW, OLD])
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_are_cut_out_of_one_list(client, path, limit):
    answer = client.get(path, params={"limit": limit, "offset": 30})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert ids(answer) == [row["id"] for row in ROWS[30 : 30 + limit]]
    assert answer.json()["pagination"] == {"total": 250, "offset": 30, "limit": limit}


def test_pages_have_100_repos_at_most_and_by_default(client):
    for params in ({}, {"limit": 101}, {"limit": 1_000_000}):
        answer = client.get(NEW, params=params)
        assert len(ids(answer)) == 100
        assert answer.json()["pagination"]["limit"] == 100


@pytest.mark.parametrize(("offset", "length"), [(249, 1), (250, 0), (10**17, 0)])
def test_the_last_page_is_short_and_the_next_is_empty(client, offset, length):
    assert len(ids(client.get(NEW, params={"offset": offset}))) == length


def test_the_name_filter_is_exact(client):
    name = ROWS[7]["manifest"]["name"]
    answer = client.get(NEW, params={"name": name})
    assert ids(answer) == [ROWS[7]["id"]]
    assert answer.json()["pagination"]["total"] == 1
    assert ids(client.get(NEW, params={"name": name[:-1]})) == []


def test_rows_arrive_as_they_are_and_the_old_prefix_lacks_what_came_later(client):
    assert client.get(NEW, params={"limit": 100}).json()["data"] == ROWS[:100]
    later = {"account_id", "tracing_projects_count"}
    assert client.get(OLD).json()["data"] == [
        {key: value for key, value in row.items() if key not in later} for row in ROWS[:100]
    ]


@pytest.mark.parametrize("path", [NEW, OLD])
def test_one_repo_by_id(client, path):
    assert client.get(f"{path}/420").json()["data"]["manifest"] == ROWS[0]["manifest"]
    assert client.get(f"{path}/421/runs").status_code == 404


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer no", "Basic {token}", "{token}"])
def test_every_request_needs_the_token(client, header):
    headers = {"Authorization": header and header.format(token=client.plane.token)}
    client.headers.clear()
    for path in (NEW, f"{NEW}/420", "/api/svc/v1/session", "/nowhere"):
        answer = client.get(path, headers=headers)
        assert answer.status_code == answer.json()["statusCode"] == 401
        assert answer.json()["message"]
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert isinstance(client.get(OLD, headers=headers).json()["detail"], str)


def test_tokens_are_opaque_fresh_and_can_be_given(plane):
    with DemoControlPlane([], token="tfy_given") as other:
        assert other.token == "tfy_given"
        assert other.token != plane.token
    assert re.fullmatch(r"tfy_[\w-]{40,}", plane.token)


@pytest.mark.parametrize("wrong", ["", "ten", "-1", "1.5", "+1", "1_0", " 1", "\u0661", "9" * 5000])
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_invalid_numbers_are_rejected(client, name, wrong):
    new, old = client.get(NEW, params={name: wrong}), client.get(OLD, params={name: wrong})
    assert new.status_code == old.status_code == new.json()["statusCode"] == 422
    assert new.json()["details"][0]["property"] == name
    assert old.json()["detail"][0]["loc"] == ["query", name]
    assert client.get(NEW, params={"limit": "0"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    ["/", "/api/svc/v1/groups", "/api/svc/v1/teams/x/members", f"{NEW}/", f"{NEW}/unknown", "/api/svc/v1/ml-reposx"],
)
def test_what_is_not_there_is_not_found(client, path):
    answer = client.get(path)
    assert answer.status_code == answer.json()["statusCode"] == 404
    assert client.get(f"{OLD}/unknown").json() == {"detail": "ML Repo with id unknown does not exist"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW"])
def test_nothing_can_be_changed(client, method):
    answer = client.request(method, NEW, data=b"x" * 50_000)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"
    assert method == "HEAD" or answer.json()["statusCode"] == 405
    assert client.get(NEW).status_code == 200
    assert client.request(method, NEW, data=iter([b"chunked"])).status_code == 405
    assert client.get(NEW).status_code == 200


def test_old_control_planes_have_no_repos_under_the_new_prefix():
    with DemoControlPlane(ROWS, svc=False) as plane, Client(plane) as client:
        assert client.get(NEW).json() == {"statusCode": 404, "message": f"Cannot GET {NEW}"}
        assert client.get(f"{NEW}/420").status_code == 404
        assert len(ids(client.get(OLD))) == 100
        assert client.get("/api/svc/v1/session").status_code == 200


def test_the_session_returns_the_owner_of_the_token(client):
    user = client.get("/api/svc/v1/session").json()["user"]
    assert (user["tenantName"], user["email"]) == ("truefoundry", "auditor@example.com")
    assert user["subject"]["subjectSlug"] == "auditor@example.com"
    assert Session.model_validate(user).roles == ["tenant-admin"]


def test_the_tenant_of_a_host_is_no_secret(client):
    del client.headers["Authorization"]
    answer = client.get("/api/svc/v1/tenant-id", params={"hostName": "ml.example.com"}).json()
    assert answer == {"tenantName": "truefoundry", "auth_server_url": "http://ml.example.com"}
    assert client.get("/api/svc/v1/tenant-id").status_code == 422


def test_the_tenant_can_change_while_it_is_served(client):
    client.plane.replace(ROWS[:3])
    assert ids(client.get(NEW)) == ["420", "421", "422"]
    client.plane.replace([])
    assert client.get(OLD).json() == {"data": [], "pagination": {"total": 0, "offset": 0, "limit": 100}}


def exchange(connection, request):
    """Send a request as it is; return the first chunk of the answer."""
    connection.sendall(request)
    return connection.recv(1 << 16)


def connect(plane):
    return closing(socket.create_connection(("127.0.0.1", int(plane.host.rpartition(":")[2])), timeout=10))


def test_connections_are_kept_and_answers_come_in_one_piece(plane):
    request = f"GET {NEW}/420 HTTP/1.1\r\nHost: demo\r\nAuthorization: bearer {plane.token}\r\n\r\n".encode()
    with connect(plane) as connection:
        for _ in range(3):
            head, _, body = exchange(connection, request).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            assert json.loads(body)["data"]["id"] == "420"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET http://[/ HTTP/1.1\r\n\r\n", b"401"),
        (b"GET / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", b"401"),
    ],
)
def test_what_is_hardly_http_gets_json_too_and_stderr_stays_empty(plane, capfd, request_bytes, status):
    with connect(plane) as connection:
        head, _, body = exchange(connection, request_bytes).partition(b"\r\n\r\n")
    assert status in head.split(b"\r\n")[0]
    assert json.loads(body)["statusCode"] == int(status)
    plane.close()
    assert capfd.readouterr() == ("", "")


def test_closing_ends_idle_connections_and_frees_the_port(plane):
    port = int(plane.host.rpartition(":")[2])
    with connect(plane) as idle:
        assert b" 401 " in exchange(idle, b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(OSError, match="in use"):
            DemoControlPlane([], port=port)
        plane.close()
        plane.close()
        assert idle.recv(1) == b""
    with DemoControlPlane(ROWS, port=port) as again, Client(again) as client:
        assert again.host == plane.host
        assert len(ids(client.get(NEW))) == 100


def test_the_documented_example_is_the_first_repo():
    documented = json.loads("""{
        "tenant_name": "truefoundry",
        "manifest": {
            "name": "devtest-finetuning-test-420",
            "type": "ml-repo",
            "description": "This is a test MLRepo for fine-tuning experiments.",
            "collaborators": [
                {"role_id": "mlf-project-admin", "subject": "user:user1@example.com"},
                {"role_id": "mlf-project-admin", "subject": "team:teamb"}
            ],
            "storage_integration_fqn": "truefoundry:aws:aws-4:blob-storage:devtest-test-1"
        },
        "created_by_subject": {
            "subjectId": "cm1xxxp",
            "subjectSlug": "test-user@truefoundry.com",
            "subjectType": "user",
            "subjectDisplayName": "Test User"
        },
        "created_at": "2023-11-07T05:31:56Z",
        "id": "420",
        "num_runs": 10,
        "artifact_type_counts": {},
        "datasets_count": 10
    }""")
    assert documented.items() <= ROWS[0].items()


def test_the_tenant_never_changes():
    canonical = json.dumps(ROWS, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(canonical).hexdigest() == GOLDEN_SHA256
    assert sample_tenant() == ROWS
    assert sample_tenant(20) == ROWS[:20]


def test_large_tenants_go_on_in_the_same_manner():
    rows = sample_tenant(10_000)
    assert rows[:250] == ROWS
    assert len({row["id"] for row in rows}) == len({row["manifest"]["name"].lower() for row in rows}) == 10_000
    spoiled = sum(fault_at(index) is not None for index in range(10_000))
    assert 0.28 < spoiled / 10_000 < 0.32
    assert all("2022-01-01" <= row["created_at"] < "2027" for row in rows)


def test_every_row_satisfies_the_vendors_types():
    page = {"data": sample_tenant(1000), "pagination": {"total": 1000}}
    assert len(ListMlReposResponse.model_validate(page).data) == 1000


def description(row):
    return row["manifest"].get("description", "")


def grants(row):
    return [(c["subject"], c["role_id"].rpartition("-")[2]) for c in row["manifest"].get("collaborators", [])]


def subjects(row):
    return [subject for subject, _ in grants(row)]


def admins(row):
    return [subject for subject, role in grants(row) if role == "admin"]


def users(row):
    return [subject for subject in subjects(row) if subject.startswith("user:")]


def fqn(row):
    return row["manifest"]["storage_integration_fqn"].split(":")


def counts(row):
    return {
        row["num_runs"],
        row["datasets_count"],
        row["tracing_projects_count"],
        *row["artifact_type_counts"].values(),
    }


def in_wrong_account(row):
    return row["manifest"]["name"].lower().endswith("prod") != fqn(row)[2].endswith("-prod")


SIGNS = {
    "no description": lambda row: "description" not in row["manifest"],
    "blank description": lambda row: "description" in row["manifest"] and not description(row).strip(),
    "placeholder description": lambda row: description(row).lower() in {"todo", "test", "tbd"},
    "short description": lambda row: 0 < len(description(row)) < 10 and description(row).strip(),
    "multi-line description": lambda row: "\n" in description(row),
    "long description": lambda row: len(description(row)) > 500 and "\n" not in description(row),
    "hostile description": lambda row: all(
        text in description(row)
        for text in (
            *("\u001b[2J", "\r", "\u001b]8;;http", "\u202e", "\n::error::fake", "<script>alert(1)</script>"),
            '=HYPERLINK("http://evil.example"',
        )
    ),
    "custom storage": lambda row: fqn(row)[1] == "custom",
    "sandbox storage": lambda row: fqn(row)[2] == "personal-sandbox",
    "storage of other environment": in_wrong_account,
    "storage of other tenant": lambda row: fqn(row)[0] != row["tenant_name"],
    "malformed storage": lambda row: len(fqn(row)) == 4,
    "user among admins": lambda row: users(row) and len(admins(row)) > 1 and users(row)[0] in admins(row),
    "user as only admin": lambda row: len(admins(row)) == 1 and admins(row)[0].startswith("user:"),
    "everyone as admin": lambda row: ("team:everyone", "admin") in grants(row),
    "everyone as editor": lambda row: ("team:everyone", "editor") in grants(row),
    "no admin": lambda row: grants(row) and {role for _, role in grants(row)} == {"viewer"},
    "many admins": lambda row: len(set(admins(row))) >= 7,
    "subject twice": lambda row: len(set(subjects(row))) < len(subjects(row)),
    "subject twice in other case": lambda row: len({user.lower() for user in users(row)}) < len(users(row)),
    "external domain": lambda row: any(user.endswith("@contractor.example.org") for user in users(row)),
    "external identity": lambda row: any(s.startswith("external-identity:") for s in subjects(row)),
    "bot": lambda row: any(s.startswith("bot:") for s in subjects(row)),
    "subject without type": lambda row: any(":" not in s for s in subjects(row)),
    "upper-case name": lambda row: row["manifest"]["name"].lower() != row["manifest"]["name"],
    "underscore name": lambda row: "_" in row["manifest"]["name"],
    "empty and old": lambda row: counts(row) == {0} and row["created_at"] < "2023",
    "null counts": lambda row: counts(row) == {None},
    "no collaborators": lambda row: "collaborators" not in row["manifest"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_in_the_tenant_and_shows(fault):
    spoiled = [row for index, row in enumerate(ROWS) if fault_at(index) == fault]
    assert len(spoiled) >= (1 if fault == "hostile description" else 2)
    assert all(SIGNS[fault](row) for row in spoiled)


def test_seven_of_ten_repos_show_no_fault_at_all():
    fine = [row for index, row in enumerate(ROWS) if index and fault_at(index) is None]
    assert 0.68 < len(fine) / len(ROWS) < 0.72
    assert [(row["id"], sign) for row in fine for sign, shows in SIGNS.items() if shows(row)] == []
