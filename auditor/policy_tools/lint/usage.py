"""Lints about what a pack declares and does not use, and about rules that say the same."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.policy import Rule
from auditor.policy.longform import long_rule
from auditor.policy_tools.lint.registry import Book, Found, called, lint

_DECISIVE = ("for", "group_by", "distinct", "when", "must")


def _used(book: Book) -> set[str]:
    return {name for rule in book.rules for name in rule.names.used}


@lint("warning")
def unused_param(book: Book) -> Iterator[Found]:
    """No rule of the pack refers to a parameter that it declares."""
    declared = book.keys["params"].mapping() if "params" in book.keys else {}
    for name, cursor in declared.items():
        preset = "extends" in book.keys and set(cursor.mapping()) == {"default"}
        if not preset and name not in _used(book):
            yield cursor.key_mark or cursor.mark, f"no rule refers to the parameter {name!r}", "use it or remove it"


@lint("warning")
def unused_data(book: Book) -> Iterator[Found]:
    """No rule of the pack refers to a list of data that it declares."""
    declared = book.keys["data"].mapping() if "data" in book.keys else {}
    for name, cursor in declared.items():
        if name not in _used(book):
            yield cursor.key_mark or cursor.mark, f"no rule refers to the data {name!r}", "use it or remove it"


@lint("error")
def shadowed_rule(book: Book) -> Iterator[Found]:
    """A rule asks exactly what an earlier one asks, so every finding comes twice."""
    seen: list[tuple[dict[str, object], Rule]] = []
    for rule in book.rules:
        essence = _essence(rule)
        earlier = next((other for known, other in seen if known == essence), None)
        if earlier:
            what = f"{called(rule)} asks exactly what {called(earlier)} asks"
            yield rule.written.mark, what, "keep one; `aliases` keeps the name of the other"
        seen.append((essence, rule))


def _essence(rule: Rule) -> dict[str, object]:
    plain = rule.written.plain()
    long = long_rule(plain) if isinstance(plain, dict) else {}
    return {key: long[key] for key in _DECISIVE if key in long}
