"""Shipped files: packs and schemas.

In a wheel, they are inside the package; in a source tree or an editable install, next to it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
_PACK, _SCHEMA = ".yaml", ".schema.json"


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    # `auditor/policy` is code and `policies` is data, so a directory of that name in the package is always the data.
    return inside if inside.is_dir() else _PACKAGE.parent / name


def _files(folder: Path, ending: str) -> dict[str, str]:
    return dict(sorted((file.name.removesuffix(ending), str(file)) for file in folder.glob(f"*{ending}")))


def shipped_packs() -> dict[str, str]:
    """Return the shipped packs: name to file."""
    return _files(_folder("policies"), _PACK)


def is_shipped(path: str) -> bool:
    """Return whether a file is a shipped pack; the tests of this project run their examples."""
    return Path(path).parent == _folder("policies")


def shipped_schemas() -> dict[str, str]:
    """Return the shipped JSON Schemas: name to file."""
    return _files(_folder("schemas"), _SCHEMA)


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a shipped JSON Schema by its name, for example `ml-repo`."""
    loaded: dict[str, Any] = json.loads((_folder("schemas") / f"{name}{_SCHEMA}").read_bytes())
    return loaded
