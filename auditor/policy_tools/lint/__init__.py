"""Lints: what is doubtful about a pack that loads without an error."""

from auditor.policy_tools.lint import logic, texts, usage  # noqa: F401 - they register themselves
from auditor.policy_tools.lint.registry import LINTS, Lint, Remark, lint_pack

__all__ = ["LINTS", "Lint", "Remark", "lint_pack"]
