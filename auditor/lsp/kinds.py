"""Kinds of documents, recognized by name and text, even while the text cannot be parsed."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

_CONFIG = "auditor.yaml"
_KEYS = re.compile(
    r"^(?:(?P<manifest>type:)|(?P<pack_tests>policy_test:)|(?P<pack>policy:[ \t]*[0-9])|(?P<waivers>waivers:))",
    re.MULTILINE,
)


class Kind(StrEnum):
    """The kind of a document."""

    CONFIG = "config"
    PACK = "pack"
    PACK_TESTS = "pack_tests"
    WAIVERS = "waivers"
    MANIFEST = "manifest"


def kind_of(path: Path, text: str) -> Kind:
    """Return the kind of a document; a manifest may turn out to be a document of another tool."""
    if path.name == _CONFIG:
        return Kind.CONFIG
    key = _KEYS.search(text)
    return Kind(key.lastgroup) if key and key.lastgroup else Kind.MANIFEST
