"""The texts and metadata of a rule."""

from __future__ import annotations

import re
from pathlib import Path

from auditor.documents import Cursor
from auditor.model import Control, RuleInfo, Severity

REQUIRED = ("id", "name", "title", "severity", "must")
"""The required keys of a rule."""

OPTIONAL = (
    "category",
    "rationale",
    "remediation",
    "docs",
    "controls",
    "tags",
    "since",
    "deprecated",
    "aliases",
    "waivable",
    "when_unavailable",
    "for",
    "group_by",
    "distinct",
    "when",
    "message",
    "examples",
)
"""The optional keys of a rule."""

UNAVAILABLE = ("skip", "incomplete")
"""The possible effects of a rule that cannot be evaluated: it is skipped, or the run is incomplete."""

_ID = re.compile(r"[A-Z]{2,8}[0-9]{3,4}")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""The form of the name of a rule."""

_TAG = re.compile(r"[a-z0-9]+([-./][a-z0-9]+)*")


def rule_info(cursor: Cursor) -> RuleInfo:
    """Read the texts and metadata of a rule; only this checks its keys.

    Raises:
        DocumentError: Something in it is wrong; the error names the place.
    """
    keys = cursor.keys((*REQUIRED, *OPTIONAL), REQUIRED)

    def text(key: str, default: str = "") -> str:
        return " ".join(keys[key].text().split()) if key in keys else default

    def items(key: str) -> list[Cursor]:
        return keys[key].items() if key in keys else []

    return RuleInfo(
        id=_like(keys["id"], _ID, "two to eight uppercase letters and three or four digits, for example ACME001"),
        name=_like(keys["name"], NAME, "lowercase words joined by hyphens, for example missing-description"),
        title=text("title"),
        severity=Severity.of(keys["severity"].choice(Severity.labels())),
        category=text("category", "general"),
        rationale=text("rationale"),
        remediation=text("remediation"),
        docs=text("docs"),
        controls=tuple(_control(item) for item in items("controls")),
        waivable=keys["waivable"].boolean() if "waivable" in keys else True,
        tags=tuple(_like(item, _TAG, "a lowercase word, for example pii") for item in items("tags")),
        since=text("since"),
        deprecated=text("deprecated"),
        aliases=tuple(_alias(item) for item in items("aliases")),
        when_unavailable=keys["when_unavailable"].choice(UNAVAILABLE) if "when_unavailable" in keys else "",
        unavailable_in=Path(cursor.mark.file).name if "when_unavailable" in keys else "",
    )


def _alias(cursor: Cursor) -> str:
    text = cursor.text()
    if not (_ID.fullmatch(text) or NAME.fullmatch(text)):
        cursor.fail(f"is {text!r}, expected an id or a name that the rule had before")
    return text


def _like(cursor: Cursor, pattern: re.Pattern[str], expected: str) -> str:
    text = cursor.text()
    if not pattern.fullmatch(text):
        cursor.fail(f"is {text!r}, expected {expected}")
    return text


def _control(cursor: Cursor) -> Control:
    keys = cursor.keys(("framework", "id", "title"), ("framework", "id"))
    return Control(keys["framework"].text(), keys["id"].text(), keys["title"].text() if "title" in keys else "")
