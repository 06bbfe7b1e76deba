"""Levels, paths and sentences that the formats for CI services share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from auditor.model import Finding, NotEvaluated, Origin, RepoRef, Report, RuleInfo, Severity, Unread, UnreadKind
from auditor.reporters.style import Style
from auditor.text import agreeing, visible

INCOMPLETE = RuleInfo(
    id="AUDIT001",
    name="incomplete-audit",
    title="The audit is complete",
    severity=Severity.CRITICAL,
    category="audit",
    rationale="Repos that were not read may have findings, so an incomplete audit is not a pass.",
    remediation="Check in the report what was not read, fix the cause, and run the audit again.",
)
"""The rule of the entry about an incomplete run, in formats whose readers only read entries."""

PARTIAL = RuleInfo(
    id="AUDIT002",
    name="partial-report",
    title="The report covers everything",
    severity=Severity.INFO,
    category="audit",
    rationale="Options of this run left out rules or findings, so other findings may exist.",
    remediation="Run the audit without these options for a full report.",
)
"""The rule of the entry about a partial report, in formats without another place for it."""

ANCHOR = "auditor.yaml"
"""The file of an entry about the entire run."""

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "warning",
    Severity.INFO: "note",
}
"""The three levels of CI services. Low is a warning, as it fails a run by default; a note never fails one."""

LISTED = 10
"""The most unread parts to list if space is limited."""


def path_of(finding: Finding, style: Style) -> str:
    """Return the path of a finding: relative, of visible characters, never empty.

    A repo of a live tenant has no file, but CI services require one. `ml-repos/TENANT/NAME` is the same in every run,
    shows the repo, works with path filters, and is hardly ever a file of the checkout, so that no service shows an
    unrelated line.
    """
    file = style.below_root(finding.location.file) if finding.location else ""
    if file.strip("./"):
        return visible(file)
    return "/".join(["ml-repos", *map(_segment, full_name(finding.repo).split("/", 1))])


def _segment(name: str) -> str:
    plain = visible(name).replace("/", "_").replace("\\", "_")
    return plain if plain.strip(".") else "_"


def full_name(repo: RepoRef) -> str:
    """Return `TENANT/NAME`, or the name if the tenant is unknown."""
    return f"{repo.tenant}/{repo.name}" if repo.tenant else repo.name


def actual(finding: Finding) -> str:
    """Return the actual value; empty if the message contains it, or if it is only true or false."""
    return "" if finding.got in finding.message or finding.got in {"true", "false"} else finding.got


def details(finding: Finding) -> str:
    """Return the actual and expected values, without repeating what is in the message."""
    value = actual(finding)
    got = [f"got {value}"] if value else []
    owner = [f"owner {finding.owner}"] if finding.owner else []
    return ", ".join([*got, f"expected {finding.expected}", *owner])


def sentence(finding: Finding) -> str:
    """Return the message with the actual and expected values, as one visible line."""
    return visible(f"{finding.message} ({details(finding)})")


def skipped(entry: NotEvaluated) -> str:
    """Return the skipped rules, the number of repos, and the reason."""
    rules = ", ".join(rule.id for rule in entry.rules)
    why = agreeing(entry.explanation, len(entry.rules))
    return f"{rules} {'was' if len(entry.rules) == 1 else 'were'} skipped for {entry.extent}: {why}"


def unread_title(unread: Sequence[Unread]) -> str:
    """Return the title of a list of unread parts, which also has rules with errors."""
    return "Not read or evaluated" if any(each.kind is UnreadKind.RULE for each in unread) else "Not read"


def skipped_types(origin: Origin) -> str:
    """Return the types of skipped documents with their numbers; empty if there are none."""
    return ", ".join(f"{name.strip('()')}: {count}" for name, count in origin.skipped)


def incomplete(report: Report) -> tuple[str, str]:
    """Return the text and fingerprint of the entry about an incomplete run: one for every run on a tenant."""
    return visible(f"The audit is {report.verdict.status.value}: {report.verdict.reason}"), _of_run(INCOMPLETE, report)


def partial(report: Report) -> tuple[str, str]:
    """Return the text and fingerprint of the entry about a partial report."""
    return visible(f"The report is partial: {'; '.join(report.partial)}"), _of_run(PARTIAL, report)


def _of_run(rule: RuleInfo, report: Report) -> str:
    tenant = visible(report.receipt.origin.tenant or "")
    return hashlib.sha256(f"{rule.id}\n{tenant}".encode()).hexdigest()[:32]
