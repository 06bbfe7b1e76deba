"""Tools for rule authors: tests of packs, mutants, lints, scaffolds. Never prints."""

from auditor.policy_tools.lint import LINTS, Lint, LintFinding, lint_pack
from auditor.policy_tools.scaffold import scaffold
from auditor.policy_tools.testing.cases import Case, Expectation, TestFile, is_test_file, read_test_file, test_files_of
from auditor.policy_tools.testing.mutation import Survivor, survivors
from auditor.policy_tools.testing.outcomes import Coverage, Failure, Tested
from auditor.policy_tools.testing.pack_tests import PackTests

__all__ = [
    "LINTS",
    "Case",
    "Coverage",
    "Expectation",
    "Failure",
    "Lint",
    "LintFinding",
    "PackTests",
    "Survivor",
    "TestFile",
    "Tested",
    "is_test_file",
    "lint_pack",
    "read_test_file",
    "scaffold",
    "survivors",
    "test_files_of",
]
