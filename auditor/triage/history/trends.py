"""Trends in the history: findings by severity and rule, the oldest open findings, the time to fix, and coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean
from typing import Any

import orjson
import sqlalchemy as sa

from auditor.model import PastRun, Severity
from auditor.text import timestamp
from auditor.triage.history.store import History
from auditor.triage.history.tables import FINDINGS, RUN_COUNTS, RUNS

RUNS_SHOWN = 10
OLDEST_SHOWN = 10
CHARTED = 60
"""The most runs in a chart."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run of the history.

    Attributes:
        started_at: When it began, ISO 8601 in UTC.
        status: The status of its verdict.
        complete: Whether everything was read and evaluated.
        repos: The number of checked repos.
        by_severity: The number of open findings, by severity.
        waived: The number of waived findings.
        baselined: The number of findings in the baseline.
        receipt: The evidence of the run.
    """

    started_at: str
    status: str
    complete: bool
    repos: int
    by_severity: dict[str, int]
    waived: int
    baselined: int
    receipt: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """An open finding, and the time since when it is open."""

    first_seen: str
    last_seen: str
    rule: str
    severity: str
    repo: str
    owner: str
    message: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class RuleTrend:
    """The history of a rule: the number of open and fixed findings, and the mean time to fix in days."""

    rule: str
    open: int
    fixed: int
    mean_days_to_fix: float | None


@dataclass(frozen=True, slots=True)
class Trends:
    """The history of one tenant, as visible to one identity.

    Attributes:
        host: The control plane.
        tenant: The tenant.
        identity: The owner of the token; runs of another identity, which may see other repos, are separate.
        runs: Its latest runs, the oldest of them first.
        complete_runs: The number of complete runs.
        all_runs: The number of runs.
        oldest: The oldest open findings.
        rules: The history of each rule.
        mean_days_to_fix: The mean time to fix by severity, in days; only severities with fixed findings.
    """

    host: str
    tenant: str
    identity: str
    runs: tuple[RecordedRun, ...]
    complete_runs: int
    all_runs: int
    oldest: tuple[OpenFinding, ...]
    rules: tuple[RuleTrend, ...]
    mean_days_to_fix: dict[str, float]


def read_trends(history: History, runs: int = RUNS_SHOWN) -> tuple[Trends, ...]:
    """Return the trends of each tenant and identity.

    Args:
        history: The history.
        runs: The number of the latest runs to show.

    Raises:
        InvalidError: The database cannot be read.
    """
    with history.transaction() as connection:
        scopes = connection.execute(
            sa.select(RUNS.c.scope, sa.func.max(RUNS.c.host), sa.func.max(RUNS.c.tenant)).group_by(RUNS.c.scope)
        ).all()
        found = [_trends(connection, scope, host, tenant, runs) for scope, host, tenant in scopes]
    return tuple(sorted(found, key=lambda each: (each.tenant, each.host, each.identity)))


def past_runs(history: History, scope: str, number: int = CHARTED) -> tuple[PastRun, ...]:
    """Return the latest runs of a scope, the oldest of them first; a partial run counts as incomplete.

    Raises:
        InvalidError: The database cannot be read.
    """
    with history.transaction() as connection:
        return tuple(
            PastRun(
                started_at=datetime.fromisoformat(each.started_at),
                complete=each.complete and not each.receipt.get("partial"),
                by_severity=tuple(each.by_severity.items()),
            )
            for each in _runs(connection, scope, number)
        )


def _trends(connection: sa.Connection, scope: str, host: str, tenant: str, runs: int) -> Trends:
    counted = sa.select(sa.func.count(), sa.func.sum(sa.cast(RUNS.c.complete, sa.Integer))).where(RUNS.c.scope == scope)
    everything, complete = connection.execute(counted).one()
    findings = connection.execute(sa.select(FINDINGS).where(FINDINGS.c.scope == scope)).all()
    opened = sorted(
        (each for each in findings if each.fixed_at is None and each.state == "open"),
        key=lambda each: (each.first_seen, -each.severity, each.rule, each.repo),
    )
    latest = tuple(_runs(connection, scope, runs))
    return Trends(
        host=host,
        tenant=tenant,
        identity=latest[-1].receipt["identity"] or "",
        runs=latest,
        complete_runs=complete or 0,
        all_runs=everything,
        oldest=tuple(_open(each) for each in opened[:OLDEST_SHOWN]),
        rules=tuple(_rules(findings)),
        mean_days_to_fix=_by_severity(findings),
    )


def _runs(connection: sa.Connection, scope: str, number: int) -> Iterator[RecordedRun]:
    latest = sa.select(RUNS).where(RUNS.c.scope == scope).order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc())
    rows = connection.execute(latest.limit(number)).all()
    counts: defaultdict[int, list[Any]] = defaultdict(list)
    wanted = [row.id for row in rows]
    for count in connection.execute(sa.select(RUN_COUNTS).where(RUN_COUNTS.c.run.in_(wanted))):
        counts[count.run].append(count)
    for row in reversed(rows):
        of_run = counts[row.id]
        yield RecordedRun(
            started_at=row.started_at,
            status=row.status,
            complete=row.complete,
            repos=row.repos,
            by_severity={
                each.label: sum(count.open for count in of_run if count.severity == each) for each in reversed(Severity)
            },
            waived=sum(count.waived for count in of_run),
            baselined=sum(count.baselined for count in of_run),
            receipt=orjson.loads(row.receipt),
        )


def _open(row: Any) -> OpenFinding:  # noqa: ANN401 - a row has the types of its columns
    severity = Severity(row.severity).label
    return OpenFinding(
        row.first_seen, row.last_seen, row.rule, severity, row.repo, row.owner, row.message, row.fingerprint
    )


def _rules(findings: Sequence[Any]) -> Iterator[RuleTrend]:
    by_rule: defaultdict[str, list[Any]] = defaultdict(list)
    for each in findings:
        by_rule[each.rule].append(each)
    for rule, these in sorted(by_rule.items()):
        days = [_days(each) for each in these if each.fixed_at]
        opened = sum(each.fixed_at is None and each.state == "open" for each in these)
        yield RuleTrend(rule, opened, len(days), round(mean(days), 1) if days else None)


def _by_severity(findings: Sequence[Any]) -> dict[str, float]:
    days = {
        each.label: [_days(row) for row in findings if row.fixed_at and row.severity == each]
        for each in reversed(Severity)
    }
    return {label: round(mean(these), 1) for label, these in days.items() if these}


def _days(row: Any) -> float:  # noqa: ANN401 - a row has the types of its columns
    spent = datetime.fromisoformat(row.fixed_at) - datetime.fromisoformat(row.first_seen)
    return spent / timedelta(days=1)


def prune_history(history: History, before: datetime) -> tuple[int, int]:
    """Remove runs that ended, and findings that were fixed, before a time; return how many of each.

    Raises:
        InvalidError: The database cannot be written.
    """
    limit = timestamp(before)
    with history.transaction() as connection:
        old = sa.select(RUNS.c.id).where(RUNS.c.finished_at < limit)
        connection.execute(sa.delete(RUN_COUNTS).where(RUN_COUNTS.c.run.in_(old)))
        runs = connection.execute(sa.delete(RUNS).where(RUNS.c.finished_at < limit)).rowcount
        findings = connection.execute(sa.delete(FINDINGS).where(FINDINGS.c.fixed_at < limit)).rowcount
    return runs, findings


def export_history(history: History) -> Iterator[str]:
    """Yield everything as JSON lines, each with the name of its table, in a fixed order.

    Raises:
        InvalidError: The database cannot be read.
    """
    with history.transaction() as connection:
        for table in (RUNS, RUN_COUNTS, FINDINGS):
            for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns)):
                document = {"table": table.name} | {str(key): value for key, value in row._asdict().items()}
                yield f"{orjson.dumps(document).decode()}\n"
