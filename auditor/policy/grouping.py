"""Groups: how a rule across repos sorts repos or grants, and what it tells apart in each group."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from auditor.documents import Cursor
from auditor.policy.conditions import Condition
from auditor.policy.fields import Field, Target
from auditor.policy.parsing import ConditionReader
from auditor.policy.types import Type

_OTHERS = r"[\W_]+"

FOLDS: dict[str, Callable[[str], str]] = {
    "none": str,
    "case": str.casefold,
    "letters": lambda text: re.sub(_OTHERS, "", text.casefold()),
}
"""What makes two keys the same: nothing but being equal, the case of letters, everything but letters and digits."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """How a rule `for: inventory` makes groups.

    Attributes:
        members: What is counted: repos, or grants.
        key: What the members of a group share; one without a value belongs to no group.
        fold: What makes two keys the same.
        distinct: What is told apart in a group.
    """

    members: Target
    key: Field
    fold: Callable[[str], str]
    distinct: Field | None


def read_grouping(
    group_by: Cursor, distinct: Cursor | None, reader: ConditionReader, when: Condition | None, fields: set[Field]
) -> Grouping:
    """Read `group_by` (a field, or `{field: ..., fold: case|letters}`) and `distinct` (a field).

    Args:
        group_by: As written.
        distinct: As written; None if it is left out.
        reader: Reads fields of members.
        when: Which members count.
        fields: The fields that `when` reads.

    Raises:
        DocumentError: Something in it is wrong; the error names the place.
    """
    keys = group_by.keys(("field", "fold"), ("field",)) if isinstance(group_by.value, dict) else {"field": group_by}
    key = _text_field(keys["field"], reader)
    fold = keys["fold"].choice(tuple(FOLDS)) if "fold" in keys else "none"
    told_apart = _text_field(distinct, reader) if distinct else None
    named = {key} | ({told_apart} if told_apart else set()) | (fields if when else set())
    members = Target.GRANT if any(each.only_for is Target.GRANT for each in named) else Target.REPO
    return Grouping(members, key, FOLDS[fold], told_apart)


def _text_field(cursor: Cursor, reader: ConditionReader) -> Field:
    field = reader.field(cursor.text(), cursor, at_key=False)
    if field.type is not Type.STRING:
        cursor.fail(f"names {field.name}, a {field.type}", "group by a string")
    return field
