"""JSON Schemas inside rules: closed, local, and with patterns in linear time.

JSON Schema ignores unknown keywords, so a misspelled one would require nothing; here it is rejected. A `$ref` stays
inside the schema, so nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs

from auditor.errors import did_you_mean
from auditor.model.values import AnyJson, display

_ONE = frozenset({"not", "items", "contains", "additionalProperties", "propertyNames", "if", "then", "else"})
_SEVERAL = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_BY_NAME = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
_OTHERS = frozenset(
    (
        "type",
        "enum",
        "const",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minContains",
        "maxContains",
        "minProperties",
        "maxProperties",
        "required",
        "dependentRequired",
        "title",
        "description",
        "$ref",
    )
)
_KEYWORDS = _ONE | _SEVERAL | _BY_NAME | _OTHERS
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_SAY_NOTHING = frozenset({"title", "description", "$defs"})


def checked_schema(value: object) -> object:
    """Return a schema if all its keywords are known and it can be compiled.

    Raises:
        ValueError: It is not such a schema.
    """
    _refuse_unknown(value, "the schema")
    schema_test(value)
    if not isinstance(value, dict) or _fits_all(value):
        raise ValueError(f"{display(value)} is a schema that accepts every value")
    return value


def _fits_all(schema: dict[str, Any]) -> bool:
    """Return whether a schema accepts every value: by itself, or through its `$ref`, which may lead back to itself."""
    here: object = schema
    met = set()
    while isinstance(here, dict) and set(here) - _SAY_NOTHING == {"$ref"}:
        if here["$ref"] in met:
            return True
        met.add(here["$ref"])
        here = schema.get("$defs", {}).get(here["$ref"].removeprefix("#/$defs/"))
    return here is True or (isinstance(here, dict) and not set(here) - _SAY_NOTHING)


def schema_test(schema: AnyJson) -> Callable[[object], bool]:
    """Return a function that returns whether a document matches a schema.

    Raises:
        ValueError: It is not a JSON Schema.
    """
    try:
        validator = jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions())
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise ValueError(f"not a valid JSON Schema ({str(error).splitlines()[0]})") from None
    return validator.is_valid


def _refuse_unknown(value: object, where: str) -> None:
    if isinstance(value, bool):
        return
    if not isinstance(value, dict):
        raise ValueError(f"{where} is {display(value)}, expected an object")
    for word, child in value.items():
        if word not in _KEYWORDS:
            hint = did_you_mean(word, _KEYWORDS)
            raise ValueError(f"{word!r} in {where} is not a supported keyword" + (f"; {hint}" if hint else ""))
        if word == "$ref" and not str(child).startswith("#/$defs/"):
            raise ValueError(f"$ref in {where} is {display(child)}, expected '#/$defs/<name>'")
        for name in (child if isinstance(child, list) else [child]) if word == "type" else ():
            if name not in _TYPES:
                raise ValueError(f"the type of {where} is {display(name)}; {did_you_mean(str(name), _TYPES)}")
        for name, part in _parts(word, child):
            _refuse_unknown(part, f"{word}{name} of {where}")


def _parts(word: str, child: object) -> list[tuple[str, object]]:
    if word in _ONE:
        return [("", child)]
    if word in _SEVERAL and isinstance(child, list):
        return [(f"[{index}]", part) for index, part in enumerate(child)]
    if word in _BY_NAME and isinstance(child, dict):
        return [(f".{name}", part) for name, part in child.items()]
    return []
