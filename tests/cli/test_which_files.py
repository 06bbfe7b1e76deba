"""Which files `check`, `drift` and `fix` read, which documents are manifests, and what is never skipped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter

import pytest

from tests.git import git

GOOD = """\
type: ml-repo
name: churn-prod
description: Churn models and runs of the growth team.
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml
collaborators:
  - subject: team:growth
    role_id: mlf-project-admin
"""
BAD = GOOD.replace("churn-prod", "bad-prod").replace("team:growth", "user:sam@acme.example")
HELM = "{{- if .Values.enabled }}\nkind: Deployment\nmetadata:\n  name: {{ include 'x' . }}\n{{- end }}\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
BROKEN_MANIFEST = "type: ml-repo\nname: [\n"


@pytest.fixture
def work(tmp_path):
    """A repository with a good manifest, and a function that writes more files."""
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet")

    def write(**files: str) -> None:
        for name, text in files.items():
            file = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")

    write(m__good_yaml=GOOD)
    write.folder = folder
    return write


@pytest.fixture
def check(work, run_auditor):
    """Run `auditor check` in the repository."""
    return lambda *arguments, **more: run_auditor("check", *arguments, **{"cwd": work.folder, **more})


def receipt_of(ran) -> dict:
    """Return the receipt of a JSON report."""
    return json.loads(ran.out)["receipt"]


def names_of(ran) -> set[str]:
    """Return the files that have findings."""
    return {each["location"]["file"] for each in json.loads(ran.out)["findings"]}


JSON = ("-f", "json")


def test_what_git_ignores_is_left_out_counted_and_named(work, check):
    (work.folder / ".gitignore").write_text("/build/\n*.tmp.yaml\n", "utf-8")
    (work.folder / ".git/info/exclude").write_text("private.yaml\n", "utf-8")
    work(build__a_yaml=BAD, private_yaml=BAD, node_modules__x__package_json='{"a": [}')
    (work.folder / "m/x.tmp.yaml").write_text(BAD, "utf-8")
    (work.folder / "m/.gitignore").write_text("local.yaml\n", "utf-8")
    work(m__local_yaml=BAD)
    ran = check(".", *JSON)
    assert ran.code == 0, ran.last_line
    assert receipt_of(ran)["excluded"] == {"ignored by git": 4, "in tool directories": 1}
    assert "m/local.yaml" not in ran.err
    named = check(".", "--verbose")
    assert [line for line in named.err.splitlines() if "excluded" in line] == [
        "auditor: excluded: build/ (ignored by git)",
        "auditor: excluded: node_modules/ (in tool directories)",
        "auditor: excluded: private.yaml (ignored by git)",
        "auditor: excluded: m/local.yaml (ignored by git)",
        "auditor: excluded: m/x.tmp.yaml (ignored by git)",
    ]
    assert named.last_line.startswith("auditor: exit 0, clean")
    assert "excluded: 4 ignored by git, 1 in tool directories (list them with --verbose)" in " ".join(named.out.split())


def test_a_tracked_file_is_never_ignored(work, check):
    work(m__hidden_yaml=BAD, node_modules__evil_yaml=BAD.replace("bad-", "evil-"))
    (work.folder / ".gitignore").write_text("m/hidden.yaml\nnode_modules/\n", "utf-8")
    git(work.folder, "add", "--force", "m/hidden.yaml", "node_modules/evil.yaml")
    ran = check(".", *JSON)
    assert ran.code == 1
    assert names_of(ran) == {"m/hidden.yaml", "node_modules/evil.yaml"}


def test_a_named_path_is_read_and_so_is_a_named_folder_that_is_ignored(work, check):
    (work.folder / ".gitignore").write_text("build/\n", "utf-8")
    work(build__a_yaml=BAD, auditor_yaml="files: {exclude: ['build/']}\n")
    assert check("build/a.yaml").code == 1
    assert check("build").code == 3
    (work.folder / "auditor.yaml").unlink()
    assert check("build").code == 1


def test_no_ignore_reads_everything(work, check):
    (work.folder / ".gitignore").write_text("build/\n", "utf-8")
    work(build__a_yaml=BAD, node_modules__b_yaml=BAD.replace("bad", "b"), out__c_yaml=BAD.replace("bad", "c"))
    work(auditor_yaml="files: {exclude: [out/]}\n")
    assert check(".").code == 0
    ran = check(".", "--no-ignore", *JSON)
    assert names_of(ran) == {"build/a.yaml", "node_modules/b.yaml", "out/c.yaml"}
    assert receipt_of(ran)["excluded"] == {}
    refused = check(".", "--no-ignore", "--exclude", "out/")
    assert (refused.code, "--no-ignore and --exclude cannot be used together" in refused.last_line) == (2, True)


def test_without_a_repository_directories_of_tools_are_left_out_and_nothing_is_ignored(run_auditor, tmp_path):
    for name in ("a.yaml", "node_modules/b.yaml", ".venv/c.yaml", "ignored/d.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(GOOD.replace("churn", name[-6]), "utf-8")
    (tmp_path / ".gitignore").write_text("ignored/\n", "utf-8")
    ran = run_auditor("check", ".", *JSON, cwd=tmp_path)
    assert (receipt_of(ran)["repos"], receipt_of(ran)["excluded"]) == (2, {"in tool directories": 2})


@pytest.mark.parametrize(
    ("files", "options", "read"),
    [
        ("{exclude: [charts/]}", [], {"m/bad.yaml", "env/dev/m.yaml", "env/prod/m.yaml"}),
        ("{exclude: ['*', '!/m', '!/m/**']}", [], {"m/bad.yaml"}),
        ("{include: ['m/', env/prod]}", [], {"m/bad.yaml", "env/prod/m.yaml"}),
        ("{include: ['*.yaml'], exclude: [env/**]}", [], {"m/bad.yaml", "charts/c.yaml"}),
        ("{}", ["--exclude", "env", "--exclude", "/charts"], {"m/bad.yaml"}),
        ("{exclude: [env]}", ["--exclude", "charts/*.yaml"], {"m/bad.yaml"}),
    ],
)
def test_patterns_exclude_and_include_as_in_gitignore(work, check, files, options, read):
    for number, name in enumerate(("m__bad", "charts__c", "env__dev__m", "env__prod__m")):
        work(**{f"{name}_yaml": BAD.replace("bad", f"bad{number}")})
    work(auditor_yaml=f"files: {files}\n")
    ran = check(".", *options, *JSON)
    assert names_of(ran) == read
    inner = check("..", *JSON, cwd=work.folder / "m", env={"AUDITOR_CONFIG": "../auditor.yaml"})
    if not options:
        assert {os.path.normpath(f"m/{name}") for name in names_of(inner)} == read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("files: {exclude: ['!']}", "files.exclude '!' is not a pattern"),
        ("files: {excludes: [a]}", "did you mean 'exclude'?"),
        ("files: {strict: 1}", "auditor.yaml:1:"),
        ("files: {exclude: a}", "auditor.yaml:1:"),
    ],
)
def test_a_wrong_setting_is_refused(work, check, text, words):
    work(auditor_yaml=text)
    ran = check("m")
    assert (ran.code, words in ran.last_line) == (2, True), ran.last_line


def test_drift_and_fix_select_alike(work, run_auditor, start_plane, environment):
    (work.folder / ".gitignore").write_text("build/\n", "utf-8")
    work(build__a_yaml=BAD, out__c_yaml=BROKEN_MANIFEST, auditor_yaml="files: {exclude: [out/]}\n")
    row = {"id": "1", "tenant_name": "acme", "manifest": {"type": "ml-repo", "name": "churn-prod"}}
    env = environment(start_plane([row]))
    drift = run_auditor("drift", ".", "--verbose", *JSON, cwd=work.folder, env=env)
    assert drift.code == 1
    assert "bad-prod" not in drift.out
    assert "auditor: excluded: build/ (ignored by git)" in drift.err
    fix = run_auditor("fix", ".", "--diff", "--verbose", cwd=work.folder)
    assert fix.code == 0, fix.last_line
    assert "auditor: excluded: out/ (excluded)" in fix.err


def test_the_selection_comes_from_the_trusted_commit_too(work, check):
    work(auditor_yaml="files: {exclude: [charts/]}\n", charts__a_yaml=BROKEN_MANIFEST)
    (work.folder / ".gitignore").write_text("gen1/\n", "utf-8")
    git(work.folder, "add", "--all")
    git(work.folder, "commit", "--quiet", "--message", "one")
    work(gen1__a_yaml=BAD)
    assert check(".", "--policy-from", "main").code == 0
    git(work.folder, "switch", "--quiet", "--create", "change")
    work(auditor_yaml="files: {exclude: [charts/, m/, new/]}\n", new__a_yaml=BAD)
    git(work.folder, "add", "auditor.yaml", "new")
    git(work.folder, "commit", "--quiet", "--message", "two")
    assert check(".").code == 3
    ran = check(".", "--policy-from", "main", *JSON)
    assert (ran.code, names_of(ran)) == (1, {"new/a.yaml"})
    (work.folder / ".gitignore").write_text("gen1/\ngen2/\n", "utf-8")
    work(gen2__a_yaml=BAD.replace("bad", "generated"))
    git(work.folder, "add", ".gitignore")
    git(work.folder, "commit", "--quiet", "--message", "three")
    ran = check(".", "--policy-from", "main", *JSON)
    assert "gen2/a.yaml" in names_of(ran)


def test_what_was_excluded_then_is_excluded_from_both_sides_of_a_comparison(work, check):
    work(out__a_yaml=BAD, auditor_yaml="files: {exclude: [out/]}\n")
    git(work.folder, "add", "--all")
    git(work.folder, "commit", "--quiet", "--message", "one")
    for option in ("--compare", "--changed-since"):
        assert check(".", option, "main").code == 0


OTHERS = {
    "a Kubernetes object": CONFIG_MAP,
    "a list": "- a\n- {b: 1}\n",
    "a text": "hello\n",
    "a number": "5\n",
    "nothing": "",
    "a comment": "# empty\n",
    "empty documents": "---\n---\n",
    "a role binding of Kubernetes": "kind: RoleBinding\nsubjects: []\nroleRef: {}\n",
    "settings of GitHub": "repository: {name: a}\ncollaborators: [{username: a, permission: push}]\n",
    "package.json": '{"name": "x", "type": "module", "repository": {"type": "git"}}',
    "a JSON Schema": '{"type": ["object", "null"], "properties": {"type": {"const": 1}}}',
    "a template": HELM,
    "CloudFormation": 'Resources: {B: {Type: "AWS::S3::Bucket", Properties: {Name: !Sub "${A}-b"}}}\n',
    "comments in JSON": '{\n  // fine\n  "a": [1,],\n}\n',
    "a duplicate key": "a: 1\na: 2\n",
    "not UTF-8": "caf\udce9: 1\n",
    "a shell script in a template": "{{ x }}\nrun: |\n  a \\\n  b\n",
    "many values": "[" + "1," * 100_001 + "1]",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_documents_of_other_tools_are_counted_and_not_checked(work, check, text):
    (work.folder / "m/other.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    ran = check("m", "m/other.yaml", *JSON)
    assert (ran.code, receipt_of(ran)["repos"]) == (0, 1), ran.last_line
    assert sum(receipt_of(ran)["skipped"].values()) >= 1


OURS = {
    "a key of a manifest": "name: a\nstorage_integration_fqn: a:b:c:d:e\n",
    "a key that is nearly one": "name: a\nstorageIntegrationFqn: a:b:c:d:e\n",
    "collaborators": "name: a\ncollaborators: [{subject: 'team:a', role_id: b}]\n",
    "a key that is nearly `type`": "Type: ml-repo\nname: a\n",
    "a type that is nearly one": "typ: mlrepo\nname: a\n",
    "another key": "kind: ml-repo\nname: a\n",
    "a misspelled type": "type: ml_repo\nname: a\n",
    "subjects and permissions": "name: a\nsubjects: []\npermissions: []\n",
    "a list of manifests": "- type: ml-repo\n  name: a\n",
    "a manifest in a wrapper": "manifest: {type: ml-repo, name: a}\n",
    "a merge key in quotes": '"<<": &a {type: ml-repo}\nb: *a\n',
    "an empty document next to one": f"{GOOD.replace('churn', 'other')}---\n",
    "a foreign document next to one of TrueFoundry": f"type: service\n---\n{CONFIG_MAP}",
    "a type that is a placeholder": "type: ${KIND}\nname: a\n",
}


@pytest.mark.parametrize("text", OURS.values(), ids=OURS)
def test_what_looks_like_a_manifest_is_a_finding(work, check, text):
    work(m__a_yaml=text)
    ran = check("m", *JSON)
    assert (ran.code, names_of(ran)) == (1, {"m/a.yaml"}), ran.last_line


def test_strict_asks_for_manifests_only(work, check):
    work(auditor_yaml="files: {strict: true}\n", m__map_yaml=CONFIG_MAP, m__empty_yaml="", m__list_yaml="[1]")
    rules = Counter(each["rule"] for each in json.loads(check("m", *JSON).out)["findings"])
    assert rules == {"MLF001": 1, "MLF002": 1, "MLF003": 1}
    work(m__helm_yaml=HELM)
    ran = check("m")
    assert (ran.code, "m/helm.yaml:1:" in ran.last_line) == (3, True)


BACKSLASH = "\\"
ATTACKS = {
    "plainly": b"type: ml-repo\nname: [\n",
    "by escapes": b'"type": "ml\\x2drepo"\nname: [\n',
    "by short Unicode escapes": b'{"type": "\\u006d\\u006C-repo", "name": [',
    "by long Unicode escapes": b'type: "\\U0000006dl-repo"\nname: [\n',
    "over two lines": b'type: "ml-\\\n   repo"\nname: [\n',
    "over two lines that a Next Line divides": b'type: "ml-\\\xc2\x85  repo"\nname: [\n',
    "in a folded scalar": b"type: >-\n  ml-repo\nname: [\n",
    "in a literal scalar": b"type: |-\n  ml-repo\nname: [\n",
    "by an anchor and an alias": b"x: &t ml-repo\ntype: *t\nname: [\n",
    "by a tag": b"type: !!binary bWwtcmVwbw==\nname: [\n",
    "by a tag in full": b"type: !<tag:yaml.org,2002:binary> bWwtcmVwbw==\nname: [\n",
    "by a tag with an escape": b"type: !!b%69nary bWwtcmVwbw==\nname: [\n",
    "by a tag directive": b"%TAG !b! tag:yaml.org,2002:bin\n---\ntype: !b!ary bWwtcmVwbw==\n",
    "by a tag of Python": b"type: !!python/object/apply:str.lower [ML-REPO]\n",
    "by a tag of text": b"type: !!str ml-repo\nname: a\n",
    "by a duplicate key": b"type: service\ntype: ml-repo\nname: a\n",
    "by a duplicate merge key": b"a: &a {type: service}\nb: &b {type: ml-repo}\n<<: *a\n<<: *b\nname: a\n",
    "in a second document": b"kind: ConfigMap\n---\ntype: ml-repo\nname: [\n",
    "after a document that cannot be read": b"a: @\n---\ntype: ml-repo\nname: a\n",
    "behind a byte order mark": b"\xef\xbb\xbftype: ml-repo\nname: [\n",
    "in UTF-16": "type: ml-repo\nname: a\n".encode("utf-16"),
    "in UTF-16 without a mark": "type: ml-repo\nname: a\n".encode("utf-16-le"),
    "in UTF-32": "type: ml-repo\nname: a\n".encode("utf-32"),
    "next to a byte that is not UTF-8": b"type: ml-repo\nname: a\n# \xe9\n",
    "behind a comment that ends with a backslash": b"x: [\ntype: # \\\n  ml-repo\n",
    "in a file of over 8 MiB": b"# " + b"x" * 8 * 1024 * 1024 + b"\ntype: ml-repo\nname: a\n",
    "next to too many values": b"x: [" + b"1," * 100_001 + b"1]\ntype: ml-repo\n",
    "as a role binding": b"type: role-binding\nname: [\n",
    "by its storage alone": b"storage_integration_fqn: a:b:c:d:e\nname: [\n",
}


@pytest.mark.parametrize("data", ATTACKS.values(), ids=ATTACKS)
def test_a_manifest_that_cannot_be_read_is_never_ignored(work, check, data):
    (work.folder / "m/a.yaml").write_bytes(data)
    ran = check("m", *JSON)
    assert ran.code == 3, ran.last_line
    assert any(each["what"].startswith("m/a.yaml") for each in receipt_of(ran)["unread"])


READ_ANYWAY = {
    "escapes in the key and the type": '{"\\u0074ype": "\\u006dl-repo", "name": "B"}',
    "an alias": "x: &t ml-repo\ntype: *t\nname: B\n",
    "a merge key": "x: &t {type: ml-repo}\n<<: *t\nname: B\n",
    "two merge keys in a list": "x: &t {type: ml-repo}\ny: &u {type: service}\n<<: [*t, *u]\nname: B\n",
    "a folded scalar": "type: >-\n  ml-repo\nname: B\n",
    "a byte order mark": "\ufefftype: ml-repo\nname: B\n",
    "a second document": f"{CONFIG_MAP}---\ntype: ml-repo\nname: B\n",
    "an explicit key": "? type\n: ml-repo\nname: B\n",
    "a continued line": '"type": "ml-\\\n  repo"\nname: B\n',
}


@pytest.mark.parametrize("text", READ_ANYWAY.values(), ids=READ_ANYWAY)
def test_a_manifest_is_checked_however_it_is_written(work, check, text):
    work(m__a_yaml=text)
    ran = check("m", *JSON)
    assert (ran.code, receipt_of(ran)["repos"]) == (1, 2), ran.last_line


def test_files_without_manifests_are_incomplete_unless_allowed(work, check):
    work(k8s__a_yaml=CONFIG_MAP, k8s__b_yaml=HELM)
    ran = check("k8s")
    assert (ran.code, "no ML repos or role bindings in 2 files" in ran.last_line) == (3, True)
    ran = check("k8s/a.yaml", "k8s/b.yaml", "--allow-empty")
    assert ran.code == 0
    assert ran.last_line == "auditor: exit 0, clean: no manifests in 2 files (2 documents skipped) (--allow-empty)"
    work(k8s__c_yaml=BROKEN_MANIFEST)
    assert check("k8s", "--allow-empty").code == 3
    assert check("k8s/a.yaml", "m", "--allow-empty").code == 0


def test_a_link_to_an_excluded_file_is_not_ignored(work, check):
    work(node_modules__x__a_yaml=BAD)
    (work.folder / "m/x").symlink_to("../node_modules/x")
    ran = check(".")
    assert (ran.code, "m/x: it is a link to" in ran.last_line) == (3, True)


def test_what_a_sparse_checkout_leaves_out_is_unread(work, check):
    work(far__a_yaml=BAD, far__b_txt="")
    git(work.folder, "add", "--all")
    git(work.folder, "commit", "--quiet", "--message", "one")
    git(work.folder, "sparse-checkout", "set", "m")
    assert check("m").code == 0
    ran = check(".")
    assert (ran.code, "the checkout is sparse and does not contain far/a.yaml" in ran.last_line) == (3, True)
    assert check(".", "--exclude", "far/").code == 0


def test_a_submodule_is_read_with_its_own_ignores(work, check, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    (other / "a.yaml").write_text(BAD, "utf-8")
    (other / ".gitignore").write_text("b.yaml\n", "utf-8")
    git(other, "add", "--all")
    git(other, "commit", "--quiet", "--message", "one")
    git(work.folder, "submodule", "--quiet", "add", str(other), "deep/sub")
    work(deep__sub__b_yaml=BROKEN_MANIFEST)
    ran = check(".", *JSON)
    assert (ran.code, names_of(ran)) == (1, {"deep/sub/a.yaml"})


def test_variables_of_a_hook_lead_to_no_other_repository(work, check, tmp_path):
    git(work.folder, "add", "--all")
    git(work.folder, "commit", "--quiet", "--message", "one")
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    work(m__new_yaml=BAD)
    env = {"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other), "GIT_INDEX_FILE": str(other / "index")}
    for arguments in (["."], ["m", "--changed-since", "main"], [str(work.folder / "m"), "--changed-since", "main"]):
        ran = check(*arguments, *JSON, env=env)
        assert (ran.code, len(names_of(ran))) == (1, 1), ran.last_line
    elsewhere = check(str(work.folder / "m"), "--changed-since", "main", *JSON, cwd=other, env=env)
    assert receipt_of(elsewhere)["left_out"] == 1


def test_a_work_tree_of_its_own_is_a_repository_too(work, check, tmp_path):
    work(auditor_yaml="{}\n")
    git(work.folder, "add", "--all")
    git(work.folder, "commit", "--quiet", "--message", "one")
    git(work.folder, "worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "side")
    (tmp_path / "tree/new.yaml").write_text(BAD, "utf-8")
    (tmp_path / "tree/.gitignore").write_text("gen/\n", "utf-8")
    (tmp_path / "tree/gen").mkdir()
    (tmp_path / "tree/gen/a.yaml").write_text(BAD, "utf-8")
    ran = check(".", "--changed-since", "main", *JSON, cwd=tmp_path / "tree")
    assert (ran.code, names_of(ran), receipt_of(ran)["left_out"]) == (1, {"new.yaml"}, 1)


def test_a_shallow_checkout_is_named_with_the_command_that_fetches_the_rest(work, check, tmp_path):
    for number in range(3):
        work(**{f"m__{number}_yaml": GOOD.replace("churn", f"c{number}")})
        git(work.folder, "add", "--all")
        git(work.folder, "commit", "--quiet", "--message", "change")
    git(work.folder, "branch", "base", "main~2")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{work.folder}", str(shallow))
    ran = check("m", "--changed-since", "HEAD~1", cwd=shallow)
    assert "since it is shallow; fetch the complete history: `git fetch --unshallow`" in ran.last_line
    ran = check("m", "--changed-since", "origin/base", cwd=shallow)
    command = "git fetch --unshallow origin +refs/heads/base:refs/remotes/origin/base"
    assert ran.code == 2
    assert f"has no commit 'origin/base', since it is shallow; run `{command}` first" in ran.last_line
    git(shallow, *command.split()[1:])
    assert check("m", "--changed-since", "origin/base", cwd=shallow).code == 0


def test_a_partial_clone_that_cannot_fetch_is_refused_with_the_reason(work, check, tmp_path):
    git(work.folder, "config", "uploadpack.allowFilter", "true")
    git(work.folder, "add", "--all")
    git(work.folder, "commit", "--quiet", "--message", "one")
    work(m__good_yaml=BAD)
    git(work.folder, "add", "--all")
    git(work.folder, "commit", "--quiet", "--message", "two")
    partial = tmp_path / "partial"
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{work.folder}", str(partial))
    git(partial, "switch", "--quiet", "--create", "change")
    git(partial, "branch", "base", "HEAD~1")
    git(partial, "remote", "set-url", "origin", "file:///nowhere")
    ran = check("m", "--changed-since", "base", cwd=partial)
    assert ran.code == 2, ran.last_line
    assert "Traceback" not in ran.err


TEMPLATE = """\
type: ml-repo
name: ${NAME}-prod
description: Churn models and runs of ${TEAM}, at $5 each.
storage_integration_fqn: ${STORAGE}
collaborators:
  - subject: team:$TEAM
    role_id: mlf-project-admin
