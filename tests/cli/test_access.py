"""`auditor access`: the matrix equals that of an oracle, in every format, and never complete if something is unread."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest

from auditor.cli import run
from auditor.demo import sample_directory, sample_tenant
from auditor.sources.snapshot.writer import TRAILER_SIZE, trailer_of
from tests.conftest import Ran
from tests.live.audits import kept_signals
from tests.schemas import assert_valid
from tests.unit.access_oracle import active_users, direct_grants, tenant_grants, users_of

ROWS = sample_tenant(60)
DIRECTORY = sample_directory(ROWS)
FORMATS = ("table", "csv", "json", "html", "markdown")
NOW = {"SOURCE_DATE_EPOCH": "1767225600"}


@pytest.fixture
def access(monkeypatch, capsys, tmp_path):
    """Run `auditor access` in this process against a control plane, or on a snapshot if there is none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    def ask(plane, *arguments, command="access"):
        for name, value in NOW.items():
            monkeypatch.setenv(name, value)
        if plane is not None:
            monkeypatch.setenv("TFY_HOST", plane.host)
            monkeypatch.setenv("TFY_API_KEY", plane.token)
        with kept_signals():
            code = run([command, *arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ask


@pytest.fixture
def plane(start_plane):
    return start_plane(ROWS)


def flat(document):
    """Return the grants of a JSON matrix as tuples."""
    return [
        (
            each["repo"]["name"],
            each["subject"],
            each["role"],
            each["via"],
            each["source"] or "",
            each["through"] or "",
        )
        for each in document["grants"]
    ]


def expected(rows=ROWS, directory=DIRECTORY, *, expand=False, multiply=False):
    """Return the matrix according to the oracle."""
    everywhere = [(*each[:2], *each[3:]) for each in tenant_grants(directory)] if multiply else []
    found = []
    for row in rows:
        for grant in (*everywhere, *direct_grants(row, directory)):
            found += lines_of(row["manifest"]["name"], grant, directory, expand=expand)
    return sorted(found)


def lines_of(name, grant, directory, *, expand):
    """Return the rows of a grant: one, or one for each member of a team."""
    subject, role, via, source = grant
    if not expand or not subject.startswith("team:"):
        return [(name, subject, role, via, source, "")]
    team = subject.removeprefix("team:")
    return [(name, f"user:{user}", role, via, source, team) for user in users_of(team, directory)]


def everywhere(*, expand=False):
    """Return the grants on the tenant according to the oracle."""
    found = []
    for subject, role, _, via, source in tenant_grants(DIRECTORY):
        found += lines_of("every repo", (subject, role, via, source), DIRECTORY, expand=expand)
    return sorted(found)


def flat_tenant(document):
    """Return the grants on the tenant in a JSON matrix, as tuples."""
    keys = ("subject", "role", "via", "source", "through")
    return [("every repo", *(each[key] or "" for key in keys)) for each in document["tenant_grants"]]


@pytest.mark.parametrize("by", ["repo", "subject", "role", "storage"])
def test_the_matrix_is_that_of_the_oracle_in_every_order(access, plane, by):
    ran = access(plane, "-f", "json", "--by", by)
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert_valid(document, "access")
    assert document["complete"] is True
    assert sorted(flat(document)) == expected()
    assert sorted(flat_tenant(document)) == everywhere()
    assert len(everywhere()) == 5
    keys = {
        "repo": lambda each: each["repo"]["name"],
        "subject": lambda each: each["subject"].casefold(),
        "role": lambda each: each["role"],
        "storage": lambda each: each["storage"],
    }
    order = [keys[by](each) for each in document["grants"]]
    assert order == sorted(order)


def test_teams_are_replaced_by_their_members_on_request(access, plane):
    document = json.loads(access(plane, "-f", "json", "--expand", "--by", "subject").out)
    assert sorted(flat(document)) == expected(expand=True, multiply=True)


def test_the_matrix_by_team_and_of_admins(access, plane):
    by_team = json.loads(access(plane, "-f", "json", "--by", "team").out)
    assert sorted(flat(by_team)) == [line for line in expected() if line[1].startswith("team:")]
    admins = json.loads(access(plane, "-f", "json", "--admins").out)
    assert sorted(flat(admins)) == [line for line in expected() if line[2].endswith("-admin")]


@pytest.mark.parametrize(
    "subject",
    ["user:ivan.okafor@example.com", "user:AMARA.das@example.com", "user:uma.quinn@example.com", "team:ml-platform"],
)
def test_what_one_subject_can_do_is_all_that_it_can_do(access, plane, subject):
    document = json.loads(access(plane, "-f", "json", "--subject", subject).out)
    lines = expected(expand=subject.startswith("user:"))
    assert sorted(flat(document)) == [line for line in lines if line[1].lower() == subject.lower()]
    of_tenant = everywhere(expand=subject.startswith("user:"))
    assert sorted(flat_tenant(document)) == [line for line in of_tenant if line[1].lower() == subject.lower()]


def test_every_member_of_a_team_can_do_what_the_team_can(access, plane):
    member = DIRECTORY["teams/user"][0]["members"][0]
    document = json.loads(access(plane, "-f", "json", "--subject", f"user:{member.upper()}").out)
    mine = [line for line in expected(expand=True) if line[1] == f"user:{member}"]
    assert sorted(flat(document)) == mine
    assert {line[5] for line in mine} >= {DIRECTORY["teams/user"][0]["manifest"]["name"]}


def test_one_repo_alone(access, plane):
    name = ROWS[1]["manifest"]["name"]
    document = json.loads(access(plane, "-f", "json", "--repo", name).out)
    assert sorted(flat(document)) == [line for line in expected() if line[0] == name]
    assert document["receipt"]["repos"] == len(ROWS)


# The same in every format


class Cells(HTMLParser):
    """The texts of the cells of a table, row by row, and every tag with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.tags, self.style = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "td":
            self.rows[-1][-1] += data
        elif self.tags and self.tags[-1][0] == "style" and not self.style:
            self.style = data


def test_csv_has_the_same_lines(access, plane):
    ran = access(plane, "-f", "csv")
    lines = [line for line in csv.DictReader(io.StringIO(ran.out)) if line["subject"]]
    keys = ("repo", "subject", "role", "via", "source", "through")
    assert sorted(tuple(line[key] for key in keys) for line in lines) == sorted([*expected(), *everywhere()])
    assert {line["complete"] for line in lines} == {"yes"}
    assert "\r\n" in ran.out


def test_html_has_the_same_lines(access, plane):
    page = Cells(access(plane, "-f", "html").out)
    rows = [row for row in page.rows if row]
    states, levels = r" \((?:inactive|unknown)\)$", r" \((?:admin|write|read)\)$"
    stripped = sorted((row[0], re.sub(states, "", row[1]), re.sub(levels, "", row[2])) for row in rows)
    assert stripped == sorted(line[:3] for line in (*expected(), *everywhere()))


def test_markdown_has_the_same_lines_as_far_as_they_fit(access, plane):
    text = access(plane, "-f", "markdown").out
    assert text.startswith("## Auditor: access, complete\n\n`COMPLETE: every grant on 60 repos was read`\n")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == len([*expected(), *everywhere()])
    assert len(text) <= 65_000


def test_the_page_runs_only_our_script_and_loads_nothing(access, plane):
    text = access(plane, "-f", "html").out
    page = Cells(text)
    (policy,) = [attrs["content"] for tag, attrs in page.tags if tag == "meta" and "http-equiv" in attrs]
    style, script = (
        b64encode(hashlib.sha256(re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1].encode()).digest()).decode()
        for tag in ("style", "script")
    )
    allowed = f"style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    assert policy == f"default-src 'none'; {allowed}"
    assert not {tag for tag, _ in page.tags} & {"img", "link", "iframe"}
    assert [attrs for tag, attrs in page.tags if tag == "script"] == [
        {"type": "application/json", "id": "grants-data"},
        {},
    ]
    assert [attrs["href"] for tag, attrs in page.tags if tag == "a"] == ["#main"]
    assert not any(name.startswith("on") or name == "style" for _, attrs in page.tags for name in attrs)


@pytest.mark.parametrize("width", ["40", "80", "160", "400"])
def test_the_table_has_the_same_names_and_fits_the_page(access, plane, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", width)
    ran = access(plane)
    assert max(map(len, ran.out.splitlines())) <= int(width)
    assert "COMPLETE: every grant on 60 repos was read" in " ".join(ran.out.split())
    joined = re.sub(r"\s", "", ran.out)
    if width == "400":
        assert all(part in ran.out for line in expected() for part in line[:3])
    assert "INCOMPLETE" not in joined


def test_the_same_reading_gives_the_same_bytes(access, plane):
    for name in FORMATS:
        assert access(plane, "-f", name).out == access(plane, "-f", name).out


def test_a_file_has_the_same_content_as_stdout(access, plane, tmp_path):
    assert access(plane, "-f", "csv", "-o", "access.csv").out == ""
    assert (tmp_path / "access.csv").read_bytes().decode() == access(plane, "-f", "csv").out


HOSTILE = (
    '=HYPERLINK("http://evil.example")',
    "\uff1dcmd",
    " \u00a0+1",
    "\t-2",
    "@sum",
    "<script>alert(1)</script>",
    "\x1b[2J\u202e",
    "a\n::error::fake",
    "##[group]",
    'x" onload="y',
    "{{ 7*7 }}",
)


def hostile_rows():
    return [
        {"id": f"{n + 1}", "manifest": {"name": text, "collaborators": [{"subject": f"user:{text}", "role_id": text}]}}
        for n, text in enumerate(HOSTILE)
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_names_from_a_tenant_act_on_nothing(access, start_plane, name):
    parts = ("role-bindings", "users", "teams/user", "virtual-accounts", "workspaces", "roles")
    directory = {part: [] for part in parts}
    ran = access(start_plane(hostile_rows(), directory=directory), "-f", name)
    assert ran.code == 3, "nobody knows what these roles allow"
    assert not set(ran.out) & {"\x1b", "\u202e", "\t", "\x00"}
    assert "\n::" not in ran.out
    assert "##[" not in ran.out
    if name == "html":
        assert ran.out.count("<script") == 2
        assert not any("49" in cell for row in Cells(ran.out).rows for cell in row)
        assert not any("onload" in attrs for _, attrs in Cells(ran.out).tags)
    if name == "csv":
        for row in csv.reader(io.StringIO(ran.out)):
            assert not any(cell.lstrip()[:1] in set("=+-@\uff1d") for cell in row if cell)
        assert sum(bool(row["subject"]) for row in csv.DictReader(io.StringIO(ran.out))) == len(HOSTILE)


# Incomplete


@pytest.mark.parametrize("part", ["role-bindings", "users", "teams/user", "virtual-accounts", "workspaces", "roles"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_part_that_could_not_be_read_is_reported_in_every_format(access, start_plane, part, name):
    ran = access(start_plane(ROWS, without={part: 403}), "-f", name)
    assert ran.code == 3
    assert "403" in ran.err.splitlines()[-1]
    assert_incomplete(ran.out, name)


def assert_incomplete(out, name):
    if name == "json":
        document = json.loads(out)
        assert_valid(document, "access")
        assert document["complete"] is False
        assert document["receipt"]["unread"]
    elif name == "csv":
        lines = list(csv.DictReader(io.StringIO(out)))
        assert {line["complete"] for line in lines} == {"no"}
        assert any("incomplete" in line["note"] for line in lines)
    else:
        assert "INCOMPLETE: " in out
        assert not re.search(r"(?<!IN)COMPLETE: ", out)


@pytest.mark.parametrize("name", FORMATS)
def test_a_repo_whose_grants_were_not_seen_is_reported_in_every_format(access, start_plane, name):
    rows = [*ROWS[:3], {**ROWS[3], "manifest": {"name": "bare-dev"}}]
    ran = access(start_plane(rows, without={"role-bindings": 404}), "-f", name)
    assert ran.code == 3
    assert "bare-dev" in ran.err.splitlines()[-1]
    assert_incomplete(ran.out, name)
    assert "bare-dev" in ran.out


def test_an_old_control_plane_has_only_inline_grants_and_is_never_complete(access, start_plane):
    rows = [row for row in ROWS if "collaborators" in row["manifest"]]
    ran = access(start_plane(rows, directory={}), "-f", "json")
    assert ran.code == 3
    assert "the list of roles: the control plane does not have it" in ran.last_line
    document = json.loads(ran.out)
    assert sorted(flat(document)) == expected(rows, {})
    assert document["receipt"]["directory"]["role bindings"] == "absent"
    reasons = [each["reason"] for each in document["receipt"]["unread"]]
    assert any("permissions of custom roles on every repo may be missing" in reason for reason in reasons)


def test_invalid_collaborators_are_not_treated_as_no_access(access, start_plane):
    rows = [*ROWS[:2], {**ROWS[2], "manifest": {"name": "odd-dev", "collaborators": "team:a"}}]
    ran = access(start_plane(rows), "-f", "json")
    assert ran.code == 3
    document = json.loads(ran.out)
    assert document["unseen"][0]["repo"]["name"] == "odd-dev"
    assert document["nobody"] == []


def test_a_repo_without_any_grant_is_reported(access, start_plane):
    rows = [*ROWS[:2], {**ROWS[2], "manifest": {"name": "bare-dev"}}]
    plane = start_plane(rows, directory={**DIRECTORY, "role-bindings": []})
    assert json.loads(access(plane, "-f", "json").out)["nobody"] == [{"id": rows[2]["id"], "name": "bare-dev"}]
    for name in FORMATS:
        assert "bare-dev" in access(plane, "-f", name).out


def test_no_repos_at_all_is_not_a_complete_matrix(access, start_plane):
    assert access(start_plane([])).code == 3


# Snapshots


def test_a_snapshot_gives_the_matrix_of_the_live_control_plane(access, plane, tmp_path):
    assert access(plane, "-o", "tenant.ndjson.gz", command="fetch").code == 0
    live, saved = (json.loads(access(*each, "-f", "json").out) for each in ((plane,), (None, "tenant.ndjson.gz")))
    assert saved["grants"] == live["grants"]
    assert saved["complete"] is True
    assert saved["receipt"]["source"] == "snapshot"
    path = tmp_path / "tenant.ndjson.gz"
    path.write_bytes(path.read_bytes()[:-1])
    ran = access(None, "tenant.ndjson.gz", "-f", "json")
    assert ran.code == 3
    assert json.loads(ran.out)["grants"] == []
    assert "truncated" in ran.err


@pytest.mark.parametrize("part", ["role-bindings", "teams", "users", "virtual-accounts", "workspaces"])
def test_a_snapshot_without_a_part_does_not_tell_who_can_do_what(access, plane, part):
    assert access(plane, "-o", "tenant.ndjson.gz", "--leave-out", part, command="fetch").code == 0
    ran = access(None, "tenant.ndjson.gz")
    assert ran.code == 3
    assert "the snapshot does not contain it" in ran.err
    assert "auditor fetch" in ran.err


def test_a_snapshot_knows_what_the_control_plane_does_not_have(access, start_plane):
    rows = [row for row in ROWS if "collaborators" in row["manifest"]]
    assert access(start_plane(rows, directory={}), "-o", "tenant.ndjson.gz", command="fetch").code == 0
    ran = access(None, "tenant.ndjson.gz")
    assert (ran.code, "the list of roles: the control plane does not have it" in ran.last_line) == (3, True)


# Without a subject


def oracle_loss(subject):
    """Return who would remain on each repo, computed from the documents."""
    kind, _, name = subject.lower().partition(":")
    gone = {name} if kind == "user" else set()
    fates = {}
    for row in ROWS:
        grants = direct_grants(row, DIRECTORY)
        kept = [grant for grant in grants if grant[0].lower() != subject.lower()]
        admins = [grant[0] for grant in kept if grant[1].endswith("-admin")]
        had_one = any(can_act(grant[0], set()) for grant in grants if grant[1].endswith("-admin"))
        if grants and not kept:
            fates[row["manifest"]["name"]] = "no grants"
        elif had_one and not any(can_act(admin, gone) for admin in admins):
            fates[row["manifest"]["name"]] = "no active admin" if admins else "no admin"
    return fates


def can_act(admin, gone):
    kind, _, name = admin.partition(":")
    if kind == "team":
        return bool((users_of(name, DIRECTORY) & active_users(DIRECTORY)) - gone)
    if kind == "virtualaccount":
        return name != "legacy-exporter"
    return kind != "user" or name.lower() in active_users(DIRECTORY) - gone


@pytest.mark.parametrize(
    "subject", ["team:credit-risk", "user:ivan.okafor@example.com", "virtualaccount:release-train"]
)
def test_what_would_be_lost_is_what_the_oracle_says(access, plane, subject):
    ran = access(plane, "-f", "json", "--without", subject)
    document = json.loads(ran.out)
    assert_valid(document, "access")
    left = {each["repo"]["name"]: each["with"] for each in document["without"]["left"]}
    assert left == oracle_loss(subject)
    shown = access(plane, "--without", subject).out
    assert f"removing {subject} affects {document['without']['touched']} repo" in shown


def tiny(members, *grants):
    manifest = {"name": "churn", "collaborators": [{"subject": who, "role_id": f"mlf-{role}"} for who, role in grants]}
    teams = [{"id": "t", "manifest": {"name": "t", "members": members}}]
    empty = dict.fromkeys(("role-bindings", "workspaces"), ())
    users = [{"id": name, "email": name, "active": name != "left"} for name in ("a@x.org", "b", "left")]
    accounts = [{"id": name, "manifest": {"name": name}, "isExpired": name == "old"} for name in ("v", "old")]
    lists = {"teams/user": teams, "users": users, "virtual-accounts": accounts}
    return [{"id": "1", "manifest": manifest}], {**empty, **lists}


@pytest.mark.parametrize(
    ("members", "grants", "left"),
    [
        ([], [("user:A@x.org", "admin")], "no grants"),
        ([], [("user:a@x.org", "admin"), ("user:b", "viewer")], "no admin"),
        (["a@X.org"], [("team:t", "admin")], "no active admin"),
        (["a@X.org", "left"], [("team:t", "admin")], "no active admin"),
        ([], [("user:a@x.org", "admin"), ("user:left", "admin")], "no active admin"),
        ([], [("user:a@x.org", "admin"), ("virtualaccount:old", "admin")], "no active admin"),
        ([], [("user:a@x.org", "viewer"), ("user:left", "admin")], None),
        (["a@x.org", "b"], [("team:t", "admin")], None),
        ([], [("user:a@x.org", "viewer"), ("user:b", "viewer")], None),
        ([], [("user:a@x.org", "admin"), ("virtualaccount:v", "admin")], None),
    ],
)
def test_a_repo_is_left_with_what_remains(access, start_plane, members, grants, left):
    rows, directory = tiny(members, *grants)
    ran = access(start_plane(rows, directory=directory), "-f", "json", "--without", "user:a@x.org")
    found = json.loads(ran.out)["without"]
    assert found["touched"] == 1
    assert [each["with"] for each in found["left"]] == ([left] if left else [])


# Mistakes


def test_the_matrix_does_not_take_the_place_of_the_snapshot(access, plane, tmp_path):
    assert access(plane, "-o", "tenant.ndjson.gz", command="fetch").code == 0
    before = (tmp_path / "tenant.ndjson.gz").read_bytes()
    assert access(None, "tenant.ndjson.gz", "-o", "./tenant.ndjson.gz").code == 2
    assert (tmp_path / "tenant.ndjson.gz").read_bytes() == before


@pytest.mark.parametrize("option", ["--subject", "--without"])
@pytest.mark.parametrize("wrong", ["sam", ":sam", "user:", ""])
def test_an_invalid_subject_is_rejected_before_the_first_request(access, option, wrong):
    ran = access(None, option, wrong)
    assert ran.code == 2
    assert "user:sam@example.com" in ran.err


def test_a_misspelled_repo_is_rejected_and_a_misspelled_subject_is_reported(access, plane):
    ran = access(plane, "--repo", "fraud-scoring-prd")
    assert ran.code == 2
    assert "did you mean 'fraud-scoring-prod'?" in ran.err
    assert ran.out == ""
    ran = access(plane, "--subject", "team:fraud-m")
    assert ran.code == 0
    assert "team:fraud-m does not exist; did you mean 'team:fraud-ml'?" in ran.err


def test_a_repo_is_not_called_missing_when_not_everything_was_seen(access, start_plane):
    plane = start_plane(ROWS, without={"users": 403})
    assert access(plane, "--repo", "nowhere").code == 3


@pytest.mark.parametrize("name", ["table", "html"])
@pytest.mark.parametrize("by", ["repo", "subject", "team", "role", "storage"])
def test_every_order_can_be_shown(access, plane, name, by):
    ran = access(plane, "-f", name, "--by", by)
    assert ran.code == 0
    assert by in ran.out.lower()


# Every route of access, and everything that can hide one


ROADS = {
    "inline": ("every-road", {"collaborators": [{"subject": "user:pat@example.com", "role_id": "mlf-project-admin"}]}),
    **{
        f"a binding to {kind} {fqn}": ("binding", (kind, fqn, "mlf-project-admin"))
        for kind in ("mlf-project", "ml-repo", "repository")
        for fqn in ("churn", "acme:churn", "r1")
    },
    "a binding to the tenant": ("binding", ("tenant", "acme", "operator")),
    "a role of the user": ("user", {"roles": ["tenant-member", "operator"]}),
    "a role of the user on the tenant": (
        "user",
        {
            "rolesWithResource": [
                {"resourceType": "tenant", "resourceId": "acme", "roleId": "7", "roleName": "operator"}
            ]
        },
    ),
    "a role of the user on the repo": (
        "user",
        {
            "rolesWithResource": [
                {"resourceType": "mlf-project", "resourceId": "r1", "roleId": "7", "roleName": "x-admin"}
            ]
        },
    ),
    "a role of the team": ("team", {"roles": ["operator"]}),
    "the built-in role": ("user", {"roles": ["tenant-admin"]}),
}


def person(roles, on_repo=None):
    """Return a user with roles on the tenant and one role on the repo."""
    held = {"resourceType": "mlf-project", "resourceId": "r1", "roleId": "9", "roleName": on_repo}
    row = {"email": "pat@example.com", "active": True, "roles": roles}
    return {**row, "rolesWithResource": [held]} if on_repo else row


def tenant_with(road):
    """Return a tenant of one repo on which one user has access by one route."""
    kind, what = ROADS[road]
    people = {"email": "pat@example.com", "active": True, "roles": ["tenant-member"]}
    team = {"id": "t", "manifest": {"name": "crew", "members": ["pat@example.com"]}, "roles": []}
    operator = {"type": "role", "name": "operator", "permissions": ["repository:ManageRepository"]}
    directory = {
        "role-bindings": [],
        "users": [{**people, **what} if kind == "user" else people],
        "teams/user": [{**team, **what} if kind == "team" else team],
        "virtual-accounts": [],
        "workspaces": [],
        "roles": [{"id": "7", "resourceType": "tenant", "manifest": operator}],
    }
    if kind == "binding":
        permission = dict(zip(("resourceType", "resourceFqn", "role"), what, strict=True))
        subjects = [{"type": "user", "name": "pat@example.com"}]
        directory["role-bindings"] = [
            {"id": "b", "manifest": {"name": "b", "subjects": subjects, "permissions": [permission]}}
        ]
    manifest = {"type": "ml-repo", "name": "churn", **(what if kind == "every-road" else {})}
    return [{"id": "r1", "tenant_name": "acme", "manifest": manifest}], directory


@pytest.mark.parametrize("road", ROADS)
def test_whatever_the_road_a_persons_access_is_shown(access, start_plane, road):
    rows, directory = tenant_with(road)
    plane = start_plane(rows, directory=directory)
    ran = access(plane, "--subject", "user:pat@example.com", "-f", "json")
    assert ran.code == 0, ran.last_line
    document = json.loads(ran.out)
    assert_valid(document, "access")
    found = [*document["grants"], *document["tenant_grants"]]
    assert [(each["subject"], each["level"]) for each in found] == [("user:pat@example.com", "admin")]
    expanded = json.loads(access(plane, "--expand", "--admins", "-f", "json").out)["grants"]
    assert [(each["repo"]["name"], each["subject"]) for each in expanded] == [("churn", "user:pat@example.com")]
    assert "user:pat@example.com" in access(plane, "--by", "subject", "--subject", "user:pat@example.com").out


@pytest.mark.parametrize(
    "account",
    [
        {"manifest": {"permissions": [{"resource_type": "ml-repo", "resource_fqn": "churn", "role_id": "x-admin"}]}},
        {"manifest": {"permissions": [{"resource_type": "tenant", "resource_fqn": "acme", "role_id": "operator"}]}},
        {"roleIds": ["7"]},
        {
            "rolesWithResource": [
                {"resourceType": "tenant", "resourceId": "acme", "roleId": "7", "roleName": "operator"}
            ]
        },
        {
            "rolesWithResource": [
                {"resourceType": "repository", "resourceId": "r1", "roleId": "8", "roleName": "x-admin"}
            ]
        },
    ],
)
def test_whatever_the_road_a_virtual_accounts_access_is_shown(access, start_plane, account):
    rows, directory = tenant_with("inline")
    manifest = {"name": "ci", **account.get("manifest", {})}
    directory["virtual-accounts"] = [{"id": "v", **account, "manifest": manifest}]
    ran = access(start_plane(rows, directory=directory), "--subject", "virtualaccount:ci", "-f", "json")
    assert ran.code == 0, ran.last_line
    found = [*json.loads(ran.out)["grants"], *json.loads(ran.out)["tenant_grants"]]
    assert [(each["subject"], each["level"]) for each in found] == [("virtualaccount:ci", "admin")]


@pytest.mark.parametrize("part", ["role-bindings", "users", "teams/user", "virtual-accounts", "roles"])
@pytest.mark.parametrize("status", [403, 404, 500])
def test_without_a_part_the_matrix_is_never_complete_and_says_what_could_be_missing(access, start_plane, part, status):
    rows, directory = tenant_with("a role of the user")
    ran = access(start_plane(rows, directory=directory, without={part: status}))
    assert ran.code == 3
    assert not re.search(r"(?<!IN)COMPLETE", ran.out)
    assert "may be missing" in " ".join(ran.out.split())


@pytest.mark.parametrize("path", ["role/list", "role"])
def test_roles_are_found_where_an_older_control_plane_lists_them(access, start_plane, path):
    rows, directory = tenant_with("a role of the user")
    directory[path] = directory.pop("roles")
    document = json.loads(access(start_plane(rows, directory=directory), "-f", "json").out)
    assert document["complete"] is True
    assert [each["level"] for each in document["tenant_grants"]] == ["admin"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"roles": []}, "the role operator: it is not in the list of roles"),
        ({"users": [person(["team-leads"])]}, "the role team-leads: it is not in the list of roles"),
        (
            {"roles": [{"id": "7", "resourceType": "tenant", "manifest": {"name": "operator"}}]},
            "the role operator: the list of roles does not contain its permissions",
        ),
        (
            {"users": [person([], on_repo="ghost")]},
            "the role ghost: it is granted on a repo, and its permissions are unknown",
        ),
        (
            {
                "roles": [
                    {
                        "id": "7",
                        "resourceType": "tenant",
                        "manifest": {"name": "operator", "permissions": ["repository:Frob"]},
                    }
                ]
            },
            "the role operator: it allows unknown actions: repository:Frob",
        ),
        (
            {
                "role-bindings": [
                    {
                        "id": "b",
                        "manifest": {
                            "name": "b",
                            "subjects": [{"type": "user", "name": "a@b.c"}],
                            "permissions": [{"resourceType": "repo-group", "resourceFqn": "x", "role": "y"}],
                        },
                    }
                ]
            },
            "the resource type repo-group: permissions on it may give access to repos",
        ),
    ],
)
def test_what_is_not_understood_is_unread_with_its_name(access, start_plane, change, words):
    rows, directory = tenant_with("a role of the user")
    ran = access(start_plane(rows, directory={**directory, **change}))
    assert (ran.code, words in " ".join(ran.out.split())) == (3, True), ran.out


@pytest.mark.parametrize(
    ("role", "level"),
    [
        ({"permissionSetsV2": [{"resourceType": "repository", "permissions": ["MANAGE_REPOSITORY"]}]}, "admin"),
        ({"permissionSetsV2": [{"resourceType": "mlf-project", "permissions": ["READ_DATA"]}]}, "read"),
        ({"resourceType": "account", "manifest": {"name": "operator", "permissions": ["account:Manage"]}}, None),
    ],
)
def test_other_forms_of_a_role_are_shown_too(access, start_plane, role, level):
    rows, directory = tenant_with("a role of the user")
    listed = {"id": "7", "resourceType": "tenant", "manifest": {"name": "operator"}, **role}
    document = json.loads(access(start_plane(rows, directory={**directory, "roles": [listed]}), "-f", "json").out)
    assert (document["complete"], [each["level"] for each in document["tenant_grants"]]) == (True, [level])


def test_users_can_say_what_a_role_allows(access, start_plane, tmp_path):
    rows, directory = tenant_with("a role of the user")
    (tmp_path / "auditor.yaml").write_text("role_levels: {operator: read}\n", "utf-8")
    document = json.loads(access(start_plane(rows, directory={**directory, "roles": []}), "-f", "json").out)
    assert (document["complete"], [each["level"] for each in document["tenant_grants"]]) == (True, ["read"])


def test_an_external_identity_is_a_subject_like_any_other(access, plane):
    lines = [line for line in expected() if line[1] == "external-identity:partner-analytics"]
    document = json.loads(access(plane, "-f", "json", "--subject", lines[0][1]).out)
    assert flat(document) == lines


def test_removing_a_subject_with_access_to_every_repo_affects_all_repos(access, plane):
    document = json.loads(access(plane, "-f", "json", "--without", "user:maya.rao@example.com").out)["without"]
    assert (document["touched"], document["tenant_admins"]) == (60, 2)


def test_an_older_snapshot_says_what_it_lacks(access, plane, tmp_path):
    assert access(plane, "-o", "tenant.ndjson.gz", command="fetch").code == 0
    path = tmp_path / "tenant.ndjson.gz"
    lines = gzip.decompress(path.read_bytes()[:-TRAILER_SIZE]).replace(b'"tenant_roles":true,', b"")
    data = gzip.compress(lines)
    path.write_bytes(data + trailer_of(len(ROWS), hashlib.sha256(data).hexdigest()))
    ran = access(None, "tenant.ndjson.gz")
    assert ran.code == 3
    assert (
        "roles on the tenant: the snapshot is from an older version of Auditor and does not contain them"
        in " ".join(ran.out.split())
    )
