"""`auditor check` as the author of a change runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from auditor.demo import sample_directory, sample_tenant
from tests.samples import MANIFEST
from tests.schemas import assert_valid

GOOD = MANIFEST.format(name="fraud-scoring-prod")
BAD = GOOD.replace("team:fraud-ml", "user:sam@example.com")
CARD = """\
repo.yaml:6:14: HIGH user-as-admin (MLR020)
  6 |   - subject: user:sam@example.com
    |              ^^^^^^^^^^^^^^^^^^^^
  user:sam@example.com has admin role mlf-project-admin on fraud-scoring-prod
  directly (inline); grant it to a team
  got       "user"
  expected  not a user
  fix       Add the user to a team, grant the role to that team, and remove the
            user's own grant from the manifest or role binding.
  docs      https://mlrepo-auditor.github.io/mlrepo-auditor/latest/rules/MLR020/
  accept    - {rule: MLR020, repo: fraud-scoring-prod, subject:
            "user:sam@example.com", reason: ..., owner: ..., expires: ...}
"""


@pytest.fixture
def check(run_auditor, tmp_path):
    """Write files and check them."""

    def run(*arguments: str, files: dict[str, str] | None = None, **more):
        for name, text in (files or {}).items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        return run_auditor("check", *arguments, **more)

    return run


def test_a_finding_is_a_card_with_its_line_the_fix_and_the_waiver(check):
    ran = check("repo.yaml", files={"repo.yaml": BAD}, env={"COLUMNS": "80"})
    assert ran.code == 1
    assert ran.out.startswith(CARD)
    assert "2 findings in 1 manifest of 1 file: 1 high, 1 medium" in ran.out
    assert ran.out.splitlines()[-2].startswith("FINDINGS: ")
    assert ran.last_line.startswith("auditor: exit 1, findings: 1 repo checked, 2 findings at or above low")


def test_a_clean_manifest_needs_no_network_and_no_credentials_and_lists_skipped_rules(check):
    ran = check("repo.yaml", files={"repo.yaml": GOOD})
    assert ran.code == 0
    assert "1 file: 1 repo, 0 role bindings" in ran.out
    assert "MLR011, MLR040" in ran.out
    assert check("repo.yaml", "--unavailable", "incomplete").code == 3


def test_stdin_is_checked(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "auditor", "check", "-"]
    done = subprocess.run(command, input=BAD, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>:6:14: HIGH user-as-admin (MLR020)")


def test_options_change_nothing_about_the_findings(check):
    plain = check("repo.yaml", files={"repo.yaml": BAD}, env={"SOURCE_DATE_EPOCH": "1767225600"})
    assert check("repo.yaml", "--quiet", env={"SOURCE_DATE_EPOCH": "1767225600"}) == plain
    assert check("repo.yaml", env={"SOURCE_DATE_EPOCH": "1767225600", "AUDITOR_FAIL_ON": "critical"}).code == 0
    assert check("repo.yaml", "--fail-on", "critical").code == 0
    assert check("repo.yaml", "--exit-zero").code == 0


def test_the_json_report_keeps_its_schema_and_has_the_places(check):
    files = {"m/repo.yaml": f"{BAD}---\ntype: service\nname: api\n"}
    report = json.loads(check("m", "-f", "json", files=files).out)
    assert_valid(report, "report")
    places = [finding["location"] for finding in report["findings"]]
    assert ("m/repo.yaml", 6, 14) in [(each["file"], each["line"], each["column"]) for each in places]
    assert report["receipt"]["skipped"] == {"service": 1}
    assert report["receipt"]["host"] is None


def test_a_file_and_the_live_repo_have_the_same_findings(check, run_auditor, start_plane, environment):
    rows = [row for row in sample_tenant() if row["manifest"].get("collaborators")]
    files = {f"m/{number}.json": json.dumps(row["manifest"]) for number, row in enumerate(rows)}
    checked = json.loads(check("m", "-f", "json", files=files).out)
    nothing = {key: [] for key in sample_directory(rows)}
    audited = json.loads(run_auditor("audit", "-f", "json", env=environment(start_plane(rows, directory=nothing))).out)
    local = {each["fingerprint"] for each in checked["findings"] if not each["rule"].startswith("MLF")}
    live = {each["fingerprint"] for each in audited["findings"] if each["rule"] not in {"MLR011", "MLR040"}}
    assert local == live
    assert len(local) > 10


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["manifest"], 2, "no such file or directory: 'manifest'; did you mean 'manifests'?"),
        (["manifests/*.json"], 2, "matches no manifest file"),
        (["empty"], 3, "no ML repos or role bindings in 0 files; pass files"),
        (["others"], 3, "in 1 file (1 document skipped); pass files"),
        (["manifests", "broken.yaml"], 3, "broken.yaml:2:4: invalid YAML: "),
        ([], 2, "Missing argument 'PATH...'"),
        (["manifests", "--quite"], 2, "--quite"),
    ],
)
def test_what_is_not_seen_is_never_clean(check, tmp_path, arguments, code, words):
    (tmp_path / "empty").mkdir()
    files = {"manifests/a.yaml": GOOD, "others/a.yaml": "type: service\n", "broken.yaml": "type: ml-repo\na: @"}
    ran = check(*arguments, files=files)
    assert ran.code == code
    assert words in ran.last_line
    assert "CLEAN" not in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_a_folder_without_repos_may_be_expected(check):
    files = {"m/a.yaml": "type: service\n", "auditor.yaml": "expect: {min_repos: 0}\n"}
    ran = check("m", files=files)
    assert (ran.code, "(1 document skipped) (min_repos: 0)" in ran.last_line) == (0, True), ran.last_line


def test_the_configuration_in_the_folder_is_no_manifest(check):
    files = {"a.yaml": GOOD, "auditor.yaml": "fail_on: high\n", "pack.yaml": "policy: 1\nname: acme\n"}
    ran = check(".", files=files)
    assert ran.code == 0, ran.out
    assert "2 documents skipped (auditor's own files: 2)" in " ".join(ran.out.split())


def test_hostile_text_moves_no_cursor_and_fakes_no_line(check):
    name = r'"\e[2J::error::\u202Ex"'
    files = {"a.yaml": GOOD.replace("fraud-scoring-prod", name), "::error::x.yaml": BAD + "x: \x85::error::\n"}
    ran = check(".", files=files)
    assert ran.code == 1
    text = ran.out + ran.err
    assert not [char for char in text if not char.isprintable() and char != "\n"]
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize("kind", ['["ml-repo"]', '{"ml-repo": 1}', "1", "null", "[[]]"])
def test_a_type_that_is_no_text_is_a_finding(check, kind):
    text = f'{{"type": {kind}, "storage_integration_fqn": "x"}}'
    ran = check("a.json", "r.yaml", files={"a.json": text, "r.yaml": GOOD})
    assert ran.code == 1, ran.err
    assert "a.json:1:" in ran.out


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_cards_keep_to_the_terminal_and_underline_what_is_meant(check, columns):
    grant = f"  - {{x: {'日本' * 40}, subject: 'user:{'s' * 60}@example.com', role_id: mlf-project-admin}}\n"
    files = {"r.yaml": GOOD[: GOOD.index("  - subject")] + grant}
    lines = check("r.yaml", files=files, env={"COLUMNS": str(columns)}).out.splitlines()
    source, marks = lines[1], lines[2]
    assert max(map(wide, lines[:3])) <= columns
    start = wide(source[: source.index("user:sss")])
    assert marks.index("^") == start - 1  # the quotes are part of the value
    assert not [line for line in lines if wide(line) > columns and "https://" not in line]


def wide(text: str) -> int:
    """Return how many columns a text takes; all wide characters here are from one block."""
    return sum(1 + ("\u3000" < char < "\uffff") for char in text)


def test_beyond_fifty_findings_each_gets_a_line(check):
    ran = check("m", files={f"m/{n}.yaml": GOOD.replace("fraud-scoring-prod", f"Repo-{n}") for n in range(60)})
    assert sum(line.rstrip("^").strip() == "|" for line in ran.out.splitlines()) == 50
    assert "and 10 more (--all lists them in full):" in ran.out
    assert ran.out.count("LOW unconventional-name (MLR030)") == 60


NOT_NEEDED = ("requests", "rich", "jsonschema", "auditor.demo")


@pytest.mark.parametrize("module", NOT_NEEDED)
def test_a_plain_check_imports_nothing_that_it_does_not_need(module, tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD, "utf-8")
    code = f"import sys; from auditor.cli import run; run(['check', 'a.yaml']); sys.exit({module!r} in sys.modules)"
    env = {key: value for key, value in os.environ.items() if not key.startswith("AUDITOR_")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, check=False)
    assert done.returncode == 0, module
