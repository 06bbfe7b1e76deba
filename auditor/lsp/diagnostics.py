"""Diagnostics: findings, unread parts and problems, with the texts and the three levels of the other formats."""

from __future__ import annotations

from pathlib import Path

from lsprotocol.types import CodeDescription, Diagnostic, DiagnosticSeverity

from auditor.lsp.positions import Positions
from auditor.lsp.problems import Problem, problem_at
from auditor.model import Finding, NotEvaluated, Unread
from auditor.reporters.phrasing import LEVELS, sentence
from auditor.text import visible

SOURCE = "auditor"

UNREAD, UNLOADED, SKIPPED = "not-read", "policy-not-loaded", "not-evaluated"
"""The codes of diagnostics other than findings."""

_SEVERITIES = {
    "error": DiagnosticSeverity.Error,
    "warning": DiagnosticSeverity.Warning,
    "note": DiagnosticSeverity.Information,
}


def of_finding(finding: Finding, positions: Positions) -> Diagnostic:
    """Return a finding as a diagnostic; `data` has its fingerprint and its severity."""
    rule, at = finding.rule, finding.location
    return Diagnostic(
        positions.range(at.line, at.column, at.end) if at else positions.range(1, 1),
        sentence(finding),
        _SEVERITIES[LEVELS[rule.severity]],
        rule.id,
        CodeDescription(rule.docs) if rule.docs.startswith("https://") else None,
        SOURCE,
        data={"fingerprint": finding.fingerprint, "rule": rule.name, "severity": rule.severity.label},
    )


def of_unread(unread: Unread, path: Path, positions: Positions) -> Diagnostic:
    """Return an unread part or a rule in error as an error, at its place if that is known."""
    reason = f"{unread.reason}; {unread.fix}" if unread.fix else unread.reason
    if unread.what == path.name or unread.what.startswith(f"{path.name}:"):
        return of_problem(problem_at(unread.what, f"not read: {reason}", code=UNREAD), positions)
    return of_problem(Problem("", 1, 1, f"{unread.what}: {reason}", code=UNREAD), positions)


def of_skipped(entry: NotEvaluated, positions: Positions) -> Diagnostic:
    """Return skipped rules that nothing accepts, as information."""
    message = f"not evaluated: {', '.join(rule.id for rule in entry.rules)}: {entry.reason}"
    return of_problem(Problem("", 1, 1, message, "note", SKIPPED), positions)


def of_problem(problem: Problem, positions: Positions) -> Diagnostic:
    """Return a problem in the file itself, from its place to the end of the line."""
    return Diagnostic(
        positions.range(problem.line, problem.column),
        visible(problem.message),
        _SEVERITIES[problem.level],
        problem.code or None,
        source=SOURCE,
    )


def of_problem_elsewhere(problem: Problem, positions: Positions, consequence: str = "") -> Diagnostic:
    """Return a problem in another file, on the first line; `consequence` is its effect."""
    message = f"{consequence}{problem.in_full}"
    return of_problem(Problem("", 1, 1, message, problem.level, problem.code or UNLOADED), positions)
