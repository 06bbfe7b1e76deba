"""The JSON Schema of packs, for editors: made from the same tables that the loader reads.

It completes and describes while a rule is written; what it cannot say (which operator fits which field, which names
exist) the loader says with line and column.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.model import Severity
from auditor.policy.examples import DIRECTORY_KEYS
from auditor.policy.fields import FIELDS, Field, Target
from auditor.policy.info import UNAVAILABLE
from auditor.policy.operators import OPERATORS, Form, Operator
from auditor.policy.params import PARAM_TYPES
from auditor.policy.rules import FOLDS
from auditor.policy.types import Type
from auditor.text import with_article

_ID = "https://raw.githubusercontent.com/mlrepo-auditor/mlrepo-auditor/main/schemas/policy.schema.json"
_UNAVAILABLE = "What to do if data for the rule is missing: skip the rule, or end the run as incomplete."
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
                "name": _described("The name of the pack."),
                "version": _described("The version of the pack."),
                "title": _described("The purpose of the pack, in a few words."),
                "description": _described("Description of the pack."),
                "docs": _described("URL of the rules' documentation; `#` and the rule id are appended."),
                "extends": {
                    "type": "array",
                    "minItems": 1,
                    "items": _described("A pack, by name or by path from this file; `@2` accepts version 2 only."),
                    "description": "Packs that this pack extends.",
                },
                "params": {"type": "object", "additionalProperties": _param()},
                "data": {"type": "object", "additionalProperties": _data()},
                "overrides": _overrides(),
                "rules": {"type": "array", "minItems": 1, "items": _rule()},
            },
            "policy name version title",
        ),
        "patternProperties": {"^x-": {"description": "Ignored; a place for YAML anchors."}},
        "anyOf": [{"required": ["rules"]}, {"required": ["extends"]}],
        "$defs": {
            "condition": _condition(list(FIELDS.values())),
            "of_item": _of_item(),
            "tests": _tests(),
            "example": _example(),
        },
    }


def _data() -> dict[str, Any]:
    properties = {
        "file": _described("A .txt, .csv, .json or .yaml file next to the pack or below it."),
        "description": _described("Description of the list."),
        "column": _described("The column that holds the list, in a .csv file."),
        "key": _described("The key that holds the list, in a .json or .yaml file."),
    }
    return _closed(properties, "file")


def _overrides() -> dict[str, Any]:
    unavailable = {"enum": list(UNAVAILABLE), "description": _UNAVAILABLE}
    severities = {"enum": list(Severity.labels())}
    changed = _closed({"severity": severities, "params": {"type": "object"}, "when_unavailable": unavailable})
    return {
        "type": "object",
        "additionalProperties": {"anyOf": [{"const": "off"}, {**changed, "minProperties": 1}]},
        "description": "Changes to rules of extended packs, by id or name.",
    }


def _described(meaning: str) -> dict[str, Any]:
    return {**_TEXT, "description": meaning}


def _closed(properties: dict[str, Any], required: str = "") -> dict[str, Any]:
    closed = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**closed, "required": required.split()} if required else closed


def _param() -> dict[str, Any]:
    properties = {
        "description": _described("Description of the parameter."),
        "type": {"enum": list(PARAM_TYPES)},
        "default": {"description": "Default value."},
    }
    return _closed(properties, "default")


def _rule() -> dict[str, Any]:
    condition = {"$ref": "#/$defs/condition"}
    examples = {"type": "array", "items": {"$ref": "#/$defs/example"}}
    control = _closed({"framework": _TEXT, "id": _TEXT, "title": _TEXT}, "framework id")
    properties = {
        "id": {**_described("Stable id; never reused for another rule."), "pattern": "^[A-Z]{2,8}[0-9]{3,4}$"},
        "name": {
            **_described("What is wrong, as lowercase words joined by hyphens."),
            "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        },
        "title": _described("The requirement, as a sentence."),
        "severity": {"enum": list(Severity.labels())},
        "category": _described("What the rule is about."),
        "rationale": _described("Why the requirement exists."),
        "remediation": _described("What to do about a finding."),
        "docs": _described("URL of the rule's documentation."),
        "controls": {"type": "array", "items": control, "description": "Controls that the rule helps to meet."},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z0-9]+([-./][a-z0-9]+)*$"}},
        "since": _described("The version of the pack that introduced the rule."),
        "deprecated": _described("Why the rule is deprecated, and what to use instead."),
        "aliases": {"type": "array", "items": _TEXT, "description": "Former ids and names of the rule."},
        "when_unavailable": {"enum": list(UNAVAILABLE), "description": _UNAVAILABLE},
        "waivable": {"type": "boolean", "description": "Whether findings can be waived."},
        "for": {"enum": [each.value for each in Target], "description": "What the rule is evaluated on."},
        "group_by": {
            "anyOf": [
                _field_name("The field whose value the members of a group share, for `for: inventory`."),
                _closed(
                    {"field": _field_name("The field whose value the members share."), "fold": {"enum": list(FOLDS)}},
                    "field",
                ),
            ]
        },
        "distinct": _field_name("The field whose different values `group.distinct` counts and `group.values` lists."),
        "when": {**condition, "description": "When the rule applies; always if omitted."},
        "must": {**condition, "description": "What the rule requires."},
        "message": _described("The message of a finding; may use {field}, {got}, {expected} and {path}."),
        "examples": _closed({"pass": examples, "fail": examples}),
    }
    return _closed(properties, "id name title severity must")


def _field_name(meaning: str) -> dict[str, Any]:
    texts = sorted(name for name, field in FIELDS.items() if field.type is Type.STRING)
    return {"anyOf": [{"enum": texts}, {"type": "string", "pattern": "^captured\\."}], "description": meaning}


def _condition(fields: Iterable[Field]) -> dict[str, Any]:
    one, several = (
        {"$ref": "#/$defs/condition"},
        {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/condition"}},
    )
    groups = {
        "all": {**several, "description": "All conditions are true."},
        "any": {**several, "description": "At least one condition is true."},
        "none": {**several, "description": "No condition is true."},
        "not": {**one, "description": "The condition is not true."},
    }
    known = {
        field.name: {
            "$ref": "#/$defs/tests",
            "description": f"{field.meaning} {with_article(str(field.type)).capitalize()}.",
        }
        for field in sorted(fields, key=lambda field: field.name)
    }
    captured = {"^(captured|item)(\\.|$)": {"$ref": "#/$defs/tests"}}
    return {**_closed({**groups, **known}), "patternProperties": captured, "minProperties": 1}


def _of_item() -> dict[str, Any]:
    return {
        "anyOf": [{"$ref": "#/$defs/condition"}, {"$ref": "#/$defs/tests"}],
        "description": "A condition about `item`, or tests of it.",
    }


def _tests() -> dict[str, Any]:
    operators = {name: {**_operand(each), "description": each.meaning} for name, each in OPERATORS.items()}
    operators["not"] = {"$ref": "#/$defs/tests", "description": "The tests are not all true."}
    scalar = {"type": ["string", "number", "boolean", "null"], "description": "Short for `equals`."}
    several = {"type": "array", "minItems": 1, "description": "Short for `in`."}
    return {"anyOf": [scalar, several, {**_closed(operators), "minProperties": 1}]}


def _operand(operator: Operator) -> dict[str, Any]:
    if operator.form is Form.ELEMENTS:
        return {"$ref": "#/$defs/of_item"}
    if operator.form is Form.COUNT:
        return _counted()
    if operator.operand is None:
        return {"$ref": "#/$defs/tests"}
    references = [_closed({"param": _TEXT}, "param"), _closed({"data": _TEXT}, "data")]
    if operator.operand.of_field:
        references.append(_closed({"field": {"type": "string"}}, "field"))
    return {"anyOf": [dict(operator.operand.schema), *references]}


def _counted() -> dict[str, Any]:
    numbers = {name: _operand(each) for name, each in OPERATORS.items() if Type.NUMBER in each.types}
    tests = {**numbers, "not": {"$ref": "#/$defs/tests"}}
    return {**_closed({"where": {"$ref": "#/$defs/of_item"}, **tests}), "minProperties": 1}


def _example() -> dict[str, Any]:
    repo = {
        "manifest": {"type": "object", "description": "The manifest of the repo."},
        "repo": {"type": "object", "description": "Data of the repo from the API."},
    }
    properties = {
        **repo,
        "repos": {"type": "array", "items": _closed(repo), "description": "Several repos, for a rule across repos."},
        "directory": {
            **_closed({name: {"type": "array", "items": {"type": "object"}} for name in DIRECTORY_KEYS}),
            "description": "Directory of the tenant; omitted lists are unknown.",
        },
        "params": {"type": "object", "description": "Parameters that differ from the defaults."},
        "now": _described("The current time for rules about ages, as an ISO 8601 timestamp."),
    }
    return _closed(properties)
