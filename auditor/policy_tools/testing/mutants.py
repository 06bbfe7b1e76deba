"""Mutants: a rule with one condition weakened or reversed, as a document.

Each has the path of its change in the rule as written, so that a survivor can be reported with its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from auditor.model.values import AnyJson
from auditor.policy import OPERATORS
from auditor.policy.longform import are_tests
from auditor.policy.operators import Form

Path: TypeAlias = tuple[str | int, ...]
Variant: TypeAlias = tuple[Path, str, Any]

_FLIPPED = {
    "gt": "ge",
    "ge": "gt",
    "lt": "le",
    "le": "lt",
    "older_than": "newer_than",
    "newer_than": "older_than",
    "contains_all": "contains_any",
    "contains_any": "contains_all",
}
_ALWAYS = {
    "inventory": ("group.key", "repo.name"),
    "binding": ("binding.name", "binding.name"),
    "tenant_grant": ("tenant_grant.role", "tenant_grant.role"),
    "role": ("role.name", "role.name"),
    "tenant": ("tenant.admins", "tenant.admins"),
}
"""Fields that always have a value, in `must` and in `when`, by the target of a rule."""

_GROUPS = ("all", "any", "none")
_ELEMENTS = frozenset(name for name, each in OPERATORS.items() if each.form in {Form.ELEMENTS, Form.COUNT})
_MEASURES = frozenset(name for name, each in OPERATORS.items() if each.form is Form.MEASURE)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one change.

    Attributes:
        path: The place of the change in the rule.
        change: What was changed, in words.
        rule: The changed rule, without its examples.
    """

    path: Path
    change: str
    rule: dict[str, Any]


def mutants_of(rule: dict[str, Any]) -> Iterator[Mutant]:
    """Yield every mutant of a rule, as a plain document; no two are equal."""
    seen = [bare := {key: value for key, value in rule.items() if key != "examples"}]
    for path, change, document in _rules(bare, *_ALWAYS.get(bare.get("for", ""), ("repo.name", "repo.name"))):
        if document not in seen:
            seen.append(document)
            yield Mutant(path, change, document)


def _rules(rule: dict[str, Any], of_must: str, of_when: str) -> Iterator[Variant]:
    if "when" in rule:
        yield ("when",), "`when` dropped", {key: value for key, value in rule.items() if key != "when"}
        yield from _under(rule, "when", _conditions(rule["when"], of_when))
    yield from _under(rule, "must", _conditions(rule["must"], of_must))
    grouping = rule.get("group_by")
    if isinstance(grouping, dict) and "fold" in grouping:
        yield ("group_by", "fold"), "`fold` dropped", {**rule, "group_by": grouping["field"]}


def _under(whole: AnyJson, key: str | int, variants: Iterator[Variant]) -> Iterator[Variant]:
    """Yield the whole with each variant of one part."""
    for path, change, part in variants:
        if isinstance(whole, list):
            yield (key, *path), change, [part if index == key else each for index, each in enumerate(whole)]
        else:
            yield (key, *path), change, {**whole, key: part}


def _conditions(condition: dict[str, Any], field: str) -> Iterator[Variant]:
    """Vary a mapping of fields and groups; `field` is a field that always has a value there."""
    for key in condition:
        if len(condition) > 1:
            yield (key,), f"`{key}` dropped", {each: value for each, value in condition.items() if each != key}
        else:
            yield (key,), f"`{key}` always true", _always(field)
    for key, value in condition.items():
        yield from _entries(condition, key, value, field)


def _entries(condition: dict[str, Any], key: str, value: AnyJson, field: str) -> Iterator[Variant]:
    if key == "not":
        if len(condition) == 1:
            yield ("not",), "`not` dropped", value
        yield from _under(condition, key, _conditions(value, field))
    elif key in _GROUPS:
        yield from _under(condition, key, _several(value, field))
        if key != "none" and len(value) > 1:
            other = "any" if key == "all" else "all"
            if other not in condition:
                swapped = {other if each == key else each: child for each, child in condition.items()}
                yield (key,), f"`{key}` read as `{other}`", swapped
    else:
        yield from _under(condition, key, _tests(value))


def _several(parts: list[Any], field: str) -> Iterator[Variant]:
    for index, part in enumerate(parts):
        if len(parts) > 1:
            yield (index,), "an alternative dropped", [each for at, each in enumerate(parts) if at != index]
        yield from _under(parts, index, _conditions(part, field))


def _always(field: str) -> dict[str, Any]:
    return {"any": [{field: {"exists": True}}, {field: {"exists": False}}]}


def _tests(tests: AnyJson) -> Iterator[Variant]:
    if isinstance(tests, list):
        yield from _without_each(tests)
    if not isinstance(tests, dict):
        return
    for name, operand in tests.items():
        if len(tests) > 1:
            yield (name,), f"`{name}` dropped", {each: value for each, value in tests.items() if each != name}
        yield from _test(tests, name, operand)


def _test(tests: dict[str, Any], name: str, operand: AnyJson) -> Iterator[Variant]:
    if name == "not":
        if isinstance(operand, dict) and not set(operand) & set(tests):
            rest = {each: value for each, value in tests.items() if each != "not"}
            yield ("not",), "`not` dropped", {**rest, **operand}
        yield from _under(tests, name, _tests(operand))
    elif name in _ELEMENTS:
        yield from _elements(tests, name, operand)
    elif name in _MEASURES:
        yield from _under(tests, name, _tests(operand))
    elif isinstance(operand, bool):
        yield (name,), f"`{name}: {str(operand).lower()}` reversed", {**tests, name: not operand}
    elif isinstance(operand, list) and name != "between":
        yield from _under(tests, name, _without_each(operand))
    elif name == "between" and isinstance(operand, list):
        yield (name,), "the lower bound dropped", {**_rest(tests, name), "le": operand[1]}
        yield (name,), "the upper bound dropped", {**_rest(tests, name), "ge": operand[0]}
    if name in _FLIPPED and _FLIPPED[name] not in tests:
        yield (name,), f"`{name}` read as `{_FLIPPED[name]}`", {**_rest(tests, name), _FLIPPED[name]: operand}


def _rest(tests: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in tests.items() if each != name}


def _elements(tests: dict[str, Any], name: str, operand: AnyJson) -> Iterator[Variant]:
    if OPERATORS[name].form is Form.COUNT:
        numbers = {each: value for each, value in operand.items() if each != "where"}
        if "where" in operand:
            yield (name, "where"), "`where` dropped", {**tests, name: numbers}
            yield from _under(tests, name, _under(operand, "where", _of_item(operand["where"])))
        for path, change, varied in _tests(numbers):
            yield (name, *path), change, {**tests, name: {**_kept(operand), **varied}}
        return
    other = {"any": "all", "all": "any", "none": "all"}[name]
    if other not in tests:
        yield (name,), f"`{name}` read as `{other}`", {**_rest(tests, name), other: operand}
    yield from _under(tests, name, _of_item(operand))


def _kept(count: dict[str, Any]) -> dict[str, Any]:
    return {"where": count["where"]} if "where" in count else {}


def _of_item(where: AnyJson) -> Iterator[Variant]:
    """Vary a condition about `item`, or tests as its short form."""
    yield from _tests(where) if are_tests(where) else _conditions(where, "item")


def _without_each(items: list[Any]) -> Iterator[Variant]:
    if len(items) > 1:
        for index in range(len(items)):
            yield (index,), "an element dropped", [each for at, each in enumerate(items) if at != index]
