"""Lints: what is doubtful about a pack that loads without an error."""

from auditor.authoring.lints import logic, names, texts, usage  # noqa: F401 - they register themselves
from auditor.authoring.lints.registry import LINTS, Lint, Remark, lint_pack

__all__ = ["LINTS", "Lint", "Remark", "lint_pack"]
