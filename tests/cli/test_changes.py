"""A change in a git repository: what it touches is checked, new findings count, and it cannot edit its policy."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from auditor import load_policy
from tests.git import git
from tests.samples import MANIFEST as GOOD

PACK = """\
policy: 1
name: acme
version: 1.0.0
title: Rules of ACME
rules:
  - id: ACME001
    name: wrong-team
    title: Repos have a description
    severity: high
    must:
      manifest.description: {blank: false}
  - id: ACME002
    name: prefixed-name
    title: Names begin with the team
    severity: low
    must:
      manifest.name: {like: "fraud-*"}
"""


class Work:
    """A git repository with a branch `main`, and a change on another branch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> None:
        git(self.folder, *arguments)

    def write(self, **files: str) -> None:
        for name, text in files.items():
            file = self.folder / name.replace("__", "/").replace("_yaml", ".yaml")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")


@pytest.fixture
def work(tmp_path) -> Work:
    found = Work(tmp_path / "work")
    found.write(
        m__old_yaml=GOOD.format(name="Old-Repo"),
        m__two_yaml=f"{GOOD.format(name='First-One')}---\n{GOOD.format(name='second-one')}",
        m__broken_yaml="type: ml-repo\na: @\n",
        auditor_yaml="policies: [packs/acme.yaml]\nfail_on: low\n",
        packs__acme_yaml=PACK,
    )
    found.commit()
    found.git("switch", "--quiet", "--create", "change")
    return found


@pytest.fixture
def check(work, run_auditor):
    return lambda *arguments, **more: run_auditor("check", *arguments, **{"cwd": work.folder, **more})


def reported(ran) -> list[tuple[str, str]]:
    return [(each["rule"], each["repo"]["name"]) for each in json.loads(ran.out)["findings"]]


BASELINE = ["--policy", "ml-repo-baseline", "-f", "json"]


def test_only_documents_that_the_change_touches_are_checked_committed_or_not(work, check):
    work.write(m__two_yaml=f"{GOOD.format(name='First-One')}---\n{GOOD.format(name='Second-One')}")
    work.commit()
    work.write(m__new_yaml=GOOD.format(name="New-Repo"))
    ran = check("m", "--changed-since", "main", *BASELINE)
    assert ran.code == 1
    assert reported(ran) == [("MLR030", "New-Repo"), ("MLR030", "Second-One")]
    receipt = json.loads(ran.out)["receipt"]
    assert (receipt["repos"], receipt["files"], receipt["left_out"]) == (2, 4, 3)
    assert receipt["since"].startswith("main (")
    assert "3 documents skipped as unchanged since main" in ran.last_line
    everything = check("m", *BASELINE)
    assert everything.code == 3
    assert "broken.yaml:2:4" in everything.last_line


def test_changes_on_the_other_branch_are_ignored(work, check):
    work.write(m__new_yaml=GOOD.format(name="fraud-new"))
    work.commit()
    work.git("switch", "--quiet", "main")
    work.write(m__old_yaml=GOOD.format(name="Older-Repo"))
    work.commit()
    work.git("switch", "--quiet", "change")
    ran = check("m", "--changed-since", "main", *BASELINE)
    assert json.loads(ran.out)["receipt"]["repos"] == 1


def test_a_change_that_touches_no_manifest_is_clean_and_says_so(work, check):
    work.write(readme_md="hello")
    ran = check("m", "--changed-since", "main", *BASELINE)
    assert ran.code == 0
    assert "0 repos checked" in ran.last_line
    assert "4 documents skipped" in ran.last_line


def test_a_copy_of_a_document_is_a_change(work, check):
    work.write(m__two_yaml=f"{GOOD.format(name='First-One')}---\n" * 2 + GOOD.format(name="second-one"))
    ran = check("m/two.yaml", "--changed-since", "main", *BASELINE)
    assert ("MLF005", "First-One") in reported(ran)


def test_a_duplicate_of_an_unchanged_document_is_found_wherever_it_is(work, check):
    work.write(m__a_yaml=GOOD.format(name="second-one"))
    ran = check("m", "--changed-since", "main", *BASELINE)
    assert reported(ran) == [("MLF005", "second-one")]
    assert json.loads(ran.out)["findings"][0]["location"]["file"] == "m/two.yaml"


