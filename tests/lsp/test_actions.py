"""Code actions do what `auditor fix` and `auditor waivers add` do."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol.types import CodeActionKind, Position, Range

from auditor.autofix import fix_text
from auditor.lsp.actions import FIX_ALL, actions
from auditor.lsp.positions import Positions
from tests.lsp.conftest import BAD, codes

WHOLE = Range(Position(0, 0), Position(999, 0))
TWICE = BAD.replace("team:fraud-ml", '"team:fraud-🦊 "') + (
    "  - subject: team:fraud-ml\n    role_id: mlf-project-admin\n" * 2
)


def read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def edited(text: str, edits, encoding: str = "utf-16") -> str:
    positions = Positions(text, encoding)
    for edit in edits:
        start, end = positions.offset(edit.range.start), positions.offset(edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
    return text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_fixing_everything_is_what_fix_does(end, encoding, acme, check):
    text = TWICE.replace("\n", end)
    (acme / "fraud.yaml").write_bytes(text.encode())
    checked = check(acme / "fraud.yaml", text, encoding)
    (action,) = [each for each in actions(checked, WHOLE, read, encoding) if each.kind == FIX_ALL]
    [(uri, edits)] = action.edit.changes.items()
    assert uri == (acme / "fraud.yaml").as_uri()
    assert edited(text, edits, encoding) == fix_text(text, "fraud.yaml").text != text


def test_the_fix_of_one_finding_changes_nothing_else(acme, check):
    checked = check(acme / "fraud.yaml", TWICE)
    found = {each.code: each for each in checked.diagnostics}
    here = [each for each in actions(checked, found["MLS004"].range, read, "utf-16") if each.is_preferred]
    assert [each.title for each in here] == ["Fix: description had several lines (joined into one)"]
    assert here[0].diagnostics == [found["MLS004"]]
    assert edited(TWICE, here[0].edit.changes[checked.path.as_uri()]) == TWICE.replace("\\n", " ")


def test_a_finding_without_a_safe_fix_has_none(acme, check):
    checked = check(acme / "fraud.yaml", BAD.replace("\\n", " "))
    assert codes(checked) == ["3 ACME001"]
    assert [each.title for each in actions(checked, WHOLE, read, "utf-16")] == ["Waive ACME001 on fraud-scoring-prod"]


def waive(checked):
    return next(each for each in actions(checked, WHOLE, read, "utf-16") if each.title.startswith("Waive ACME001"))


def test_a_waiver_is_added_and_counts_once_its_reason_is_written(acme, check):
    checked = check(acme / "fraud.yaml")
    action = waive(checked)
    assert action.kind == CodeActionKind.QuickFix
    assert [each.code for each in action.diagnostics] == ["ACME001"]
    [(uri, edits)] = action.edit.changes.items()
    assert uri == (acme / "waivers.yaml").as_uri()
    text = edited((acme / "waivers.yaml").read_text("utf-8"), edits)
    assert text.startswith("# Accepted.\nwaivers:\n  - rule: ACME001\n    repo: fraud-scoring-prod\n    reason: TODO\n")
    (unwritten,) = check(acme / "waivers.yaml", text).diagnostics
    assert "placeholder" in unwritten.message
    assert unwritten.range.start.line == 4
    (acme / "waivers.yaml").write_text(text, "utf-8")
    assert codes(check(acme / "fraud.yaml")) == ["1 policy-not-loaded"]
    (acme / "waivers.yaml").write_text(text.replace("TODO", "agreed"), "utf-8")
    assert codes(check(acme / "fraud.yaml")) == ["3 MLS004"]


def test_the_file_of_waivers_is_created_if_it_is_named_and_missing(acme, check):
    (acme / "auditor.yaml").write_text("policies: [acme.yaml]\nwaivers: waivers.yaml\n", "utf-8")
    checked = check(acme / "fraud.yaml")
    (acme / "waivers.yaml").unlink()
    create, change = waive(checked).edit.document_changes
    assert create.uri == change.text_document.uri == (acme / "waivers.yaml").as_uri()
    assert "waivers:\n  - rule: ACME001\n" in change.edits[0].new_text


def test_a_waiver_that_would_have_no_effect_is_disabled(acme, check):
    (acme / "auditor.yaml").write_text("policies: [acme.yaml]\n", "utf-8")
    action = waive(check(acme / "fraud.yaml"))
    assert action.edit is None
    assert "has no waivers file; add `waivers: waivers.yaml`" in action.disabled.reason


def test_a_waiver_in_a_file_that_is_wrong_is_disabled(acme, check):
    checked = check(acme / "fraud.yaml")
    (acme / "waivers.yaml").write_text("waivers: 3\n", "utf-8")
    assert "expected a list" in waive(checked).disabled.reason


def test_rules_that_cannot_be_waived_have_no_such_action(acme, check):
    pack = acme / "acme.yaml"
    pack.write_text(pack.read_text("utf-8").replace("severity: high", "severity: high\n    waivable: false"), "utf-8")
    titles = [each.title for each in actions(check(acme / "fraud.yaml"), WHOLE, read, "utf-16")]
    assert not [each for each in titles if "ACME001" in each]


def test_there_is_nothing_to_do_while_the_policy_is_broken(acme, check):
    (acme / "auditor.yaml").write_text("policies: 3\n", "utf-8")
    assert actions(check(acme / "fraud.yaml"), WHOLE, read, "utf-16") == []
