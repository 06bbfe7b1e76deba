"""Validation: every manifest against the shipped JSON Schema.

`jsonschema` is the author of each finding. Before it, `jsonschema-rs` says yes or no in a hundredth of the time, and
only manifests that it rejects are explained; a test keeps the two in agreement. Which rule a failure belongs to and
what it expected is written in the schema itself (`x-rule`, `x-expected`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from auditor.model import Finding, Repo, RuleInfo, Severity
from auditor.model.values import pointer, shown
from auditor.resources import schema

_Place = tuple[str | int, ...]


def validate(repo: Repo) -> list[Finding]:
    """Return what is wrong with a repo's manifest by the schema; an empty list if nothing is."""
    try:
        valid = _gate().is_valid(repo.manifest)
    except UnicodeEncodeError:  # half of a surrogate pair, which only a source of somebody's own can bring
        valid = False
    return [] if valid else _explained(repo)


@cache
def schema_rules() -> tuple[RuleInfo, ...]:
    """Return the rules that the manifest schema stands for, by id."""
    document = schema("ml-repo")
    found = [document["x-rule"], *(each["x-rule"] for each in document["properties"].values())]
    return tuple(sorted((_written(each) for each in found), key=lambda rule: rule.id))


def _rule(rule_id: str) -> RuleInfo:
    return next(rule for rule in schema_rules() if rule.id == rule_id)


def _written(written: Mapping[str, str]) -> RuleInfo:
    return RuleInfo(
        id=written["id"],
        name=written["name"],
        title=written["title"],
        severity=Severity.of(written["severity"]),
        category="schema",
        rationale=written["rationale"],
        remediation=written["remediation"],
        docs=f"{schema('ml-repo')['x-docs']}#{written['id'].lower()}",
    )


@cache
def _gate() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema("ml-repo"))


@cache
def _reference() -> Any:  # noqa: ANN401 - jsonschema's validator classes are made at run time
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only manifests that fail need it

    return Draft202012Validator(schema("ml-repo"))


def _explained(repo: Repo) -> list[Finding]:
    failures: dict[_Place, tuple[Mapping[str, Any], RuleInfo]] = {}
    for error in _reference().iter_errors(repo.manifest):
        place = tuple(error.absolute_path)
        for missing in _missing_keys(error):
            failures.setdefault((*place, missing), _expectation([*error.absolute_schema_path][:-1]))
        if error.validator != "required":
            failures.setdefault(place, _expectation([*error.absolute_schema_path][:-1]))
    return [_finding(repo, place, *expectation) for place, expectation in failures.items()]


def _missing_keys(error: Any) -> list[str]:  # noqa: ANN401 - see above
    if error.validator != "required":
        return []
    return [key for key in error.validator_value if key not in error.instance]


def _expectation(schema_path: Iterable[str | int]) -> tuple[Mapping[str, Any], RuleInfo]:
    """Return the subschema at a path and the rule of the nearest one around it that names a rule."""
    node: Any = schema("ml-repo")
    rule = node["x-rule"]
    for token in schema_path:
        node = node[token]
        rule = node.get("x-rule", rule) if isinstance(node, dict) else rule
    return node, _rule(rule["id"])


def _finding(repo: Repo, place: _Place, subschema: Mapping[str, Any], rule: RuleInfo) -> Finding:
    path, expected = pointer(*place), subschema["x-expected"]
    got = _got(repo.manifest, place)
    return Finding(
        rule=rule,
        repo=repo.ref,
        message=f"{path or 'the manifest'} of {repo.name} is {got}",
        path=path,
        got=got,
        expected=expected,
        key=_key(repo.manifest, place),
    )


def _got(manifest: object, place: _Place) -> str:
    value = manifest
    for token in place:
        if isinstance(value, dict) and token not in value:
            return "missing"
        value = value[token]  # type: ignore[index]
    return shown(value)


def _key(manifest: dict[str, Any], place: _Place) -> str:
    """Return the place with what a collaborator says instead of its index."""
    if place[:1] != ("collaborators",) or len(place) < 2:
        return pointer(*place)
    entry = json.dumps(manifest["collaborators"][place[1]], sort_keys=True, default=str)
    return f"{entry} {pointer(*place[2:])}"
