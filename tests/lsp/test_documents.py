"""Diagnostics for each kind of document, and none for documents of other tools."""

from __future__ import annotations

import pytest
from lsprotocol.types import DiagnosticSeverity, Position

from auditor.lsp import checking
from auditor.lsp.kinds import Kind, kind_of
from auditor.lsp.navigation import definitions, hover
from tests.lsp.conftest import BAD, PACK, codes

OTHERS = {
    "Kubernetes": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
    "a workflow": "on: push\njobs: {a: {steps: []}}\n",
    "another type of TrueFoundry": "type: workspace\nname: x\n",
    "broken": "{{ if x }}\na: [\n",
    "a policy of another tool": "policy: strict\nrules: []\n",
    "empty": "",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_documents_of_other_tools_have_no_diagnostics_whatever_the_policy(text, acme, check):
    assert check(acme / "other.yaml", text).diagnostics == []
    (acme / "auditor.yaml").write_text("policies: [nowhere.yaml]\n", "utf-8")
    assert check(acme / "other.yaml", text).diagnostics == []


def test_the_nearest_configuration_counts(acme, check):
    inner = acme / "inner"
    inner.mkdir()
    (inner / "auditor.yaml").write_text("policies: [../acme.yaml]\nrules: {ACME001: {severity: low}}\n", "utf-8")
    assert codes(check(acme / "fraud.yaml")) == ["3 ACME001", "3 MLS004"]
    (found,) = [each for each in check(inner / "fraud.yaml", BAD).diagnostics if each.code == "ACME001"]
    assert (found.severity, found.data["severity"]) == (DiagnosticSeverity.Warning, "low")


def test_waived_and_excluded_manifests_are_as_in_check(acme, check):
    waiver = "{rule: ACME001, repo: fraud-scoring-prod, reason: old, owner: sam, expires: %s}"
    (acme / "waivers.yaml").write_text(f"waivers:\n  - {waiver % '2999-01-01'}\n", "utf-8")
    assert codes(check(acme / "fraud.yaml")) == ["1 policy-not-loaded"]  # the waiver expires too late
    (acme / "auditor.yaml").write_text("policies: [acme.yaml]\nwaivers: waivers.yaml\nwaiver_days: 999999\n", "utf-8")
    assert codes(check(acme / "fraud.yaml")) == ["3 MLS004"]
    (acme / "auditor.yaml").write_text("policies: [acme.yaml]\nfiles: {exclude: [fraud.yaml]}\n", "utf-8")
    assert codes(check(acme / "fraud.yaml")) == []


BROKEN = {
    "auditor.yaml": ("policies: [acme.yaml]\nruels: {}\n", "2:1: unknown key 'ruels'"),
    "acme.yaml": (PACK.replace("must:", "musst:"), "unknown key 'musst'"),
    "waivers.yaml": ("waivers: [{rule: ACME001}]\n", "has no 'repo'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_policy_is_a_diagnostic_and_never_a_clean_manifest(name, acme, check):
    text, message = BROKEN[name]
    own = check(acme / name, text)
    assert [each.severity for each in own.diagnostics] == [DiagnosticSeverity.Error]
    assert message.split(": ")[-1] in own.diagnostics[0].message
    assert codes(check(acme / "fraud.yaml")) == ["3 ACME001", "3 MLS004"]  # it is not saved yet
    (acme / name).write_text(text, "utf-8")
    checked = check(acme / "fraud.yaml")
    assert codes(checked) == ["1 policy-not-loaded"]
    assert checked.diagnostics[0].severity is DiagnosticSeverity.Error
    assert f"{acme / name}:" in checked.diagnostics[0].message
    assert message in checked.diagnostics[0].message
    assert checked.state.problem.is_in(acme / name)


@pytest.mark.parametrize("line", ["policies: [nowhere.yaml]", "waivers: nowhere.yaml", "baseline: nowhere.jsonl"])
def test_a_file_that_is_named_and_missing_is_a_mistake_in_the_configuration(line, acme, check):
    (acme / "auditor.yaml").write_text(f"{line}\n", "utf-8")
    checked = check(acme / "fraud.yaml")
    assert codes(checked) == ["1 policy-not-loaded"]
    assert checked.state.problem.is_in(acme / "auditor.yaml")
    assert "nowhere" in checked.diagnostics[0].message
    assert codes(check(acme / "auditor.yaml")) == ["1 None"]


def test_files_that_were_never_saved_are_checked_too(acme, check):
    (acme / "new").mkdir()
    (found,) = check(acme / "new" / "auditor.yaml", "polices: []\n").diagnostics
    assert "unknown key 'polices'; did you mean 'policies'?" in found.message
    (found,) = check(acme / "new" / "pack.yaml", PACK.replace("must:", "musst:")).diagnostics
    assert "unknown key 'musst'" in found.message
    assert codes(check(acme / "new" / "fraud.yaml", BAD)) == ["3 ACME001", "3 MLS004"]


def test_rules_without_data_are_skipped_unless_the_policy_says_otherwise(acme, check):
    text = PACK.replace('{manifest.description: {like: "*team*"}}', "{repo.num_runs: {gt: 0}}")
    (acme / "acme.yaml").write_text(text.partition("    examples:")[0], "utf-8")
    assert codes(check(acme / "fraud.yaml")) == ["3 MLS004"]
    (acme / "auditor.yaml").write_text(
        "policies: [acme.yaml]\nrules: {ACME001: {when_unavailable: incomplete}}\n", "utf-8"
    )
    found = check(acme / "fraud.yaml").diagnostics[-1]
    assert (found.code, found.severity) == ("not-evaluated", DiagnosticSeverity.Information)
    assert "ACME001" in found.message


def test_a_manifest_that_cannot_be_parsed_has_its_error_at_its_place(acme, check):
    (found,) = check(acme / "m.yaml", "type: ml-repo\nname: [\n").diagnostics
    assert (found.code, found.severity) == ("not-read", DiagnosticSeverity.Error)
    assert found.range.start.line == 2
    (found,) = check(acme / "m.yaml", "type: ml-repo\nname: a\nname: b\n").diagnostics
    assert "duplicate key 'name'" in found.message
    assert found.range.start.line == 2


def test_lints_of_a_pack_that_is_not_saved(acme, check):
    assert check(acme / "acme.yaml").diagnostics == []
    without = PACK.replace("    remediation: Add the team to the description.\n", "")
    (found,) = check(acme / "acme.yaml", without).diagnostics
    assert found.severity is DiagnosticSeverity.Warning
    assert found.range.start.line == 5
    (found,) = check(acme / "new.yaml", PACK.replace("severity: high", "severity: hihg")).diagnostics
    assert "did you mean 'high'?" in found.message
    assert (found.range.start, found.range.end) == (Position(8, 14), Position(8, 18))


def test_errors_in_tests_of_packs(acme, check):
    text = "policy_test: 1\npack: acme.yaml\ncases:\n  - name: a\n    manifest: {}\n    expect: [{rule: %s}]\n"
    assert check(acme / "acme.test.yaml", text % "ACME001").diagnostics == []
    (found,) = check(acme / "acme.test.yaml", text % "ACME002").diagnostics
    assert "'ACME002'; did you mean 'ACME001'?" in found.message
    assert found.range.start.line == 5


def test_waivers_that_someone_has_to_look_at(acme, check):
    entry = "waivers:\n  - {rule: %s, repo: r, reason: old, owner: sam, expires: %s}\n"
    found = check(acme / "waivers.yaml", entry % ("ACME001", "2020-01-01")).diagnostics
    assert [(each.code, each.severity) for each in found] == [("expired", DiagnosticSeverity.Warning)]
    found = check(acme / "waivers.yaml", entry % ("ACME01", "2020-01-01")).diagnostics
    assert [each.code for each in found] == ["unknown-rule", "expired"]
    (acme / "auditor.yaml").write_text("polices: []\n", "utf-8")
    found = check(acme / "waivers.yaml", "waivers: 3\n").diagnostics
    assert [each.range.start.line for each in found] == [0, 0]
    assert "auditor.yaml:1:1: unknown key" in found[0].message
    assert "expected a list" in found[1].message


def test_notices_of_a_configuration_are_information(acme, check):
    (acme / "acme.yaml").write_text(
        PACK.replace("    title: Repos", "    aliases: [no-team]\n    title: Repos"), "utf-8"
    )
    (found,) = check(acme / "auditor.yaml", "policies: [acme.yaml]\nrules:\n  no-team: off\n").diagnostics or [None]
    assert "every rule is off" in found.message
    text = "policies: [acme.yaml]\nrules:\n  no-team: {severity: low}\n"
    (found,) = check(acme / "auditor.yaml", text).diagnostics
    assert found.severity is DiagnosticSeverity.Information
    assert found.range.start == Position(2, 2)
    assert "has been renamed" in found.message


def test_kinds_are_known_while_a_document_is_broken(tmp_path):
    for text, kind in (
        ("policy: 1\nrules: [", Kind.PACK),
        ("# c\n---\npolicy_test: 1\n  x: {", Kind.PACK_TESTS),
        ("waivers:\n  - {", Kind.WAIVERS),
        ("type: ml-repo\nwaivers: x", Kind.MANIFEST),
        ("policy: allow", Kind.MANIFEST),
    ):
        assert kind_of(tmp_path / "x.yaml", text) is kind
    assert kind_of(tmp_path / "auditor.yaml", "") is Kind.CONFIG


def test_a_hover_shows_the_finding_and_the_page_of_its_rule(acme, check):
    checked = check(acme / "fraud.yaml")
    text = hover(checked, Position(2, 15)).contents.value
    assert "**high** `fraud-scoring-prod does not name its team`" in text
    assert "## ACME001" in text
    assert "Why: Nobody knows whom to ask otherwise." in text
    assert "A rule of `acme`" in text
    assert hover(checked, Position(0, 0)) is None


def test_what_others_wrote_is_no_markdown_in_a_hover(acme, check):
    text = BAD.replace("fraud-scoring-prod", '"![x](http://evil) `<b>"')
    shown = hover(check(acme / "fraud.yaml", text), Position(2, 15)).contents.value
    assert "``![x](http://evil) `<b> does not name its team``" in shown


@pytest.mark.parametrize(
    ("name", "text", "at"),
    [
        ("fraud.yaml", None, Position(2, 15)),
        ("waivers.yaml", "waivers:\n  - {rule: ACME001, repo: r}\n", Position(1, 13)),
        ("auditor.yaml", "policies: [acme.yaml]\nrules: {unnamed-team: off}\n", Position(1, 20)),
        ("acme.test.yaml", "policy_test: 1\ncases: [{expect: [{rule: ACME001}]}]\n", Position(1, 30)),
    ],
)
def test_the_definition_of_a_rule_is_in_its_pack(name, text, at, acme, check):
    checked = check(acme / name, text)
    (place,) = definitions(checked, at)
    assert place.uri == (acme / "acme.yaml").as_uri()
    assert place.range.start == Position(5, 4)
    assert "ACME001" in hover(checked, at).contents.value
    assert definitions(checked, Position(0, 0)) == []


def test_a_document_is_checked_with_the_files_of_the_moment(acme, check):
    assert codes(check(acme / "fraud.yaml"))[0] == "3 ACME001"
    (acme / "acme.yaml").write_text(PACK.replace("ACME001", "ACME777"), "utf-8")
    assert codes(check(acme / "fraud.yaml"))[0] == "3 ACME777"


def test_a_context_is_kept_while_nothing_changes(acme, check, contexts):
    assert contexts.of(acme) is contexts.of(acme)
    assert checking.check_document(acme / "fraud.yaml", BAD, contexts).state is contexts.of(acme)
