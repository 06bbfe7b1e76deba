"""Lints about the texts of a rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from auditor.policy import Field, Rule
from auditor.policy.longform import long_rule
from auditor.policy_tools.lint.registry import Found, LoadedPack, key_of, label_of, lint

_SENTENCE = re.compile(r"[^\W\d_]\S*(\s+\S+){2,}")
_VAGUE = re.compile(r"(?i)\b(check(s|ed)?|should|ensure(s|d)?|verif(y|ies)|validate[sd]?|make sure)\b")


@lint("warning")
def vague_title(pack: LoadedPack) -> Iterator[Found]:
    """A title does not state a requirement as a sentence of three words or more, without a final period."""
    for rule in pack.rules:
        title = rule.info.title
        where = key_of(rule, "title")
        if match := _VAGUE.search(title):
            yield (
                where,
                f"the title of {label_of(rule)} contains {match[0]!r}",
                "state the requirement: 'Every repo has an owner'",
            )
        elif not _SENTENCE.fullmatch(title):
            yield (
                where,
                f"the title of {label_of(rule)} is not a sentence: {title!r}",
                "state the requirement in a sentence",
            )
        elif not title[0].isupper():
            yield (
                where,
                f"the title of {label_of(rule)} starts with a lowercase letter: {title!r}",
                "start with a capital letter",
            )
        elif title[-1] in ".!?:":
            yield where, f"the title of {label_of(rule)} ends with {title[-1]!r}: {title!r}", "remove it"


@lint("warning")
def missing_rationale(pack: LoadedPack) -> Iterator[Found]:
    """A rule has no rationale."""
    for rule in pack.rules:
        if not rule.info.rationale:
            yield rule.written.mark, f"{label_of(rule)} has no rationale", "add `rationale`"


@lint("warning")
def missing_remediation(pack: LoadedPack) -> Iterator[Found]:
    """A rule has no remediation."""
    for rule in pack.rules:
        if not rule.info.remediation:
            yield rule.written.mark, f"{label_of(rule)} has no remediation", "add `remediation`"


@lint("warning")
def missing_examples(pack: LoadedPack) -> Iterator[Found]:
    """A rule has no passing or no failing example."""
    for rule in pack.rules:
        kinds = {example.passes for example in rule.read_examples()}
        lacking = [word for word, passes in (("pass", True), ("fail", False)) if passes not in kinds]
        if lacking:
            yield (
                key_of(rule, "examples"),
                f"{label_of(rule)} has no {' and no '.join(lacking)} example",
                "add one, and run it with `auditor policy test`",
            )


@lint("warning")
def constant_message(pack: LoadedPack) -> Iterator[Found]:
    """A message is the same for every finding."""
    for rule in pack.rules:
        message = rule.message
        if message and not message.details and not any(isinstance(part, Field) for part in message.parts):
            what = f"the message of {label_of(rule)} is the same for every finding"
            yield key_of(rule, "message"), what, "name the repo or the value, for example {repo.name} or {got}"


_PRESCRIPTIVE = ("require", "requires", "must", "no", "ensure", "check", "is", "has", "should", "enforce", "validate")


@lint("warning")
def foreign_id(pack: LoadedPack) -> Iterator[Found]:
    """An id does not have the prefix that most ids of the pack have."""
    letters = Counter(rule.info.id.rstrip("0123456789") for rule in pack.rules)
    id_prefix = letters.most_common(1)[0][0] if letters else ""
    for rule in pack.rules:
        if rule.info.id.rstrip("0123456789") != id_prefix:
            yield (
                key_of(rule, "id"),
                f"{label_of(rule)} does not have the prefix {id_prefix} of its pack",
                f"use an id that starts with {id_prefix}",
            )


@lint("warning")
def prescriptive_name(pack: LoadedPack) -> Iterator[Found]:
    """A name describes the fix instead of the problem."""
    for rule in pack.rules:
        first = rule.info.name.split("-")[0]
        if first in _PRESCRIPTIVE:
            what = f"the name of {label_of(rule)} starts with {first!r}, so it describes the fix"
            yield key_of(rule, "name"), what, "use a name for what is wrong: missing-owner, user-as-admin"


_DECISIVE = ("for", "group_by", "distinct", "when", "must")


def _used(pack: LoadedPack) -> set[str]:
    return {name for rule in pack.rules for name in rule.names.used}


@lint("warning")
def unused_param(pack: LoadedPack) -> Iterator[Found]:
    """No rule of the pack refers to a parameter that it declares."""
    declared = pack.keys["params"].mapping() if "params" in pack.keys else {}
    for name, cursor in declared.items():
        preset = "extends" in pack.keys and set(cursor.mapping()) == {"default"}
        if not preset and name not in _used(pack):
            yield cursor.key_mark or cursor.mark, f"no rule uses the parameter {name!r}", "use it or remove it"


@lint("warning")
def unused_data(pack: LoadedPack) -> Iterator[Found]:
    """No rule of the pack refers to a list of data that it declares."""
    declared = pack.keys["data"].mapping() if "data" in pack.keys else {}
    for name, cursor in declared.items():
        if name not in _used(pack):
            yield cursor.key_mark or cursor.mark, f"no rule uses the data {name!r}", "use it or remove it"


@lint("error")
def shadowed_rule(pack: LoadedPack) -> Iterator[Found]:
    """A rule has the same conditions as an earlier rule, so every finding is reported twice."""
    seen: list[tuple[dict[str, object], Rule]] = []
    for rule in pack.rules:
        essence = _essence(rule)
        earlier = next((other for known, other in seen if known == essence), None)
        if earlier:
            what = f"{label_of(rule)} has the same conditions as {label_of(earlier)}"
            yield rule.written.mark, what, "keep one, and add the name of the other to its `aliases`"
        seen.append((essence, rule))


def _essence(rule: Rule) -> dict[str, object]:
    plain = rule.written.plain()
    long = long_rule(plain) if isinstance(plain, dict) else {}
    return {key: long[key] for key in _DECISIVE if key in long}
