"""Rules: one statement each, checked and compiled."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from auditor.documents import Cursor
from auditor.model import Control, Json, Provider, RuleInfo, Severity
from auditor.model.durations import parse_timestamp
from auditor.policy.compiling import Compiled, compile_condition
from auditor.policy.conditions import fields_of
from auditor.policy.fields import Field, Target
from auditor.policy.messages import Message, read_message
from auditor.policy.parsing import ConditionReader

_REQUIRED = ("id", "name", "title", "severity", "must")
_OPTIONAL = (
    "category",
    "rationale",
    "remediation",
    "docs",
    "controls",
    "waivable",
    "for",
    "when",
    "message",
    "examples",
)
_ID = re.compile(r"[A-Z]{2,8}[0-9]{3,4}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Example:
    """A repo that a rule passes or fails.

    Attributes:
        manifest: The repo's manifest.
        repo: What the API says of it.
        params: Parameters that differ from the defaults.
        now: The moment it is looked at, an ISO 8601 timestamp; None if that does not matter.
        passes: Whether the rule passes it.
    """

    manifest: dict[str, Json]
    repo: dict[str, Json]
    params: dict[str, Json]
    now: str | None
    passes: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, ready to be asked.

    Attributes:
        info: What it says of itself.
        target: What it is asked of.
        when: Where it applies; None for everywhere.
        must: What it requires.
        message: What a finding says; None for the standard sentence.
        needs: Who has to have something to say, for the rule to be evaluated.
        examples: Repos that it passes and fails.
    """

    info: RuleInfo
    target: Target
    when: Compiled | None
    must: Compiled
    message: Message | None
    needs: frozenset[Provider]
    examples: tuple[Example, ...]

    def with_severity(self, severity: Severity) -> Rule:
        """Return the rule with another severity."""
        return replace(self, info=replace(self.info, severity=severity))

    def explained_at(self, docs: str) -> Rule:
        """Return the rule with its place on the page that explains its pack, unless it names a place of its own."""
        if self.info.docs or not docs:
            return self
        return replace(self, info=replace(self.info, docs=f"{docs}#{self.info.id.lower()}"))


def rule_info(cursor: Cursor) -> RuleInfo:
    """Read what a rule says of itself; this alone also checks its keys."""
    keys = cursor.keys((*_REQUIRED, *_OPTIONAL), _REQUIRED)

    def text(key: str, default: str = "") -> str:
        return " ".join(keys[key].text().split()) if key in keys else default

    return RuleInfo(
        id=_like(keys["id"], _ID, "capital letters and three or four digits, for example ACME001"),
        name=_like(keys["name"], _NAME, "lower-case words joined by hyphens, for example missing-description"),
        title=text("title"),
        severity=Severity.of(keys["severity"].choice(Severity.labels())),
        category=text("category", "general"),
        rationale=text("rationale"),
        remediation=text("remediation"),
        docs=text("docs"),
        controls=tuple(_control(item) for item in keys["controls"].items()) if "controls" in keys else (),
        waivable=keys["waivable"].boolean() if "waivable" in keys else True,
    )


def _like(cursor: Cursor, pattern: re.Pattern[str], expected: str) -> str:
    text = cursor.text()
    if not pattern.fullmatch(text):
        cursor.fail(f"is {text!r}, expected {expected}")
    return text


def _control(cursor: Cursor) -> Control:
    keys = cursor.keys(("framework", "id", "title"), ("framework", "id"))
    return Control(keys["framework"].text(), keys["id"].text(), keys["title"].text() if "title" in keys else "")


def read_rule(cursor: Cursor, params: Mapping[str, object], own_params: Callable[[Cursor], dict[str, Json]]) -> Rule:
    """Read and compile a rule with the values of its parameters; `own_params` reads those of an example.

    Raises:
        DocumentError: Something in it is wrong; the error names the place.
    """
    info = rule_info(cursor)
    keys = cursor.mapping()
    target = Target(keys["for"].choice([each.value for each in Target])) if "for" in keys else Target.REPO
    reader = ConditionReader(target, params)
    must = reader.condition(keys["must"])
    when = reader.condition(keys["when"]) if "when" in keys else None
    message = None
    if "message" in keys:
        message = read_message(keys["message"], lambda name, at: reader.field(name, at, at_key=False))
    fields = fields_of(must) | (fields_of(when) if when else set()) | _fields(message)
    needs = {field.provider for field in fields} | (set() if target is Target.REPO else {Provider.GRANTS})
    return Rule(
        info=info,
        target=target,
        when=compile_condition(when) if when else None,
        must=compile_condition(must),
        message=message,
        needs=frozenset(needs),
        examples=_examples(keys["examples"], own_params) if "examples" in keys else (),
    )


def _fields(message: Message | None) -> set[Field]:
    return {part for part in message.parts if isinstance(part, Field)} if message else set()


def _examples(cursor: Cursor, own_params: Callable[[Cursor], dict[str, Json]]) -> tuple[Example, ...]:
    keys = cursor.keys(("pass", "fail"))
    return tuple(
        _example(item, passes, own_params)
        for key, passes in (("pass", True), ("fail", False))
        if key in keys
        for item in keys[key].items()
    )


def _example(cursor: Cursor, passes: bool, own_params: Callable[[Cursor], dict[str, Json]]) -> Example:
    keys = cursor.keys(("manifest", "repo", "params", "now"))

    def document(key: str) -> dict[str, Json]:
        plain = keys[key].plain() if key in keys else {}
        if not isinstance(plain, dict):
            keys[key].fail(f"is {keys[key].kind}, expected a mapping")
        return plain

    now = _moment(keys["now"]) if "now" in keys else None
    params = own_params(keys["params"]) if "params" in keys else {}
    return Example(document("manifest"), document("repo"), params, now, passes)


def _moment(cursor: Cursor) -> str:
    text = cursor.text()
    try:
        parse_timestamp(text)
    except ValueError:
        cursor.fail(f"is {text!r}, expected a timestamp such as 2026-01-01T00:00:00Z")
    return text
