"""Rules: one statement each, checked and compiled."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from auditor.documents import Cursor
from auditor.model import Json, Provider, RuleInfo, Severity
from auditor.policy.conditions import Condition, fields_of
from auditor.policy.fields import Field, Target, captured
from auditor.policy.info import rule_info
from auditor.policy.messages import Message, read_message
from auditor.policy.parsing import ConditionReader
from auditor.policy.references import Names
from auditor.policy.scope import Scope
from auditor.policy.types import Type

if TYPE_CHECKING:
    from auditor.policy.examples import Example


OwnParams = Callable[[Cursor], dict[str, Json]]
"""Reads parameters that differ from the current ones."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule.

    Attributes:
        info: Its texts and metadata.
        pack: The name of its pack.
        target: The target that it is evaluated on.
        members: The same or, for a rule across repos, the target that it counts.
        when: When it applies; None for always. For a rule across repos: what is counted.
        must: What it requires.
        message: The message of a finding; None for the standard sentence.
        needs: The providers without which the rule is not evaluated.
        reads: Every field that its conditions read.
        captures: Whether patterns in `when` capture something.
        grouping: How a rule across repos forms groups; None for other rules.
        written: The rule as written.
        names: The parameters and data that it may refer to, and those that it uses.
        own_params: Reads the parameters of an example.
        applies_to: Returns whether `when` holds in a scope. Raises `RuleError`.
        violated_by: Returns whether the rule applies to a scope that does not meet it. Raises `RuleError`.
    """

    info: RuleInfo
    pack: str
    target: Target
    members: Target
    when: Condition | None
    must: Condition
    message: Message | None
    needs: frozenset[Provider]
    reads: frozenset[Field]
    captures: bool
    grouping: Grouping | None
    written: Cursor = field(compare=False, repr=False)
    names: Names = field(compare=False, repr=False)
    own_params: OwnParams = field(compare=False, repr=False)
    applies_to: Callable[[Scope], bool] = field(init=False, compare=False, repr=False)
    violated_by: Callable[[Scope], bool] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        when, must = self.when.evaluate if self.when else None, self.must.evaluate
        captures = self.captures

        def applies_to(scope: Scope) -> bool:
            if captures:
                scope.captured = {}
            return when is None or when(scope) is True

        def violated_by(scope: Scope) -> bool:
            return applies_to(scope) and must(scope) is not True

        object.__setattr__(self, "applies_to", applies_to)
        object.__setattr__(self, "violated_by", violated_by)

    def read_examples(self) -> tuple[Example, ...]:
        """Read its examples; an audit does not need them.

        Raises:
            DocumentError: Something in them is wrong; the error names the place.
        """
        from auditor.policy.examples import read_examples  # noqa: PLC0415 - as few ask

        keys = self.written.mapping()
        return read_examples(keys["examples"], self.own_params) if "examples" in keys else ()

    @property
    def params(self) -> dict[str, object]:
        """The parameters that it refers to, with their values."""
        return {name: value for name, value in self.names.params.items() if name in self.names.used}

    def overridden(self, severity: Severity | None, when_unavailable: str, file: str) -> Rule:
        """Return the rule with another severity, if not None, and a setting for unavailable data, if not empty."""
        info = self.info if severity is None else replace(self.info, severity=severity)
        info = replace(info, when_unavailable=when_unavailable, unavailable_in=file) if when_unavailable else info
        return replace(self, info=info)

    def documented_at(self, page: str) -> Rule:
        """Return the rule with the URL of its page, unless it has its own or there is none."""
        if self.info.docs or not page:
            return self
        return replace(self, info=replace(self.info, docs=page))


def read_rule(cursor: Cursor, pack: str, names: Names, own_params: OwnParams, info: RuleInfo | None = None) -> Rule:
    """Read and compile a rule.

    Args:
        cursor: The rule as written.
        pack: The name of its pack.
        names: The parameters and data that it may refer to.
        own_params: Reads the parameters of an example.
        info: Its texts and metadata, if they were read before.

    Raises:
        DocumentError: Something in it is wrong; the error names the place.
    """
    keys = cursor.mapping()
    target = Target(keys["for"].choice([each.value for each in Target])) if "for" in keys else Target.REPO
    across = target is Target.INVENTORY
    groups: set[str] = set()
    before = ConditionReader(frozenset({Target.REPO, Target.GRANT} if across else {target}), names, capturing=groups)
    when = before.condition(keys["when"]) if "when" in keys else None
    own = {f"captured.{name}": captured(name) for name in groups}
    before = replace(before, own=own, capturing=None)
    grouping = _grouping(keys, before, when) if across else None
    if not across:
        _refuse_grouping(keys, target)
    after = ConditionReader(frozenset({target}), names, {} if across else own)
    must = after.condition(keys["must"])
    message = None
    if "message" in keys:
        message = read_message(keys["message"], lambda name, at: after.field(name, at, at_key=False))
    reads = fields_of(must) | (fields_of(when) if when else set())
    fields = reads | _fields(message)
    fields |= {grouping.key} | ({grouping.distinct} if grouping.distinct else set()) if grouping else set()
    members = grouping.members if grouping else target
    return Rule(
        info=info or rule_info(cursor),
        pack=pack,
        target=target,
        members=members,
        when=when,
        must=must,
        message=message,
        needs=_needs(fields, over_grants=members in {Target.GRANT, Target.COLLABORATOR}),
        reads=frozenset(reads),
        captures=bool(groups),
        grouping=grouping,
        written=cursor,
        names=names,
        own_params=own_params,
    )


def _needs(fields: set[Field], *, over_grants: bool) -> frozenset[Provider]:
    needs = {Provider.GRANTS} if over_grants else set()
    return frozenset(needs.union(*({field.provider} | field.also for field in fields)))


def _grouping(keys: Mapping[str, Cursor], reader: ConditionReader, when: Condition | None) -> Grouping:
    if "group_by" not in keys:
        keys["for"].fail("is inventory, but the rule has no `group_by`", "add `group_by: <field>`")
    return read_grouping(keys["group_by"], keys.get("distinct"), reader, when, fields_of(when) if when else set())


def _refuse_grouping(keys: Mapping[str, Cursor], target: Target) -> None:
    for key in ("group_by", "distinct"):
        if key in keys:
            message = f"`{key}` is only for rules across repos, but this rule is `for: {target}`"
            keys[key].fail_at_key(message, "write `for: inventory`")


def _fields(message: Message | None) -> set[Field]:
    return {part for part in message.parts if isinstance(part, Field)} if message else set()


_OTHERS = r"[\W_]+"

FOLDS: dict[str, Callable[[str], str]] = {
    "none": str,
    "case": str.casefold,
    "letters": lambda text: re.sub(_OTHERS, "", text.casefold()),
}
"""The differences between keys that are ignored: none, the case of letters, or everything except letters and digits."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """How a rule `for: inventory` forms groups.

    Attributes:
        members: What is counted: repos, or grants.
        key: The field that the members of a group share; a member without a value is in no group.
        fold: Which differences between keys are ignored.
        distinct: The field whose distinct values are counted in a group.
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
        distinct: As written; None if it is missing.
        reader: Reads fields of members.
        when: The condition for members that count.
        fields: The fields that `when` reads.

    Raises:
        DocumentError: Something in it is wrong; the error names the place.
    """
    keys = group_by.keys(("field", "fold"), ("field",)) if isinstance(group_by.value, dict) else {"field": group_by}
    key = _text_field(keys["field"], reader)
    fold = keys["fold"].choice(tuple(FOLDS)) if "fold" in keys else "none"
    distinct_field = _text_field(distinct, reader) if distinct else None
    named = {key} | ({distinct_field} if distinct_field else set()) | (fields if when else set())
    members = Target.GRANT if any(each.only_for is Target.GRANT for each in named) else Target.REPO
    return Grouping(members, key, FOLDS[fold], distinct_field)


def _text_field(cursor: Cursor, reader: ConditionReader) -> Field:
    field = reader.field(cursor.text(), cursor, at_key=False)
    if field.type is not Type.STRING:
        cursor.fail(f"is {field.name}, a {field.type}, expected a field of type string")
    return field
