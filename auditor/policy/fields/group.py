"""Fields of a group of repos or grants, for rules `for: inventory`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.model import Group, Provider
from auditor.policy.fields.field import Field, Part, Target, nowhere
from auditor.policy.types import MISSING, Type

_TEXT = (Part("", Type.STRING, "One of them.", lambda item: item),)


def group_fields() -> Iterator[Field]:
    """Yield what is known of a group."""
    yield _group("key", Type.STRING, "What the members share: the value of `group_by`.", lambda group: group.key)
    yield _group("size", Type.NUMBER, "How many members the group has.", lambda group: group.size)
    yield _group("repos", Type.NUMBER, "How many different repos the members belong to.", lambda group: group.repos)
    yield _group(
        "members",
        Type.LIST,
        "The names of the members' repos; where only a message shows them, the first 20.",
        lambda group: [*group.members],
    )
    yield _group(
        "distinct", Type.NUMBER, "How many different values of `distinct` there are.", lambda group: len(group.values)
    )
    yield _group("values", Type.LIST, "The different values of `distinct`, in order.", lambda group: [*group.values])


def _group(name: str, kind: Type, meaning: str, read: Callable[[Group], object]) -> Field:
    return Field(
        f"group.{name}",
        kind,
        Provider.MANIFEST,
        meaning,
        lambda scope: read(scope.group) if scope.group else MISSING,
        nowhere,
        Target.INVENTORY,
        parts=_TEXT if kind is Type.LIST else (),
    )
