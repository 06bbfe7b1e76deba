"""The tables of the HTML report as data: rows in which repeated texts are indices, for the script of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from auditor.html import FIRST, Column, Table, make_table, places_of
from auditor.model import Finding, Report, Severity
from auditor.reporters.html_charts import rule_label
from auditor.reporters.phrasing import full_name
from auditor.triage.owners import UNOWNED


def all_findings(report: Report) -> Iterator[tuple[str, Finding]]:
    """Yield every finding with its state: open, waived or baselined."""
    for state, findings in (("open", report.findings), ("waived", report.waived), ("baselined", report.baselined)):
        yield from ((state, each) for each in findings)


def _repo_name(report: Report) -> Callable[[Finding], str]:
    """Return a function that returns the name of a finding's repo, with its tenant if there are several."""
    tenants = {each.repo.tenant for _, each in all_findings(report)}
    return (lambda each: full_name(each.repo)) if len(tenants) > 1 else (lambda each: each.repo.name)


def repos_with_findings(report: Report) -> list[tuple[str, list[Finding]]]:
    """Return the repos with their open findings, those with the worst first."""
    found: dict[str, list[Finding]] = {}
    name = _repo_name(report)
    for state, each in all_findings(report):
        found.setdefault(name(each), []).extend([each] if state == "open" else [])
    return sorted(found.items(), key=lambda item: ([-number for number in _counts(item[1])], item[0]))


def _counts(findings: Sequence[Finding]) -> list[int]:
    counts = Counter(each.rule.severity for each in findings)
    return [counts[severity] for severity in reversed(Severity)]


def findings_table(report: Report, repos: Sequence[str]) -> Table:
    """Return the table of all findings, the worst first."""
    fixes = {rule_label(each.rule): each.rule.remediation for _, each in all_findings(report)}
    rules = sorted(fixes)
    owners = sorted({each.owner or UNOWNED for _, each in all_findings(report)})
    states = list(dict.fromkeys(state for state, _ in all_findings(report)))
    expected = sorted({each.expected for _, each in all_findings(report)})
    columns = [
        Column("Severity", [severity.label for severity in Severity], filter=True, badge=True),
        Column("Rule", rules, filter=True),
        Column("Repo", repos),
        Column("Finding", opens=True),
        Column("Owner", owners, filter=len(owners) > 1, hidden=owners == [UNOWNED]),
        Column("State", states, filter=len(states) > 1, hidden=len(states) == 1),
        Column("Field", hidden=True),
        Column("Got", hidden=True),
        Column("Expected", expected, hidden=True),
        Column("At", hidden=True),
        Column("Waiver", hidden=True),
        Column("Fix", [fixes[rule] for rule in rules], hidden=True),
    ]
    columns.sort(key=lambda column: column.hidden)
    names, name = [column.label for column in columns], _repo_name(report)
    places = {each.label: places_of(each.values) for each in columns if each.values is not None}
    places["Fix"] = places["Rule"]

    def texts(pair: tuple[str, Finding]) -> dict[str, str]:
        return {**_texts(*pair), "Repo": name(pair[1])}

    def cells(pair: tuple[str, Finding]) -> list[object]:
        found = texts(pair)
        return [places[each][found[each]] if each in places else found[each] for each in names]

    heads = [column.label for column in columns if not column.hidden]
    start = [[texts(pair)[head] for head in heads] for pair in islice(all_findings(report), FIRST)]
    count = len(report.findings) + len(report.waived) + len(report.baselined)
    return make_table(columns, count, start, ("finding", "findings"), map(cells, all_findings(report)))


def _texts(state: str, finding: Finding) -> dict[str, str]:
    place, waiver = finding.location, finding.waiver
    return {
        "Severity": finding.rule.severity.label,
        "Rule": rule_label(finding.rule),
        "Finding": finding.message,
        "Owner": finding.owner or UNOWNED,
        "State": state,
        "Field": finding.path,
        "Got": "" if finding.got in finding.message else finding.got,
        "Expected": finding.expected,
        "At": f"{place.file}:{place.line}" if place else "",
        "Waiver": str(waiver) if waiver else "",
        "Fix": rule_label(finding.rule),
    }


def repo_table(repos: Sequence[tuple[str, Sequence[Finding]]]) -> Table:
    """Return the table of repos; its details list the findings of a repo."""
    owners = sorted({_owner(found) for _, found in repos})
    columns = [
        Column("Repo", [name for name, _ in repos], opens=True),
        Column("Owner", owners, filter=len(owners) > 1),
        *(Column(severity.label.capitalize(), number=True) for severity in reversed(Severity)),
    ]
    rows = ([number, owners.index(_owner(found)), *_counts(found)] for number, (_, found) in enumerate(repos))
    start = [[name, _owner(found), *_counts(found)] for name, found in repos[:FIRST]]
    more = {"table": "findings", "column": 0, "of": 2, "show": [1, 3]}
    return make_table(columns, len(repos), start, ("repo", "repos"), rows, more)


def _owner(findings: Sequence[Finding]) -> str:
    return next((each.owner for each in findings if each.owner), UNOWNED)
