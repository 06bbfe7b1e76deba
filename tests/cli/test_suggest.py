"""`auditor access --suggest`: manifests that are valid, state why, and have the stated effect once they are applied."""

from __future__ import annotations

import copy
import json
import re

import pytest
import yaml

from auditor.access.suggestions.advisor import Names
from auditor.cli import run
from auditor.demo import sample_directory, sample_tenant
from auditor.documents import read_documents
from auditor.model import Repo, Subject
from auditor.text import count_of
from auditor.validation import validate
from tests.conftest import Ran
from tests.live.audits import kept_signals
from tests.schemas import assert_valid

ROWS = sample_tenant(80)
DIRECTORY = sample_directory(ROWS)
LEFT = {each["email"] for each in DIRECTORY["users"] if not each["active"]}


@pytest.fixture
def suggest(tmp_path, monkeypatch, capsys, start_plane):
    """Suggest changes for a tenant; return the documents of each file by its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")

    def ask(rows, directory, folder, *arguments):
        plane = start_plane(rows, directory=directory)
        monkeypatch.setenv("TFY_HOST", plane.host)
        monkeypatch.setenv("TFY_API_KEY", plane.token)
        with kept_signals():
            code = run(["access", "-f", "json", "--suggest", folder, *arguments])
        captured = capsys.readouterr()
        ran = Ran(code, captured.out, captured.err)
        files = {path.name: path.read_text("utf-8") for path in sorted((tmp_path / folder).glob("*"))}
        return ran, {name: list(yaml.safe_load_all(text)) for name, text in files.items()}, files

    return ask


def applied(rows, directory, found):
    """Return the tenant after `tfy apply` of every file."""
    rows, directory = copy.deepcopy(rows), copy.deepcopy(directory)
    documents = [each for documents in found.values() for each in documents]
    repos = {each["name"]: each for each in documents if each["type"] == "ml-repo"}
    bindings = {each["name"]: each for each in documents if each["type"] == "role-binding"}
    for row in rows:
        row["manifest"] = repos.get(row["manifest"]["name"], row["manifest"])
    for row in directory["role-bindings"]:
        row["manifest"] = bindings.pop(row["manifest"]["name"], row["manifest"])
    directory["role-bindings"] += [{"id": name, "name": name, "manifest": each} for name, each in bindings.items()]
    return rows, directory


def access(ran):
    return {
        (each["repo"]["name"], each["subject"], each["role"])
        for each in json.loads(ran.out)["grants"]
        if each["via"] in {"inline", "role-binding"}
    }


def test_every_file_is_valid_and_says_why(suggest):
    ran, found, files = suggest(ROWS, DIRECTORY, "out")
    assert ran.code == 0
    assert f"{count_of(len(found), 'suggestion')} written to out (not applied)" in ran.err
    assert len(found) > 50
    for name, documents in found.items():
        for document in documents:
            assert_valid(document, document["type"])
        head = files[name].partition("---")[0].splitlines()
        assert all(line.startswith("# ") for line in head)
        assert any(line.startswith("# - ") for line in head)
        repos = [each["name"] for each in documents if each["type"] == "ml-repo"]
        assert name in {f"ml-repo.{each}.yaml" for each in repos} | {f"role-binding.{documents[0]['name']}.yaml"}
    names = [each["name"] for documents in found.values() for each in documents if each["type"] == "role-binding"]
    assert len(set(names)) == len(names)
    assert (
        sum(bool(re.fullmatch(r"mlr-[a-z0-9-]{3,27}-(admin|editor|viewer)-[a-z0-9]{2}", each)) for each in names) > 50
    )


def test_what_was_applied_changes_access_as_the_reasons_say_and_then_nothing_is_left_to_suggest(suggest):
    before, found, files = suggest(ROWS, DIRECTORY, "first")
    tenant = applied(ROWS, DIRECTORY, found)
    after, again, _ = suggest(*tenant, "second")
    # Subjects whose grants only moved keep all of them; a fixed binding may have affected others.
    moved = {documents[-1]["name"] for name, documents in found.items() if "deprecated" in files[name]}
    fixed = [each for name, documents in found.items() if name.startswith("role-binding.") for each in documents]
    touched = {permission["resourceFqn"] for each in fixed for permission in each["permissions"]}
    assert len(moved - touched) > 50
    assert {line for line in access(before) if line[0] in moved - touched} == {
        line for line in access(after) if line[0] in moved - touched
    }
    # Inactive users have no inline grants any more, and team:everyone has at most a viewer role.
    suggested = {name.split(".")[1] for name in found if name.startswith("ml-repo.")}
    inline = [each for each in json.loads(after.out)["grants"] if each["via"] == "inline"]
    kept = {(each["subject"], each["role"]) for each in inline if each["repo"]["name"] in suggested}
    assert not {subject for subject, _ in kept} & {f"user:{each}" for each in LEFT}
    assert not {role for subject, role in kept if subject == "team:everyone"} - {"mlf-project-viewer"}
    _, third, _ = suggest(*applied(*tenant, again), "third")
    assert third == {}


def test_the_same_tenant_gives_the_same_suggestions(suggest):
    _, first, _ = suggest(ROWS, DIRECTORY, "one")
    _, second, _ = suggest(ROWS[::-1], DIRECTORY, "two")
    assert first == second


def test_nothing_that_is_there_is_overwritten(suggest, tmp_path):
    _, found, _ = suggest(ROWS, DIRECTORY, "out")
    last = max(found)
    for path in (tmp_path / "out").iterdir():
        if path.name != last:
            path.unlink()
    (tmp_path / "out" / last).write_text("type: mine\n")
    ran, now, _ = suggest(ROWS, DIRECTORY, "out")
    assert (ran.code, now) == (2, {last: [{"type": "mine"}]})
    assert "already exists" in ran.last_line


# One tenant, one case


def row(collaborators, name="churn", **manifest):
    found = {"type": "ml-repo", "name": name, "storage_integration_fqn": "a:aws:b:blob-storage:c", **manifest}
    return {"id": "1", "tenant_name": "a", "manifest": {**found, "collaborators": collaborators}}


def grant(subject, role="admin"):
    return {"subject": subject, "role_id": f"mlf-project-{role}"}


def user(email, active=True):
    return {"email": email, "active": active, "roles": [], "metadata": {}}


def team(name, *members):
    return {"id": name, "manifest": {"type": "team", "name": name, "members": list(members)}, "members": list(members)}


def binding(name, subjects, role="admin", repo="churn"):
    pairs = [Subject.parse(each) for each in subjects]
    manifest = {
        "type": "role-binding",
        "name": name,
        "subjects": [{"type": each.type, "name": each.name} for each in pairs],
        "permissions": [{"resourceType": "mlf-project", "resourceFqn": repo, "role": f"mlf-project-{role}"}],
    }
    return {"id": name, "name": name, "manifest": manifest}


PEOPLE = {
    "users": [user("sam@x.io"), user("kim@x.io"), user("old@x.io", active=False)],
    "teams/user": [team("ml", "sam@x.io", "kim@x.io"), team("ops", "kim@x.io")],
}


@pytest.mark.parametrize(
    ("collaborators", "wanted"),
    [
        ([grant("team:ml"), grant("user:old@x.io", "viewer")], [grant("team:ml")]),
        ([grant("team:ml"), grant("user:ghost@x.io", "viewer")], [grant("team:ml")]),
        ([grant("team:ml"), grant("team:ml")], [grant("team:ml")]),
        ([grant("team:ml"), grant("user:Sam@x.io")], [grant("team:ml")]),
        ([grant("team:ml"), grant("team:everyone", "editor")], [grant("team:ml"), grant("team:everyone", "viewer")]),
        ([grant("user:sam@x.io")], [grant("team:ml")]),
        ([grant("team:ml"), grant("team:bound", "viewer")], [grant("team:ml")]),
    ],
)
def test_inline_grants_are_fixed_in_place(suggest, collaborators, wanted):
    people = {**PEOPLE, "teams/user": [*PEOPLE["teams/user"], team("bound", "sam@x.io")]}
    people["teams/user"] = people["teams/user"] if "team:bound" in str(collaborators) else PEOPLE["teams/user"]
    bindings = [binding("b-1", ["team:bound"], "viewer")] if "team:bound" in str(collaborators) else []
    _, found, _ = suggest([row(collaborators)], {**PEOPLE, **people, "role-bindings": bindings}, "out")
    assert found["ml-repo.churn.yaml"] == [row(wanted)["manifest"]]


@pytest.mark.parametrize(
    ("collaborators", "reason"),
    [
        ([grant("user:kim@x.io")], "Choose one of the user's teams: ml, ops"),
        (
            [grant("team:ops"), grant("user:sam@x.io")],
            "team:ops is already an admin, so lower the role of the user or remove the grant",
        ),
    ],
)
def test_a_choice_is_left_to_a_person(suggest, collaborators, reason):
    _, found, files = suggest([row(collaborators)], {**PEOPLE, "role-bindings": []}, "out")
    assert (
        f"mlf-project-admin of {collaborators[-1]['subject']} needs a decision, because " in files["ml-repo.churn.yaml"]
    )
    assert reason in files["ml-repo.churn.yaml"]
    bound = [each["name"] for document in found["ml-repo.churn.yaml"][:-1] for each in document["subjects"]]
    assert bound == [each["subject"].partition(":")[2] for each in collaborators]


def test_grants_that_a_binding_cannot_take_stay_inline(suggest):
    _, found, files = suggest(
        [row([grant("team:ml"), grant("serviceaccount:ci", "editor")])], {**PEOPLE, "role-bindings": []}, "out"
    )
    assert found["ml-repo.churn.yaml"][-1]["collaborators"] == [grant("serviceaccount:ci", "editor")]
    assert (
        "Role bindings do not support serviceaccount:ci, so its grant stays in the manifest"
        in files["ml-repo.churn.yaml"]
    )


@pytest.mark.parametrize(
    ("subjects", "role", "wanted"),
    [
        (["team:ml", "user:old@x.io"], "viewer", ["team:ml"]),
        (["team:ml", "team:everyone"], "editor", ["team:ml"]),
        (["team:ml", "user:sam@x.io"], "admin", ["team:ml"]),
        (["user:sam@x.io"], "admin", ["team:ml"]),
    ],
)
def test_role_bindings_are_fixed(suggest, subjects, role, wanted):
    directory = {**PEOPLE, "role-bindings": [binding("b-1", subjects, role)]}
    _, found, _ = suggest([row([])], directory, "out")
    assert found == {"role-binding.b-1.yaml": [binding("b-1", wanted, role)["manifest"]]}


def test_everybody_alone_in_a_binding_is_lowered(suggest):
    _, found, _ = suggest([row([])], {**PEOPLE, "role-bindings": [binding("b-1", ["team:everyone"])]}, "out")
    assert found == {"role-binding.b-1.yaml": [binding("b-1", ["team:everyone"], "viewer")["manifest"]]}


def test_a_binding_that_would_be_left_without_subjects_is_reported(suggest):
    ran, found, _ = suggest([row([])], {**PEOPLE, "role-bindings": [binding("b-1", ["user:old@x.io"])]}, "out")
    assert found == {}
    assert "role-binding b-1: delete it, because it would have no subjects" in ran.err


def test_who_may_be_there_after_all_is_not_taken_away(suggest, start_plane, monkeypatch, tmp_path):
    directory = {**PEOPLE, "role-bindings": []}
    plane = start_plane(
        [row([grant("team:ml"), grant("user:ghost@x.io", "viewer")])], directory=directory, without={"users": 403}
    )
    monkeypatch.setenv("TFY_HOST", plane.host)
    monkeypatch.setenv("TFY_API_KEY", plane.token)
    with kept_signals():
        assert run(["access", "--suggest", "out"]) == 3
    text = (tmp_path / "out" / "ml-repo.churn.yaml").read_text("utf-8")
    assert "ghost@x.io" in text.partition("---")[2]
    assert "# Not everything was read: " in text


def test_only_one_repo_on_request(suggest):
    name = next(each["manifest"]["name"] for each in ROWS if not validate(Repo("1", each["manifest"])))
    _, found, _ = suggest(ROWS, DIRECTORY, "out", "--repo", name)
    assert set(found) <= {f"ml-repo.{name}.yaml", "role-binding.second-opinion.yaml"}
    assert f"ml-repo.{name}.yaml" in found


@pytest.mark.parametrize("text", ["no", "1e3", "0x10", "12:30:45", "a: b # c", "\x1b[31m\u202e", "naïve", "~", "'"])
def test_texts_of_a_tenant_come_back_as_they_are_and_act_through_nothing(suggest, text):
    _, found, files = suggest([row([grant("team:ml")], description=text)], {**PEOPLE, "role-bindings": []}, "out")
    assert found["ml-repo.churn.yaml"][-1]["description"] == text
    assert not {"\x1b", "\u202e"} & set(files["ml-repo.churn.yaml"])


def test_a_repo_whose_name_leads_elsewhere_is_left_alone(suggest, tmp_path):
    ran, found, _ = suggest([row([grant("team:ml")], name="../../x")], {**PEOPLE, "role-bindings": []}, "out")
    assert found == {}
    assert "fix the manifest first, because it is not valid" in ran.err


def test_names_of_bindings_are_those_of_the_vendor_and_never_taken_twice():
    long = "A" * 30 + "-prod"
    assert re.fullmatch(r"mlr-a{25}[a-z0-9]{2}-admin-[a-z0-9]{2}", Names([]).of(long, "mlf-project-admin"))
    name = Names([]).of("Churn-Prod", "mlf-project-admin")
    assert re.fullmatch(r"mlr-churn-prod-admin-[a-z0-9]{2}", name)
    other = Names([name]).of("Churn-Prod", "mlf-project-admin")
    assert other != name
    assert re.fullmatch(r"^[a-z][a-z0-9-]{1,64}[a-z0-9]$", Names([]).of(long, "some-very-long-" * 9))


def test_access_findings_of_the_json_report_have_a_suggestion(start_plane, environment, run_auditor):
    env = environment(start_plane())
    findings = json.loads(run_auditor("audit", "--format", "json", env=env).out)["findings"]
    carried = {each["repo"]["name"]: each["suggestion"] for each in findings if each["suggestion"]}
    assert {each["category"] for each in findings if each["suggestion"]} == {"access"}
    assert len(carried) >= 5
    for name, text in carried.items():
        assert text.startswith("# ")
        for document in (each.value for each in read_documents(text, name)):
            assert_valid(document, "ml-repo" if document["type"] == "ml-repo" else "role-binding")
    everyone = next(each for each in findings if each["name"] == "everyone-can-write" and each["suggestion"])
    fixed = next(read_documents(everyone["suggestion"], "suggestion")).value
    assert {"subject": "team:everyone", "role_id": "mlf-project-viewer"} in fixed["collaborators"]
