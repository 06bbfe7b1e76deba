"""Recognition: whether a document, or a file that cannot be parsed, may be a manifest.

A document belongs to another tool if it has no type of TrueFoundry and no key of a manifest. A file that cannot be
parsed certainly has no manifest if it contains no spelling of our types, for any YAML or JSON parser: the argument is
in `docs/check.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from auditor.documents import Document
from auditor.errors import nearest
from auditor.model.values import placeholder_in
from auditor.sources.files.manifest_types import TYPES

REPO, BINDING = "ml-repo", "role-binding"
CHECKED_TYPES = (REPO, BINDING)

_MEANT = {
    REPO: (REPO, "mlrepo", "repo", "repository", "ml-project", "mlf-project"),
    BINDING: (BINDING, "rolebinding"),
}
_ALIKE = 0.8
_LIKE_TYPE = 0.75
_ENTRY_KEYS = {"subject", "role_id"}

_WORD = re.compile(rb"(?<![\w-])(ml-repo|role-binding)(?![\w-])|storage_integration_fqn")
_WIDE = re.compile(rb"\x00|\A\xff\xfe|\A\xfe\xff")
_TAG = re.compile(
    rb"%TAG|!<|!(?:ruby|binary)|![^\s!]*%[0-9a-fA-F]{2}"
    rb"|!!(?!(?:str|int|float|bool|null|map|seq|set|omap|python/name)\b)\w"
)
_CONTINUED = re.compile(rb"\\(?:\s|\xc2\x85|\xe2\x80[\xa8\xa9])+")
_ESCAPE = re.compile(rb"\\(?:x|u00|U000000)([0-9a-fA-F]{2})")


def probable_type(kind: str) -> str:
    """Return the type that a misspelled one probably means; empty if there is none."""
    word = kind.strip().casefold().replace("_", "-")
    for known, words in _MEANT.items():
        if word.replace("-", "").startswith(known.replace("-", "")) or nearest(word, words, _ALIKE):
            return known
    return ""


def kind_of(document: Document) -> str:
    """Return the type of a document; empty if it is missing or not a text."""
    kind = document.value.get("type") if isinstance(document.value, dict) else None
    return kind if isinstance(kind, str) else ""


def is_likely(kind: str) -> bool:
    """Return whether a type is ours or TrueFoundry's, a misspelling of one, or not known yet."""
    return kind in TYPES or kind in CHECKED_TYPES or bool(probable_type(kind) or placeholder_in(kind))


def is_of_other_type(document: Document, kind: str) -> bool:
    """Return whether a document has another type that is not a misspelling of ours."""
    if not kind or kind in CHECKED_TYPES or document.repeats:
        return False
    keys = cast("dict[str, Any]", document.value).keys()
    if kind in TYPES:
        return not {"storage_integration_fqn", "collaborators"} <= keys
    return document.problem is None and "storage_integration_fqn" not in keys and not is_likely(kind)


def resembles_manifest(value: object) -> bool:
    """Return whether a document without a type has keys of a manifest, at its top or one level below."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return _resembles(value) or any(isinstance(each, dict) and _is_manifest(each) for each in below)


def _is_manifest(value: Mapping[str, object]) -> bool:
    return value.get("type") in CHECKED_TYPES or "storage_integration_fqn" in value


def _resembles(value: object) -> bool:
    if not isinstance(value, dict):
        return isinstance(value, str) and value in CHECKED_TYPES
    return (
        {"subjects", "permissions"} <= value.keys()
        or _has_collaborators(value)
        or any(_means_manifest(key, each) for key, each in value.items())
    )


def _has_collaborators(value: Mapping[str, object]) -> bool:
    entries = value.get("collaborators")
    return isinstance(entries, list) and any(isinstance(each, dict) and _ENTRY_KEYS & each.keys() for each in entries)


def _means_manifest(key: str, value: object) -> bool:
    if re.sub("[-_ ]", "", key).casefold().startswith("storageintegration"):
        return True
    if isinstance(value, str) and value in CHECKED_TYPES:
        return True
    return bool(nearest(key.strip().casefold(), ("type",), _LIKE_TYPE)) and _names_type(value)


def _names_type(value: object) -> bool:
    if isinstance(value, list | dict):
        return any(_names_type(each) for each in value)
    return isinstance(value, str) and bool(probable_type(value))


def may_contain_manifest(data: bytes) -> bool:
    """Return whether a file may contain one of our manifests for any YAML or JSON parser; true if in doubt."""
    if _WIDE.search(data) or _TAG.search(data) or _WORD.search(data):
        return True
    if b"\\" not in data:
        return False
    joined = _CONTINUED.sub(b"", data)
    return bool(_WORD.search(_ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), joined)))
