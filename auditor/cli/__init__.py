"""The command line: one module a command; the only place that prints or exits."""

from auditor.cli.main import run

__all__ = ["run"]
