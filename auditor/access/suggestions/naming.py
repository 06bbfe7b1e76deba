"""Names of role bindings, as `tfy migrate-gitops` makes them, but the same for the same grant every time."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable

_CLIP = 25
_LONGEST = 63
_PREFIX = "mlf-project-"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Names:
    """Names that no other binding has.

    Args:
        taken: Names that are in use.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._given: dict[tuple[str, str], str] = {}

    def of(self, repo: str, role: str) -> str:
        """Return the name of the binding of a role on a repo: `mlr-<repo>-<role>-<two letters or digits>`."""
        if (repo, role) not in self._given:
            stem = f"mlr-{_clipped(repo)}-{_segment(role).removeprefix(_PREFIX) or 'access'}"[:_LONGEST].rstrip("-")
            names = (f"{stem}-{_tail(repo, role, str(number))}" for number in itertools.count())
            name = next(each for each in names if each not in self._taken)
            self._taken.add(name)
            self._given[repo, role] = name
        return self._given[repo, role]


def _clipped(repo: str) -> str:
    whole = _segment(repo)
    return whole if len(whole) <= _CLIP else whole[:_CLIP].rstrip("-") + _tail(repo)


def _segment(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def _tail(*parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:4])
    return _DIGITS[number // 36 % 36] + _DIGITS[number % 36]
