"""The redactor: replaces people anywhere in a value."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from auditor.http.credentials import Secret
from auditor.model import Finding, Location, Origin, Receipt, RuleInfo, Subject, Team, User, Waiver
from auditor.redaction.names import KnownNames, identity, mentions_people, rename_people, users_in

Value = TypeVar("Value")

NOTE = "people are shown as pseudonyms (--redact subjects)"
"""The note in redacted reports."""

_USER = "user:"
_PLAIN = (Enum, bool, int, float, date)
_BARE = re.compile(r"[\w.+-]{2,}")
_ORDINARY = frozenset(
    ("admin", "agent", "auditor", "editor", "email", "everyone", "member", "name", "repo", "team", "user", "viewer")
)
"""Our own words, which stay unchanged in longer texts even if a user has such a name."""


class Redactor:
    """Replaces people with pseudonyms: the same key always gives a person the same pseudonym.

    Pass every value to `learn` before the first one is redacted, so that a name is found everywhere.

    Attributes:
        mapping: The name of each used pseudonym, as first written.
    """

    def __init__(self, key: Secret) -> None:
        """Start without any names."""
        self._key = key
        self._names: dict[str, str] = {}
        self._pseudonyms: dict[str, str] = {}
        self.mapping: dict[str, str] = {}
        self._known: tuple[KnownNames, KnownNames] | None = None
        self.text = lru_cache(maxsize=8192)(self._text)
        self._rule = lru_cache(maxsize=None)(self._fields)
        self._changes: Mapping[type, Callable[[Any], Any]] = {
            Finding: self._finding,
            Location: self._location,
            Origin: self._origin,
            Receipt: self._receipt,
            RuleInfo: self._rule,
            Subject: self._subject,
        }

    def learn(self, value: Value) -> Value:
        """Record every name of a person in a value, in its fields or after `user:`, and return the value."""
        texts: dict[str, None] = {}
        for part in _parts(value):
            if not isinstance(part, str):
                self._add(_names_in_fields(part))
            elif _USER in part.lower():
                texts[part] = None
        odd, _ = self._known_names()  # with spaces, for example: only their first word would be learned from text
        for text in texts:
            self._add(users_in(odd.rename(text, lambda _name: "")))
        self._known = None
        self.text.cache_clear()
        return value

    def _add(self, names: Iterable[str]) -> None:
        for name in filter(None, names):
            self._names.setdefault(identity(name), name)

    def redact(self, value: Value) -> Value:
        """Return a value with every person in it replaced.

        Raises:
            TypeError: It contains a value of a type that could hide a name.
        """
        return self._redacted(value)  # type: ignore[no-any-return]

    def keyed(self, digest: str) -> str:
        """Return a keyed digest to replace a digest of names, which could be guessed."""
        return self._hmac(f"digest:{digest}")[: len(digest)]

    def pseudonym(self, name: str) -> str:
        """Return the pseudonym of a name."""
        person = identity(name)
        if person not in self._pseudonyms:
            self._pseudonyms[person] = found = f"user-{self._hmac(person)[:12]}"
            self.mapping.setdefault(found, self._names.get(person, name))
        return self._pseudonyms[person]

    def _hmac(self, text: str) -> str:
        key = self._key.reveal().encode("utf-8", "surrogateescape")
        return hmac.new(key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()

    def _text(self, text: str) -> str:
        odd, bare = self._known_names()
        if identity(text) in self._names:
            return self.pseudonym(text)
        if text.startswith(_USER) and identity(text.removeprefix(_USER)) in self._names:
            return _USER + self.pseudonym(text.removeprefix(_USER))
        text = odd.rename(text, self.pseudonym)
        if mentions_people(text):
            text = rename_people(text, self._unless_renamed, self._is_known)
        return bare.rename(text, self.pseudonym)

    def _unless_renamed(self, name: str) -> str:
        return name if name in self.mapping else self.pseudonym(name)

    def _is_known(self, name: str) -> bool:
        return name in self.mapping or identity(name) in self._names

    def _known_names(self) -> tuple[KnownNames, KnownNames]:
        """Return the names to search for before and after addresses, which are found in any case."""
        if self._known is None:
            addresses = {name for name in self._names.values() if _is_address(name)}
            others = [name for name in self._names.values() if name not in addresses]
            bare = {name for name in others if _BARE.fullmatch(name)}
            self._known = (
                KnownNames(name for name in others if name not in bare and len(name) > 1),
                KnownNames(name for name in bare if name.casefold() not in _ORDINARY),
            )
        return self._known

    def _redacted(self, value: Any) -> Any:  # noqa: ANN401 - anything that a report may have
        kind = type(value)
        if kind is str:
            return self.text(value)
        if value is None or isinstance(value, _PLAIN):
            return value
        if is_dataclass(value):
            return self._changes.get(kind, self._fields)(value)
        if isinstance(value, Mapping):
            return {self._redacted(key): self._redacted(item) for key, item in value.items()}
        if isinstance(value, tuple | list | frozenset):
            items = map(self._redacted, value)
            return kind(*items) if hasattr(value, "_fields") else kind(items)
        raise TypeError(f"a {kind.__name__} cannot be redacted")

    def _fields(self, value: Any) -> Any:  # noqa: ANN401 - any dataclass
        changed = {}
        for field in fields(value):
            before = getattr(value, field.name)
            after = self._redacted(before)
            if after is not before:
                changed[field.name] = after
        return replace(value, **changed) if changed else value

    def _finding(self, finding: Finding) -> Finding:
        found: Finding = self._fields(finding)
        return replace(found, fingerprint=finding.fingerprint and self.keyed(finding.fingerprint))

    def _origin(self, origin: Origin) -> Origin:
        found: Origin = self._fields(origin)
        return replace(found, notes=(*found.notes, NOTE))

    def _receipt(self, receipt: Receipt) -> Receipt:
        """Key the digests too, as they cover file paths as ids, and parameters with names of people."""
        found: Receipt = self._fields(receipt)
        ids, policy = self.keyed(receipt.ids_sha256), self.keyed(receipt.policy_sha256)
        return replace(found, ids_sha256=ids, policy_sha256=policy)

    def _location(self, place: Location) -> Location:
        """Remove the end, which reveals the length of a name, and the source line, as its columns no longer match."""
        found: Location = self._fields(place)
        if found.text == place.text:
            return found
        start = place.column - 1
        return replace(found, end=0, text=found.text if found.text[:start] == place.text[:start] else "")

    def _subject(self, subject: Subject) -> Subject:
        name = self.pseudonym(subject.name) if subject.type == "user" else self.text(subject.name)
        return Subject(self.text(subject.type), name)


def _is_address(name: str) -> bool:
    """Return whether a name is recognized in text by its form."""
    return rename_people(name, lambda found: "" if found == name else found, lambda _name: True) == ""


def _parts(value: object) -> Iterator[object]:
    """Yield the texts and dataclasses in a value, except those of rules, which are about users in general."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            left += reversed((*each.keys(), *each.values()))
        elif isinstance(each, tuple | list | frozenset):
            left += reversed(tuple(each))
        elif is_dataclass(each) and not isinstance(each, type | RuleInfo):
            yield each
            left += [getattr(each, field.name) for field in reversed(fields(each))]


def _names_in_fields(value: object) -> Iterator[str]:
    """Yield the names in the fields of a value that contain only a name."""
    if isinstance(value, Subject):
        yield value.name if value.type == "user" else ""
    elif isinstance(value, User):
        yield value.name
    elif isinstance(value, Team):
        yield from (each for each in (*value.members, *value.managers) if ":" not in each)
    elif isinstance(value, Finding):
        yield _user(value.subject)
        yield _display_name(value.owner or "")
    elif isinstance(value, Waiver):
        yield _user(value.subject)
        yield _display_name(value.owner)
        yield _display_name(value.approved_by) if mentions_people(value.approved_by) else value.approved_by
    elif isinstance(value, Origin) and value.identity and (":" not in value.identity):
        yield value.identity


def _user(subject: str) -> str:
    return subject.removeprefix(_USER) if subject.startswith(_USER) else ""


def _display_name(text: str) -> str:
    """Return the name before an address, as in `Sam Smith <sam@example.com>`; empty if there is none."""
    return text.partition("<")[0].strip(" \"'") if "<" in text else ""
