"""Runs, their counts by rule, and findings with the times when they were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("finished_at", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("repos", sa.Integer, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
    )
    op.create_index("runs_by_scope", "runs", ["scope", "started_at"])
    op.create_table(
        "run_counts",
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("rule", sa.String(255), primary_key=True),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("open", sa.Integer, nullable=False),
        sa.Column("waived", sa.Integer, nullable=False),
        sa.Column("baselined", sa.Integer, nullable=False),
    )
    op.create_table(
        "findings",
        sa.Column("scope", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(32), primary_key=True),
        sa.Column("first_seen", sa.String(32), primary_key=True),
        sa.Column("last_seen", sa.String(32), nullable=False),
        sa.Column("fixed_at", sa.String(32), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(255), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("repo", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("findings_not_fixed", "findings", ["scope", "fixed_at"])
