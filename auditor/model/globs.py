"""Our globs: full match, case-sensitive, `*` any characters (even none), `?` exactly one, `[abc]`, `[!abc]`.

The characters `:`, `/` and newline are not special, so `*:aws:*` needs no escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache


def glob_matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """Return a predicate that is true for texts that match any of these globs completely."""
    plain = frozenset(glob for glob in globs if not set(glob) & set("*?["))
    special = tuple(glob for glob in globs if glob not in plain)
    match = _compiled(special).match if special else _nothing

    def matches(text: str) -> bool:
        return text in plain or match(text) is not None

    return matches


def _nothing(_text: str) -> None:
    """Match no text."""


@lru_cache(maxsize=1024)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    # `translate` commits to the leftmost match of each piece between stars, so matching cannot backtrack endlessly.
    return re.compile("|".join(map(translate, globs)))