def test_only_new_findings_are_reported_and_the_others_are_counted(work, check):
    work.git("rm", "--quiet", "m/broken.yaml")
    work.write(m__old_yaml=GOOD.format(name="Old-Repo").replace("team:", "user:a@") + "# moved\n")
    ran = check("m", "--compare", "main", *BASELINE)
    assert ran.code == 1
    assert {rule for rule, _ in reported(ran)} == {"MLR020", "MLR024"}
    assert len(json.loads(ran.out)["baselined"]) == 2
    assert "\n0 waived, 2 baselined, " in check("m", "--compare", "main", "--policy", "ml-repo-baseline").out
    work.git("checkout", "--quiet", "main", "--", "m/old.yaml")
    assert check("m", "--compare", "main", *BASELINE).code == 0


def test_a_change_that_deletes_a_rule_and_breaks_it_still_fails(work, check):
    work.git("rm", "--quiet", "m/broken.yaml", "m/two.yaml", "m/old.yaml")
    nameless = GOOD.format(name="fraud-new").replace("description: Card", "x: Card")
    work.write(m__new_yaml=nameless, packs__acme_yaml=PACK.replace("blank: false", "blank: true"))
    work.commit()
    assert check("m").code == 0
    ran = check("m", "--policy-from", "main")
    assert ran.code == 1
    assert "wrong-team (ACME001)" in ran.out
    assert "--policy-from main: using policy sha256:" in ran.err
    shorter = PACK[: PACK.index("  - id: ACME001")] + PACK[PACK.index("  - id: ACME002") :]
    work.write(packs__acme_yaml=shorter, auditor_yaml="policies: [packs/acme.yaml]\nfail_on: critical\n")
    work.commit()
    again = check("m", "--policy-from", "main")
    assert again.code == 1
    assert "not the different policy in the working tree" in again.err
    assert "without ACME001)" in again.err
    work.git("rm", "--quiet", "auditor.yaml", "packs/acme.yaml")
    assert check("m", "--policy-from", "main").code == 1


def test_the_policy_of_a_commit_is_found_from_a_folder_below_and_its_errors_name_the_file(work, check):
    work.write(packs__acme_yaml=PACK.replace("severity: high", "severity: hihg"))
    work.commit()
    work.git("rm", "--quiet", "m/broken.yaml")
    ran = check(".", "--policy-from", "HEAD", cwd=work.folder / "m")
    assert ran.code == 2
    assert "--policy-from HEAD: ../packs/acme.yaml:9:15: " in ran.last_line
    assert check(".", "--policy-from", "main", cwd=work.folder / "m").code == 1


def test_a_pack_that_is_named_from_the_root_would_come_from_the_work_tree(work, check):
    pack = str(work.folder / "packs/acme.yaml")
    ran = check("m/old.yaml", "--policy-from", "main", "--policy", pack)
    assert (ran.code, "cannot use the absolute path" in ran.last_line) == (2, True)
    assert check("m/old.yaml", "--policy-from", "main", "--policy", "packs/acme.yaml").code == 1


@pytest.mark.parametrize("file", ["auditor.yaml", "packs/acme.yaml", "packs/teams.txt"])
def test_no_report_overwrites_the_policy_of_a_commit(work, check, file):
    (work.folder / "packs/teams.txt").write_text("fraud-ml\n", "utf-8")
    work.write(packs__acme_yaml=PACK.replace("rules:", "data: {teams: {file: teams.txt}}\nrules:"))
    work.commit()
    ran = check("m/old.yaml", "--policy-from", "HEAD", "--report", f"json={file}")
    assert (ran.code, "would overwrite" in ran.last_line) == (2, True)
    assert "acme" in (work.folder / "auditor.yaml").read_text("utf-8")


def test_the_policy_can_be_pinned_by_its_digest(work, check):
    digest = load_policy([str(work.folder / "packs/acme.yaml")]).sha256
    assert check("m/old.yaml", "--policy-digest", f"sha256:{digest}").code == 1
    work.write(packs__acme_yaml=PACK.replace("high", "info"))
    ran = check("m/old.yaml", "--policy-digest", f"sha256:{digest}")
    assert ran.code == 2
    assert f"the pinned digest is sha256:{digest}" in ran.last_line
    assert check("m/old.yaml", "--policy-digest", "sha256:abc").code == 2


@pytest.mark.parametrize("option", ["--changed-since", "--compare", "--policy-from"])
@pytest.mark.parametrize("name", ["-h", "--output=x", "nowhere", ""])
def test_a_name_that_is_no_commit_or_could_be_an_option_is_refused(check, work, option, name):
    ran = check("m", f"{option}={name}")
    assert ran.code == 2
    assert "commit" in ran.last_line
    assert not (work.folder / "x").exists()


