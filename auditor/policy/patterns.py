"""Regular expressions in rules: RE2, so that no pattern and no text can make matching slow."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2


class Pattern:
    """A compiled RE2 pattern that matches entire texts.

    Attributes:
        groups: The names of its named groups.
    """

    __slots__ = ("_fullmatch", "groups")

    def __init__(self, regexp: Any) -> None:  # noqa: ANN401 - the package has no types
        self._fullmatch = regexp.fullmatch
        self.groups = tuple(sorted(name.decode() for name in regexp.groupindex))

    def matches(self, text: str) -> bool:
        """Return whether the entire text matches.

        Raises:
            UnicodeEncodeError: The text has a lone surrogate.
        """
        return self._fullmatch(text.encode()) is not None

    def captures(self, text: str) -> dict[str, str] | None:
        """Return the text of each named group that took part in the match; None if the text does not match.

        Raises:
            UnicodeEncodeError: The text has a lone surrogate.
        """
        match = self._fullmatch(text.encode())
        if match is None:
            return None
        return {name.decode(): value.decode() for name, value in match.groupdict().items() if value is not None}


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern:
    """Compile an RE2 pattern.

    Raises:
        ValueError: RE2 does not accept it; it has no look-around and no back-references.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return Pattern(re2.compile(pattern.encode(), options))  # of bytes, which spares counting characters
    except UnicodeEncodeError:
        raise ValueError(f"{pattern!r} has a lone surrogate") from None
    except re2.error as error:
        reason = error.args[0] if error.args else "syntax"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"{pattern!r} is not an RE2 pattern ({text})") from None