"""
VARIABLES = {"NAME": "churn", "TEAM": "growth", "STORAGE": "acme:aws:aws-prod:blob-storage:ml"}


def test_an_unresolved_placeholder_is_a_finding_and_nothing_else_is_said_of_the_value(work, check):
    work(m__good_yaml=TEMPLATE.replace("name: ${NAME}-prod", "name: churn-prod"))
    ran = check("m", *JSON)
    findings = json.loads(ran.out)["findings"]
    assert [(each["rule"], each["path"]) for each in findings] == [
        ("MLF010", "/description"),
        ("MLF010", "/storage_integration_fqn"),
    ]
    (entry,) = [each for each in json.loads(ran.out)["not_evaluated"] if "placeholder" in each["reason"]]
    rules = {rule["rule"] for rule in entry["rules"]}
    assert {"MLR001", "MLR010"} <= rules
    assert not {"MLR020", "MLR030"} & rules  # grants and the name are known


def test_placeholders_are_filled_in_from_a_file_or_the_environment_as_envsubst_does(work, check):
    work(m__good_yaml=TEMPLATE)
    lines = "".join(f"{name}={value}\n" for name, value in VARIABLES.items())
    (work.folder / "prod.env").write_text(f"# values\n\n{lines}", "utf-8")
    filled = TEMPLATE.replace("$TEAM", "growth")
    for name, value in VARIABLES.items():
        filled = filled.replace(f"${{{name}}}", value)
    if envsubst := shutil.which("envsubst"):
        assert subprocess.check_output([envsubst], input=TEMPLATE, text=True, env=VARIABLES) == filled
    by_hand = check("-", *JSON, stdin=filled)
    for arguments, env in ((["--env-file", "prod.env"], {}), (["--substitute-env"], VARIABLES)):
        ran = check("m", *arguments, *JSON, env=env)
        assert (ran.code, json.loads(ran.out)["findings"]) == (0, json.loads(by_hand.out)["findings"])
    ran = check("m", "--env-file", "prod.env", "--substitute-env", *JSON, env={"NAME": "x"})
    assert ran.code == 0


def test_a_variable_that_looks_like_a_secret_is_never_filled_in(work, check):
    names = ("TFY_API_KEY", "GITHUB_TOKEN", "DB_PASSWORD", "MY_SECRET", "SIGNING_KEY")
    work(m__good_yaml=GOOD.replace("Churn models", " ".join(f"${{{name}}}" for name in names)))
    ran = check("m", "--substitute-env", *JSON, env=dict.fromkeys(names, "hunter2"))
    assert (ran.code, "hunter2" in ran.out + ran.err) == (1, False)


@pytest.mark.parametrize(
    ("text", "words"), [("NAME\n", "prod.env:1: expected NAME=VALUE"), (None, "--env-file prod.env cannot be read")]
)
def test_a_wrong_file_of_variables_is_refused(work, check, text, words):
    if text:
        (work.folder / "prod.env").write_text(text, "utf-8")
    ran = check("m", "--env-file", "prod.env")
    assert (ran.code, words in ran.last_line) == (2, True)


def test_with_a_file_of_variables_an_unchanged_document_is_still_unchanged(work, check):
    work(m__good_yaml=f"{TEMPLATE}---\n{GOOD.replace('churn', 'second')}")
    (work.folder / "prod.env").write_text("".join(f"{name}={value}\n" for name, value in VARIABLES.items()), "utf-8")
    git(work.folder, "add", "--all")
    git(work.folder, "commit", "--quiet", "--message", "one")
    work(m__good_yaml=f"{TEMPLATE}---\n{GOOD.replace('churn', 'third')}")
    ran = check("m", "--changed-since", "main", "--env-file", "prod.env", *JSON)
    assert (receipt_of(ran)["repos"], receipt_of(ran)["left_out"]) == (1, 1)
