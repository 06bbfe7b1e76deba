"""Waivers: `waivers.yaml`, and the one function that decides what they accept."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from auditor.documents import Cursor, read_file, read_yaml
from auditor.errors import near_hint
from auditor.model import Finding, NotEvaluated, RuleInfo, TriageNote, Waiver
from auditor.model.globs import glob_matcher
from auditor.text import count_of

WAIVER_DAYS = 180
"""The default of `waiver_days`: how many days ahead a waiver may expire."""

GLOB = "glob:"

_REQUIRED = ("rule", "repo", "reason", "owner", "expires")
_OPTIONAL = ("subject", "ticket", "approved_by")
_PLACEHOLDERS = frozenset({"...", "TODO", "todo", "YYYY-MM-DD"})
_ANYTHING = re.compile(r"[*?]+")


def read_waivers(path: Path, latest: date | None = None) -> tuple[Waiver, ...]:
    """Return the entries of a file of waivers.

    Args:
        path: The file.
        latest: The last day on which a waiver may expire; None for any day.

    Raises:
        InvalidError: The file cannot be read, or something in it is wrong.
    """
    return waivers_of(read_file(path)[0], latest)


def parse_waivers(text: str, file: str) -> tuple[Waiver, ...]:
    """Return the entries in the text of a file of waivers.

    Raises:
        DocumentError: Something in it is wrong.
    """
    return waivers_of(read_yaml(text.encode(), file))


def waivers_of(document: Cursor, latest: date | None = None) -> tuple[Waiver, ...]:
    """Return the entries of a document.

    Raises:
        DocumentError: Something in it is wrong.
    """
    keys = document.keys(("waivers",), ("waivers",))
    return tuple(_waiver(item, latest) for item in keys["waivers"].items())


def _waiver(item: Cursor, latest: date | None) -> Waiver:
    keys = item.keys((*_REQUIRED, *_OPTIONAL), _REQUIRED)
    texts = {name: _text(keys[name]) for name in keys if name != "expires"}
    if texts["repo"].removeprefix(GLOB) == "":
        keys["repo"].fail("is an empty glob", "write the name of a repo, or glob:PATTERN")
    return Waiver(expires=_expiry(keys["expires"], latest), where=str(item.mark), **texts)


def _text(cursor: Cursor) -> str:
    text = cursor.text().strip()
    if text in _PLACEHOLDERS:
        cursor.fail(f"is {text!r}, which is a placeholder", "replace it with the real text")
    return text


def _expiry(cursor: Cursor, latest: date | None) -> date:
    written = cursor.plain()
    try:
        day = date.fromisoformat(written) if isinstance(written, str) and len(written) == len("YYYY-MM-DD") else None
    except ValueError:
        day = None
    if day is None:
        cursor.fail(f"is {cursor.described}, expected a date as YYYY-MM-DD")
    if latest and day > latest:
        fix = "use an earlier date, or set waiver_days in auditor.yaml"
        cursor.fail(f"is {day}, but a waiver may last until {latest} at most", fix)
    return day


def latest_expiry(today: date, days: int) -> date:
    """Return the last day on which a waiver that is added today may expire."""
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return date.max


def split_by_waivers(
    findings: Iterable[Finding], waivers: Sequence[Waiver], today: date
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the open findings and the waived ones; this is the only place that decides what a waiver accepts.

    A waived finding has its waiver, and an open finding has its expired waiver, if there is one. If several waivers
    accept a finding, it has the one that expires last. Findings of rules that cannot be waived stay open.

    Args:
        findings: The findings of a run.
        waivers: The waivers.
        today: The day of the decision, in UTC.
    """
    by_rule: defaultdict[str, list[tuple[Waiver, Callable[[Finding], bool]]]] = defaultdict(list)
    for each in waivers:
        by_rule[each.rule].append((each, _accepts(each)))
    opened: list[Finding] = []
    waived: list[Finding] = []
    for finding in findings:
        found = _waiver_of(finding, by_rule)
        if found is None:
            opened.append(finding)
        else:
            (opened if found.expired(today) else waived).append(replace(finding, waiver=found))
    return tuple(opened), tuple(waived)


def _waiver_of(
    finding: Finding, by_rule: Mapping[str, Sequence[tuple[Waiver, Callable[[Finding], bool]]]]
) -> Waiver | None:
    if not finding.rule.waivable:
        return None
    candidates = (pair for name in finding.rule.names for pair in by_rule.get(name, ()))
    accepting = (waiver for waiver, accepts in candidates if accepts(finding))
    return max(accepting, key=lambda waiver: waiver.expires, default=None)


