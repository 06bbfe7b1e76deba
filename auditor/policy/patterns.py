"""Regular expressions of rules: RE2, so that no pattern and no text can make matching slow."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, cast

import re2


class Pattern(Protocol):
    """The part of a compiled RE2 pattern that rules use."""

    def fullmatch(self, text: str) -> object | None:
        """Return a match of the whole text, or None."""
        ...


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern:
    """Compile an RE2 pattern.

    Raises:
        ValueError: RE2 does not accept it; it has no look-around and no back-references.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(pattern, options))
    except re2.error as error:
        reason = error.args[0] if error.args else "syntax"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"{pattern!r} is not an RE2 pattern ({text})") from None
