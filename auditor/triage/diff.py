"""What changed between two runs: new, reopened, fixed, still open and waived findings, from their JSON reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from auditor.errors import InvalidError
from auditor.model import Severity

_TENANT_SOURCES = frozenset({"control-plane", "snapshot"})
_SCOPE = ("host", "tenant", "identity", "paths", "excluded", "since", "against")


@dataclass(frozen=True, slots=True)
class RecordedFinding:
    """A finding as a JSON report records it.

    Attributes:
        fingerprint: Its identity.
        rule: The id of its rule.
        name: The name of its rule.
        severity: Its severity.
        repo: The name of its repo.
        message: What is wrong.
        owner: Who has to act; empty if that is not known.
    """

    fingerprint: str
    rule: str
    name: str
    severity: Severity
    repo: str
    message: str
    owner: str


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as its JSON report records it.

    Attributes:
        file: The file of the report.
        complete: Whether everything was read and evaluated.
        reason: The sentence of its verdict.
        policy: The digest of its policy.
        scope: What it looked at, by the keys of its receipt.
        opened: The open findings, by fingerprint.
        waived: The waived findings, by fingerprint.
        baselined: The findings in the baseline, by fingerprint.
        not_evaluated: Pairs of rule and repo that were not evaluated.
    """

    file: str
    complete: bool
    reason: str
    policy: str
    scope: Mapping[str, object]
    opened: Mapping[str, RecordedFinding]
    waived: Mapping[str, RecordedFinding]
    baselined: Mapping[str, RecordedFinding]
    not_evaluated: frozenset[tuple[str, str]]

    @property
    def all_findings(self) -> Mapping[str, RecordedFinding]:
        """Every finding, by fingerprint."""
        return {**self.baselined, **self.waived, **self.opened}


def read_run(data: bytes, file: str) -> RecordedRun:
    """Return the run that a JSON report records.

    Args:
        data: The JSON report.
        file: Its name in messages.

    Raises:
        InvalidError: It is not a JSON report of Auditor.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict) or document.get("report") != 1:
        raise InvalidError(f"{file} is neither a JSON report nor a snapshot", "write one with `auditor audit -f json`")
    try:
        receipt, verdict = document["receipt"], document["verdict"]
        source = "tenant" if receipt["source"] in _TENANT_SOURCES else receipt["source"]
        return RecordedRun(
            file=file,
            complete=verdict["complete"] is True,
            reason=str(verdict["reason"]),
            policy=str(receipt["policy_sha256"]),
            scope={"source": source, "only_owner": document["only_owner"], **{key: receipt[key] for key in _SCOPE}},
            opened=_findings(document["findings"]),
            waived=_findings(document["waived"]),
            baselined=_findings(document["baselined"]),
            not_evaluated=frozenset(
                (str(rule["rule"]), str(repo["name"]))
                for entry in document["not_evaluated"]
                for rule in entry["rules"]
                for repo in entry["repos"]
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidError(f"{file} is not a complete JSON report: {error} is wrong or missing") from None


def _findings(entries: Sequence[Mapping[str, Any]]) -> Mapping[str, RecordedFinding]:
    return {
        str(each["fingerprint"]): RecordedFinding(
            fingerprint=str(each["fingerprint"]),
            rule=str(each["rule"]),
            name=str(each["name"]),
            severity=Severity.of(str(each["severity"])),
            repo=str(each["repo"]["name"]),
            message=str(each["message"]),
            owner=str(each.get("owner") or ""),
        )
        for each in entries
    }


@dataclass(frozen=True, slots=True)
class ReportDiff:
    """What changed between two runs; each list is sorted by severity, rule and repo.

    Attributes:
        old: The earlier run.
        new: The later run.
        obstacles: Why nothing can be called fixed; empty if it can.
        added: Open findings that the earlier run did not have.
        reopened: Open findings that were waived or in the baseline.
        fixed: Findings that are gone; empty if there are obstacles.
        unknown: Findings that are gone, but may not be fixed.
        still_open: Open in both runs.
        waived: Open findings that are waived now, or in the baseline.
        severity: Findings whose severity changed, as they were and as they are.
    """

    old: RecordedRun
    new: RecordedRun
    obstacles: tuple[str, ...] = ()
    added: tuple[RecordedFinding, ...] = ()
    reopened: tuple[RecordedFinding, ...] = ()
    fixed: tuple[RecordedFinding, ...] = ()
    unknown: tuple[RecordedFinding, ...] = ()
    still_open: tuple[RecordedFinding, ...] = ()
    waived: tuple[RecordedFinding, ...] = ()
    severity: tuple[tuple[RecordedFinding, RecordedFinding], ...] = field(default=())

    @property
    def parts(self) -> Mapping[str, tuple[RecordedFinding, ...]]:
        """The lists of findings, by what they are called in reports."""
        return {
            "new": self.added,
            "reopened": self.reopened,
            "fixed": self.fixed,
            "gone, but not known to be fixed": self.unknown,
            "accepted since": self.waived,
            "still open": self.still_open,
        }

    def counts_by(self, key: Callable[[RecordedFinding], str]) -> Mapping[str, Counter[str]]:
        """Return how many findings each part has, by rule or by owner."""
        counts: dict[str, Counter[str]] = {}
        for part, findings in self.parts.items():
            for each in findings:
                counts.setdefault(key(each), Counter())[part] += 1
        return dict(sorted(counts.items()))


def compare_runs(old: RecordedRun, new: RecordedRun) -> ReportDiff:
    """Return what changed between two runs."""
    obstacles = tuple(_obstacles(old, new))
    before, after = old.all_findings, new.all_findings
    gone = [each for fingerprint, each in before.items() if fingerprint not in after]
    certain = [each for each in gone if not obstacles and (each.rule, each.repo) not in new.not_evaluated]
    accepted = {**new.waived, **new.baselined}
    return ReportDiff(
        old=old,
        new=new,
        obstacles=obstacles,
        added=_ordered(each for fingerprint, each in new.opened.items() if fingerprint not in before),
        reopened=_ordered(
            each for fingerprint, each in new.opened.items() if fingerprint in before and fingerprint not in old.opened
        ),
        fixed=_ordered(certain),
        unknown=_ordered(each for each in gone if each not in certain),
        still_open=_ordered(each for fingerprint, each in new.opened.items() if fingerprint in old.opened),
        waived=_ordered(each for fingerprint, each in accepted.items() if fingerprint in old.opened),
        severity=tuple(
            (before[each.fingerprint], each)
            for each in _ordered(after.values())
            if each.fingerprint in before and before[each.fingerprint].severity != each.severity
        ),
    )


def _ordered(findings: Iterable[RecordedFinding]) -> tuple[RecordedFinding, ...]:
    return tuple(sorted(findings, key=lambda each: (-each.severity, each.rule, each.repo, each.message)))


def _obstacles(old: RecordedRun, new: RecordedRun) -> Iterator[str]:
    for run in (old, new):
        if not run.complete:
            yield f"{run.file} is incomplete: {run.reason}"
    for key in ("source", "only_owner", *_SCOPE):
        if old.scope[key] != new.scope[key]:
            yield f"the scope differs: {key} is {old.scope[key]!r} in {old.file} and {new.scope[key]!r} in {new.file}"
    if old.policy != new.policy:
        yield f"the policies differ: sha256:{old.policy[:12]} in {old.file}, sha256:{new.policy[:12]} in {new.file}"
