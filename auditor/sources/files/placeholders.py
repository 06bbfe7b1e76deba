"""Placeholders: `${NAME}` in manifests, which `envsubst` replaces before `tfy apply`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from auditor.errors import InvalidError
from auditor.model.values import placeholder_in, pointer

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE = re.compile(rf"\$(?:\{{({_NAME})\}}|({_NAME}))".encode())
_LINE = re.compile(rf"(?:export\s+)?({_NAME})\s*=\s*(.*)")
_SECRET = re.compile(r"(?i)token|secret|passw|credential|private|api_?key|(^|_)(key|pat|auth)($|_)")


def placeholders_of(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a manifest that contains a placeholder: its JSON Pointer and the text."""
    if isinstance(value, str) and placeholder_in(value):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from placeholders_of(each, f"{path}{pointer(key)}")


def substitute(data: bytes, variables: Mapping[str, str]) -> bytes:
    """Return data with `${NAME}` and `$NAME` replaced as by `envsubst`; other text stays unchanged."""

    def value(match: re.Match[bytes]) -> bytes:
        name = (match[1] or match[2]).decode()
        return os.fsencode(variables[name]) if name in variables else match[0]

    return _VARIABLE.sub(value, data) if variables else data


def environment_variables() -> dict[str, str]:
    """Return the variables of the environment, except those whose names look like secrets.

    Text of manifests appears in reports, so a manifest must not be able to request a secret.
    """
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)}


def read_env_file(file: Path) -> dict[str, str]:
    """Return the variables of a file of `NAME=VALUE` lines; blank lines and comments are skipped.

    Raises:
        InvalidError: The file cannot be read, or a line has another form.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidError(f"--env-file {file} cannot be read: {reason}") from None
    found = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            match = _LINE.fullmatch(line.strip())
            if match is None:
                raise InvalidError(f"{file}:{number}: expected NAME=VALUE", "write one variable per line")
            found[match[1]] = _unquoted(match[2].strip())
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value.split(" #", maxsplit=1)[0].rstrip()
