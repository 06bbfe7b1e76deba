"""The server and `auditor check` report the same: on every manifest of the tests, and on unsaved texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol.types import DiagnosticSeverity

from auditor import check as check_files
from auditor import load_policy
from auditor.lsp.diagnostics import UNREAD
from auditor.lsp.positions import Positions
from tests.lsp.conftest import BAD, codes

MANIFESTS = Path(__file__).parent.parent / "manifests"
SEVERITY = {
    "critical": DiagnosticSeverity.Error,
    "high": DiagnosticSeverity.Error,
    "medium": DiagnosticSeverity.Warning,
    "low": DiagnosticSeverity.Warning,
    "info": DiagnosticSeverity.Information,
}


def text_of(path: Path) -> str | None:
    """Return the text of a file as an editor would hold it, None if it would not open it."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None


FILES = [
    path
    for path in sorted(MANIFESTS.glob("*/*"))
    if path.suffix in {".yaml", ".yml", ".json"} and path.name != "expected.yaml" and text_of(path) is not None
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_has_the_findings_of_check(path, check, run_at_once, monkeypatch):
    monkeypatch.chdir(path.parent)
    report = json.loads(run_at_once("check", path.name, "-f", "json", "--allow-empty").out)
    checked = check(path, text_of(path))
    places = Positions(checked.text)
    expected = []
    for each in report["findings"]:
        start = places.range(each["location"]["line"], each["location"]["column"]).start
        expected.append((each["rule"], SEVERITY[each["severity"]], each["fingerprint"], start.line, start.character))
    found = [
        (each.code, each.severity, each.data["fingerprint"], each.range.start.line, each.range.start.character)
        for each in checked.diagnostics
        if each.data
    ]
    assert sorted(found) == sorted(expected)
    unread = [each for each in checked.diagnostics if each.code == UNREAD]
    assert len(unread) == len(report["receipt"]["unread"])
    assert {each.severity for each in unread} <= {DiagnosticSeverity.Error}


def test_there_are_many_files():
    assert len(FILES) >= 100


PIECES = st.lists(
    st.sampled_from(
        [
            *BAD.splitlines(),
            "type: role-binding",
            "type: ml_repo",
            "---",
            "name: déjà-vu-🦊",
            "description: 🦊🦊 naïve 'text",
            "  - {subject: 'team:everyone', role_id: MLF-PROJECT-ADMIN}",
            "\tx: 1",
            "kind: Deployment",
        ]
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(PIECES)
def test_a_text_that_is_not_saved_has_the_findings_of_the_file_that_it_would_be(check, tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("unsaved")
    path = folder / "m.yaml"
    path.write_text("\n".join(lines), "utf-8")
    report = check_files([str(path)], load_policy())
    path.write_text("something else", "utf-8")
    found = codes(check(path, "\n".join(lines), "utf-32"))
    expected = [f"{each.location.line} {each.rule.id}" for each in report.findings]
    assert sorted(each for each in found if not each.endswith(UNREAD)) == sorted(expected)
    assert sum(each.endswith(UNREAD) for each in found) == len(report.receipt.unread)
