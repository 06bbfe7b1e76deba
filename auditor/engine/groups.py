"""Groups of repos or grants, built while repos are read.

A member takes four bytes, for the number of its repo. Everything else is kept per group: some names and the distinct
values. A repo that is read again gets a new number, and members with the old one no longer count.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Collection, Iterator

from auditor.errors import RuleError
from auditor.model import Group
from auditor.model.values import display, type_name
from auditor.policy import FIELDS, MISSING, Field, Rule, Scope

_SHOWN = 20
"""The number of repo names to keep for a group, for messages; rules about `group.members` have all of them."""


class _Members:
    """One group: the numbers of its members' repos by their keys as written, which are equal after folding."""

    __slots__ = ("last", "names", "shown", "slots", "values")

    def __init__(self, shown: int | None) -> None:
        self.shown = shown
        self.last = -1
        self.slots: dict[str, array[int]] = {}
        self.names: list[tuple[str, int]] = []
        self.values: dict[str, array[int]] = {}

    def add(self, slot: int, key: str, name: str, value: str | None) -> None:
        if self.last != slot:
            insort(self.names, (name, slot))
            if self.shown is not None:
                del self.names[self.shown :]
        self.last = slot
        self.slots.setdefault(key, array("I")).append(slot)
        if value is not None:
            self.values.setdefault(value, array("I")).append(slot)

    def group(self, gone: Collection[int]) -> Group:
        live = {
            key: [slot for slot in slots if slot not in gone] if gone else slots for key, slots in self.slots.items()
        }
        return Group(
            key=min((key for key, each in live.items() if each), default=""),
            size=sum(map(len, live.values())),
            repos=len(set().union(*live.values())),
            members=tuple(dict.fromkeys(name for name, slot in self.names if slot not in gone)),
            values=tuple(sorted(value for value, of in self.values.items() if any(slot not in gone for slot in of))),
        )


class Groups:
    """The groups of one rule across repos."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._shown = None if FIELDS["group.members"] in rule.reads else _SHOWN
        self._fold = rule.grouping.fold if rule.grouping else str
        self._groups: dict[str, _Members] = {}

    def add(self, scope: Scope, slot: int) -> None:
        """Count a repo or a grant to which the rule applies.

        Raises:
            RuleError: The value that it is grouped by cannot be read.
        """
        grouping = self.rule.grouping
        if grouping is None:
            return
        key = _text(grouping.key, scope)
        value = _text(grouping.distinct, scope) if grouping.distinct else None
        if key is not None:
            self.count(slot, scope.repo.name, key, value)

    def count(self, slot: int, name: str, key: str, value: str | None) -> None:
        """Count a member of the group with a key: the repo of a number and a name, and its value of `distinct`."""
        folded = self._fold(key)
        members = self._groups.get(folded)
        if members is None:
            members = self._groups[folded] = _Members(self._shown)
        members.add(slot, key, name, value)

    def complete(self, gone: Collection[int]) -> Iterator[Group]:
        """Yield every group that still has members, in the order of their keys; `gone` contains removed numbers."""
        for _, members in sorted(self._groups.items()):
            group = members.group(gone)
            if group.size:
                yield group


def _text(field: Field, scope: Scope) -> str | None:
    """Return the value of a field that holds texts; None if it has none."""
    value = field.read(scope)
    if value is None or value is MISSING:
        return None
    if not isinstance(value, str):
        raise RuleError(f"{field.name}: got {display(value)} of type {type_name(value)}, expected a {field.type}")
    return value
