"""`auditor fix`: complete commands on real files."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from auditor.autofix import FIXES
from auditor.cli import run
from tests.conftest import Ran
from tests.live.audits import kept_signals

HEALTHY = """\
# The fraud team's.
type: ml-repo
name: fraud-prod
description: Production models of the card fraud scoring service
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml
collaborators:
  - subject: team:fraud-ml
    role_id: mlf-project-admin
"""
WRONG = HEALTHY.replace("team:fraud-ml\n", "'team:fraud-ml '   # why\n").replace("-admin", "-Admin")
UNSAFE = HEALTHY.replace("team:fraud-ml", "user:sam@example.com")


@pytest.fixture
def fix(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "m").mkdir()

    def ask(*arguments, command="fix"):
        with kept_signals():
            code = run([command, *arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ask


def put(folder, text, name="a.yaml"):
    (folder / "m" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / "m" / name


def test_nothing_to_fix(fix, tmp_path):
    path = put(tmp_path, HEALTHY)
    ran = fix("m")
    assert (ran.code, ran.out, path.read_text()) == (0, "", HEALTHY)


def test_a_file_is_fixed_and_then_has_no_findings_left(fix, tmp_path):
    path = put(tmp_path, WRONG)
    path.chmod(0o640)
    ran = fix("m")
    assert ran.code == 0, ran.err
    assert path.read_text() == HEALTHY.replace("team:fraud-ml\n", "'team:fraud-ml'   # why\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [line.split(": ")[1] for line in ran.out.splitlines()] == ["blanks-around-text", "uppercase-role-id"]
    assert (fix("m").code, fix("m").out) == (0, "")
    assert fix("m", command="check").code == 0
    assert [each.name for each in (tmp_path / "m").iterdir()] == ["a.yaml"]


def test_a_diff_is_printed_and_nothing_is_written(fix, tmp_path):
    path = put(tmp_path, WRONG)
    ran = fix("m", "--diff")
    assert (ran.code, path.read_text()) == (1, WRONG)
    assert "2 fixes available (not applied)" in ran.last_line
    changed = [line for line in ran.out.splitlines() if line[0] in "+-" and line[:3] not in {"+++", "---"}]
    assert changed == [
        "-  - subject: 'team:fraud-ml '   # why",
        "-    role_id: mlf-project-Admin",
        "+  - subject: 'team:fraud-ml'   # why",
        "+    role_id: mlf-project-admin",
    ]


ACTING = "# \u202eturned\n# \u26a0\ufe0f\u00a0sign\n"
COMMANDS = f"{WRONG}notes: |\n  ::warning::taken\n"


def printed(folder, *, into_file, **env):
    """Return stdout of `auditor fix . --diff`, byte for byte, to a file or a pipe, and stderr."""
    with (folder.parent / "a.patch").open("w+b") as file:
        done = subprocess.run(
            [sys.executable, "-m", "auditor", "fix", ".", "--diff"],
            cwd=folder,
            env={**os.environ, "HOME": str(folder), **env},
            stdout=file if into_file else subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        file.seek(0)
        assert done.returncode == 1, done.stderr
        return file.read() if into_file else done.stdout, done.stderr.decode()


def git_apply(folder, patch, *arguments):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(
        ["git", "apply", *arguments, "-"], cwd=folder, env=env, input=patch, capture_output=True, check=False
    )


@pytest.mark.parametrize("into_file", [False, True])
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("lf.yaml", WRONG.encode()),
        ("crlf.yaml", WRONG.replace("\n", "\r\n").encode()),
        ("mixed.yaml", WRONG.replace("ml-repo\n", "ml-repo\r\n").replace("# why\n", "# why\r\n").encode()),
        ("bom.yaml", WRONG.removeprefix("# The fraud team's.\n").encode("utf-8-sig")),
        ("bom-and-crlf.yaml", WRONG.replace("\n", "\r\n").encode("utf-8-sig")),
        ("bom-in-the-changed-line.yaml", b"\xef\xbb\xbf{description: ' Models of the card team '," + b"type: ml-repo}"),
        ("no-last-line-end.yaml", WRONG.removesuffix("\n").encode()),
        ("no-last-line-end-crlf.yaml", WRONG.removesuffix("\n").replace("\n", "\r\n").encode()),
        ("one-line.json", b'{"type": "ml-repo", "name": "a", "description": " Models of the card team"}'),
        ("lines.json", b'{\r\n\t"type": "ml-repo",\r\n\t"name": "a",\r\n\t"description": " Models "\r\n}\r\n'),
        ("acting.yaml", (WRONG + ACTING).encode()),
        ("a b.yaml", WRONG.encode()),
        ('caf\u00e9 "x"\\\t.yaml', WRONG.encode()),
        ("below/a.yaml", WRONG.encode()),
    ],
)
def test_a_diff_is_a_patch_that_git_applies_with_the_same_result(fix, tmp_path, name, data, into_file):
    (tmp_path / "m" / "below").mkdir()
    path = put(tmp_path, data, name)
    patch, reported = printed(tmp_path / "m", into_file=into_file, PYTHONIOENCODING="ascii")
    assert "is no patch" not in reported
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    for arguments in ("--check",), ():
        applied = git_apply(tmp_path / "m", patch, *arguments)
        assert applied.returncode == 0, applied.stderr
    by_git = path.read_bytes()
    path.write_bytes(data)
    fix("m")
    assert by_git == path.read_bytes() != data


def test_a_diff_for_absolute_paths_is_a_patch_too(fix, tmp_path):
    put(tmp_path, WRONG)
    ran = fix(str(tmp_path / "m"), "--diff")
    assert git_apply(tmp_path, ran.out.encode(), "--check").returncode == 0


def test_a_diff_in_a_pipe_gives_a_runner_no_command_and_says_that_it_is_no_patch(fix, tmp_path):
    put(tmp_path, COMMANDS)
    put(tmp_path, WRONG, "b.yaml")
    piped, reported = printed(tmp_path / "m", into_file=False)
    assert not any(line.lstrip().startswith(b"::") for line in piped.splitlines())
    assert "the diff of a.yaml is not a valid patch" in reported
    assert "b.yaml is no patch" not in reported
    patch, reported = printed(tmp_path / "m", into_file=True)
    assert "is no patch" not in reported
    assert git_apply(tmp_path / "m", patch, "--check").returncode == 0


def test_what_only_a_person_can_fix_is_reported_with_advice(fix, tmp_path):
    path = put(tmp_path, UNSAFE)
    for arguments in ((), ("--diff",)):
        ran = fix("m", *arguments)
        assert ran.code == 1
        reported = ran.err if arguments else ran.out
        assert (
            "m/a.yaml:7:14: MLR020 user-as-admin (high): user:sam@example.com has admin role mlf-project-admin"
            in reported
        )
        assert "Add the user to a team" in reported
    assert path.read_text() == UNSAFE
    assert fix("m", "--fail-on", "critical").code == 0


def test_a_repo_whose_grants_are_nowhere_is_reported(fix, tmp_path):
    bare = HEALTHY[: HEALTHY.index("collaborators")]
    put(tmp_path, bare)
    assert "no role binding in these files grants access to it" in fix("m").out
    put(
        tmp_path,
        f"{bare}---\ntype: role-binding\nname: moved\nsubjects: [{{type: team, name: fraud-ml}}]\n"
        "permissions: [{resourceType: mlf-project, resourceFqn: fraud-prod, role: mlf-project-admin}]\n",
    )
    ran = fix("m")
    assert (ran.code, ran.out) == (0, "")


@pytest.mark.parametrize("wrong", ["x: [\n", "name: twice\n", b"\xff\n"])
def test_a_file_that_cannot_be_read_is_left_alone_and_the_run_is_incomplete(fix, tmp_path, wrong):
    data = WRONG.encode() + (wrong if isinstance(wrong, bytes) else wrong.encode())
    path, other = put(tmp_path, data), put(tmp_path, WRONG.replace("fraud-prod", "fraud-dev"), "b.yaml")
    ran = fix("m")
    assert (ran.code, path.read_bytes()) == (3, data)
    assert "Admin" not in other.read_text()
    assert "not read: m/a.yaml" in ran.err
    assert ran.last_line.startswith("auditor: exit 3, incomplete: m/a.yaml")
    assert (fix("m", "--diff").code, fix("m", "--diff").last_line) == (3, ran.last_line)


def test_a_repo_without_a_name_and_grants_is_reported_without_python(fix, tmp_path):
    put(tmp_path, "type: ml-repo\n")
    assert "m/a.yaml: a repo without a name has no collaborators" in fix("m").out


def test_line_ends_and_the_byte_order_mark_stay(fix, tmp_path):
    path = put(tmp_path, b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    assert fix("m").code == 0
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# The")
    assert data.count(b"\n") == data.count(b"\r\n") == WRONG.count("\n")


def test_json_is_fixed(fix, tmp_path):
    text = (
        '{"type": "ml-repo", "name": "fraud-prod", "description": "Models of the card\\nfraud scoring service", '
        '"storage_integration_fqn": "a:aws:b:blob-storage:c", '
        '"collaborators": [{"subject": "team:x", "role_id": "mlf-project-admin"}]}'
    )
    path = put(tmp_path, text, "a.json")
    assert fix("m").code == 0
    assert path.read_text() == text.replace("card\\nfraud", "card fraud")


def test_nothing_is_written_through_a_link_out_of_the_tree(fix, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text(WRONG)
    (tmp_path / "m" / "link.yaml").symlink_to(outside)
    ran = fix("m")
    assert (ran.code, outside.read_text()) == (3, WRONG)
    ran = fix("m/link.yaml")
    assert (ran.code, outside.read_text()) == (1, WRONG)
    assert "was not changed: it is a link to" in ran.err
    assert fix("outside.yaml").code == 0
    assert outside.read_text() != WRONG


def test_a_file_that_changed_meanwhile_is_left_alone(fix, tmp_path, monkeypatch):
    from auditor.autofix import files

    path = put(tmp_path, WRONG)
    fix_text = files.fix_text

    def slow(*arguments):
        result = fix_text(*arguments)
        path.write_text(f"{WRONG}# more\n")
        return result

    monkeypatch.setattr(files, "fix_text", slow)
    ran = fix("m")
    assert (ran.code, path.read_text()) == (3, f"{WRONG}# more\n")
    assert "it changed while it was being fixed" in ran.err


def test_a_folder_that_cannot_be_written_loses_nothing(fix, tmp_path, monkeypatch):
    path = put(tmp_path, WRONG)

    def refuse(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auditor.files.tempfile.mkstemp", refuse)
    ran = fix("m")
    assert (ran.code, path.read_text()) == (5, WRONG)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "no files were passed"),
        (("-",), "fix cannot rewrite stdin"),
        (("nowhere",), "no such file or directory"),
    ],
)
def test_wrong_usage_is_invalid(fix, arguments, reason):
    ran = fix(*arguments)
    assert (ran.code, reason in ran.last_line) == (2, True)


def test_the_fixes_are_listed(fix):
    ran = fix("--list")
    assert ran.code == 0
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == [each.name for each in FIXES]


def test_nothing_from_a_file_reaches_the_terminal_as_it_is(fix, tmp_path):
    put(tmp_path, f'{WRONG}  - {{subject: "user:\\x1b[31m", role_id: "::error::x"}}\n# \u202e::warning::\n::x: "y"\n')
    for arguments in (("--diff",), ()):
        ran = fix("m", *arguments)
        assert not {"\x1b", "\u202e"} & set(ran.out + ran.err)
        assert not any(line.lstrip().startswith("::") for line in (ran.out + ran.err).splitlines())


NEEDS_RUNS = """\
policy: 1
name: acme
version: "1"
title: Acme
rules:
  - id: ACME001
    name: blank-description
    title: Every repo has a description
    severity: low
    must: {manifest.description: {blank: false}}
  - id: ACME002
    name: unused-repo
    title: Every repo has runs
    severity: low
    must: {repo.num_runs: {gt: 0}}
