"""Nouns: the names of field values in phrases about what a rule expects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from auditor.policy.fields import Field
from auditor.policy.types import Type
from auditor.text import with_article

_WORDS = {
    "manifest.storage_integration_fqn": "storage integration",
    "access.everyone": "role",
    "access.differing": "access difference",
    "access.orphaned": "orphaned subject",
    "tenant.admins": "tenant admin",
    "tenant.writers": "tenant writer",
    "tenant.effective_admins": "tenant admin",
    "tenant.effective_writers": "tenant writer",
    "group.size": "member",
    "group.members": "repo",
    "group.distinct": "different value",
    "role_id": "role",
    "created_at": "date",
    "last_seen": "last activity",
    "resource_type": "resource type",
}
"""Words for fields whose name, or last segment, is not the word itself."""

_STATES = {
    "known": ("an existing subject", "a subject that does not exist"),
    "active": ("an active subject", "an inactive subject"),
    "created_by.active": ("an active creator", "an inactive creator"),
    "repeated": ("a repeated grant", "no repeated grant"),
    "conflicting": ("a second role", "one role for each subject"),
    "storage.exists": ("an existing storage integration", "a missing storage integration"),
    "built_in": ("a built-in role", "a custom role"),
}
"""The phrases for a boolean field that is true and for one that is false."""

_MOMENTS = {"created_at": "created", "last_seen": "last active"}
"""The event at the time in a field: `created at most 90 days ago`."""

_KINDS = ("subject.type", "created_by.type")
_LEVELS = {
    "unknown": "an unknown access level",
    "none": "no access",
    "read": "read access",
    "write": "write access",
    "admin": "admin access",
}
_SUBJECT_TYPES = {
    "agent-identity": "agent identity",
    "external-identity": "external identity",
    "serviceaccount": "service account",
    "virtualaccount": "virtual account",
}
"""Phrases for the types of subjects that are not English words."""


@dataclass(frozen=True, slots=True)
class Noun:
    """The noun for a value.

    Attributes:
        word: The singular, for example `role`; for a list, that of its elements; empty if the value itself is a noun,
            such as `user`.
        type: The type of the value.
        states: The phrases for a boolean that is true and for one that is false.
        phrases: Phrases for single values, for example `read access` for `read`.
        moment: The event at that time, for example `created`.
        named: Whether the name of the field precedes the phrase, so that the noun is omitted.
    """

    word: str
    type: Type = Type.ANY
    states: tuple[str, str] = ("true", "false")
    phrases: Mapping[str, str] = field(default_factory=dict)
    moment: str = ""
    named: bool = False

    @property
    def words(self) -> str:
        """The plural."""
        if self.word.endswith("y") and self.word[-2:-1] not in "aeiou":
            return f"{self.word[:-1]}ies"
        return f"{self.word}s" if self.word else "types"

    def a(self) -> str:
        """Return the noun with its article, for example `a role`, or `a list of roles`."""
        if self.word == "one":
            return "one"
        counts = {Type.LIST: "a list", Type.NUMBER: "a number"}
        return f"{counts[self.type]} of {self.words}" if self.type in counts else with_article(self.word or "type")

    def no(self) -> str:
        """Return the phrase for a missing value, for example `no role`, `no admins` or `no number of runs`."""
        if self.type is Type.LIST:
            return f"no {self.words}"
        return f"no number of {self.words}" if self.type is Type.NUMBER else f"no {self.word or 'type'}"

    def is_value(self, value: object, words: str) -> str:
        """Return the phrase for a value, for example ``the region `eu-west-1` ``, `a user` or `no runs`."""
        if self.named:
            return words
        if isinstance(value, bool):
            return self.states[not value]
        if self.type is Type.NUMBER and value is not None:
            return f"no {self.words}" if value == 0 else f"exactly {self.counted(words)}"
        if value is None or self.word in {"one", "value"}:
            return words
        phrases = self._phrases(value)
        return phrases or f"the {self.word or 'type'} {words}"

    def is_not_value(self, value: object, words: str) -> str:
        """Return the phrase for any other value, for example ``a region other than `eu-west-1` ``."""
        plain = self.named or value is None or self.word in {"one", "value"} or self.type is Type.NUMBER
        if plain or isinstance(value, bool):
            return self.states[bool(value)] if isinstance(value, bool) and not self.named else f"not {words}"
        phrases = self._phrases(value)
        return f"not {phrases}" if phrases else f"{with_article(self.word or 'type')} other than {words}"

    def _phrases(self, value: object) -> str:
        """Return the phrases for one or several values; empty if a value has none."""
        phrases: list[str] = []
        for each in value if isinstance(value, tuple) else (value,):
            if not isinstance(each, str) or not each or not (self.phrases or not self.word):
                return ""
            phrase = self.phrases.get(each, "" if self.word else each)
            if not phrase:
                return ""
            # one article is enough: a user, team or agent
            phrases.append(phrase if self.word or phrases else with_article(phrase))
        return " or ".join(filter(None, (", ".join(phrases[:-1]), *phrases[-1:])))

    def counted(self, words: str) -> str:
        """Return a number of such values, for example `5 roles`."""
        return words if self.word in {"one", "value"} else f"{words} {self.word if words == '1' else self.words}"

    def fill(self, phrase: str, value: object = None, words: str = "", number: str = "", where: str = "") -> str:
        """Fill the gaps of the phrase of an operator.

        Args:
            phrase: The phrase.
            value: The operand.
            words: The operand in words.
            number: The tests of a number in words.
            where: The condition on elements as a clause.
        """
        some = f"at least one {self.word}" if self.type is Type.LIST else f"a non-empty {self.word}"
        time = "" if self.named else self.moment or self.a()
        gaps = {
            "{is}": self.is_value(value, words),
            "{is not}": self.is_not_value(value, words),
            "{there}": "present" if self.named else self.a(),
            "{missing}": "missing" if self.named else self.no(),
            "{blank}": "empty" if self.named else self.no(),
            "{some}": "not empty" if self.named else some,
            "{counted}": self.counted(words),
            "{fewer}": "less" if self.word in {"one", "value"} else "fewer",
            "{time}": time,
            "{a}": self.a(),
            "{item}": self.word,
            "{items}": self.words,
            "{n}": number,
            "{where}": where,
            "{}": words,
        }
        return re.sub(r"\{[^{}]*\}", lambda gap: gaps[gap[0]], phrase).strip()


ONE = Noun("one")
"""An element of a list, if the list was named before."""


def noun_of(of: Field) -> Noun:
    """Return the noun for the value of a field."""
    name = of.name
    last = name.rpartition(".")[2]
    if name == "item":
        return ONE
    if of.type is Type.BOOLEAN:
        states = next((states for key, states in _STATES.items() if f".{name}".endswith(f".{key}")), ("true", "false"))
        return Noun("known state", of.type, states)
    if name.endswith(_KINDS):
        return Noun("", of.type, phrases=_SUBJECT_TYPES)
    word = _WORDS.get(name) or _WORDS.get(last)
    if word is None:
        plain = last.removeprefix("num_").replace("_", " ")
        word = plain.removesuffix("s") if of.type in {Type.LIST, Type.NUMBER} else plain
    return Noun(word, of.type, phrases=_LEVELS if last == "level" else {}, moment=_MOMENTS.get(last, ""))


_HAS = re.compile(r"(no|only|all of|none of|not all of|at least|at most|exactly|fewer than|more than|two) ")


def named_noun_of(of: Field) -> Noun:
    """Return the noun for phrases that follow the name of a field: ``grant.level is `admin` ``."""
    noun = noun_of(of)
    return replace(noun, word=noun.word or "type", named=True)


def sentence(of: Field, phrase: str, name: str = "") -> str:
    """Return a phrase about a named noun as a sentence about its field, for example ``grant.role matches `*-admin` ``.

    Args:
        of: The field.
        phrase: Its requirement, with `named_noun_of` as the noun.
        name: The name to use for the field; by default, its own.
    """
    noun, name = named_noun_of(of), name or of.name
    verbs = {
        f"{noun.a()} matching ": "matches ",
        f"{noun.a()} not matching ": "does not match ",
        f"{noun.a()} that matches ": "matches ",
        f"{noun.a()} that does not match ": "does not match ",
        f"{noun.words} that include ": "includes ",
        f"{noun.words} without ": "does not include ",
        f"{noun.words} other than ": f"has {noun.words} other than ",
    }
    for start, verb in verbs.items():
        if phrase.startswith(start):
            return f"{name} {verb}{phrase[len(start) :]}"
    has = of.type in {Type.LIST, Type.STRING, Type.OBJECT, Type.ANY} and _HAS.match(phrase)
    return f"{name} {'has' if has else 'is'} {phrase}"
