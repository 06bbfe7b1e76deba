"""Lints: likely mistakes in a pack that loads without an error."""

from auditor.policy_tools.lint import declarations, logic  # noqa: F401 - they register themselves
from auditor.policy_tools.lint.registry import LINTS, Lint, LintFinding, lint_pack

__all__ = ["LINTS", "Lint", "LintFinding", "lint_pack"]
