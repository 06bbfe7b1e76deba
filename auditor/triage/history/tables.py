"""The tables of the history after the latest migration. Times are ISO 8601 in UTC and sort as texts."""

from __future__ import annotations

import sqlalchemy as sa

VERSION_TABLE = "auditor_history_version"
HEAD = "0001"
"""The latest migration; a test compares it with the migrations themselves."""

METADATA = sa.MetaData()

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("scope", sa.String),
    sa.Column("host", sa.Text),
    sa.Column("tenant", sa.Text),
    sa.Column("started_at", sa.String),
    sa.Column("finished_at", sa.String),
    sa.Column("status", sa.String),
    sa.Column("complete", sa.Boolean),
    sa.Column("repos", sa.Integer),
    sa.Column("receipt", sa.Text),
)

RUN_COUNTS = sa.Table(
    "run_counts",
    METADATA,
    sa.Column("run", sa.Integer, primary_key=True),
    sa.Column("rule", sa.String, primary_key=True),
    sa.Column("severity", sa.Integer),
    sa.Column("open", sa.Integer),
    sa.Column("waived", sa.Integer),
    sa.Column("baselined", sa.Integer),
)

FINDINGS = sa.Table(
    "findings",
    METADATA,
    sa.Column("scope", sa.String, primary_key=True),
    sa.Column("fingerprint", sa.String, primary_key=True),
    sa.Column("first_seen", sa.String, primary_key=True),
    sa.Column("last_seen", sa.String),
    sa.Column("fixed_at", sa.String),
    sa.Column("state", sa.String),
    sa.Column("rule", sa.String),
    sa.Column("severity", sa.Integer),
    sa.Column("repo", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("owner", sa.Text),
    sa.Column("message", sa.Text),
)
