"""The engine against a naive reading of the language: conditions as documents, interpreted straight from the design.

Three values: true, false and unknown (None). A test on a missing field or on null is unknown, except for the operators
that answer for it; a value that is not of its field's type is an error, wherever it stands in the tree.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.engine import Judge
from auditor.model import Provider, Repo
from auditor.policy import load_policy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GONE = object()
GROUPS = ("all", "any", "none", "not")
FIELDS = {
    "manifest.name": ("name", str),
    "manifest.description": ("description", str),
    "manifest.collaborators": ("collaborators", list),
    "repo.num_runs": ("num_runs", int | float),
    "repo.created_at": ("created_at", str),
}
ENVELOPE = {"num_runs", "created_at"}


class WrongTypeError(Exception):
    """The condition cannot be evaluated on the document."""


def holds(condition, document):
    """Evaluate a condition: every part is asked, so that an error anywhere is an error."""
    return both([entry_holds(key, value, document) for key, value in condition.items()])


def entry_holds(key, value, document):
    if key == "not":
        return opposite(holds(value, document))
    if key in GROUPS:
        results = [holds(part, document) for part in value]
        if key == "all":
            return both(results)
        either = opposite(both([opposite(result) for result in results]))
        return either if key == "any" else opposite(either)
    return meets(value, field(key, document), document)


def both(results):
    return False if False in results else None if None in results else True


def opposite(result):
    return None if result is None else not result


def field(name, document):
    key, kind = FIELDS[name]
    value = document.get(key, GONE)
    right = isinstance(value, kind) and not isinstance(value, bool)
    if value is GONE or value is None or right:
        return value
    raise WrongTypeError


def meets(tests, value, document):
    if isinstance(tests, list):
        tests = {"in": tests}
    elif not isinstance(tests, dict):
        tests = {"equals": tests}
    return both([meets_one(name, operand, value, document) for name, operand in tests.items()])


def meets_one(name, operand, value, document):
    if name == "not":
        return opposite(meets(operand, value, document))
    if name in SEEING:
        return SEEING[name](value) is operand
    if isinstance(operand, dict) and "field" in operand:
        other = field(operand["field"], document)
        return None if {value, other} & {GONE, None} else value == other
    if value is GONE or (value is None and name not in {"equals", "in"}):
        return None
    if name in {"length", "words"}:
        return meets(operand, measured(name, value), document)
    return PREDICATES[name](value, operand)


def is_blank(value):
    return value is GONE or value is None or not (value.strip() if isinstance(value, str) else value)


def measured(name, value):
    if name == "words":
        return len(value.split())
    return len(value.strip()) if isinstance(value, str) else len(value)


def age(value):
    try:
        return NOW - datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        raise WrongTypeError from None


def days(text):
    return timedelta(days=int(text.removesuffix("d")))


SEEING = {"exists": lambda value: value is not GONE, "blank": is_blank}
PREDICATES = {
    "equals": lambda value, operand: value == operand,
    "in": lambda value, operand: value in operand,
    "like": lambda value, operand: any(fnmatchcase(value, glob) for glob in operand),
    "matches": lambda value, operand: re.fullmatch(operand, value) is not None,
    "gt": lambda value, operand: value > operand,
    "ge": lambda value, operand: value >= operand,
    "lt": lambda value, operand: value < operand,
    "le": lambda value, operand: value <= operand,
    "older_than": lambda value, operand: age(value) > days(operand),
    "newer_than": lambda value, operand: age(value) <= days(operand),
    "contains": lambda value, operand: operand in value,
}

WORDS = st.sampled_from(["a", "ab", "A", "a b", " a ", "", " "])
NUMBERS = st.sampled_from([-1, 0, 1, 1.5, 2])
MOMENTS = st.sampled_from(["2025-12-31T00:00:00", "2025-12-22T00:00:00", "2020-01-01T00:00:00", "2030-01-01T00:00:00"])
LISTS = st.lists(WORDS, max_size=3)
TYPED = {"name": WORDS, "description": WORDS, "collaborators": LISTS, "num_runs": NUMBERS, "created_at": MOMENTS}
ILL_TYPED = st.one_of(WORDS, NUMBERS, st.booleans(), LISTS, st.just({}), st.just("no date"))


def documents(extra):
    """Documents over the fields of the tests, each of them missing, null, of its type, or from `extra`."""
    values = {key: st.one_of(st.none(), kind, kind, extra(kind)) for key, kind in TYPED.items()}
    return st.fixed_dictionaries({}, optional=values)


WELL_TYPED = documents(lambda kind: kind)
ANY_TYPED = documents(lambda _kind: ILL_TYPED)


def one_of_each(**operands):
    """Tests of one to three operators, each with an operand of its own kind."""
    one = st.sampled_from(sorted(operands)).flatmap(lambda name: st.fixed_dictionaries({name: operands[name]}))
    return st.lists(one, min_size=1, max_size=3).map(lambda tests: {k: v for test in tests for k, v in test.items()})


def asking(scalars, **operands):
    """Tests on one field: shorthand, operators, and `not` around them."""
    listed = st.lists(st.one_of(scalars, st.none()), min_size=1, max_size=3)
    plain = one_of_each(equals=st.one_of(scalars, st.none()), **{"in": listed}, **operands)
    return st.recursive(st.one_of(scalars, listed, plain), lambda inner: inner.map(lambda tests: {"not": tests}))


ON_NUMBERS = {"gt": NUMBERS, "ge": NUMBERS, "lt": NUMBERS, "le": NUMBERS}
MEASURES = asking(st.integers(0, 3), **ON_NUMBERS)
GLOBS = st.lists(st.sampled_from(["*", "a*", "?", "[ab]", ""]), min_size=1, max_size=2)
PATTERNS = st.sampled_from(["a", "a.*", "(?i)A", "[ab ]+", ".*"])
TEXT = {"like": GLOBS, "matches": PATTERNS, "length": MEASURES, "words": MEASURES, "blank": st.booleans()}
AGES = {"older_than": st.sampled_from(["0d", "1d", "10d"]), "newer_than": st.sampled_from(["0d", "1d", "10d"])}


def conditions(exists):
    """Condition trees over the fields; `exists` tells whether that operator is among them."""
    presence = {"exists": st.booleans()} if exists else {}
    lists = one_of_each(contains=WORDS, length=MEASURES, blank=st.booleans(), **presence)
    other_text = st.just({"equals": {"field": "manifest.description"}})
    leaves = {
        "manifest.name": st.one_of(asking(WORDS, **TEXT, **presence), other_text),
        "manifest.description": asking(WORDS, **TEXT, **presence),
        "manifest.collaborators": st.one_of(lists, lists.map(lambda tests: {"not": tests})),
        "repo.num_runs": asking(NUMBERS, **ON_NUMBERS, **presence),
        "repo.created_at": asking(MOMENTS, **AGES, blank=st.booleans(), **presence),
    }
    leaf = st.sampled_from(sorted(leaves)).flatmap(lambda name: st.fixed_dictionaries({name: leaves[name]}))
    return st.recursive(leaf, _grouped, max_leaves=8)


def _grouped(part):
    several = st.lists(part, min_size=1, max_size=3)
    groups = [several.map(lambda parts, word=word: {word: parts}) for word in ("all", "any", "none")]
    side_by_side = st.lists(part, min_size=2, max_size=2).map(lambda parts: parts[0] | parts[1])
    return st.one_of(*groups, part.map(lambda one: {"not": one}), side_by_side)


def expected(when, must, document):
    try:
        if when is not None and holds(when, document) is not True:
            return "not-applicable"
        return "pass" if holds(must, document) is True else "fail"
    except WrongTypeError:
        return "error"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """What the engine makes of a rule and a document; a second rule tells where the first one applied."""
    file = tmp_path_factory.mktemp("oracle") / "pack.yaml"

    def outcome(when, must, document):
        shared = {"title": "A rule", "severity": "low", **({"when": when} if when is not None else {})}
        rules = [{"id": "TRY001", "name": "tried", **shared, "must": must}]
        rules.append({"id": "TRY002", "name": "probe", **shared, "must": {"repo.name": {"exists": False}}})
        pack = {"policy": 1, "name": "oracle", "version": "1", "title": "Oracle", "rules": rules}
        file.write_text(json.dumps(pack), encoding="utf-8")
        manifest = {key: value for key, value in document.items() if key not in ENVELOPE}
        envelope = {key: value for key, value in document.items() if key in ENVELOPE}
        judged = Judge(load_policy([str(file)]), NOW, frozenset(Provider)).judge(Repo("7", manifest, envelope))
        found = {finding.rule.id for finding in judged.findings}
        if any("TRY001" in unread.what for unread in judged.unread):
            return "error"
        return "fail" if "TRY001" in found else "pass" if "TRY002" in found else "not-applicable"

    return outcome


@settings(max_examples=400, deadline=None)
@given(when=st.none() | conditions(exists=True), must=conditions(exists=True), document=WELL_TYPED)
def test_the_engine_agrees_on_documents_of_the_right_types(engine, when, must, document):
    assert engine(when, must, document) == expected(when, must, document)


@settings(max_examples=400, deadline=None)
@given(when=st.none() | conditions(exists=False), must=conditions(exists=False), document=ANY_TYPED)
def test_the_engine_agrees_on_documents_of_any_types(engine, when, must, document):
    assert engine(when, must, document) == expected(when, must, document)


BROKEN = {"repo.num_runs": {"gt": 0}, "repo.created_at": {"older_than": "1d"}}
AROUND = ("all", "any", "none")


@settings(max_examples=300, deadline=None)
@given(data=st.data(), tree=conditions(exists=True), document=WELL_TYPED, broken=st.sampled_from(sorted(BROKEN)))
def test_no_tree_that_contains_an_error_passes(engine, data, tree, document, broken):
    wrong = {broken: BROKEN[broken]}
    for word in data.draw(st.lists(st.sampled_from([*AROUND, "not"]), min_size=1, max_size=4)):
        sides = data.draw(st.permutations([wrong, tree]))
        wrong = {"not": wrong} if word == "not" else {word: sides}
    document = document | {"num_runs": "many", "created_at": "yesterday"}
    assert engine(None, wrong, document) == "error"
    assert engine(wrong, tree, document) == "error"
