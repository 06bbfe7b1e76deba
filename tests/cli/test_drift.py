"""`auditor drift`: whole commands against the demo control plane and snapshots of it."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
import yaml

from auditor.cli import run
from auditor.demo import sample_directory, sample_tenant
from tests.conftest import Ran
from tests.live.audits import kept_signals
from tests.schemas import assert_valid

ROWS = sample_tenant(40)
BINDINGS = [row["manifest"] for row in sample_directory(ROWS)["role-bindings"]]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which `manifests` declares the entire sample tenant."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    (tmp_path / "manifests").mkdir()
    for row in ROWS:
        declare(tmp_path, row["manifest"])
    for manifest in BINDINGS:
        declare(tmp_path, manifest)
    return tmp_path


def declare(folder, manifest, **changes):
    found = {key: value for key, value in {**manifest, **changes}.items() if value is not None}
    name = f"{manifest['type']}-{manifest['name']}.yaml".replace("/", "-")
    (folder / "manifests" / name).write_text(yaml.safe_dump(found, sort_keys=False), "utf-8")


@pytest.fixture
def drift(folder, start_plane, monkeypatch, capsys):
    """Run `auditor drift manifests` in this process against the demo control plane."""
    plane = start_plane(ROWS)
    monkeypatch.setenv("TFY_HOST", plane.host)
    monkeypatch.setenv("TFY_API_KEY", plane.token)

    def ask(*arguments, command=("drift", "manifests")):
        with kept_signals():
            code = run([*command, *arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ask


def reported(ran):
    document = json.loads(ran.out)
    assert_valid(document, "drift")
    assert document["verdict"]["exit_code"] == ran.code
    return document


def test_a_tenant_does_not_drift_from_its_own_manifests(drift):
    ran = drift()
    assert ran.code == 0, ran.out
    assert "NO DRIFT: 0 differences between 40 declared repos and 40 live" in ran.out
    assert reported(drift("-f", "json"))["differences"] == []


def test_every_kind_of_drift_is_reported_with_its_place(drift, folder):
    example, other = ROWS[0]["manifest"], ROWS[1]["manifest"]
    changed = {
        "description": "something else",
        "storage_integration_fqn": "truefoundry:aws:aws-4:blob-storage:other",
        "ownedBy": {"account": "risk"},
        "collaborators": [example["collaborators"][1], {"subject": "team:fraud-ml", "role_id": "mlf-project-viewer"}],
    }
    declare(folder, example, **changed)
    (folder / "manifests" / f"ml-repo-{other['name']}.yaml").unlink()
    declare(folder, example | {"name": "nowhere"})
    ran = drift("-f", "json")
    assert ran.code == 1
    found = {(each["kind"], each["name"], each["field"], each["access"]) for each in reported(ran)["differences"]}
    assert found == {
        ("differs", example["name"], "description", None),
        ("differs", example["name"], "storage_integration_fqn", None),
        ("differs", example["name"], "ownedBy", None),
        ("differs", example["name"], "collaborators", "gained"),
        ("differs", example["name"], "collaborators", "lost"),
        ("undeclared", other["name"], None, None),
        ("missing", "nowhere", None, None),
    }
    place = next(each["location"] for each in reported(ran)["differences"] if each["access"] == "lost")
    lines = (folder / place["file"]).read_text("utf-8").splitlines()
    assert lines[place["line"] - 1][place["column"] - 1 :].startswith("subject: team:fraud-ml")
    table = drift().out
    assert "access lost" in table
    assert f"{place['file']}:{place['line']}:{place['column']}" in table


def test_fields_and_fqns_break_only_behind_separators(drift, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    declare(folder, ROWS[0]["manifest"], storage_integration_fqn="truefoundry:aws:aws-4:blob-storage:other")
    _, rule, *rows = drift().out.split("\n\n")[0].split("\n")
    places = [slice(*match.span()) for match in re.finditer("-+", rule)]
    cells = [[row[place].strip() for row in rows] for place in places]
    assert "".join(cells[2]) == "storage_integration_fqn"
    assert "truefoundry:aws:aws-4:blob-storage:other" in "".join(cells[3])
    broken = [cell for column in cells[2:5] for cell, following in pairwise(column) if cell and following]
    assert broken
    assert [cell for cell in broken if cell[-1] not in ":/_.@-"] == []


def test_a_grant_that_moved_to_a_role_binding_is_no_change_of_access(drift, folder):
    example = ROWS[0]["manifest"]
    declare(folder, example, collaborators=None)
    subjects = [
        dict(zip(("type", "name"), each["subject"].split(":"), strict=True)) for each in example["collaborators"]
    ]
    permission = {"resourceType": "mlf-project", "resourceFqn": example["name"], "role": "mlf-project-admin"}
    declare(folder, {"type": "role-binding", "name": "moved", "subjects": subjects, "permissions": [permission]})
    ran = drift("-f", "json")
    assert ran.code == 1
    document = reported(ran)
    assert {(each["kind"], each["access"]) for each in document["differences"]} == {("surface", "same")}
    assert {each["declared"] for each in document["differences"] if each["type"] == "ml-repo"} == {
        "by role binding moved"
    }
    assert "surface means the same access" in drift().out


def test_a_name_in_another_case_is_one_repo_and_not_two(drift, folder):
    example = ROWS[0]["manifest"]
    (folder / "manifests" / f"ml-repo-{example['name']}.yaml").unlink()
    declare(folder, example, name=example["name"].title())
    assert [(each["kind"], each["field"]) for each in reported(drift("-f", "json"))["differences"]] == [
        ("differs", "name")
    ]


def test_a_part_of_the_tenant_may_be_declared_elsewhere(drift, folder):
    for path in sorted((folder / "manifests").iterdir())[5:]:
        path.unlink()
    assert drift().code == 1
    ran = drift("--declared-only")
    assert ran.code == 0, ran.out
    assert "not shown (--declared-only)" in ran.out


def test_a_grant_of_an_undeclared_role_binding_is_reported_on_the_declared_repo(drift, folder):
    (folder / "manifests" / "role-binding-second-opinion.yaml").unlink()
    repo, grant = "fraud-scoring-prod", "team:trust-safety mlf-project-admin, by role binding second-opinion"
    for arguments in ((), ("--declared-only",)):
        ran = drift("-f", "json", *arguments)
        (found,) = reported(ran)["differences"]
        assert (ran.code, found["kind"], found["type"], found["name"]) == (1, "differs", "ml-repo", repo)
        assert (found["access"], found["declared"], found["live"]) == ("gained", "none", grant)
        assert f"access gained  ml-repo {repo}" in drift(*arguments).out


def test_a_role_binding_on_declared_and_other_repos_is_reported_completely_but_no_grant_twice(drift, folder):
    rest = ["churn-dev", "doc-search-prod", "home-feed-staging", "price-elasticity-dev"]
    for name in ("role-binding-platform-everywhere", *(f"ml-repo-{each}" for each in rest)):
        (folder / "manifests" / f"{name}.yaml").unlink()
    ran = drift("-f", "json", "--declared-only")
    document = reported(ran)
    on_repo = [each for each in document["differences"] if each["type"] == "ml-repo"]
    (of_binding,) = (each for each in document["differences"] if each["type"] == "role-binding")
    assert {(each["name"], each["field"], each["access"]) for each in on_repo} == {
        ("credit-limit-staging", "collaborators", "gained")
    }
    assert len(on_repo) == 3
    assert (of_binding["kind"], of_binding["name"]) == ("undeclared", "platform-everywhere")
    assert of_binding["live"].count(" on mlf-project ") == len(rest)
    assert "credit-limit-staging" not in of_binding["live"]
    assert (ran.code, document["summary"]["left_out"]) == (1, len(rest))


def test_a_snapshot_can_replace_the_live_tenant(drift, folder):
    assert drift(command=("fetch", "-o", "tenant.ndjson.gz")).code == 0
    assert drift("--snapshot", "tenant.ndjson.gz").code == 0
    declare(folder, ROWS[0]["manifest"], description="something else")
    assert drift("--snapshot", "tenant.ndjson.gz").code == 1
    assert drift(command=("fetch", "-o", "part.gz", "--leave-out", "role-bindings")).code == 0
    ran = drift("--snapshot", "part.gz")
    assert (ran.code, "the snapshot does not contain it" in ran.out) == (3, True)
    (folder / "tenant.ndjson.gz").write_bytes((folder / "tenant.ndjson.gz").read_bytes()[:-20])
    assert drift("--snapshot", "tenant.ndjson.gz").code == 3


@pytest.mark.parametrize(
    "text",
    [
        "type: ml-repo\nname: [unclosed",
        "type: ml-repo\nname: a\nname: b\n",
        "type: ml-repos\nname: churn\nstorage_integration_fqn: a\n",
        "- type: ml-repo\n",
        "type: ml-repo\nstorage_integration_fqn: a\n",
        "type: role-binding\nname: x\nsubjects: nobody\npermissions: []\n",
    ],
)
def test_a_file_that_does_not_say_what_it_declares_makes_it_incomplete(drift, folder, text):
    (folder / "manifests" / "wrong.yaml").write_text(text, "utf-8")
    ran = drift("-f", "json", "--declared-only")
    assert ran.code == 3
    assert reported(ran)["declared"]["unread"]


def test_a_manifest_declared_twice_is_not_certain(drift, folder):
    (folder / "manifests" / "again.yaml").write_text(yaml.safe_dump(ROWS[0]["manifest"]), "utf-8")
    assert drift().code == 3


def test_an_empty_document_declares_nothing(drift, folder):
    (folder / "manifests" / "empty.yaml").write_text("---\n", "utf-8")
    assert drift().code == 0


def test_what_users_know_of_their_tenant_has_to_hold(drift, folder):
    (folder / "auditor.yaml").write_text("expect: {min_repos: 500}\n", "utf-8")
    ran = drift()
    assert (ran.code, "expected at least 500" in ran.err) == (3, True)


def test_nothing_from_a_tenant_or_a_file_reaches_the_terminal_as_it_is(drift, folder):
    declare(folder, ROWS[0]["manifest"], description="\x1b[31m::error::\u202efake\n::warning::two")
    ran = drift()
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert not any(line.lstrip().startswith("::") for line in ran.out.splitlines())
    assert drift("-f", "json").out.isascii()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nowhere",), "no such file or directory"),
        (("manifests", "--snapshot", "no.gz"), "the snapshot no.gz does not exist"),
    ],
)
def test_a_wrong_path_is_invalid(drift, arguments, reason):
    ran = drift(command=("drift", *arguments))
    assert (ran.code, reason in ran.last_line) == (2, True)


def test_a_token_that_sees_nothing_does_not_see_that_everything_is_missing(drift, start_plane, monkeypatch):
    empty = start_plane([])
    monkeypatch.setenv("TFY_HOST", empty.host)
    monkeypatch.setenv("TFY_API_KEY", empty.token)
    ran = drift("-f", "json")
    assert (ran.code, reported(ran)["live"]["total"]) == (3, 0)
    assert reported(ran)["summary"]["missing"] >= len(ROWS)
    assert all(not each["certain"] for each in reported(ran)["differences"] if each["kind"] == "missing")


def test_markdown_has_the_verdict_and_a_row_for_each_difference(drift, folder):
    declare(folder, ROWS[0]["manifest"], description="a | b `c`\n::error::x")
    ran = drift("-f", "markdown")
    assert ran.code == 1
    assert ran.out.startswith("## Auditor: drift\n\n`DRIFT: 1 difference between 40 declared repos and 40 live`\n")
    [row] = [line for line in ran.out.splitlines() if line.startswith("| `differs`")]
    assert len(re.split(r"(?<!\\)\|", row)) == 8
    assert drift("-f", "markdown", "--declared-only").out


def test_the_markdown_of_an_incomplete_comparison_says_so(drift, folder):
    (folder / "auditor.yaml").write_text("expect: {min_repos: 500}\n", "utf-8")
    ran = drift("-f", "markdown")
    assert (ran.code, "**Not everything was read." in ran.out, "`INCOMPLETE: " in ran.out) == (3, True, True)


def test_a_report_goes_to_a_file(drift, folder):
    assert drift("-f", "json", "-o", "drift.json").code == 0
    assert_valid(json.loads((folder / "drift.json").read_text("utf-8")), "drift")
