"""Examples: repos that a rule passes or fails, written beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from auditor.documents import Cursor, Mark
from auditor.model import Directory, Json
from auditor.model.durations import parse_timestamp
from auditor.policy.example_directory import example_directory
from auditor.policy.rules import OwnParams


@dataclass(frozen=True, slots=True)
class ExampleRepo:
    """A repo of an example: its manifest, and what the API says of it."""

    manifest: dict[str, Json]
    repo: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Example:
    """Repos that a rule passes or fails: one, or several for a rule across repos.

    Attributes:
        repos: The repos.
        directory: What the tenant has beside them; parts that the example does not name are not known.
        params: Parameters that differ from the defaults.
        now: The moment they are looked at, an ISO 8601 timestamp; None if that does not matter.
        passes: Whether the rule passes them.
        cursor: The example as written.
    """

    repos: tuple[ExampleRepo, ...]
    directory: Directory
    params: dict[str, Json]
    now: str | None
    passes: bool
    cursor: Cursor = field(compare=False, repr=False)

    @property
    def mark(self) -> Mark:
        """Where the example stands; worked out only when asked, since most runs never ask."""
        return self.cursor.mark


_OF_REPO = ("manifest", "repo")


def read_examples(cursor: Cursor, own_params: OwnParams) -> tuple[Example, ...]:
    """Read the `examples` of a rule.

    Raises:
        DocumentError: Something in them is wrong; the error names the place.
    """
    keys = cursor.keys(("pass", "fail"))
    return tuple(
        _example(item, passes, own_params)
        for key, passes in (("pass", True), ("fail", False))
        if key in keys
        for item in keys[key].items()
    )


def _example(cursor: Cursor, passes: bool, own_params: OwnParams) -> Example:
    keys = cursor.keys((*_OF_REPO, "repos", "directory", "params", "now"))
    if "repos" in keys and set(keys) & set(_OF_REPO):
        cursor.fail("has both `repos` and a repo of its own", "write every repo under `repos`")
    repos = [item.keys(_OF_REPO) for item in keys["repos"].items()] if "repos" in keys else [keys]
    return Example(
        repos=tuple(example_repo(each) for each in repos),
        directory=example_directory(keys["directory"]) if "directory" in keys else Directory(),
        params=own_params(keys["params"]) if "params" in keys else {},
        now=read_moment(keys["now"]) if "now" in keys else None,
        passes=passes,
        cursor=cursor,
    )


def example_repo(keys: Mapping[str, Cursor]) -> ExampleRepo:
    """Return the repo that the keys `manifest` and `repo` describe; both may be left out."""
    return ExampleRepo(_document(keys, "manifest"), _document(keys, "repo"))


def _document(keys: Mapping[str, Cursor], key: str) -> dict[str, Json]:
    plain = keys[key].plain() if key in keys else {}
    if not isinstance(plain, dict):
        keys[key].fail(f"is {keys[key].kind}, expected a mapping")
    return cast("dict[str, Json]", plain)


def read_moment(cursor: Cursor) -> str:
    """Read an ISO 8601 timestamp.

    Raises:
        DocumentError: It is not one.
    """
    text = cursor.text()
    try:
        parse_timestamp(text)
    except ValueError:
        cursor.fail(f"is {text!r}, expected a timestamp such as 2026-01-01T00:00:00Z")
    return text
