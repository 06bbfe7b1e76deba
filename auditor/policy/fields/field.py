"""The definition of a field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import RuleError
from auditor.model import Provider
from auditor.model.values import display, pointer, type_name
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type


class Target(StrEnum):
    """The target of a rule, written `for:`."""

    REPO = "repo"
    COLLABORATOR = "collaborator"
    GRANT = "grant"
    INVENTORY = "inventory"
    BINDING = "binding"
    TENANT_GRANT = "tenant_grant"
    ROLE = "role"
    TENANT = "tenant"

    @property
    def is_of_tenant(self) -> bool:
        """Whether it is about the tenant instead of a repo, so that fields of repos have no value for it."""
        return self in {Target.BINDING, Target.TENANT_GRANT, Target.ROLE, Target.TENANT}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an element of a list that a rule can use, written `item` or `item.<name>`.

    Attributes:
        name: The part; empty for the element itself.
        type: The type of its value.
        meaning: One sentence for people.
        read: Returns its value for an element; `MISSING` if there is none.
    """

    name: str
    type: Type
    meaning: str
    read: Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        name: Its name in rules.
        type: The type of its value.
        provider: The provider of its data.
        meaning: One sentence for people.
        read: Returns its value, or `MISSING`.
        path: Returns the JSON Pointer of its value in the manifest; empty if it is not in the manifest.
        only_for: The `for:` that it needs; None if every rule may use it.
        parts: The fields of its elements, if it is a list with elements of a known type.
        also: Other providers that it needs.
    """

    name: str
    type: Type
    provider: Provider
    meaning: str
    read: Callable[[Scope], object]
    path: Callable[[Scope], str]
    only_for: Target | None = None
    parts: tuple[Part, ...] = ()
    also: frozenset[Provider] = frozenset()

    @property
    def element_type(self) -> Type:
        """The type of its elements, if it is a list with elements of a known type."""
        return next((part.type for part in self.parts if not part.name), Type.ANY)


TEXTS = (Part("", Type.STRING, "One of them.", lambda item: item),)
"""The fields of the elements of a list of texts."""

PEOPLE = frozenset({Provider.USERS, Provider.TEAMS, Provider.VIRTUAL_ACCOUNTS})
"""The providers of data about users and teams."""


def nowhere(_scope: Scope) -> str:
    """Return the path of a value that is not in the manifest."""
    return ""


def as_object(value: object) -> dict[str, object]:
    """Return the object that contains a field as a key.

    Raises:
        RuleError: It is not an object.
    """
    if not isinstance(value, dict):
        raise RuleError(f"got {display(value)} of type {type_name(value)} around it, expected an object")
    return value


_ANYTHING = (Part("", Type.ANY, "An element.", lambda item: item),)


def item_fields(of: Field) -> dict[str, Field]:
    """Return the fields of the elements of a list: `item`, and `item.<part>` for each known part."""
    return {field.name: field for field in (_item(of, part) for part in of.parts or _ANYTHING)}


def _item(of: Field, part: Part) -> Field:
    def place(scope: Scope) -> str:
        around = of.path(scope)
        return f"{around}{pointer(scope.item[0])}" if around else ""

    name = f"item.{part.name}" if part.name else "item"
    return Field(name, part.type, of.provider, part.meaning, _reader(part.read), place, of.only_for)


def _reader(read: Callable[[object], object]) -> Callable[[Scope], object]:
    return lambda scope: read(scope.item[1])


def captured(name: str) -> Field:
    """Return the text that a named group of a pattern in `when` matched."""
    return Field(
        f"captured.{name}",
        Type.STRING,
        Provider.MANIFEST,
        f"What the group {name!r} of a pattern in `when` matched.",
        lambda scope: scope.captured.get(name, MISSING),
        nowhere,
    )
