"""The same properties for packs that use the entire language: quantifiers, data, captures, grants, groups."""

import json
from random import Random

import pytest
from hypothesis import given

from auditor.engine import Evaluator
from auditor.engine.explanation import Outcome, explain
from auditor.model import Provider, Repo
from auditor.policy import Target, load_policy
from auditor.policy.longform import as_yaml, long_rule
from auditor.policy.trace import Result
from auditor.policy_tools.lint.satisfaction import Goal, possible
from tests.language.naive import NOW
from tests.language.strategies import DATA, inventories, inventory, packs
from tests.language.test_oracle import run

EVERYTHING = frozenset(Provider)
POOL = [inventory(Random(seed)) for seed in range(8)]
GOALS = {Result.TRUE: Goal.TRUE, Result.FALSE: Goal.FALSE, Result.UNKNOWN: Goal.NOT_TRUE}


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Load rules, as written or in the long form."""
    folder = tmp_path_factory.mktemp("properties")
    for name, values in DATA.items():
        (folder / f"{name}.json").write_text(json.dumps(values), encoding="utf-8")
    data = {name: {"file": f"{name}.json"} for name in DATA}

    def load(rules, *, long=False):
        written = [long_rule(rule) if long else rule for rule in rules]
        pack = {"policy": 1, "name": "p", "version": "1", "title": "P", "data": data, "rules": written}
        (folder / "pack.yaml").write_text(as_yaml(pack) if long else json.dumps(pack), encoding="utf-8")
        return load_policy([str(folder / "pack.yaml")])

    return load


def repos_of(rows):
    return [Repo(row["id"], row["manifest"], row["repo"]) for row in rows]


def evaluated(policy, repos):
    """Return the outcomes for each repo, and for all of them together at the end."""
    evaluator = Evaluator(policy, NOW, EVERYTHING)
    return [*map(evaluator.evaluate, repos), evaluator.conclude("acme")]


def essence(results):
    return [
        (
            [(each.rule.id, each.path, each.key, each.message) for each in result.findings],
            [each.what for each in result.unread],
            [(reason, [info.id for info in rules]) for reason, rules in result.not_evaluated],
        )
        for result in results
    ]


@run(60)
@given(rules=packs(), rows=inventories(ill=True))
def test_the_long_form_has_the_same_outcomes(load, rules, rows):
    short, long = load(rules), load(rules, long=True)
    for each in (rows, *POOL):
        assert essence(evaluated(short, repos_of(each))) == essence(evaluated(long, repos_of(each)))
    for once, twice in zip(short.rules, long.rules, strict=True):
        assert long_rule(twice.written.plain()) == twice.written.plain() == long_rule(once.written.plain())


@run(60)
@given(rules=packs(), rows=inventories(ill=True))
def test_an_explanation_agrees_with_the_verdict(load, rules, rows):
    policy = load(rules)
    for each in (rows, *POOL[:3]):
        repos = repos_of(each)
        results = evaluated(policy, repos)
        for rule in policy.rules:
            explanations = [explain(rule, repo, NOW, EVERYTHING, repos=repos) for repo in repos]
            for explanation, result in zip(explanations, results, strict=False):
                _agrees(rule, explanation, result)
            if rule.target is Target.INVENTORY:
                reported = {found.key for one in explanations for _, asked in one.groups for found in asked.findings}
                assert reported == {found.key for found in results[-1].findings if found.rule.id == rule.info.id}


def _agrees(rule, explanation, result):
    unasked = {info.id for _, rules in result.not_evaluated for info in rules}
    broken = {word.strip(",") for unread in result.unread for word in unread.what.split(" on ")[0].split()[1:]}
    assert bool(explanation.not_evaluated) is (rule.info.id in unasked)
    reported = [found for asked in explanation.evaluations for found in asked.findings]
    assert reported == [found for found in result.findings if found.rule.id == rule.info.id]
    errors = any(asked.outcome is Outcome.ERROR for asked in explanation.evaluations)
    assert rule.target is Target.INVENTORY or errors is (rule.info.id in broken)


@run(150)
@given(rules=packs(), rows=inventories())
def test_what_lint_proves_is_never_contradicted(load, rules, rows):
    for rule in load(rules).rules:
        for repo in (repo for each in (rows, *POOL) for repo in repos_of(each)):
            for asked in explain(rule, repo, NOW, EVERYTHING).evaluations:
                pairs = ((rule.when, asked.when), (rule.must, asked.must))
                wanted = [(part, GOALS[node.result]) for part, node in pairs if node and node.result in GOALS]
                assert possible(wanted), wanted