def test_a_folder_outside_of_the_repository_or_without_one_is_refused(check, tmp_path):
    (tmp_path / "outside.yaml").write_text(GOOD.format(name="a-b"), "utf-8")
    ran = check("m", "../outside.yaml", "--changed-since", "main")
    assert (ran.code, "is not in the git repository" in ran.last_line) == (2, True)
    ran = check("../outside.yaml", "--changed-since", "main")
    assert (ran.code, "is not in a git repository" in ran.last_line) == (2, True)
    assert check("outside.yaml", "--changed-since", "main", cwd=tmp_path).code == 2


@pytest.fixture
def bare_folder(tmp_path):
    folder = tmp_path / "folder"
    (folder / "m").mkdir(parents=True)
    (folder / "m/a.yaml").write_text(GOOD.format(name="fraud-a"), "utf-8")
    return folder


@pytest.mark.parametrize("option", ["--changed-since", "--compare", "--policy-from"])
def test_a_missing_repository_is_reported_with_advice(run_auditor, bare_folder, option):
    ran = run_auditor("check", "m", option, "main", cwd=bare_folder, env={"GIT_CEILING_DIRECTORIES": "/"})
    assert ran.code == 2
    folder = bare_folder if option == "--policy-from" else bare_folder / "m"
    assert ran.last_line == (
        f"auditor: exit 2, invalid: {option} main: {folder} is not in a git repository, so it has no commits; "
        "run this in a checkout, or remove the option"
    )


@pytest.mark.parametrize("option", ["--changed-since", "--compare", "--policy-from"])
@pytest.mark.parametrize("name", ["HEAD", "main", "origin/main"])
def test_a_repository_without_commits_has_none_to_fetch(run_auditor, bare_folder, option, name):
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=bare_folder, check=True)
    ran = run_auditor("check", "m", option, name, cwd=bare_folder)
    assert ran.code == 2
    assert f"has no commits, so it has no {name!r}; create a commit first" in ran.last_line
    assert "fetch" not in ran.last_line


def test_a_repository_without_a_work_tree_is_reported(run_auditor, bare_folder):
    subprocess.run(["git", "init", "--quiet"], cwd=bare_folder, check=True)
    ran = run_auditor("check", ".", "--changed-since", "HEAD", cwd=bare_folder / ".git")
    assert (ran.code, "is not in the work tree of its git repository" in ran.last_line) == (2, True)


def test_the_error_about_a_repository_of_another_user_has_git_s_own_advice(work, check):
    ran = check("m", "--changed-since", "main", env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert ran.code == 2
    assert "belongs to another user; if you trust it, run `git config --global --add safe.directory " in ran.last_line


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("origin/feature/x", "run `git fetch origin +refs/heads/feature/x:refs/remotes/origin/feature/x` first"),
        ("release", "`git fetch origin release`"),
        ("HEAD~9", "use a commit, branch or tag that exists"),
        ("main~9", "use a commit, branch or tag that exists"),
    ],
)
def test_the_error_about_a_missing_commit_says_how_to_get_it(check, name, fix):
    ran = check("m", "--changed-since", name)
    assert (ran.code, fix in ran.last_line) == (2, True), ran.last_line


def test_nothing_that_the_repository_configures_is_run(work, check, tmp_path):
    canary = tmp_path / "canary"
    script = f"touch {canary}"
    for key in (
        "diff.external",
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "filter.x.smudge",
        "diff.x.textconv",
    ):
        work.git("config", key, script)
    (work.folder / ".gitattributes").write_text("* filter=x diff=x\n", "utf-8")
    work.write(m__new_yaml=GOOD.format(name="fraud-new"))
    check("m", "--changed-since", "main", "--compare", "main", "--policy-from", "main")
    assert not canary.exists()


def test_blobs_have_the_ids_that_git_gives_them(work):
    from auditor.git import Commit, blob_id

    data = GOOD.format(name="Old-Repo").encode()
    commit = Commit(str(work.folder), "main")
    assert commit.files()["m/old.yaml"] == blob_id(data, commit.id)
    assert blob_id(data, "0" * 64) == hashlib.sha256(b"blob %d\0" % len(data) + data).hexdigest()
    assert os.path.realpath(work.folder) == commit.top


BINDING = """\
type: role-binding
name: {name}
subjects:
  - {{type: user, name: sam@example.com}}
permissions:
  - {{resourceType: mlf-project, resourceFqn: {repo}, role: mlf-project-{role}}}
"""


