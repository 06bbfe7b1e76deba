"""Run migrations on the connection that the store opened, inside its transaction."""

from alembic import context

from auditor.triage.history.tables import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