def _accepts(waiver: Waiver) -> Callable[[Finding], bool]:
    matches = _repo_matcher(waiver.repo)
    return lambda finding: matches(finding.repo.name) and waiver.subject in {"", finding.subject}


def _repo_matcher(repo: str) -> Callable[[str], bool]:
    return glob_matcher((repo.removeprefix(GLOB),)) if repo.startswith(GLOB) else repo.__eq__


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope of a run, which decides whether an unused waiver can be reported.

    Attributes:
        rules: Every rule.
        complete: Whether everything was read, and no rule was excluded.
        tenant: Whether the run read the entire tenant, so that a repo that it did not read does not exist.
        repos: The repos in waivers and the baseline that were read.
        not_evaluated: Rules that were not evaluated on some repos.
        built_in: The ids and names of built-in rules, which exist even if the run did not need them.
    """

    rules: Sequence[RuleInfo] = ()
    complete: bool = False
    tenant: bool = False
    repos: frozenset[str] = frozenset()
    not_evaluated: Sequence[NotEvaluated] = ()
    built_in: frozenset[str] = frozenset()

    @property
    def skipped_rules(self) -> frozenset[str]:
        """The ids of rules that were not evaluated on some repos."""
        return frozenset(rule.id for each in self.not_evaluated for rule in each.rules)


def review_waivers(
    waivers: Sequence[Waiver], waived: Iterable[Finding], opened: Iterable[Finding], today: date, scope: Scope
) -> Iterator[TriageNote]:
    """Yield problems with waivers, in the order of their file.

    Args:
        waivers: The waivers.
        waived: The findings that they accept.
        opened: The open findings; some have an expired waiver.
        today: The day for which to decide, in UTC.
        scope: The scope of the run.
    """
    used = {finding.waiver.where for finding in waived if finding.waiver}
    lapsed: defaultdict[str, int] = defaultdict(int)
    for finding in opened:
        if finding.waiver:
            lapsed[finding.waiver.where] += 1
    rules = {name: rule for rule in scope.rules for name in rule.names}
    for waiver in waivers:
        for kind, problem in _problems(waiver, rules, today, scope, lapsed[waiver.where], used=waiver.where in used):
            yield TriageNote(kind, waiver.where, f"the {waiver.name} {problem}")


def _problems(
    waiver: Waiver, rules: Mapping[str, RuleInfo], today: date, scope: Scope, lapsed: int, *, used: bool
) -> Iterator[tuple[str, str]]:
    rule = rules.get(waiver.rule)
    glob = waiver.repo.startswith(GLOB)
    if rules and rule is None and waiver.rule not in scope.built_in:
        near = near_hint(waiver.rule, rules)
        yield "unknown-rule", f"refers to a rule that is not in the policy{f'; {near}' if near else ''}"
    elif rule and not rule.waivable:
        yield "not-waivable", f"has no effect: {rule.id} cannot be waived"
    if (glob and _ANYTHING.fullmatch(waiver.repo.removeprefix(GLOB))) or waiver.repo == "*":
        yield (
            "too-broad",
            "is too broad because it matches every repo; name the repos, or turn the rule off in auditor.yaml",
        )
    if lapsed:
        yield "reopened", f"expired on {waiver.expires} (owner: {waiver.owner}), so {_reopened(lapsed)} open again"
    elif waiver.expired(today):
        yield "expired", f"expired on {waiver.expires} (owner: {waiver.owner}); remove it or renew it"
    elif waiver.expires_soon(today):
        left = count_of((waiver.expires - today).days, "day")
        yield "expires-soon", f"expires in {left}, on {waiver.expires} (owner: {waiver.owner})"
    if rule and rule.waivable and not (used or lapsed) and scope.complete and not waiver.expired(today):
        seen = waiver.repo in scope.repos
        if scope.tenant and not glob and not seen and not _names_no_repo(waiver.repo):
            yield "unknown-repo", "refers to a repo that does not exist or is not visible"
        elif (seen or scope.tenant) and rule.id not in scope.skipped_rules:
            yield "unused", "matches no finding; remove it with `auditor waivers prune`"


def _names_no_repo(name: str) -> bool:
    """Return whether findings with this name are not about a repo but about the tenant, a role or a binding."""
    return ":" in name


def _reopened(number: int) -> str:
    return f"{count_of(number, 'finding')} {'is' if number == 1 else 'are'}"
