"""A finding keeps its identity through every change, except to what it is about."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from auditor import check, load_policy
from tests.triage.conftest import PACK

USERS = st.lists(st.sampled_from([f"user:{name}@acme.example" for name in "abcdefgh"]), unique=True, min_size=1)


def found(subjects, file="a.yaml", pack=PACK):
    manifest = {
        "type": "ml-repo",
        "name": "churn",
        "storage_integration_fqn": "acme:aws:aws-prod:blob-storage:ml-prod",
        "collaborators": [{"subject": each, "role_id": "mlf-project-admin"} for each in subjects],
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(manifest))
        (Path(folder) / "pack.yaml").write_text(pack)
        report = check([str(path)], load_policy([str(Path(folder) / "pack.yaml")]))
    return {(each.rule.id, each.subject): each.fingerprint for each in report.findings}


@given(USERS, st.randoms())
def test_reordered_collaborators_change_no_fingerprint(subjects, random):
    shuffled = list(subjects)
    random.shuffle(shuffled)
    assert found(shuffled) == found(subjects)


@given(USERS, st.sampled_from(["b.json", "deep/er/c.yaml", "x y.yml"]))
def test_another_file_changes_no_fingerprint(subjects, file):
    assert found(subjects, file) == found(subjects)


@given(USERS, st.sampled_from(["reworded {grant.subject}", "{repo.name}", "x"]), st.sampled_from(["low", "critical"]))
def test_another_message_title_or_severity_changes_no_fingerprint(subjects, message, severity):
    pack = PACK.replace('"{grant.subject} is an admin"', f'"{message}"').replace(
        "severity: high", f"severity: {severity}"
    )
    pack = pack.replace("Users are not admins", "Admins are teams")
    assert found(subjects, pack=pack) == found(subjects)


@given(USERS, st.sampled_from("abcdefgh"))
def test_another_subject_has_another_fingerprint(subjects, letter):
    other = f"user:{letter}@other.example"
    changed = found([*subjects[:-1], other])
    before = found(subjects)
    assert changed["ACME002", other] not in before.values()
    assert all(changed["ACME002", each] == before["ACME002", each] for each in subjects[:-1])
