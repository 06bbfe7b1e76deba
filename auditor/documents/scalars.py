"""Plain scalars: the meaning of a word without quotes in YAML 1.2 and in YAML 1.1.

The vendor's CLI reads manifests with PyYAML, which implements YAML 1.1. So the 1.1 meaning is taken from PyYAML itself.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import yaml

Scalar: TypeAlias = "str | int | float | bool | None"

SUSPECT = frozenset("+-.0123456789~=<tTfFnNyYoO")
"""The first characters of plain scalars that may have another value than their text."""

LONGEST_WORD = len("false")
"""The longest plain scalar that starts with a letter and may have another value than its text."""

_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LONGEST_NUMBER = 300


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a plain scalar.

    Attributes:
        value: Its value by the core schema of YAML 1.2.
        yaml11_value: Its value in YAML 1.1, in words; empty if it is the same.
        ambiguous_numbers: Whether it is a number that a policy has to write in another way, as parsers disagree on it.
        refusal: Why it has no value; empty if it has one.
    """

    value: Scalar
    yaml11_value: str = ""
    ambiguous_numbers: bool = False
    refusal: str = ""


def meaning(text: str) -> Meaning:
    """Return the meaning of a plain scalar."""
    if len(text) <= _LONGEST_NUMBER:
        return _meaning(text)
    return Meaning(text, refusal="the number has too many digits" if _FLOAT.fullmatch(text) else "")


@lru_cache(maxsize=4096)
def _meaning(text: str) -> Meaning:
    if text in _WORDS:
        return Meaning(_WORDS[text])
    if _NOT_FINITE.fullmatch(text):
        return Meaning(text, refusal=f"{text!r} means different things in different YAML versions")
    value = _core(text)
    if isinstance(value, float) and not math.isfinite(value):
        return Meaning(text, refusal=f"the number {text} is too large")
    return Meaning(
        value, _elsewhere(text, value), ambiguous_numbers=not isinstance(value, str) and _loose(text.lstrip("+-"))
    )


def _loose(digits: str) -> bool:
    return (digits[0] == "0" and digits[1:2] not in {"", ".", "e", "E"}) or (digits.isdecimal() and len(digits) > 18)


def _core(text: str) -> str | int | float:
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def _elsewhere(text: str, value: Scalar) -> str:
    resolvers = yaml.resolver.Resolver.yaml_implicit_resolvers
    tag = next((tag for tag, pattern in resolvers.get(text[:1], ()) if pattern.match(text)), "tag:yaml.org,2002:str")
    kind = tag.rpartition(":")[2]
    if kind == "str":
        return "" if isinstance(value, str) else f"the string {text!r}"
    if kind == "timestamp":
        return "a date"
    if kind not in {"bool", "int", "float", "null"}:
        return "a YAML keyword"
    try:
        other = yaml.constructor.SafeConstructor().construct_object(yaml.ScalarNode(tag, text))
    except ValueError:
        return "an error"
    if type(other) is type(value) and other == value:
        return f"the number {value}" if _BASED.fullmatch(text) else ""
    return {"True": "true", "False": "false", "None": "null"}.get(str(other), str(other))
