"""Fields that a rule brings with it: elements of a list under a quantifier, and what its patterns capture."""

from __future__ import annotations

from collections.abc import Callable

from auditor.model import Provider
from auditor.model.values import pointer
from auditor.policy.fields.field import Field, Part, nowhere
from auditor.policy.scope import Scope
from auditor.policy.types import MISSING, Type

_ANYTHING = (Part("", Type.ANY, "An element.", lambda item: item),)


def item_fields(of: Field) -> dict[str, Field]:
    """Return what may be asked of the elements of a list: `item`, and `item.<part>` for each known part."""
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
    """Return what a named group of a pattern in `when` matched."""
    return Field(
        f"captured.{name}",
        Type.STRING,
        Provider.MANIFEST,
        f"What the group {name!r} of a pattern in `when` matched.",
        lambda scope: scope.captured.get(name, MISSING),
        nowhere,
    )
