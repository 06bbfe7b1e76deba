"""Scaffolds: a new pack with one rule, its examples and a test file, as a starting point."""

from __future__ import annotations

import re
from pathlib import Path

from auditor.errors import InvalidError
from auditor.files import write_file
from auditor.policy.info import NAME

_PACK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SCHEMAS = "https://raw.githubusercontent.com/mlrepo-auditor/mlrepo-auditor/main/schemas"

DEFAULT_RULE = "undescribed-prod"
"""The default name of the first rule."""

_TEMPLATES = Path(__file__).parent / "templates"


def scaffold(name: str, rule: str, folder: Path) -> tuple[Path, Path]:
    """Write a pack and its test file.

    Args:
        name: The name of the pack and its files.
        rule: The name of its first rule.
        folder: The folder for the files.

    Raises:
        InvalidError: A name is invalid, or a file already exists.
        UndeliveredError: A file could not be written.
    """
    files = {folder / file: text for file, text in pack_files(name, rule).items()}
    for path in files:
        if path.exists() or path.is_symlink():
            raise InvalidError(f"{path} already exists", "choose another name, or remove it first")
    for path, text in files.items():
        write_file(path, [text.encode()])
    pack, test = files
    return pack, test


def pack_files(name: str, rule: str = DEFAULT_RULE) -> dict[str, str]:
    """Return the files of a new pack, by name: the pack, then its tests.

    Raises:
        InvalidError: A name is not one.
    """
    if not _PACK_NAME.fullmatch(name):
        raise InvalidError(
            f"{name!r} is not a valid name for a pack", "use letters, digits and hyphens, for example acme"
        )
    if not NAME.fullmatch(rule):
        raise InvalidError(
            f"{rule!r} is not a valid name for a rule",
            "use lowercase words joined by hyphens, for example missing-owner",
        )
    words = {"name": name, "rule": rule, "rule_id": f"{id_prefix(name)}001", "schemas": _SCHEMAS}
    return {
        f"{name}{ending}": (_TEMPLATES / f"pack{ending}").read_text("utf-8").format(**words)
        for ending in (".yaml", ".test.yaml")
    }


def id_prefix(name: str) -> str:
    """Return the prefix of the ids of a pack."""
    letters = re.sub("[^A-Z]", "", name.upper())[:8]
    return letters if len(letters) >= 2 else f"{letters}PACK"
