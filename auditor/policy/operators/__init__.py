"""The operators of the rule language, one function each."""

from auditor.policy.operators import elements, lists, numbers, texts, values  # noqa: F401
from auditor.policy.operators.registry import ALL_TYPES, OPERATORS, Form, Operator, Predicate
from auditor.policy.operators.values import same

__all__ = ["ALL_TYPES", "OPERATORS", "Form", "Operator", "Predicate", "same"]
