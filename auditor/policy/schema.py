"""The JSON Schema of packs, for editors: made from the same tables that the loader reads.

It completes and describes while a rule is written; what it cannot say (which operator fits which field, which names
exist) the loader says with line and column.
"""

from __future__ import annotations

from typing import Any

from auditor.model import Severity
from auditor.policy.fields import FIELDS, Target
from auditor.policy.operators import OPERATORS, Operator
from auditor.policy.params import PARAM_TYPES

_ID = "https://raw.githubusercontent.com/mlrepo-auditor/mlrepo-auditor/main/schemas/policy.schema.json"
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}


def policy_schema() -> dict[str, Any]:
    """Return the schema of a pack."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _ID,
        "title": "Auditor policy pack",
        **_closed(
            {
                "policy": {"const": 1, "description": "The version of the rule language."},
                "name": _said("What the pack calls itself."),
                "version": _said("The version of the pack."),
                "title": _said("What the pack is for."),
                "description": _said("More about the pack."),
                "docs": _said("Where its rules are explained; `#` and the rule's id are added."),
                "params": {"type": "object", "additionalProperties": _param()},
                "rules": {"type": "array", "minItems": 1, "items": _rule()},
            },
            "policy name version title rules",
        ),
        "$defs": {"condition": _condition(), "tests": _tests(), "example": _example()},
    }


def _said(meaning: str) -> dict[str, Any]:
    return {**_TEXT, "description": meaning}


def _closed(properties: dict[str, Any], required: str = "") -> dict[str, Any]:
    closed = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**closed, "required": required.split()} if required else closed


def _param() -> dict[str, Any]:
    properties = {
        "description": _said("What the parameter decides."),
        "type": {"enum": list(PARAM_TYPES)},
        "default": {"description": "The value where nobody sets another."},
    }
    return _closed(properties, "description type default")


def _rule() -> dict[str, Any]:
    condition = {"$ref": "#/$defs/condition"}
    examples = {"type": "array", "items": {"$ref": "#/$defs/example"}}
    control = _closed({"framework": _TEXT, "id": _TEXT, "title": _TEXT}, "framework id")
    properties = {
        "id": {**_said("Stable, and never used again for another rule."), "pattern": "^[A-Z]{2,8}[0-9]{3,4}$"},
        "name": {**_said("What is wrong, in words joined by hyphens."), "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"},
        "title": _said("The requirement, as a sentence."),
        "severity": {"enum": list(Severity.labels())},
        "category": _said("What the rule is about."),
        "rationale": _said("Why the requirement exists."),
        "remediation": _said("What to do about a finding."),
        "docs": _said("Where the rule is explained."),
        "controls": {"type": "array", "items": control, "description": "Controls that the rule helps to meet."},
        "waivable": {"type": "boolean", "description": "Whether a waiver may accept a finding."},
        "for": {"enum": [each.value for each in Target], "description": "What the rule is asked of, once each."},
        "when": {**condition, "description": "Where the rule applies; everywhere if left out."},
        "must": {**condition, "description": "What the rule requires."},
        "message": _said("What a finding says, with {field}, {got}, {expected} and {path}."),
        "examples": _closed({"pass": examples, "fail": examples}),
    }
    return _closed(properties, "id name title severity must")


def _condition() -> dict[str, Any]:
    one, several = (
        {"$ref": "#/$defs/condition"},
        {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/condition"}},
    )
    groups = {
        "all": {**several, "description": "Every one of these holds."},
        "any": {**several, "description": "At least one of these holds."},
        "none": {**several, "description": "None of these holds."},
        "not": {**one, "description": "This does not hold."},
    }
    fields = {
        name: {"$ref": "#/$defs/tests", "description": f"{field.meaning} A {field.type}."}
        for name, field in sorted(FIELDS.items())
    }
    return {**_closed({**groups, **fields}), "minProperties": 1}


def _tests() -> dict[str, Any]:
    operators = {name: {**_operand(each), "description": each.meaning} for name, each in OPERATORS.items()}
    operators["not"] = {"$ref": "#/$defs/tests", "description": "These tests do not hold together."}
    scalar = {"type": ["string", "number", "boolean", "null"], "description": "Short for `equals`."}
    several = {"type": "array", "minItems": 1, "description": "Short for `in`."}
    return {"anyOf": [scalar, several, {**_closed(operators), "minProperties": 1}]}


def _operand(operator: Operator) -> dict[str, Any]:
    if operator.operand is None:
        return {"$ref": "#/$defs/tests"}
    references = [_closed({"param": _TEXT}, "param"), _closed({"field": {"enum": sorted(FIELDS)}}, "field")]
    return {"anyOf": [dict(operator.operand.schema), *references]}


def _example() -> dict[str, Any]:
    properties = {
        "manifest": {"type": "object", "description": "The manifest of the repo."},
        "repo": {"type": "object", "description": "What the API says of the repo."},
        "params": {"type": "object", "description": "Parameters that differ from the defaults."},
        "now": _said("The moment that ages are measured from, an ISO 8601 timestamp."),
    }
    return _closed(properties)
