"""Shipped files: packs and schemas.

In a wheel they lie inside the package; in a source tree or an editable install beside it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    # `auditor/policy` is code and `policies` data, so a folder of this name inside the package is always the data.
    return inside if inside.is_dir() else _PACKAGE.parent / name


def shipped_packs() -> dict[str, Path]:
    """Return the shipped packs: name to file."""
    return {path.stem: path for path in sorted(_folder("policies").glob("*.yaml"))}


def shipped_schemas() -> dict[str, Path]:
    """Return the shipped JSON Schemas: name to file."""
    ending = ".schema.json"
    found = {path.name.removesuffix(ending): path for path in _folder("schemas").glob(f"*{ending}")}
    return dict(sorted(found.items()))


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a shipped JSON Schema by its name, for example `ml-repo`."""
    loaded: dict[str, Any] = json.loads((_folder("schemas") / f"{name}.schema.json").read_bytes())
    return loaded
