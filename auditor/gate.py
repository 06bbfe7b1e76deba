"""A small gate for the shipped schemas: yes or no, ready at once.

`jsonschema-rs` is as fast for many manifests and knows the whole standard, but takes longer to import than a file takes
to be judged. This knows the keywords that the shipped schemas use and refuses a schema with any other, and a test keeps
it in agreement with the reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Test: TypeAlias = Callable[[Any], bool]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "null": (type(None),),
}


def gate(schema: Mapping[str, Any]) -> Test:
    """Return what tells whether a value keeps a schema.

    Raises:
        KeyError: The schema has a keyword that is not known here.
    """
    tests = [
        _KEYWORDS[keyword](value) for keyword, value in schema.items() if keyword not in _WORDS and keyword[:2] != "x-"
    ]
    return lambda value: all(test(value) for test in tests)


def _type(names: str | list[str]) -> Test:
    classes = tuple(each for name in ([names] if isinstance(names, str) else names) for each in _TYPES[name])
    return lambda value: isinstance(value, classes)


def _required(keys: list[str]) -> Test:
    wanted = frozenset(keys)
    return lambda value: not isinstance(value, dict) or wanted <= value.keys()


def _properties(schemas: Mapping[str, Any]) -> Test:
    tests = {key: gate(each) for key, each in schemas.items()}
    return lambda value: (
        not isinstance(value, dict) or all(test(value[key]) for key, test in tests.items() if key in value)
    )


def _items(schema: Mapping[str, Any]) -> Test:
    test = gate(schema)
    return lambda value: not isinstance(value, list) or all(map(test, value))


def _pattern(pattern: str) -> Test:
    search = re.compile(pattern).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _enum(values: list[Any]) -> Test:
    return lambda value: any(type(value) is type(each) and value == each for each in values)


def _length(kind: type[str | list[Any]], holds: Callable[[int, int], bool]) -> Callable[[int], Test]:
    return lambda limit: lambda value: not isinstance(value, kind) or holds(len(value), limit)


def _some(schemas: list[Any]) -> Test:
    tests = [gate(each) for each in schemas]
    return lambda value: any(test(value) for test in tests)


def _every(schemas: list[Any]) -> Test:
    tests = [gate(each) for each in schemas]
    return lambda value: all(test(value) for test in tests)


_WORDS = frozenset({"$schema", "$id", "title", "description"})
_KEYWORDS: dict[str, Callable[[Any], Test]] = {
    "type": _type,
    "required": _required,
    "properties": _properties,
    "items": _items,
    "pattern": _pattern,
    "enum": _enum,
    "const": lambda value: _enum([value]),
    "minLength": _length(str, int.__ge__),
    "maxLength": _length(str, int.__le__),
    "minItems": _length(list, int.__ge__),
    "maxItems": _length(list, int.__le__),
    "anyOf": _some,
    "allOf": _every,
}
