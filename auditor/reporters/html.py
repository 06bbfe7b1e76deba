"""The HTML report: one file without requests, for people who review a run or pass it to an auditor.

It contains the texts of rules once, and findings as data whose rows a script draws during scrolling. Without scripts,
it shows the verdict, the counts and the first 500 findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from auditor.html import render_page
from auditor.links import is_link
from auditor.model import Overview, Report, RuleInfo, Severity, Waiver
from auditor.reporters.html_charts import BARS, bars, rule_label, severity_bar, trend_line
from auditor.reporters.html_tables import all_findings, findings_table, repo_table, repos_with_findings
from auditor.reporters.phrasing import full_name, skipped_types
from auditor.reporters.style import Style
from auditor.text import clipped, count_of
from auditor.triage.owners import UNOWNED
from auditor.version import VERSION

_SUBJECTS = 200
"""The most subjects in the section about access; `auditor access` lists every grant."""

_MISSING = 500
"""The most unread parts to list."""


def render_html(report: Report, _style: Style) -> Iterator[str]:
    """Return a report as an HTML page."""
    verdict = report.verdict
    repos = repos_with_findings(report)
    waivers, missing = list(_waivers(report)), list(_missing(report))
    return render_page(
        "report.html",
        verdict=verdict,
        scope=_scope(report),
        warnings=list(_warnings(report)),
        no_findings="No findings." if verdict.complete else "No findings in what was read.",
        sections=list(_sections(report, waivers=bool(waivers), missing=bool(missing))),
        receipt=list(_receipt(report)),
        tiles=_tiles(report),
        severities=severity_bar(report.findings),
        rules_chart=bars(Counter(each.rule for each in report.findings).most_common(), rule_label),
        owners_chart=bars(Counter(each.owner or UNOWNED for each in report.findings).most_common(), str),
        storage_chart=bars(report.overview.storage, lambda name: name or "not known") if report.overview else [],
        trend=trend_line(report),
        findings=findings_table(report, [name for name, _ in repos]),
        repos=repo_table(repos),
        missing=missing,
        waivers=waivers,
        notes=[f"{each.kind}: {each}" for each in report.triage_notes],
        access=_access(report.overview) if report.overview else None,
        rules=_rules(report),
    )


def _scope(report: Report) -> str:
    origin = report.receipt.origin
    where = f"tenant {origin.tenant}" if origin.tenant else origin.host or origin.source
    owner = f", owner {report.only_owner or UNOWNED}" if report.only_owner is not None else ""
    return f"{where}, {report.receipt.finished_at:%Y-%m-%d %H:%M} UTC{owner}"


def _warnings(report: Report) -> Iterator[str]:
    if not report.verdict.complete:
        yield "Not everything was read or evaluated. This is not a pass, even without findings."
    yield from (f"Partial report: {each}." for each in report.partial)


def _sections(report: Report, *, waivers: bool, missing: bool) -> Iterator[tuple[str, str]]:
    yield "receipt", "Receipt"
    yield "findings", f"Findings ({len(report.findings)})"
    if report.findings or report.waived or report.baselined:
        yield "repos", "Repos"
    if missing:
        yield "missing", "Not read and not evaluated"
    if waivers:
        yield "waivers", "Waivers"
    if report.triage_notes:
        yield "notes", "Notes"
    if report.overview:
        yield "access", "Access"
    yield "rules", "Rules"


def _receipt(report: Report) -> Iterator[tuple[str, str]]:
    receipt, origin = report.receipt, report.receipt.origin
    total = "an unknown number of" if origin.total is None else str(origin.total)
    yield "Source", " ".join(filter(None, [origin.source, origin.host]))
    if origin.source == "manifest files":
        skipped = skipped_types(origin)
        yield "Files", f"{origin.files}" + (f", and skipped documents ({skipped})" if skipped else "")
        yield "Paths", ", ".join(origin.paths)
        yield "Repos", str(receipt.repos)
    else:
        yield "Tenant", origin.tenant or "unknown"
        yield "Visible to", origin.identity or "an unknown identity"
        yield "Repos", f"{receipt.repos} of {total}"
        yield "Pages", f"{count_of(origin.pages, 'page')} in {count_of(origin.passes, 'pass', 'passes')}"
    if origin.proof:
        yield "Completeness", f"proved by {origin.proof}"
    if origin.against:
        yield "Merged into", origin.against
    yield from (("Excluded", f"{count} {reason}") for reason, count in origin.excluded)
    yield from (("Note", note) for note in origin.notes)
    yield "Rules", f"{receipt.rules.evaluated} of {receipt.rules.loaded} evaluated"
    yield "Fails on", f"{report.fail_on.label} and above"
    yield "Started", f"{receipt.started_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "Finished", f"{receipt.finished_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "Policy", f"sha256:{receipt.policy_sha256}"
    yield "Repo ids", f"sha256:{receipt.ids_sha256}"
    yield "Auditor", VERSION


def _tiles(report: Report) -> list[tuple[str, int]]:
    serious = sum(each.rule.severity >= Severity.HIGH for each in report.findings)
    skipped = len({rule.id for each in report.not_evaluated for rule in each.rules})
    return [
        ("Open findings", len(report.findings)),
        ("Critical and high", serious),
        ("Repos with findings", len({each.repo.id for each in report.findings})),
        ("Repos checked", report.receipt.repos),
        ("Waived", len(report.waived)),
        ("In the baseline", len(report.baselined)),
        ("Rules not evaluated", skipped),
        ("Not read", len(report.receipt.unread)),
    ]


def _missing(report: Report) -> Iterator[tuple[str, str, str]]:
    unread = report.receipt.unread
    yield from ((each.what, each.reason, each.fix) for each in unread[:_MISSING])
    if len(unread) > _MISSING:
        yield count_of(len(unread) - _MISSING, "more thing"), "", "The JSON report lists everything."
    for entry in report.not_evaluated:
        rules = ", ".join(f"{rule.id} {rule.name}" for rule in entry.rules)
        names = ", ".join(full_name(each) for each in entry.repos[:BARS])
        more = f" and {len(entry.repos) - BARS} more" if len(entry.repos) > BARS else ""
        fix = "Provide the data, or accept this with `when_unavailable: skip`."
        accepted = f"Accepted by {entry.accepted}" if entry.accepted else fix
        yield f"{rules} on {entry.extent}: {names}{more}", entry.reason, accepted


def _waivers(report: Report) -> Iterator[list[object]]:
    """Yield the waivers with findings, the first to expire first; expired ones have open findings."""
    counts = Counter(each.waiver for _, each in all_findings(report) if each.waiver)
    today = report.receipt.finished_at.date()

    def expires(waiver: Waiver) -> str:
        if waiver.expired(today):
            return f"{waiver.expires} (expired)"
        return f"{waiver.expires} (soon)" if waiver.expires_soon(today) else str(waiver.expires)

    for waiver, number in sorted(counts.items(), key=lambda item: (item[0].expires, item[0].where)):
        place = f"{waiver.repo}, {waiver.subject}" if waiver.subject else waiver.repo
        yield [
            expires(waiver),
            waiver.rule,
            place,
            waiver.reason,
            waiver.owner,
            waiver.approved_by,
            waiver.ticket,
            number,
        ]


def _access(overview: Overview) -> dict[str, object]:
    listed = f", the first {_SUBJECTS} are listed" if len(overview.access) > _SUBJECTS else ""
    facts = [f"{count_of(len(overview.access), 'subject')}{listed}."]
    if overview.hidden:
        facts.append(f"The grants on {count_of(overview.hidden, 'repo')} are unknown.")
    if overview.not_read:
        facts.append(f"Not read: {', '.join(overview.not_read)}.")
    facts.append("Every repo counts once, at the highest level of the subject. `auditor access` lists every grant.")
    return {
        "summary": " ".join(facts),
        "rows": [
            (each.subject, each.everywhere, each.admin, each.write, each.read, each.unknown)
            for each in overview.access[:_SUBJECTS]
        ],
    }


def _rules(report: Report) -> list[dict[str, object]]:
    """Return the rules, those with open findings first."""
    counts = Counter(each.rule.id for each in report.findings)
    with_findings = {each.rule.id: each.rule for _, each in all_findings(report)}
    labels = sorted({rule_label(rule) for rule in with_findings.values()})
    known = {**{rule.id: rule for rule in report.rules}, **with_findings}
    ordered = sorted(known.values(), key=lambda rule: (not counts[rule.id], -rule.severity, rule.id))
    return [
        {
            "id": rule.id,
            "title": rule.title,
            "severity": rule.severity.label,
            "number": counts[rule.id],
            "found": count_of(counts[rule.id], "finding") if counts[rule.id] else "",
            "index": labels.index(rule_label(rule)) if rule.id in with_findings else "",
            "facts": list(_rule_facts(rule)),
            "link": rule.docs if is_link(rule.docs) else "",
        }
        for rule in ordered
    ]


def _rule_facts(rule: RuleInfo) -> Iterator[tuple[str, str]]:
    yield "Name", rule.name
    if rule.rationale:
        yield "Why", rule.rationale
    if rule.remediation:
        yield "Fix", rule.remediation
    if rule.controls:
        yield "Controls", ", ".join(clipped(f"{each.framework} {each.id} {each.title}", 200) for each in rule.controls)
    if not rule.waivable:
        yield "Waivers", "not allowed"