@pytest.fixture
def bound(work):
    """Return a work tree with a repo without grants, and a role binding that grants access to it."""
    repo = GOOD.format(name="fraud-one").partition("collaborators")[0]
    work.git("switch", "--quiet", "main")
    work.write(m__one_yaml=repo, m__bound_yaml=BINDING.format(name="readers", repo="fraud-one", role="viewer"))
    work.git("rm", "--quiet", "m/broken.yaml")
    work.commit()
    work.git("switch", "--quiet", "--create", "binding")
    return work


def test_a_repo_that_a_new_role_binding_grants_access_to_is_checked_although_its_manifest_is_unchanged(bound, check):
    bound.write(m__new_yaml=BINDING.format(name="admins", repo="fraud-one", role="admin"))
    ran = check("m", "--changed-since", "main", *BASELINE)
    assert ("MLR020", "fraud-one") in reported(ran)
    receipt = json.loads(ran.out)["receipt"]
    assert (ran.code, receipt["repos"], receipt["left_out"]) == (1, 1, 4)


def test_a_repo_that_loses_a_role_binding_is_checked(bound, check):
    for change in ("m/bound.yaml", None):
        if change is None:
            bound.git("checkout", "--quiet", "main", "--", "m/bound.yaml")
            bound.write(m__bound_yaml=BINDING.format(name="readers", repo="another", role="viewer"))
        else:
            bound.git("rm", "--quiet", change)
        ran = check("m", "--changed-since", "main", *BASELINE)
        assert json.loads(ran.out)["receipt"]["repos"] == 1
        assert ("MLR023", "fraud-one") in reported(ran) or json.loads(ran.out)["not_evaluated"]


def test_a_role_binding_on_another_repo_leaves_unchanged_ones_out(bound, check):
    bound.write(m__new_yaml=BINDING.format(name="admins", repo="elsewhere", role="admin"))
    ran = check("m", "--changed-since", "main", *BASELINE)
    report = json.loads(ran.out)
    assert (ran.code, report["receipt"]["repos"], report["findings"]) == (0, 0, [])
    (entry,) = report["not_evaluated"]
    assert [each["name"] for each in entry["repos"]] == ["elsewhere"]
    assert "MLR020" in {each["rule"] for each in entry["rules"]}
    assert "skipped for 1 repo" in ran.last_line
    assert check("m", "--changed-since", "main", "--unavailable", "incomplete", *BASELINE).code == 3


def test_one_wrong_text_in_the_place_of_another_is_new(work, check):
    wrong = GOOD.format(name="fraud-two").replace("blob-storage", "disk")
    work.git("switch", "--quiet", "main")
    work.write(m__two_yaml=wrong)
    work.git("rm", "--quiet", "m/broken.yaml")
    work.commit()
    work.git("switch", "--quiet", "--create", "storage")
    same = check("m", "--compare", "main", *BASELINE)
    assert (same.code, reported(same)) == (0, [])
    assert "findings in the baseline" in same.last_line
    work.write(m__two_yaml=wrong.replace("acme:", "evil:"))
    ran = check("m", "--compare", "main", *BASELINE)
    assert (ran.code, {name for _, name in reported(ran)}) == (1, {"fraud-two"})
    assert any("evil:" in each["got"] for each in json.loads(ran.out)["findings"])


def test_repos_that_no_file_declares_are_counted_one_by_one(bound, check):
    bound.write(m__a_yaml=BINDING.format(name="a", repo="one", role="admin"))
    bound.write(m__b_yaml=BINDING.format(name="b", repo="two", role="admin"))
    assert "skipped for 2 repos" in check("m", "--changed-since", "main", *BASELINE).last_line


ACROSS = """\
policy: 1
name: across
version: 1.0.0
title: Rules of ACME across repos
rules:
  - id: ACME010
    name: shared-storage
    title: Every repo has its own storage
    severity: high
    for: inventory
    group_by: manifest.storage_integration_fqn
    must: {group.repos: {le: 1}}
    message: "{group.repos} repos share {group.key}"
  - id: ACME011
    name: lonely-team
    title: Every team has two repos
    severity: high
    for: inventory
    group_by: grant.subject
    when: {grant.subject: {like: "team:*"}}
    must: {group.repos: {ge: 2}}
  - id: ACME012
    name: unprefixed-name
    title: Names begin with the team
    severity: low
    must: {manifest.name: {like: "fraud-*"}}
"""


def repo(name: str, storage: str, team: str = "fraud-ml") -> str:
    return GOOD.format(name=name).replace("ml-prod", storage).replace("fraud-ml", team)


