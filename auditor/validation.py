"""Validation: every manifest against the shipped JSON Schema of its type.

`jsonschema` explains each failure. `jsonschema-rs` decides first, in a hundredth of the time, so only
manifests that it rejects are explained; a test keeps the two in agreement. The schema itself has the rule and the
expected value of each failure (`x-rule`, `x-expected`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import jsonschema_rs

from auditor.model.values import AnyJson

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

from auditor.links import rule_page
from auditor.model import Binding, Finding, Repo, RuleInfo, Severity
from auditor.model.values import display, placeholder_in, pointer
from auditor.resources import schema
from auditor.text import with_article

_Place = tuple[str | int, ...]
_REPO, _BINDING = "ml-repo", "role-binding"


def validate(manifest: Repo | Binding) -> list[Finding]:
    """Return the findings of the schema of a manifest; an empty list if it is valid."""
    name = _REPO if isinstance(manifest, Repo) else _BINDING
    try:
        valid = _fast(name).is_valid(manifest.manifest)
    except UnicodeEncodeError:  # a lone surrogate, which only a custom source can contain
        valid = False
    return [] if valid else _explained(manifest, name)


def schema_rules() -> tuple[RuleInfo, ...]:
    """Return the rules of the schema of ML repos, by id."""
    return tuple(_rules(_REPO).values())


def binding_rules() -> tuple[RuleInfo, ...]:
    """Return the rules of the schema of role bindings, by id."""
    return tuple(_rules(_BINDING).values())


@cache
def _rules(name: str) -> dict[str, RuleInfo]:
    found = [rule_info(each, "schema") for each in _written_rules(schema(name))]
    return {rule.id: rule for rule in sorted(found, key=lambda rule: rule.id)}


def _written_rules(node: AnyJson) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if "x-rule" in node:
            yield node["x-rule"]
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from _written_rules(child)


def rule_info(written: Mapping[str, Any], category: str) -> RuleInfo:
    """Return a built-in rule from its texts."""
    return RuleInfo(
        id=written["id"],
        name=written["name"],
        title=written["title"],
        severity=Severity.of(written["severity"]),
        category=category,
        rationale=written["rationale"],
        remediation=written["remediation"],
        docs=rule_page(written["id"]),
        aliases=tuple(written.get("aliases", ())),
    )


@cache
def _fast(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema(name))


@cache
def _reference(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 30 ms that only manifests that fail need

    return Draft202012Validator(schema(name))


def _explained(manifest: Repo | Binding, name: str) -> list[Finding]:
    failures: dict[_Place, tuple[Mapping[str, Any], RuleInfo]] = {}
    for error in _reference(name).iter_errors(manifest.manifest):
        place = tuple(error.absolute_path)
        if place and place[0] in manifest.placeholders and placeholder_in(error.instance):
            continue
        expectation = _expectation(name, [*error.absolute_schema_path][:-1])
        for missing in _missing_keys(error):
            failures.setdefault((*place, missing), expectation)
        if error.validator != "required":
            failures.setdefault(place, expectation)
    return [_finding(manifest, place, *expectation) for place, expectation in failures.items()]


def _missing_keys(error: ValidationError) -> list[str]:
    if error.validator != "required":
        return []
    required, instance = cast("list[str]", error.validator_value), cast("dict[str, AnyJson]", error.instance)
    return [key for key in required if key not in instance]


def _expectation(name: str, schema_path: Iterable[str | int]) -> tuple[Mapping[str, Any], RuleInfo]:
    """Return the subschema at a path, and the rule of the nearest one around it with `x-rule`."""
    node: Any = schema(name)
    rule = node["x-rule"]
    for token in schema_path:
        node = node[token]
        rule = node.get("x-rule", rule) if isinstance(node, dict) else rule
    return node, _rules(name)[rule["id"]]


def _finding(manifest: Repo | Binding, place: _Place, subschema: Mapping[str, Any], rule: RuleInfo) -> Finding:
    path, expected, ref = pointer(*place), subschema["x-expected"], manifest.ref
    got = _got(manifest.manifest, place)
    return Finding(
        rule=rule,
        repo=ref,
        message=_message(manifest, place, got, subschema),
        path=path,
        got=got,
        expected=expected,
        key=_key(manifest.manifest, place),
    )


def _message(manifest: Repo | Binding, place: _Place, got: str, subschema: Mapping[str, Any]) -> str:
    """Return the message; `x-noun` is the name of the value or, if a key is missing, of the object that lacks it."""
    name, noun = manifest.ref.name, subschema["x-noun"]
    if "x-problem" in subschema:
        return f"{noun} {name.removeprefix('role-binding:')} {subschema['x-problem']}"
    if got == f"no {place[-1] if place else ''}":
        return f"{name} has {got}" if len(place) == 1 else f"{with_article(noun)} of {name} has {got}"
    if not place:
        return f"{name} is not a valid {noun}"
    return f"{got} is not a valid {noun}" + ("" if place == ("name",) else f" for {name}")


def _got(manifest: object, place: _Place) -> str:
    value = manifest
    for token in place:
        if isinstance(value, dict) and token not in value:
            return f"no {token}"
        value = value[token]  # type: ignore[index]
    return display(value)


def _key(manifest: dict[str, Any], place: _Place) -> str:
    """Return the place, with the values of list elements instead of their indices."""
    if len(place) < 2 or not isinstance(place[1], int):
        return pointer(*place)
    entry = json.dumps(manifest[str(place[0])][place[1]], sort_keys=True, default=str)
    return f"{entry} {pointer(*place[2:])}"
