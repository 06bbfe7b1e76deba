"""Check a document: from its text and the context of its folder to diagnostics and more for an editor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol.types import Diagnostic, Range

from auditor.lsp.context import Broken, Context, Contexts, KnownRule, State
from auditor.lsp.diagnostics import (
    of_finding,
    of_problem,
    of_problem_elsewhere,
    of_skipped,
    of_unread,
)
from auditor.lsp.kinds import Kind, kind_of
from auditor.lsp.manifests import check_text, holds_manifest
from auditor.lsp.own_files import problems
from auditor.lsp.positions import Positions
from auditor.model import Finding, Report

_NOT_CHECKED = "not checked, because the policy cannot be loaded: "


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked document.

    Attributes:
        path: Its path.
        text: The text in the editor.
        kind: Its kind.
        state: The context of its folder.
        positions: Its positions.
        diagnostics: Its diagnostics.
        findings: The open findings, with their ranges, if it is a manifest.
    """

    path: Path
    text: str
    kind: Kind
    state: State
    positions: Positions
    diagnostics: list[Diagnostic]
    findings: list[tuple[Range, Finding]] = field(default_factory=list)

    @property
    def rules(self) -> Mapping[str, KnownRule]:
        """The rules, by id, name and former names."""
        return self.state.rules if isinstance(self.state, Context) else {}


def check_document(path: Path, text: str, contexts: Contexts, encoding: str = "utf-16") -> Checked:
    """Check a document; a document of another tool has no diagnostics.

    Args:
        path: Its path.
        text: The text in the editor.
        contexts: The contexts of folders.
        encoding: The encoding of the client's columns.
    """
    kind, positions, state = kind_of(path, text), Positions(text, encoding), contexts.of(path.parent)
    if kind is not Kind.MANIFEST:
        found = [
            of_problem(each, positions) if each.is_in(path) else of_problem_elsewhere(each, positions)
            for each in problems(kind, path, text, contexts)
        ]
        return Checked(path, text, kind, state, positions, found)
    if isinstance(state, Broken):
        unloaded = [of_problem_elsewhere(state.problem, positions, _NOT_CHECKED)] if holds_manifest(path, text) else []
        return Checked(path, text, kind, state, positions, unloaded)
    report = check_text(path, text, state)
    if report is None:
        return Checked(path, text, kind, state, positions, [])
    diagnostics = list(_diagnostics(path, report, positions))
    findings = [(shown.range, each) for shown, each in zip(diagnostics, report.findings, strict=False)]
    return Checked(path, text, kind, state, positions, diagnostics, findings)


def _diagnostics(path: Path, report: Report, positions: Positions) -> Iterator[Diagnostic]:
    """Yield the findings, then everything that makes the report incomplete."""
    yield from (of_finding(each, positions) for each in report.findings)
    yield from (of_unread(each, path, positions) for each in report.receipt.unread)
    yield from (of_skipped(each, positions) for each in report.not_evaluated if not each.accepted)
