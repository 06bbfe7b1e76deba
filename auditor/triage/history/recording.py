"""Recording a run: its receipt, its counts, and the changes of findings since the previous run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import orjson
import sqlalchemy as sa

from auditor.model import Finding, Report, pairs_not_evaluated
from auditor.text import timestamp
from auditor.triage.history.store import History
from auditor.triage.history.tables import FINDINGS, RUN_COUNTS, RUNS


def record_run(history: History, report: Report) -> None:
    """Record a run in one transaction.

    A finding that the run does not have is fixed only if the run could have found it: it is complete and not partial,
    its rule is enabled, and the rule was evaluated on the repo. An earlier run never closes a finding of a later one.

    Args:
        history: The history.
        report: The report of the run.

    Raises:
        InvalidError: The database cannot be written.
    """
    scope = scope_of(report)
    with history.transaction() as connection:
        run = connection.execute(sa.insert(RUNS).values(_run(report, scope))).inserted_primary_key
        counts = list(_counts(report, run[0] if run else 0))
        if counts:
            connection.execute(sa.insert(RUN_COUNTS), counts)
        _record_findings(connection, report, scope)


def scope_of(report: Report) -> str:
    """Return a key of the runs that can be compared: another identity may see fewer repos."""
    origin = report.receipt.origin
    return sha256(f"{origin.host or ''}\n{origin.tenant or ''}\n{origin.identity or ''}".encode()).hexdigest()


def _run(report: Report, scope: str) -> dict[str, Any]:
    receipt, origin = report.receipt, report.receipt.origin
    evidence = {
        "source": origin.source,
        "identity": origin.identity,
        "passes": origin.passes,
        "pages": origin.pages,
        "total": origin.total,
        "ids_sha256": receipt.ids_sha256,
        "policy_sha256": receipt.policy_sha256,
        "rules": asdict(receipt.rules),
        "unread": len(receipt.unread),
        "partial": list(report.partial),
        "reason": report.verdict.reason,
    }
    return {
        "scope": scope,
        "host": origin.host or "",
        "tenant": origin.tenant or "",
        "started_at": timestamp(receipt.started_at),
        "finished_at": timestamp(receipt.finished_at),
        "status": report.verdict.status.value,
        "complete": report.verdict.complete,
        "repos": receipt.repos,
        "receipt": orjson.dumps(evidence).decode(),
    }


def _counts(report: Report, run: int) -> Iterator[dict[str, Any]]:
    states = {state: Counter(each.rule.id for each in findings) for state, findings in _by_state(report).items()}
    severities = {each.rule.id: int(each.rule.severity) for each in _everything(report)}
    for rule, severity in sorted(severities.items()):
        yield {"run": run, "rule": rule, "severity": severity, **{state: of[rule] for state, of in states.items()}}


def _by_state(report: Report) -> Mapping[str, tuple[Finding, ...]]:
    return {"open": report.findings, "waived": report.waived, "baselined": report.baselined}


def _everything(report: Report) -> Iterator[Finding]:
    for findings in _by_state(report).values():
        yield from findings


def _record_findings(connection: sa.Connection, report: Report, scope: str) -> None:
    now = timestamp(report.receipt.started_at)
    columns = (FINDINGS.c.fingerprint, FINDINGS.c.first_seen, FINDINGS.c.last_seen, FINDINGS.c.rule, FINDINGS.c.repo)
    unfixed = sa.select(*columns).where(FINDINGS.c.scope == scope, FINDINGS.c.fixed_at.is_(None))
    known = {row.fingerprint: row for row in connection.execute(unfixed)}
    new: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for state, findings in _by_state(report).items():
        for each in findings:
            row = known.pop(each.fingerprint, None)
            entry = _entry(each, state)
            if row is None:
                new.append(entry | {"scope": scope, "first_seen": now, "last_seen": now})
            elif row.last_seen <= now:
                again.append(
                    {f"new_{key}": value for key, value in entry.items()} | _key(scope, row) | {"new_last": now}
                )
            # a later run is already recorded, and has newer data than this one
    certain = _certain(report)
    fixed = [
        _key(scope, row) | {"new_fixed": timestamp(report.receipt.finished_at)}
        for row in known.values()
        if row.last_seen < now and certain(row.rule, row.repo)
    ]
    if new:
        connection.execute(sa.insert(FINDINGS), _once(connection, new))
    if again:
        names = [key for key in _entry_names() if key != "fingerprint"]
        values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names} | {
            "last_seen": sa.bindparam("new_last")
        }
        connection.execute(sa.update(FINDINGS).where(*_where()).values(values), again)
    if fixed:
        connection.execute(sa.update(FINDINGS).where(*_where()).values(fixed_at=sa.bindparam("new_fixed")), fixed)


def _once(connection: sa.Connection, new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that the database lacks: a run in the same second may have closed one of them."""
    scope, now = new[0]["scope"], new[0]["first_seen"]
    taken = set(
        connection.execute(
            sa.select(FINDINGS.c.fingerprint).where(FINDINGS.c.scope == scope, FINDINGS.c.first_seen == now)
        ).scalars()
    )
    return [each for each in new if each["fingerprint"] not in taken]


def _entry_names() -> tuple[str, ...]:
    return ("fingerprint", "state", "rule", "severity", "repo", "subject", "owner", "message")


def _entry(finding: Finding, state: str) -> dict[str, Any]:
    values = (
        finding.fingerprint,
        state,
        finding.rule.id,
        int(finding.rule.severity),
        _storable(finding.repo.name),
        _storable(finding.subject),
        _storable(finding.owner or ""),
        _storable(finding.message),
    )
    return dict(zip(_entry_names(), values, strict=True))


def _storable(text: str) -> str:
    """Return text without characters that databases reject: NUL and lone surrogates."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


def _key(scope: str, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row has the types of its columns
    return {"of_scope": scope, "of_fingerprint": row.fingerprint, "of_first": row.first_seen}


def _where() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        FINDINGS.c.scope == sa.bindparam("of_scope"),
        FINDINGS.c.fingerprint == sa.bindparam("of_fingerprint"),
        FINDINGS.c.first_seen == sa.bindparam("of_first"),
    )


def _certain(report: Report) -> Callable[[str, str], bool]:
    """Return a predicate: whether the run would have found a finding of a rule on a repo if it existed."""
    rules = {each.id for each in report.rules} if report.verdict.complete and not report.partial else set()
    skipped = pairs_not_evaluated(report.not_evaluated)
    return lambda rule, repo: rule in rules and (rule, repo) not in skipped
