"""Migrations of the history database, run by alembic."""
