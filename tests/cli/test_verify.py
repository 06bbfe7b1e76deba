"""Grants compared with the control plane's own list: agreement, differences, and no such list."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings

from auditor.access import DirectoryIndex, access_of
from auditor.demo import sample_directory, sample_tenant
from auditor.demo.answers import RefusedError, encode
from auditor.demo.authority import generated_manifests
from auditor.demo.lists import Lists
from auditor.model import Repo
from tests.unit.test_access_directory import indexed, tenants

ROWS = sample_tenant(30)
DIRECTORY = sample_directory(ROWS)
NAME = ROWS[5]["manifest"]["name"]
GENERATED = "role-bindings/generate-manifest"


def with_grant(name: str = NAME) -> dict:
    """Return the directory with one more role binding."""
    permission = {"resourceType": "mlf-project", "resourceFqn": name, "role": "mlf-project-admin"}
    subjects = [{"type": "user", "name": "Hidden@example.com"}]
    binding = {"id": "x", "manifest": {"name": "x", "subjects": subjects, "permissions": [permission]}}
    return {**DIRECTORY, "role-bindings": [*DIRECTORY["role-bindings"], binding]}


@pytest.fixture
def access(run_at_once, start_plane, environment):
    """Run a command against a control plane."""

    def run(*arguments: str, command: str = "access", **options: object):
        plane = start_plane(options.pop("rows", ROWS), **{"directory": DIRECTORY, **options})
        return run_at_once(command, *arguments, env=environment(plane))

    return run


def test_where_both_agree_that_is_said_with_the_seed(access):
    ran = access("--verify")
    assert ran.code == 0, ran.last_line
    note = re.search(
        r"grants on 30 repos compared with the control plane's own list: no differences, seed [0-9]+", ran.out
    )
    assert note, ran.out
    assert (
        "grants on 3 repos compared with the control plane's own list: no differences, seed 7"
        in access("--verify", "3", "--verify-seed", "7").out
    )
    assert "grants on 30 repos compared" in access("--verify", "1000").out


@pytest.mark.parametrize("name", ["table", "csv", "json", "html"])
@pytest.mark.parametrize(
    ("directories", "words"),
    [
        ({"authority": with_grant()}, "the control plane lists user:Hidden@example.com with mlf-project-admin"),
        (
            {"directory": with_grant(), "authority": DIRECTORY},
            "user:Hidden@example.com has mlf-project-admin in the lists that were read, but not on the control plane",
        ),
    ],
)
def test_a_grant_that_one_side_has_makes_the_run_incomplete_and_is_shown(access, name, directories, words):
    ran = access("--verify", "all", "-f", name, **directories)
    assert ran.code == 3
    assert f"the grants on {NAME}: " in ran.last_line
    shown = re.sub(r"\s+", " ", ran.out)
    if name == "json":
        shown = " ".join(each["reason"] for each in json.loads(ran.out)["receipt"]["unread"])
    assert words in shown
    assert name == "csv" or re.search(r"own list:\s+differences\s+on\s+1\s+repo,\s+seed", ran.out)


@pytest.mark.parametrize("status", [403, 404])
def test_where_there_is_no_such_list_that_is_said_and_nothing_else_changes(access, status):
    ran = access("--verify", without={GENERATED: status})
    assert ran.code == 0
    assert "so no grants were verified" in re.sub(r"\s+", " ", ran.out)


@pytest.mark.parametrize(
    "rows",
    [
        [{"subject": "user:sam@example.com", "role": "mlf-project-admin"}],
        [{"subjectType": "user", "subjectSlug": "SAM@example.com", "roleId": "mlf-project-admin"}],
    ],
)
def test_another_list_of_the_control_plane_is_read_if_it_cannot_generate_manifests(access, start_plane, rows):
    collaborators = [{"subject": "user:sam@example.com", "role_id": "mlf-project-admin"}]
    repos = [{"id": "r1", "manifest": {"type": "ml-repo", "name": "churn", "collaborators": collaborators}}]
    parts = ("role-bindings", "users", "teams/user", "virtual-accounts", "workspaces", "roles")
    directory = {**{part: [] for part in parts}, "authorize/mlf-project/r1": rows}
    options = {"rows": repos, "directory": directory, "without": {GENERATED: 404}}
    ran = access("--verify", **options)
    assert (ran.code, "grants on 1 repo compared" in ran.out) == (0, True), ran.last_line
    rows[0] |= {"role": "mlf-project-viewer", "roleId": "mlf-project-viewer"}
    assert access("--verify", **options).code == 3
    directory["authorize/mlf-project/r1"] = [{"who": "sam"}]
    ran = access("--verify", **options)
    assert (ran.code, "/rows/0/subjectType is missing or empty" in ran.last_line) == (3, True), ran.last_line


def test_a_list_that_cannot_be_read_makes_the_run_incomplete(access):
    ran = access("--verify", without={GENERATED: 500})
    assert (ran.code, "the control plane's own list of grants" in ran.last_line) == (3, True)


def test_an_audit_compares_some_repos_too(access):
    report = json.loads(access("--verify-access", "5", "-f", "json", command="audit").out)
    assert report["verdict"]["complete"] is True
    assert any("grants on 5 repos compared" in note for note in report["receipt"]["notes"])
    ran = access("--verify-access", "all", command="audit", authority=with_grant())
    assert (ran.code, "user:Hidden@example.com" in ran.last_line) == (3, True)


def test_the_same_seed_chooses_the_same_repos(access):
    found = set()
    for seed in range(12):
        codes = {access("--verify", "10", "--verify-seed", str(seed), authority=with_grant()).code for _ in range(2)}
        assert len(codes) == 1
        found |= codes
    assert found == {0, 3}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--verify", "0"], "'0' is not a number of repos or `all`"),
        (["--verify", "some"], "'some' is not a number of repos or `all`"),
        (["--verify-seed", "3"], "--verify-seed needs --verify"),
        (["t.gz", "--verify"], "a snapshot cannot be compared with the control plane"),
    ],
)
def test_what_makes_no_sense_is_refused(access, arguments, words):
    ran = access(*arguments)
    assert (ran.code, words in ran.last_line) == (2, True), ran.last_line
    assert access("--verify-access", command="audit").code == 2


@settings(deadline=None)
@given(tenants())
def test_our_grants_are_those_of_the_control_planes_own_walk(tenant):
    rows, directory = tenant
    index: DirectoryIndex = indexed(directory)
    for row in rows:
        listed = {
            (f"{subject['type']}:{subject['name']}", permission["role"])
            for manifest in generated_manifests({**row, "tenant_name": "acme"}, directory)
            for subject in manifest["subjects"]
            for permission in manifest["permissions"]
        }
        access = access_of(Repo(row["id"], row["manifest"], row), index)
        assert {(str(grant.subject), grant.role) for grant in access.grants} == {
            (subject.removeprefix(":") if subject.startswith(":") else subject, role) for subject, role in listed
        }


# Answers without the requested list


def answering(monkeypatch, answer):
    """Make the control plane answer with a document instead of its list, or with a status for some repos."""
    original = Lists.generated

    def generated(lists, repo_id):
        found = answer(repo_id)
        if isinstance(found, int) and found:
            raise RefusedError(found, "no")
        return encode(found) if found else original(lists, repo_id)

    monkeypatch.setattr(Lists, "generated", generated)


OTHER = {
    "type": "role-binding",
    "subjects": [{"type": "user", "name": "sam@example.com"}],
    "permissions": [{"resourceType": "mlf-project", "resourceFqn": "another", "role": "mlf-project-admin"}],
}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"data": [{"foo": 1}]}, "expected role bindings with subjects and permissions"),
        ({"data": [{"yaml": "type: role-binding"}]}, "expected role bindings with subjects and permissions"),
        ({"data": [], "pagination": {"total": 7}}, "holds 0 of 7 entries"),
        ({"data": [OTHER]}, "is about mlf-project another"),
    ],
)
@pytest.mark.parametrize("collaborators", [[], [{"subject": "user:sam@example.com", "role_id": "mlf-project-admin"}]])
def test_an_answer_that_is_not_the_list_is_never_an_agreement(access, monkeypatch, answer, words, collaborators):
    repos = [{"id": "r1", "manifest": {"type": "ml-repo", "name": "churn", "collaborators": collaborators}}]
    parts = ("role-bindings", "users", "teams/user", "virtual-accounts", "workspaces", "roles")
    answering(monkeypatch, lambda _repo: answer)
    ran = access("--verify", rows=repos, directory={part: [] for part in parts})
    assert (ran.code, words in ran.last_line) == (3, True), ran.last_line


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_for_one_repo_does_not_hide_what_was_compared(access, monkeypatch, status):
    asked: list[str] = []

    def answer(repo_id):
        asked.append(repo_id)
        return status if len(asked) == 3 else 0

    answering(monkeypatch, answer)
    ran = access("--verify", "--verify-seed", "7")
    shown = re.sub(r"\s+", " ", ran.out)
    assert (ran.code, len(asked)) == (0, 30)
    assert (
        "grants on 29 of 30 repos compared with the control plane's own list: no differences, seed 7; for the others"
        in shown
    )


def test_an_audit_whose_rules_need_no_directory_compares_grants_too(access, tmp_path):
    pack = tmp_path / "pack.yaml"
    pack.write_text(
        "policy: 1\nname: p\nversion: 1.0.0\ntitle: T\nrules:\n- {id: XX001, name: no-name, title: Has a name, "
        "severity: low, must: {manifest.name: {blank: false}}, message: none, rationale: r, remediation: r,\n"
        "   examples: {pass: [{manifest: {name: a}}], fail: [{manifest: {}}]}}\n"
    )
    ran = access("--policy", str(pack), "--verify-access", "all", "-f", "json", command="audit")
    assert ran.code == 0, ran.last_line
    assert any("grants on 30 repos compared" in note for note in json.loads(ran.out)["receipt"]["notes"])


def test_a_grant_to_a_workspace_is_not_missed_in_a_list_that_cannot_name_it(access):
    assert access("--verify", authority={**DIRECTORY, "workspaces": []}).code == 0


def test_a_number_of_thousands_of_digits_is_refused(access):
    assert access("--verify", "9" * 5000).code == 2


def test_a_repo_whose_collaborators_cannot_be_read_does_not_count_as_compared(access):
    broken = [{**row, "manifest": {**row["manifest"], "collaborators": "everyone"}} for row in ROWS[:1]]
    ran = access("--verify", rows=[*broken, *ROWS[1:]])
    assert ran.code == 3
    assert "grants on 29 repos compared" in " ".join(ran.out.split())
