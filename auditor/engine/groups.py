"""Groups of repos or grants, gathered while repos pass by.

A member costs four bytes, the number of its repo; what else is kept is a matter of groups: some names and the different
values. A repo that is read again gets a new number, and the members of its old one no longer count.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Collection, Iterator

from auditor.model import Group
from auditor.policy import MISSING, Rule, Scope

_SHOWN = 20
"""So many names of repos are kept of a group."""


class _Members:
    """One group."""

    __slots__ = ("key", "names", "slots", "values")

    def __init__(self, key: str) -> None:
        self.key = key
        self.slots = array("I")
        self.names: list[tuple[str, int]] = []
        self.values: dict[str, array[int]] = {}

    def add(self, slot: int, name: str, value: str | None) -> None:
        if not self.slots or self.slots[-1] != slot:
            insort(self.names, (name, slot))
            del self.names[_SHOWN:]
        self.slots.append(slot)
        if value is not None:
            self.values.setdefault(value, array("I")).append(slot)

    def group(self, gone: Collection[int]) -> Group:
        slots = [slot for slot in self.slots if slot not in gone] if gone else self.slots
        return Group(
            key=self.key,
            size=len(slots),
            repos=len(set(slots)),
            members=tuple(dict.fromkeys(name for name, slot in self.names if slot not in gone)),
            values=tuple(sorted(value for value, of in self.values.items() if any(slot not in gone for slot in of))),
        )


class Groups:
    """The groups of one rule across repos."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._groups: dict[str, _Members] = {}

    def add(self, scope: Scope, slot: int) -> None:
        """Count a repo or a grant, which `when` let through.

        Raises:
            RuleError: What it is grouped by cannot be read.
        """
        grouping = self.rule.grouping
        if grouping is None:
            return
        key = grouping.key.read(scope)
        if not isinstance(key, str):
            return
        value = grouping.distinct.read(scope) if grouping.distinct else MISSING
        members = self._groups.setdefault(grouping.fold(key), _Members(key))
        members.key = min(members.key, key)
        members.add(slot, scope.repo.name, value if isinstance(value, str) else None)

    def whole(self, gone: Collection[int]) -> Iterator[Group]:
        """Yield every group that still has members, in the order of their keys; `gone` holds numbers that are void."""
        for _, members in sorted(self._groups.items()):
            group = members.group(gone)
            if group.size:
                yield group
