"""The long form: a rule without shorthand, with exactly the same meaning.

Several fields become `all`, a scalar under a field becomes `equals`, a list `in`, `none` a `not` of `any`, tests of an
element a condition about `item`, and one glob a list of one. Defaults are written explicitly.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from auditor.model.values import AnyJson
from auditor.policy.info import OPTIONAL, REQUIRED
from auditor.policy.operators import OPERATORS, Form

_GROUPS = ("all", "any", "none", "not")
_ONE_OR_MORE = ("like", "matches", "format", "type")
_DEFAULTS = {"for": "repo", "category": "general", "waivable": True}
_ORDER = (*REQUIRED[:-1], *OPTIONAL[:-2], "must", *OPTIONAL[-2:])
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def long_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule in the long form; it is a plain document that was loaded without an error."""
    long = {**_DEFAULTS, **rule}
    for key in ("when", "must"):
        if key in long:
            long[key] = long_condition(long[key])
    if isinstance(long.get("group_by"), str):
        long["group_by"] = {"field": long["group_by"]}
    if "group_by" in long:
        long["group_by"] = {"fold": "none", **long["group_by"]}
    return {key: long[key] for key in _ORDER if key in long}


def long_condition(condition: dict[str, Any]) -> dict[str, Any]:
    """Return a condition in the long form: one field or one group."""
    parts = [_entry(key, value) for key, value in condition.items()]
    return parts[0] if len(parts) == 1 else {"all": parts}


def _entry(key: str, value: AnyJson) -> dict[str, Any]:
    if key == "not":
        return {"not": long_condition(value)}
    if key == "none":
        return {"not": {"any": [long_condition(part) for part in value]}}
    if key in _GROUPS:
        return {key: [long_condition(part) for part in value]}
    return {key: _tests(value)}


def _tests(tests: AnyJson) -> dict[str, Any]:
    if not isinstance(tests, dict):
        return {"in" if isinstance(tests, list) else "equals": tests}
    return {name: _operand(name, operand) for name, operand in tests.items()}


def _operand(name: str, operand: AnyJson) -> AnyJson:
    if name == "not" or OPERATORS[name].form is Form.MEASURE:
        return _tests(operand)
    if OPERATORS[name].form is Form.VALUE:
        return [operand] if name in _ONE_OR_MORE and isinstance(operand, str) else operand
    if OPERATORS[name].form is Form.ELEMENTS:
        return _of_item(operand)
    numbers = _tests({key: value for key, value in operand.items() if key != "where"})
    return {**({"where": _of_item(operand["where"])} if "where" in operand else {}), **numbers}


def _of_item(where: AnyJson) -> dict[str, Any]:
    return {"item": _tests(where)} if are_tests(where) else long_condition(where)


def are_tests(where: AnyJson) -> bool:
    """Return whether a mapping contains tests of an element, not a condition about `item`."""
    if not isinstance(where, dict):
        return True
    return any(
        are_tests(child) and not isinstance(child, list)
        if key == "not"
        else key in OPERATORS and not (key in _GROUPS and isinstance(child, list))
        for key, child in where.items()
    )


class _Dumper(yaml.SafeDumper):
    """Writes texts so that every YAML parser reads them as texts, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the library's signature
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def as_yaml(document: object) -> str:
    """Return a document as YAML that reads back as the same document."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