@pytest.fixture
def across(work, check):
    """Return a function that checks a change to two repos by rules across repos, and returns the report."""
    work.git("switch", "--quiet", "main")
    work.git("rm", "--quiet", "-r", "m")
    work.write(m__one_yaml=repo("fraud-one", "one"), m__two_yaml=repo("Two", "two"), packs__across_yaml=ACROSS)
    work.commit()
    work.git("switch", "--quiet", "--create", "across")

    def checked(*arguments: str) -> tuple[int, list[tuple[str, str]], dict]:
        ran = check("m", "--changed-since", "main", "--policy", "packs/across.yaml", "-f", "json", *arguments)
        report = json.loads(ran.out)
        return ran.code, [(each["rule"], each["message"]) for each in report["findings"]], report

    return checked


def test_a_rule_across_repos_sees_unchanged_files_and_other_rules_do_not(work, across):
    assert across()[:2] == (0, [])
    work.write(m__new_yaml=repo("fraud-new", "one"))
    code, findings, report = across()
    assert (code, findings) == (1, [("ACME010", "2 repos share acme:aws:aws-prod:blob-storage:one")])
    assert (report["receipt"]["repos"], report["receipt"]["left_out"]) == (1, 2)


def test_a_finding_across_repos_that_was_there_before_is_not_reported_and_a_larger_one_is_known(work, across):
    work.git("switch", "--quiet", "main")
    work.write(m__two_yaml=repo("Two", "one"))
    work.commit()
    work.git("switch", "--quiet", "--create", "later")
    work.write(m__new_yaml=repo("fraud-new", "new"))
    assert across()[:2] == (0, [])
    work.write(m__new_yaml=repo("fraud-new", "one"))
    code, findings, report = across()
    assert (code, findings) == (0, [])
    assert [each["message"] for each in report["baselined"]] == ["3 repos share acme:aws:aws-prod:blob-storage:one"]


def test_a_finding_across_repos_caused_by_a_deletion_is_reported(work, across):
    work.git("rm", "--quiet", "m/two.yaml")
    code, findings, _ = across()
    assert (code, [rule for rule, _ in findings]) == (1, ["ACME011"])


def test_an_unchanged_repo_that_a_changed_role_binding_is_about_counts_once_in_its_groups(work, across):
    work.write(m__bound_yaml=BINDING.format(name="readers", repo="Two", role="viewer"))
    code, findings, report = across()
    assert (code, [rule for rule, _ in findings]) == (1, ["ACME012"])
    assert report["receipt"]["repos"] == 1


def test_an_unchanged_role_binding_grants_for_rules_across_repos_too(work, across):
    work.git("switch", "--quiet", "main")
    bound = BINDING.format(name="writers", repo="fraud-one", role="admin").replace(
        "user, name: sam@example.com", "team, name: b"
    )
    work.write(m__bound_yaml=bound, m__two_yaml=repo("Two", "two", "b"), m__three_yaml=repo("fraud-three", "three"))
    work.commit()
    work.git("switch", "--quiet", "--create", "bound")
    assert across()[:2] == (0, [])
    work.git("rm", "--quiet", "m/bound.yaml")
    code, findings, _ = across()
    assert (code, [rule for rule, _ in findings]) == (1, ["ACME011"])


@pytest.mark.parametrize(
    "text",
    ["type: ml-repo\na: @\n", "type: ml-repo\nname: x\nname: y\n", "type: role-binding\nname: b\nsubjects: sam\n"],
)
def test_an_unreadable_unchanged_document_is_unread_for_rules_across_repos(work, across, text):
    work.git("switch", "--quiet", "main")
    work.write(m__broken_yaml=text)
    work.commit()
    work.git("switch", "--quiet", "--create", "broken")
    code, _, report = across()
    assert code == 3
    assert "m/broken.yaml" in report["verdict"]["reason"]
    assert across("--rule", "ACME012")[0] == 0


def test_an_unchanged_repo_on_which_a_rule_across_repos_cannot_be_evaluated_is_named(work, across):
    work.git("switch", "--quiet", "main")
    work.write(m__bare_yaml=repo("fraud-bare", "bare").partition("collaborators")[0])
    work.commit()
    work.git("switch", "--quiet", "--create", "bare")
    code, _, report = across()
    (entry,) = report["not_evaluated"]
    assert ([each["rule"] for each in entry["rules"]], [each["name"] for each in entry["repos"]]) == (
        ["ACME011"],
        ["fraud-bare"],
    )
    assert (code, across("--unavailable", "incomplete")[0]) == (0, 3)
