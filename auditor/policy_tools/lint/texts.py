"""Lints about what a rule tells people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from auditor.policy import Field
from auditor.policy_tools.lint.registry import Book, Found, called, key_of, lint

_SENTENCE = re.compile(r"[^\W\d_]\S*(\s+\S+){2,}")
_VAGUE = re.compile(r"(?i)\b(check(s|ed)?|should|ensure(s|d)?|verif(y|ies)|validate[sd]?|make sure)\b")


@lint("warning")
def vague_title(book: Book) -> Iterator[Found]:
    """A title does not state a requirement as a sentence of three words or more, without a full stop."""
    for rule in book.rules:
        title = rule.info.title
        where = key_of(rule, "title")
        if match := _VAGUE.search(title):
            yield where, f"the title of {called(rule)} says {match[0]!r}", "state what holds: 'Every repo has an owner'"
        elif not _SENTENCE.fullmatch(title):
            yield where, f"the title of {called(rule)} is no sentence: {title!r}", "state the requirement in a sentence"
        elif not title[0].isupper() or title[-1] in ".!?:":
            yield where, f"the title of {called(rule)} starts or ends unlike the others", "a capital, and no full stop"


@lint("warning")
def missing_rationale(book: Book) -> Iterator[Found]:
    """A rule does not say why it is there."""
    for rule in book.rules:
        if not rule.info.rationale:
            yield rule.written.mark, f"{called(rule)} does not say why", "add `rationale`"


@lint("warning")
def missing_remediation(book: Book) -> Iterator[Found]:
    """A rule does not say what to do about a finding."""
    for rule in book.rules:
        if not rule.info.remediation:
            yield rule.written.mark, f"{called(rule)} does not say what to do about a finding", "add `remediation`"


@lint("warning")
def missing_examples(book: Book) -> Iterator[Found]:
    """A rule has no example that it passes, or none that it fails."""
    for rule in book.rules:
        kinds = {example.passes for example in rule.read_examples()}
        lacking = [word for word, passes in (("pass", True), ("fail", False)) if passes not in kinds]
        if lacking:
            yield (
                key_of(rule, "examples"),
                f"{called(rule)} has no {' and no '.join(lacking)} example",
                "add one; `auditor policy test` runs it",
            )


@lint("warning")
def constant_message(book: Book) -> Iterator[Found]:
    """A message is the same for every finding."""
    for rule in book.rules:
        message = rule.message
        if message and not message.details and not any(isinstance(part, Field) for part in message.parts):
            what = f"the message of {called(rule)} is the same for every finding"
            yield key_of(rule, "message"), what, "name the repo or the value, for example {repo.name} or {got}"


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
