"""The rules and notifications of a SARIF log, in the properties that GitHub reads."""

from __future__ import annotations

from typing import Any

from auditor.links import is_link
from auditor.model import Report, RuleInfo, Severity
from auditor.reporters.phrasing import INCOMPLETE, LEVELS
from auditor.text import clipped, visible

TAGS = 20
"""The most tags of a rule (docs.github.com, "SARIF results exceed one or more limits")."""

DESCRIPTION = 1024
"""The most characters of a description (docs.github.com, "SARIF support for code scanning")."""

_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""Each in the middle of the range with the same name on GitHub."""

_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}

_NOTIFICATIONS = {
    "incomplete": "The audit is incomplete, so it is not a pass.",
    "partial": "Options left out rules or findings, so the report does not cover everything.",
    "not-seen": "Something was not read or could not be evaluated.",
    "not-evaluated": "Rules were skipped for some repos, because the source lacks data that they need.",
    "left-out": "There are more findings than a SARIF log may have; the JSON report has them all.",
}


def descriptors(report: Report) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rules and the notifications that a log may refer to, each once, enabled rules first."""
    rules = {rule.id: rule for rule in report.rules}
    for finding in report.findings:
        rules.setdefault(finding.rule.id, finding.rule)
    if not report.verdict.complete:
        rules[INCOMPLETE.id] = INCOMPLETE
    notifications = [
        {"id": name, "shortDescription": {"text": text}, "fullDescription": {"text": text}, "help": {"text": text}}
        for name, text in _NOTIFICATIONS.items()
    ]
    return [_rule(rule) for rule in rules.values()], notifications


def _rule(rule: RuleInfo) -> dict[str, Any]:
    level = LEVELS[rule.severity]
    title = _sentence(rule.title)
    parts = [rule.rationale, f"Fix: {rule.remediation}" if rule.remediation else ""]
    paragraphs = [_sentence(part) for part in (rule.title, *parts) if part]
    described = {
        "id": visible(rule.id),
        "name": clipped(visible(rule.name), 255),
        "shortDescription": {"text": clipped(title, DESCRIPTION)},
        "fullDescription": {"text": clipped(_sentence(rule.rationale) if rule.rationale else title, DESCRIPTION)},
        "help": {"text": "\n".join(paragraphs), "markdown": "\n\n".join(paragraphs)},
        "defaultConfiguration": {"level": level},
        "properties": _properties(rule, level),
    }
    return {**described, "helpUri": rule.docs} if is_link(rule.docs) else described


def _properties(rule: RuleInfo, level: str) -> dict[str, Any]:
    """Return the severity for GitHub. Only the tag `security` has four levels there, so all failing rules have it."""
    controls = (f"{control.framework} {control.id}" for control in rule.controls)
    score = _SCORES.get(rule.severity)
    tags = dict.fromkeys(map(visible, [*(["security"] if score else []), rule.category, *controls]))
    scored = {"security-severity": score} if score else {}
    return {"tags": list(tags)[:TAGS], "precision": "very-high", "problem.severity": _PROBLEMS[level], **scored}


def _sentence(text: str) -> str:
    line = visible(text)
    return line if line.endswith((".", "!", "?")) else f"{line}."
