"""Every command in the docs runs, in a folder with the files that the docs show."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.demo import sample_directory, sample_tenant
from auditor.documents import read_yaml
from auditor.policy import load_policy
from auditor.policy_tools import LINTS
from auditor.triage import parse_waivers
from tests.git import git
from tests.schemas import assert_valid

OF_TENANT = {"drift.md", "fix.md"}
ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
RAN = {
    "adopting": [
        "fetch",
        *["audit", "baseline", "audit", "waivers", "audit", "baseline", "audit", "audit", "diff", "policy"],
    ],
    "tutorial": ["demo", "explain", "check", "check", "policy", "check"],
}
"""The commands of these pages; the pages about other tools test a pack and check a manifest."""
GUIDE = ROOT / "docs" / "writing-policies.md"
ADOPTING = ROOT / "docs" / "adopting.md"
WALKS = [ADOPTING, ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "coming-from").glob("*.md"))]
"""Pages whose commands run from top to bottom in one folder, with the files that the page shows."""
FILE = re.compile(r"`([\w-]+(?:\.[\w-]+)+)`:\n+\Z")


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == language]


def commands() -> list[tuple[str, str, str]]:
    """Return the page, each command and the output below it, which is empty if none is shown."""
    return [
        (page.name, command, output)
        for page in PAGES
        if page not in {GUIDE, *WALKS}
        for block in blocks(page, "console")
        for command, output in commands_of(block)
    ]


def commands_of(block: str) -> list[tuple[str, str]]:
    """Return each command of a block and the output below it."""
    parts = (part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
    return [(command, output.strip()) for command, _, output in parts]


def _shown() -> dict[str, str]:
    """Return the manifests that the docs show."""
    shown = [text for page in PAGES if page not in WALKS for text in blocks(page, "yaml") if "type: ml-repo" in text]
    return {f"{number}.yaml": text for number, text in enumerate(shown)}


def _tenant() -> dict[str, str]:
    """Return the manifests of everything in the sample tenant."""
    rows = sample_tenant()
    return {
        f"{row['id']}.json": json.dumps(row["manifest"]) for row in (*rows, *sample_directory(rows)["role-bindings"])
    }


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with the files that the docs refer to."""
    pages = [page for page in PAGES if page not in {GUIDE, *WALKS}]
    packs = [text for page in pages for text in blocks(page, "yaml") if "policy: 1" in text]
    (tmp_path / "acme.yaml").write_text(max(packs, key=len), "utf-8")
    _repository(tmp_path)
    (tmp_path / "redact.key").write_text("correct-horse-battery-staple", "utf-8")
    (tmp_path / "redact.key").chmod(0o600)
    (tmp_path / "manifests").mkdir()
    page = request.node.callspec.params["page"] if hasattr(request.node, "callspec") else ""
    for name, text in (_tenant() if page in OF_TENANT else _shown()).items():
        (tmp_path / "manifests" / name).write_text(text, "utf-8")
    return tmp_path


def _repository(folder: Path) -> None:
    """Create a repository whose `origin/main` has the packs, but not the manifests yet."""
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message=packs"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        git(folder, *arguments)


