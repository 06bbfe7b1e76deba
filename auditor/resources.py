"""Shipped files: packs and schemas.

In a wheel they lie inside the package; in a source tree or an editable install beside it.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

_PACKAGE = os.path.dirname(__file__)
_PACK, _SCHEMA = ".yaml", ".schema.json"


def _folder(name: str) -> str:
    inside = os.path.join(_PACKAGE, name)
    # `auditor/policy` is code and `policies` data, so a folder of this name inside the package is always the data.
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(_PACKAGE), name)


def _files(folder: str, ending: str) -> dict[str, str]:
    names = sorted(each.removesuffix(ending) for each in os.listdir(folder) if each.endswith(ending))
    return {name: os.path.join(folder, name + ending) for name in names}


def shipped_packs() -> dict[str, str]:
    """Return the shipped packs: name to file."""
    return _files(_folder("policies"), _PACK)


def is_shipped(path: str) -> bool:
    """Tell whether a file lies where the shipped packs are, whose examples the tests of this project prove."""
    return os.path.dirname(path) == _folder("policies")


def shipped_schemas() -> dict[str, str]:
    """Return the shipped JSON Schemas: name to file."""
    return _files(_folder("schemas"), _SCHEMA)


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a shipped JSON Schema by its name, for example `ml-repo`."""
    with open(os.path.join(_folder("schemas"), name + _SCHEMA), "rb") as stream:
        loaded: dict[str, Any] = json.load(stream)
    return loaded
