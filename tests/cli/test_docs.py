"""Every command that the docs show is run, in a folder that has the files which the docs show."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import jsonschema
import pytest

from auditor.demo import sample_directory, sample_tenant
from auditor.documents import read_yaml
from auditor.policy import load_policy
from auditor.resources import schema

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == language]


def commands() -> list[tuple[str, str, str]]:
    """Return page, command and the output shown below it, empty if none is."""
    found = []
    for page in PAGES:
        for block in blocks(page, "console"):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append((page.name, command, output.strip()))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the docs speak of."""
    packs = [text for page in PAGES for text in blocks(page, "yaml") if "policy: 1" in text]
    (tmp_path / "acme.yaml").write_text(max(packs, key=len), "utf-8")
    misspelt = next(text for text in packs if "ACME001" in text).replace("manifest.name", "manifest.descripton")
    start = misspelt.index("policy: 1")
    (tmp_path / "misspelt.yaml").write_text(misspelt[start:], "utf-8")
    (tmp_path / "manifests").mkdir()
    rows = sample_tenant()
    for row in [*rows, *sample_directory(rows)["role-bindings"]]:
        file = tmp_path / "manifests" / f"{row['id']}.json"
        file.write_text(json.dumps(row["manifest"]), "utf-8")
    return tmp_path


@pytest.mark.parametrize(("page", "command", "output"), [each for each in commands() if each[1].startswith("auditor ")])
def test_a_shown_command_does_what_the_docs_say(page, command, output, folder, run_auditor, start_plane, environment):
    arguments = shlex.split(command)[1:]
    env = environment(start_plane())
    if "--serve" in arguments:
        with pytest.raises(subprocess.TimeoutExpired) as stopped:
            run_auditor(*arguments, env=env, cwd=folder, timeout=3)
        assert b"export TFY_HOST=" in (stopped.value.stdout or b"")
        return
    if "tenant.ndjson.gz" in command and arguments[0] in {"access", "audit", "drift"}:
        assert run_auditor("fetch", "--output", "tenant.ndjson.gz", env=env, cwd=folder).code == 0
    ran = run_auditor(*arguments, env=env, cwd=folder)
    assert ran.code == (
        2
        if "misspelt" in command
        else 1
        if arguments[0] in {"audit", "demo"} or command.startswith("auditor fix m")
        else 0
    ), ran.err
    if output:
        assert _without_places(output) == _without_places(ran.err.strip())


def _without_places(text: str) -> str:
    return re.sub(r":[0-9]+:[0-9]+:", ":", text)


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
        if "policy: 1" in text:
            file = tmp_path / f"{number}.yaml"
            file.write_text(text, "utf-8")
            load_policy([str(file)])
            jsonschema.validate(document, schema("policy"))
        elif isinstance(document, dict) and "policies" in document:
            jsonschema.validate(document, schema("config"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_shipped_packs_keep_the_schema_that_editors_use():
    for path in (ROOT / "policies").glob("*.yaml"):
        jsonschema.validate(read_yaml(path.read_bytes(), path.name).plain(), schema("policy"))