@pytest.mark.parametrize(("page", "command", "output"), [each for each in commands() if each[1].startswith("auditor ")])
def test_a_shown_command_does_what_the_docs_say(page, command, output, folder, run_auditor, start_plane, environment):
    arguments = shlex.split(command)[1:]
    env = environment(start_plane())
    if "--serve" in arguments:
        serve = [sys.executable, "-m", "auditor", *arguments]
        with subprocess.Popen(serve, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
            assert any(line.startswith("export TFY_HOST=") for line in process.stdout)
            process.terminate()
        return
    if "tenant.ndjson.gz" in command and arguments[0] in {"access", "audit", "check", "drift"}:
        assert run_auditor("fetch", "--output", "tenant.ndjson.gz", env=env, cwd=folder).code == 0
    if arguments[0] == "convert":
        assert run_auditor("audit", "--report", "json=report.json", env=env, cwd=folder).code == 1
    if page == "history.md" and arguments[0] == "history":
        assert run_auditor("audit", "--history", "history.db", env=env, cwd=folder).code == 1
    ran = run_auditor(*arguments, env=env, cwd=folder)
    found = arguments[0] in {"audit", "check", "convert", "demo"} or command.startswith("auditor fix m")
    assert ran.code == (2 if "misspelled" in command else int(found)), ran.err
    if output:
        assert output == ran.err.strip()


def test_the_guide_works_from_top_to_bottom_in_one_folder(tmp_path, run_auditor, start_plane, environment):
    text, env = GUIDE.read_text("utf-8"), environment(start_plane())
    ran = []
    for block in BLOCK.finditer(text):
        language, content = block.groups()
        named = FILE.search(text[: block.start()])
        if language == "console":
            for command, output in commands_of(content):
                assert output or not named
                done = run_auditor(*shlex.split(command)[1:], env=env, cwd=tmp_path)
                expected = 2 if "exit 2" in output else 1 if " demo " in command else 0
                assert done.code == expected, f"{command}: {done.out}{done.err}"
                assert not output or output == done.err.strip()
                ran.append(command.split()[1])
        elif named:
            (tmp_path / named[1]).write_text(content, "utf-8")
            _keeps_its_schema(content)
    assert {"policy", "demo", "explain", "rules", "fetch"} <= set(ran)


@pytest.mark.parametrize("page", WALKS, ids=lambda page: page.stem)
def test_a_page_works_from_top_to_bottom_in_one_folder(page, tmp_path, run_auditor, start_plane, environment):
    text = page.read_text("utf-8")
    env = {
        **environment(start_plane()),
        "SOURCE_DATE_EPOCH": "1800000000",
    }  # in January 2027, before the waiver expires
    ran = []
    for block in BLOCK.finditer(text):
        language, content = block.groups()
        if language == "console":
            for command, output in commands_of(content):
                if not command.startswith("auditor "):
                    continue
                done = run_auditor(*shlex.split(command)[1:], env=env, cwd=tmp_path)
                expected = re.search(r"exit (\d)", output)
                assert done.code == (int(expected[1]) if expected else 0), f"{command}: {done.out}{done.err}"
                assert not output or output == done.last_line
                ran.append(command.split()[1])
        elif named := FILE.search(text[: block.start()]):
            (tmp_path / named[1]).write_text(content, "utf-8")
    assert ran == RAN.get(page.stem, ["policy", "check"])


def test_the_waivers_in_the_docs_keep_their_schema():
    shown = [text for page in PAGES for text in blocks(page, "yaml") if re.search(r"^waivers:$", text, re.MULTILINE)]
    assert shown
    for text in shown:
        assert_valid(read_yaml(text.encode(), "docs").plain(), "waivers")
        assert parse_waivers(text, "waivers.yaml")


def _keeps_its_schema(text: str) -> None:
    document = read_yaml(text.encode(), "guide").plain() if ":" in text.splitlines()[0] else None
    for key, name in (("policy", "policy"), ("policy_test", "policy-test")):
        if isinstance(document, dict) and key in document and "descripton" not in text:
            assert_valid(document, name)


def test_the_guide_names_every_lint():
    text = GUIDE.read_text("utf-8")
    assert not [name for name in LINTS if f"`{name}`" not in text]


def test_every_command_in_the_docs_is_known_to_this_test():
    others = {command for _, command, _ in commands() if not command.startswith("auditor ")}
    assert others == {"make demo", "make test", "pip install mlrepo-auditor"}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^demo:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_packs_and_configurations_in_the_docs_are_right(page, tmp_path):
    for number, text in enumerate(blocks(page, "yaml")):
        document = read_yaml(text.encode(), page.name).plain()
        if "policy: 1" in text and page != GUIDE:
            file = tmp_path / f"{number}.yaml"
            file.write_text(text, "utf-8")
            load_policy([str(file)])
            assert_valid(document, "policy")
        elif isinstance(document, dict) and "policies" in document and "resource:" not in text:  # Cloud Custodian's
            assert_valid(document, "config")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_shipped_packs_keep_the_schema_that_editors_use():
    for path in (ROOT / "policies").glob("*.yaml"):
        assert_valid(read_yaml(path.read_bytes(), path.name).plain(), "policy")


def test_the_pictures_of_pages_show_the_pages_of_today():
    command = [sys.executable, "-c", "import json, pictures; print(json.dumps(pictures.digests()))"]
    done = subprocess.run(command, cwd=ROOT / "docs", capture_output=True, text=True, check=True)
    taken = json.loads((ROOT / "docs" / "pictures" / "sources.json").read_text("utf-8"))
    assert json.loads(done.stdout) == taken, "run `make pictures` and look at them"


def test_every_picture_that_is_shown_exists_and_every_one_is_shown():
    shown = {
        name.rpartition("/")[2] for page in PAGES for name in re.findall(r"pictures/[\w.-]+", page.read_text("utf-8"))
    }
    assert shown == {each.name for each in (ROOT / "docs" / "pictures").iterdir()} - {"sources.json"}
