"""Groups: repos or grants that share a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Members of an inventory that share a key.

    Attributes:
        key: What they share.
        size: How many members there are: repos, or grants.
        repos: How many different repos they belong to.
        members: Names of those repos, sorted; of many only the first.
        values: The different values that the rule asked to tell apart, sorted.
    """

    key: str
    size: int
    repos: int
    members: tuple[str, ...]
    values: tuple[str, ...]
