"""The rule language: documents are checked and compiled; every error has a file and a line."""

from auditor.policy.fields import FIELDS, Field, Target
from auditor.policy.operators import OPERATORS, Operator
from auditor.policy.packs import find_pack, read_pack
from auditor.policy.policy import DEFAULT_PACK, Policy, Settings, load_policy
from auditor.policy.rules import Rule
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING

__all__ = [
    "DEFAULT_PACK",
    "FIELDS",
    "MISSING",
    "OPERATORS",
    "Field",
    "Operator",
    "Policy",
    "Rule",
    "Scope",
    "Settings",
    "Target",
    "find_pack",
    "load_policy",
    "read_pack",
]
