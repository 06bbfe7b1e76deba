"""Test files: cases for a pack with their expected findings, as YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.documents import Cursor, read_file
from auditor.errors import InvalidError, did_you_mean
from auditor.model import Directory
from auditor.model.values import display
from auditor.policy import Policy, Settings, find_pack, load_policy
from auditor.policy.examples import ExampleRepo, example_directory, example_repo, read_timestamp
from auditor.policy.selection import selected

SUFFIX = ".test.yaml"
"""The end of the name of a test file; that of `acme.yaml` is `acme.test.yaml`, or `acme.<anything>.test.yaml`."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A finding that a case expects.

    Attributes:
        rule: The id of its rule.
        repo: The name of its repo; None for any.
        path: Its JSON Pointer; None for any.
        message: Its exact message; None for any.
        at: The place of the expectation.
    """

    rule: str
    repo: str | None
    path: str | None
    message: str | None
    at: Cursor


@dataclass(frozen=True, slots=True)
class Case:
    """Repos, and exactly the findings that they have.

    Attributes:
        name: What it shows.
        repos: The repos.
        directory: The directory of the tenant; parts that the case does not have are unknown.
        now: The current time for them, an ISO 8601 timestamp; None if that does not matter.
        policy: The policy for it.
        expect: The findings.
        errors: The ids of the rules that cannot be evaluated.
        at: Its place in the file.
    """

    name: str
    repos: tuple[ExampleRepo, ...]
    directory: Directory
    now: str | None
    policy: Policy
    expect: tuple[Expectation, ...]
    errors: frozenset[str]
    at: Cursor


@dataclass(frozen=True, slots=True)
class TestFile:
    """A file of cases about one pack."""

    __test__ = False  # pytest treats every class with this name as a test class

    path: Path
    pack: Path
    cases: tuple[Case, ...]


def is_test_file(path: Path) -> bool:
    """Return whether a file is a test file, by its name."""
    return path.name.endswith(SUFFIX)


def test_files_of(pack: Path) -> list[Path]:
    """Return the test files next to a pack."""
    return sorted({*pack.parent.glob(f"{pack.stem}{SUFFIX}"), *pack.parent.glob(f"{pack.stem}.*{SUFFIX}")})


test_files_of.__test__ = False  # type: ignore[attr-defined]


def read_test_file(path: Path) -> TestFile:
    """Read a test file and its pack.

    Raises:
        InvalidError: Something in either is wrong; the error names the place.
    """
    document, _ = read_file(path)
    keys = document.keys(("policy_test", "pack", "params", "rules", "cases"), ("policy_test", "pack", "cases"))
    if keys["policy_test"].value != 1 or keys["policy_test"].kind != "a number":
        keys["policy_test"].fail(f"is {display(keys['policy_test'].plain())}, expected 1 (the version of this format)")
    reader = _Reader(_pack(keys["pack"], path), keys)
    cases = tuple(reader.case(item) for item in keys["cases"].items())
    if not cases:
        keys["cases"].fail("is empty, so it tests nothing", "add a case")
    _refuse_duplicates(cases)
    return TestFile(path, reader.pack, cases)


def _pack(cursor: Cursor, path: Path) -> Path:
    try:
        return Path(find_pack(cursor.text(), path.parent))
    except InvalidError as error:
        cursor.fail(f"refers to an {error.message}", error.fix)


def _refuse_duplicates(cases: Sequence[Case]) -> None:
    seen: dict[str, Case] = {}
    for case in cases:
        if case.name in seen:
            case.at.fail(
                f"has the name of the case at {seen[case.name].at.mark}: {case.name!r}", "give each case its own name"
            )
        seen[case.name] = case


class _Reader:
    """Reads the cases of one file; each policy with different parameters is loaded once."""

    def __init__(self, pack: Path, keys: Mapping[str, Cursor]) -> None:
        self.pack = pack
        self._params = keys["params"].mapping() if "params" in keys else {}
        self._known: dict[str, Policy] = {}
        self._all = self._policy({}, ()).rules
        self._ids = {
            word: rule.info.id for rule in self._all for word in (rule.info.id, rule.info.name, *rule.info.aliases)
        }
        self._rules = self._selectors(keys["rules"]) if "rules" in keys else ()

    def case(self, cursor: Cursor) -> Case:
        known = ("name", "manifest", "repo", "repos", "directory", "params", "rules", "now", "expect", "errors")
        keys = cursor.keys(known, ("name", "expect"))
        if "repos" in keys and {"manifest", "repo"} & set(keys):
            cursor.fail("has both `repos` and a single repo", "put every repo under `repos`")
        if not {"repos", "manifest", "repo"} & set(keys):
            cursor.fail("has no repo", "add `manifest`, `repo` or `repos`")
        repos = [item.keys(("manifest", "repo")) for item in keys["repos"].items()] if "repos" in keys else [keys]
        if not repos:
            keys["repos"].fail("is empty, expected a repo")
        params = keys["params"].mapping() if "params" in keys else {}
        rules = self._selectors(keys["rules"]) if "rules" in keys else self._rules
        return Case(
            name=keys["name"].text(),
            repos=tuple(example_repo(each) for each in repos),
            directory=example_directory(keys["directory"]) if "directory" in keys else Directory(),
            now=read_timestamp(keys["now"]) if "now" in keys else None,
            policy=self._policy(params, rules),
            expect=tuple(self._expectation(item) for item in keys["expect"].items()),
            errors=frozenset(self._id(item) for item in keys["errors"].items()) if "errors" in keys else frozenset(),
            at=cursor,
        )

    def _policy(self, params: Mapping[str, Cursor], rules: tuple[str, ...]) -> Policy:
        decided = {**self._params, **params}
        key = repr((sorted((name, repr(each.plain())) for name, each in decided.items()), rules))
        if key not in self._known:
            self._known[key] = load_policy([str(self.pack)], Settings(params=decided, only=rules))
        return self._known[key]

    def _expectation(self, cursor: Cursor) -> Expectation:
        keys = cursor.keys(("rule", "repo", "path", "message"), ("rule",))

        def text(key: str) -> str | None:
            if key == "path" and key in keys and keys[key].value == "":
                return ""
            return keys[key].text() if key in keys else None

        path = text("path")
        if path and not path.startswith("/"):
            keys["path"].fail(f"is {path!r}, expected a JSON Pointer such as /description")
        return Expectation(self._id(keys["rule"]), text("repo"), path, text("message"), cursor)

    def _id(self, cursor: Cursor) -> str:
        word = cursor.text()
        if word not in self._ids:
            cursor.fail(f"does not match a rule in the policy: {word!r}", did_you_mean(word, self._ids))
        return self._ids[word]

    def _selectors(self, cursor: Cursor) -> tuple[str, ...]:
        for item in cursor.items():
            try:
                selected(self._all, (item.text(),), ())
            except InvalidError as error:
                item.fail(f"does not match a rule in the policy: {item.text()!r}", error.fix)
        return tuple(item.text() for item in cursor.items())
