"""Our globs: full match, case-sensitive, `*` any run of characters (even none), `?` exactly one, `[abc]`, `[!abc]`.

Nothing is special about `:`, `/` or newlines, so `*:aws:*` means what it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache


def glob_matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """Return a predicate that tells whether a whole text matches any of these globs."""
    plain = frozenset(glob for glob in globs if not set(glob) & set("*?["))
    special = [_compiled(glob) for glob in globs if glob not in plain]

    def matches(text: str) -> bool:
        return text in plain or any(pattern.match(text) for pattern in special)

    return matches


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> re.Pattern[str]:
    # `translate` commits to the leftmost hit of each piece between stars, so matching cannot backtrack without end.
    return re.compile(translate(glob))
