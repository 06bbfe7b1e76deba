"""Lints about ids and names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from auditor.policy_tools.lint.registry import Book, Found, called, key_of, lint

_PRESCRIPTIVE = ("require", "requires", "must", "no", "ensure", "check", "is", "has", "should", "enforce", "validate")


@lint("warning")
def foreign_id(book: Book) -> Iterator[Found]:
    """An id does not begin with the letters that most ids of the pack begin with."""
    letters = Counter(rule.info.id.rstrip("0123456789") for rule in book.rules)
    family = letters.most_common(1)[0][0] if letters else ""
    for rule in book.rules:
        if rule.info.id.rstrip("0123456789") != family:
            yield (
                key_of(rule, "id"),
                f"{called(rule)} is not of the family {family} of its pack",
                f"call it {family}...",
            )


@lint("warning")
def prescriptive_name(book: Book) -> Iterator[Found]:
    """A name says what to do and not what is wrong, so it reads badly after "allow"."""
    for rule in book.rules:
        first = rule.info.name.split("-")[0]
        if first in _PRESCRIPTIVE:
            what = f"the name of {called(rule)} starts with {first!r}, so it says what to do"
            yield key_of(rule, "name"), what, "name it by what is wrong: missing-owner, user-as-admin"
