"""Choices that look random and are the same for ever, on every machine and Python version."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def number(below: int, *key: object) -> int:
    """Return a number from 0 to `below` - 1 that depends on the key only."""
    digest = blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) % below


def pick(options: Sequence[T], *key: object) -> T:
    """Return one of the options; which one depends on the key only."""
    return options[number(len(options), *key)]
