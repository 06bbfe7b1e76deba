"""Folders with manifests and policies, and what the language server finds in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.cli.lsp import load_context
from auditor.cli.settings import nearest_config
from auditor.lsp.checking import Checked, check_document
from auditor.lsp.context import Contexts

BAD = """\
type: ml-repo
name: fraud-scoring-prod
description: "Card fraud scoring models\\nand their evaluation runs."
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml-prod
collaborators:
  - subject: user:sam@example.com
    role_id: mlf-project-admin
  - subject: team:fraud-ml
    role_id: mlf-project-admin
"""

PACK = """\
policy: 1
name: acme
version: 1.0.0
title: Rules of Acme
rules:
  - id: ACME001
    name: unnamed-team
    title: Repos name their team in the description
    severity: high
    rationale: Nobody knows whom to ask otherwise.
    remediation: Add the team to the description.
    must: {manifest.description: {like: "*team*"}}
    message: "{repo.name} does not name its team"
    examples:
      pass: [{manifest: {description: Models of team fraud}}]
      fail: [{manifest: {description: Models}}]
"""


@pytest.fixture
def contexts() -> Contexts:
    return Contexts(nearest_config, load_context)


@pytest.fixture
def check(contexts):
    """Check a text as if an editor had it open under a path."""

    def checked(path: Path, text: str | None = None, encoding: str = "utf-16") -> Checked:
        return check_document(path, path.read_text("utf-8") if text is None else text, contexts, encoding)

    return checked


@pytest.fixture
def acme(tmp_path) -> Path:
    """A folder with a configuration, a pack, waivers and a manifest."""
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "auditor.yaml").write_text("policies: [acme.yaml]\nwaivers: waivers.yaml\n", "utf-8")
    (folder / "acme.yaml").write_text(PACK, "utf-8")
    (folder / "waivers.yaml").write_text("# Accepted.\nwaivers: []\n", "utf-8")
    (folder / "fraud.yaml").write_text(BAD, "utf-8")
    return folder


def codes(checked: Checked) -> list[str]:
    """Return the line, from 1, and the code of each diagnostic."""
    return sorted(f"{each.range.start.line + 1} {each.code}" for each in checked.diagnostics)
