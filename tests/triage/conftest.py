"""A folder with manifests that have findings, and the commands that accept findings."""

from __future__ import annotations

import json

import pytest

from tests.samples import MANIFEST as GOOD

WITH_USERS = GOOD.replace("description: Card fraud scoring models and their evaluation runs.\n", "") + (
    "  - subject: user:sam@acme.example\n    role_id: mlf-project-admin\n"
    "  - subject: user:kim@acme.example\n    role_id: mlf-project-admin\n"
)
PACK = """\
policy: 1
name: acme
version: 1.0.0
title: Rules of ACME
rules:
  - id: ACME001
    name: missing-description
    title: Every repo has a description
    aliases: [undescribed]
    severity: medium
    must:
      manifest.description: {blank: false}
  - id: ACME002
    name: user-as-admin
    title: Users are not admins
    severity: high
    for: grant
    when: {grant.level: admin}
    must: {grant.subject.type: {not: user}}
    message: "{grant.subject} is an admin"
  - id: ACME003
    name: other-storage
    title: Artifacts are in our storage
    severity: critical
    waivable: false
    must:
      manifest.storage_integration_fqn: {like: "acme:*"}
"""


class Folder:
    """A folder of manifests, checked with a pack of three rules."""

    def __init__(self, path, run):
        self.path, self._run = path, run
        (path / "acme.yaml").write_text(PACK)
        self.config()
        self.manifest("churn", WITH_USERS)

    def config(self, **more):
        lines = ["policies: [acme.yaml]", *(f"{key}: {value}" for key, value in more.items())]
        (self.path / "auditor.yaml").write_text("\n".join(lines) + "\n")

    def manifest(self, name, text=GOOD):
        folder = self.path / "m"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.yaml").write_text(text.format(name=name))

    def waive(self, *entries, **config):
        self.config(waivers="waivers.yaml", **config)
        lines = [f"  - {{{', '.join(f'{key}: {value}' for key, value in entry.items())}}}" for entry in entries]
        (self.path / "waivers.yaml").write_text("\n".join(["waivers:", *lines]) + "\n")

    def run(self, *arguments, day="2030-06-15", **env):
        from datetime import datetime

        moment = datetime.fromisoformat(f"{day}+00:00" if "T" in day else f"{day}T12:00:00+00:00")
        return self._run(*arguments, env={"SOURCE_DATE_EPOCH": str(int(moment.timestamp())), **env})

    def check(self, *arguments, **options):
        return self.run("check", "m", *arguments, **options)

    def report(self, *arguments, **options):
        return json.loads(self.check("-f", "json", *arguments, **options).out)


@pytest.fixture
def folder(tmp_path, run_auditor, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path, run_auditor)


WAIVER = {
    "rule": "ACME002",
    "repo": "churn",
    "subject": "'user:sam@acme.example'",
    "reason": "Moves to a team",
    "owner": "ml@acme.example",
    "expires": "2030-12-01",
}