"""


@pytest.mark.parametrize(
    ("written", "option", "variable", "code"),
    [
        ("", (), None, 0),
        ("", ("--unavailable", "skip"), "incomplete", 0),
        ("", ("--unavailable", "incomplete"), None, 3),
        ("", (), "incomplete", 3),
        ("incomplete", (), None, 3),
        ("incomplete", (), "skip", 0),
        ("skip", (), None, 0),
    ],
)
@pytest.mark.parametrize("command", ["fix", "check"])
def test_rules_not_evaluated_mean_the_same_to_fix_and_check(
    written, option, variable, code, command, fix, tmp_path, monkeypatch
):
    put(tmp_path, HEALTHY)
    (tmp_path / "acme.yaml").write_text(NEEDS_RUNS + (f"    when_unavailable: {written}\n" if written else ""), "utf-8")
    if variable:
        monkeypatch.setenv("AUDITOR_UNAVAILABLE", variable)
    ran = fix("m", "--policy", "acme.yaml", *option, "--report", "json=report.json", command=command)
    assert ran.code == code, ran.err
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["verdict"]["complete"] is (code == 0)
    assert (f"(AUDITOR_UNAVAILABLE={variable})" in ran.last_line) is (variable == "skip")


@pytest.mark.parametrize("option", [(), ("--diff",)])
def test_a_fix_that_was_made_in_an_incomplete_run_is_still_incomplete(option, fix, tmp_path):
    path = put(tmp_path, WRONG)
    put(tmp_path, "type: ml-repo\na: @", "broken.yaml")
    ran = fix("m", *option, "--report", "json=report.json")
    assert (ran.code, path.read_text() == WRONG) == (3, bool(option))
    verdict = json.loads((tmp_path / "report.json").read_text("utf-8"))["verdict"]
    assert (verdict["status"], verdict["exit_code"], verdict["complete"]) == ("incomplete", 3, False)


def test_a_report_never_overwrites_a_manifest_to_fix(fix, tmp_path):
    path = put(tmp_path, WRONG)
    ran = fix("m", "--report", "json=m/a.yaml")
    assert (ran.code, path.read_text()) == (2, WRONG)
