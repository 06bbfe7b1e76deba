"""Properties of every rule: its long form means the same, explanations agree with results, and lint is right."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from auditor.engine import Evaluator
from auditor.engine.explanation import Outcome, explain
from auditor.model import Provider, Repo
from auditor.policy import load_policy
from auditor.policy.longform import as_yaml, long_rule
from auditor.policy.trace import Result
from auditor.policy_tools.lint.satisfaction import Goal, possible
from tests.authoring.strategies import ANY_TYPED, ENVELOPE, WELL_TYPED, conditions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVERYTHING = frozenset(Provider)
often = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Load a rule, as written or in the long form."""
    file = tmp_path_factory.mktemp("properties") / "pack.yaml"

    def load(when, must, *, long=False):
        rule = {"id": "TRY001", "name": "tried", "title": "A rule", "severity": "low"}
        rule |= ({"when": when} if when is not None else {}) | {"must": must}
        pack = {"policy": 1, "name": "p", "version": "1", "title": "P", "rules": [long_rule(rule) if long else rule]}
        file.write_text(as_yaml(pack) if long else json.dumps(pack), encoding="utf-8")
        return load_policy([str(file)])

    return load


def repo_of(document):
    manifest = {key: value for key, value in document.items() if key not in ENVELOPE}
    return Repo("7", manifest, {key: value for key, value in document.items() if key in ENVELOPE})


def evaluated(policy, repo):
    found = Evaluator(policy, NOW, EVERYTHING).evaluate(repo)
    return found.findings, found.unread


@often
@given(when=conditions(exists=True), must=conditions(exists=True), document=ANY_TYPED)
def test_the_long_form_loaded_again_has_the_same_outcomes(load, when, must, document):
    repo = repo_of(document)
    short, long = load(when, must), load(when, must, long=True)
    (once,), (twice,) = short.rules, long.rules
    findings, unread = evaluated(short, repo)
    again, unread_again = evaluated(long, repo)
    assert [(each.path, each.key, each.message) for each in findings] == [
        (each.path, each.key, each.message) for each in again
    ]
    assert bool(unread) is bool(unread_again)
    assert long_rule(long_rule(once.written.plain())) == twice.written.plain() == long_rule(once.written.plain())


@often
@given(when=conditions(exists=True), must=conditions(exists=True), document=ANY_TYPED)
def test_an_explanation_agrees_with_the_verdict(load, when, must, document):
    repo, policy = repo_of(document), load(when, must)
    explanation = explain(policy.rules[0], repo, NOW, EVERYTHING)
    findings, unread = evaluated(policy, repo)
    outcome = Outcome.ERROR if unread else Outcome.FAILS if findings else explanation.outcome
    assert explanation.outcome is outcome
    assert unread or findings or outcome in {Outcome.PASSES, Outcome.NOT_APPLICABLE}
    assert tuple(found for asked in explanation.evaluations for found in asked.findings) == findings
    for asked in explanation.evaluations:
        for node in (asked.when, asked.must):
            assert node is None or _adds_up(node)


def _adds_up(node):
    """Return whether the result of a group follows from the results of its parts, by Kleene's logic."""
    results = [part.result for part in node.parts]
    if Result.ERROR in results:
        return node.result is Result.ERROR and all(map(_adds_up, node.parts))
    if node.words == "all of":
        decided = (
            Result.FALSE if Result.FALSE in results else Result.UNKNOWN if Result.UNKNOWN in results else Result.TRUE
        )
    elif node.words == "any of":
        decided = (
            Result.TRUE if Result.TRUE in results else Result.UNKNOWN if Result.UNKNOWN in results else Result.FALSE
        )
    else:
        decided = node.result
    return node.result is decided and all(map(_adds_up, node.parts))


@settings(max_examples=400, deadline=None)
@given(when=conditions(exists=True), must=conditions(exists=True), document=WELL_TYPED)
def test_what_lint_proves_is_never_contradicted(load, when, must, document):
    (rule,) = load(when, must).rules
    explanation = explain(rule, repo_of(document), NOW, EVERYTHING)
    (asked,) = explanation.evaluations
    applies = (rule.when, Goal.TRUE)
    if asked.when.result is Result.TRUE:
        assert possible([applies])
        goal = Goal.TRUE if asked.outcome is Outcome.PASSES else Goal.NOT_TRUE
        assert possible([applies, (rule.must, goal)])
    else:
        assert possible([(rule.when, Goal.NOT_TRUE)])
    if asked.when.result is Result.FALSE:
        assert possible([(rule.when, Goal.FALSE)])


@pytest.mark.parametrize(
    "document",
    [
        {
            "a": [
                "yes",
                "no",
                "on",
                "null",
                "1",
                "0o7",
                "0x1",
                "1e3",
                "010",
                " a ",
                "",
                "~",
                "a: b",
                "# c",
                "- d",
                "{e}",
            ]
        },
        {"a": ["\x7f", "\x85", "\u2028", "\U0001f600", "é", "tab\tand\nline", "'", '"', "\\", "a" * 300, "b " * 200]},
        {"a": [True, False, None, 0, -1, 1.5, 1e300], "b": {}, "c": []},
    ],
)
def test_the_yaml_of_the_long_form_reads_back_as_it_was(document):
    from auditor.documents import read_yaml

    assert read_yaml(as_yaml(document).encode(), "long").plain() == document
