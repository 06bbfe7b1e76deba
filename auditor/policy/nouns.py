"""Nouns: what the value of a field is called in sentences about what a rule expects."""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditor.policy.fields import Field
from auditor.policy.types import Type
from auditor.text import with_article

_WORDS = {
    "manifest.storage_integration_fqn": "storage integration",
    "access.everyone": "role",
    "access.differing": "differing subject",
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
    "last_seen": "visit",
    "resource_type": "resource type",
}
"""Words for fields whose name, or last segment, is not the word itself."""

_STATES = {
    "known": ("an existing subject", "a subject that does not exist"),
    "active": ("an active subject", "an inactive subject"),
    "created_by.active": ("an active creator", "an inactive creator"),
    "repeated": ("a repeated grant", "a grant made once"),
    "conflicting": ("a second role", "one role for each subject"),
    "storage.exists": ("an existing storage integration", "a missing storage integration"),
    "built_in": ("a built-in role", "a custom role"),
}
"""What a boolean field says, where it holds and where it does not."""

_KINDS = ("subject.type", "created_by.type")


@dataclass(frozen=True, slots=True)
class Noun:
    """What a value is called.

    Attributes:
        word: The singular, for example `role`; of a list, what its elements are called; empty if the value itself is a
            noun, such as `user`.
        type: The type of the value.
        states: What a boolean says, where it holds and where it does not.
    """

    word: str
    type: Type = Type.ANY
    states: tuple[str, str] = ("true", "false")

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
        """Return what is said where there is no value, for example `no role`, `no admins` or `no number of runs`."""
        if self.type is Type.LIST:
            return f"no {self.words}"
        return f"no number of {self.words}" if self.type is Type.NUMBER else f"no {self.word or 'type'}"

    def named(self, value: object, words: str) -> str:
        """Return the noun with a value of it, for example `the region eu-west-1`, `a user` or `no runs`."""
        if isinstance(value, bool):
            return self.states[not value]
        if self.type is Type.NUMBER and value is not None:
            return f"no {self.words}" if value == 0 else f"exactly {self.counted(words)}"
        if not self.word:
            return with_article(words)
        return words if self.word in {"one", "value"} or value is None else f"the {self.word} {words}"

    def counted(self, words: str) -> str:
        """Return a number of such things, for example `5 roles`."""
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
        single = self.word in {"", "one", "value"} or (isinstance(value, tuple) and len(value) == 1)
        gaps = {
            "{named}": self.named(value, words),
            "{one of}": self.named(value, words) if single else f"one of the {self.words} {words}",
            "{no}": self.no(),
            "{some}": f"at least one {self.word}" if self.type is Type.LIST else f"a non-empty {self.word}",
            "{counted}": self.counted(words),
            "{fewer}": "less" if self.word in {"one", "value"} else "fewer",
            "{a}": self.a(),
            "{item}": self.word,
            "{items}": self.words,
            "{n}": number,
            "{where}": where,
            "{}": words,
        }
        return re.sub(r"\{[^{}]*\}", lambda gap: gaps[gap[0]], phrase).rstrip()


ONE = Noun("one")
"""An element of a list, where the list has been named before."""


def noun_of(field: Field) -> Noun:
    """Return what the value of a field is called."""
    name = field.name
    last = name.rpartition(".")[2]
    if name == "item":
        return ONE
    if field.type is Type.BOOLEAN:
        states = next((states for key, states in _STATES.items() if f".{name}".endswith(f".{key}")), ("true", "false"))
        return Noun("known state", field.type, states)
    if name.endswith(_KINDS):
        return Noun("", field.type)
    word = _WORDS.get(name) or _WORDS.get(last)
    if word is None:
        plain = last.removeprefix("num_").replace("_", " ")
        word = plain.removesuffix("s") if field.type in {Type.LIST, Type.NUMBER} else plain
    return Noun(word, field.type)


def sentence(field: Field, expected: str, name: str = "") -> str:
    """Return what is expected of a field as a sentence about it, or about `name`: `grant.level is admin`."""
    plain = re.sub(rf"^(not )?the {re.escape(noun_of(field).word)} ", r"\1", expected)
    return f"{name or field.name} is {plain}"
