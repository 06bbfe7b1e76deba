"""Operators over whole documents."""

from __future__ import annotations

from typing import Any

from auditor.policy import operands
from auditor.policy.operators.registry import Predicate, operator
from auditor.policy.subschemas import schema_test
from auditor.policy.types import Type


@operator(
    {Type.OBJECT, Type.LIST},
    operands.SCHEMA,
    "fitting the schema {}",
    passes=({"a": 1}, {"required": ["a"]}),
    fails=({}, {"required": ["a"]}),
)
def schema(operand: Any) -> Predicate:  # noqa: ANN401 - a JSON document
    """The value fits a JSON Schema (2020-12); `$ref` stays inside it, patterns take linear time."""
    fits = schema_test(operand)
    return lambda value, _now: fits(value)
