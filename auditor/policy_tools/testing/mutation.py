"""Mutation tests: whether the tests of a pack fail when one of its rules is changed in one place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from auditor.documents import Cursor, Mark, read_yaml
from auditor.errors import InvalidError
from auditor.model.values import AnyJson
from auditor.policy import Rule
from auditor.policy.references import Names
from auditor.policy.rules import read_rule
from auditor.policy_tools.testing.mutants import Mutant, Path, mutants_of
from auditor.policy_tools.testing.outcomes import place
from auditor.policy_tools.testing.pack_tests import PackTests, case_problem, example_problem, with_params

_REFUSED_RAW = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no test catches.

    Attributes:
        where: The place of the change.
        rule: The id of the rule.
        change: The change.
    """

    where: Mark
    rule: str
    change: str


def survivors(tests: PackTests, progress: Callable[[], None] = lambda: None) -> tuple[int, tuple[Survivor, ...]]:
    """Return the number of mutants of the rules of a pack whose tests pass, and the mutants that no test catches.

    Invalid mutants do not count. `progress` is called for each mutant that was tried.
    """
    tried, alive = 0, []
    for rule in tests.rules:
        for mutant, document in _valid(rule):
            tried += 1
            progress()
            if not _noticed(tests, rule, document):
                alive.append(Survivor(_place(rule.written, mutant.path), rule.info.id, mutant.change))
    return tried, tuple(alive)


def _valid(rule: Rule) -> Iterator[tuple[Mutant, Cursor]]:
    plain = rule.written.plain()
    for mutant in mutants_of(plain) if isinstance(plain, dict) else ():
        document = as_cursor(mutant.rule, rule.written.mark.file)
        try:
            _read(rule, document, rule.names.params)
        except InvalidError:
            continue
        yield mutant, document


def _read(rule: Rule, document: Cursor, params: AnyJson) -> Rule:
    return read_rule(document, rule.pack, Names(params, rule.names.data), lambda _cursor: {})


def _noticed(tests: PackTests, rule: Rule, document: Cursor) -> bool:
    for example in rule.read_examples():
        mutated = _read(rule, document, with_params(rule, example.params).names.params)
        if example_problem(mutated, example):
            return True
    for case in tests.cases:
        own = [each for each in case.policy.rules if each.info.id == rule.info.id]
        if own and any(case_problem(case, [_read(rule, document, own[0].names.params)])):
            return True
    return False


def as_cursor(document: object, file: str) -> Cursor:
    """Return a plain document as if it had been read from a file."""
    text = json.dumps(document, ensure_ascii=False)
    return read_yaml(_REFUSED_RAW.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode(), file)


def _place(cursor: Cursor, path: Path) -> Mark:
    """Return the place of a path in the rule as written, or of the longest part of it that is written."""
    for token in path:
        value = cursor.value
        if isinstance(value, dict) and token in value:
            cursor = value[str(token)]
        elif isinstance(value, list) and isinstance(token, int) and token < len(value):
            cursor = value[token]
        else:
            break
    return place(cursor)
