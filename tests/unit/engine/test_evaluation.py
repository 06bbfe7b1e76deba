"""Values that only look the same are distinguished, and text from users stays data."""

import json
from datetime import UTC, datetime

import pytest

from auditor.engine import Evaluator
from auditor.model import Provider, Repo
from auditor.policy import load_policy

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def policy(tmp_path):
    def policy(*rules):
        head = {"title": "A rule", "severity": "low"}
        numbered = [{"id": f"TRY{n:03}", "name": f"rule-{n}", **head, **rule} for n, rule in enumerate(rules)]
        pack = {"policy": 1, "name": "gate", "version": "1", "title": "Gate", "rules": numbered}
        (tmp_path / "pack.yaml").write_text(json.dumps(pack), encoding="utf-8")
        return load_policy([str(tmp_path / "pack.yaml")])

    return policy


def asked(policy, *manifests):
    evaluator = Evaluator(policy, NOW, frozenset(Provider))
    return [evaluator.evaluate(Repo(str(number), manifest)) for number, manifest in enumerate(manifests)]


GOOD = {"storage_integration_fqn": "t:aws:acc:blob-storage:n", "collaborators": [{"subject": "team:a", "role_id": "x"}]}


@pytest.mark.parametrize("wrong", [7, [], {}, True, ["t:aws:acc:blob-storage:n"]])
def test_a_storage_fqn_that_is_no_text_is_not_taken_for_a_missing_one(policy, wrong):
    missing, odd = asked(
        policy({"when": {"storage.name": "x"}, "must": {"storage.name": "x"}}), {}, {"storage_integration_fqn": wrong}
    )
    assert missing.unread == ()
    assert len(odd.unread) == 1


@pytest.mark.parametrize("wrong", ["x", [1], [{"subject": 5, "role_id": "x"}], [{"subject": "a"}], {"a": 1}, 5])
def test_a_rule_over_grants_that_reads_only_storage_sees_that_grants_cannot_be_read(policy, wrong):
    rule = {"for": "collaborator", "must": {"storage.provider": "aws"}}
    good, odd = asked(policy(rule), GOOD, GOOD | {"collaborators": wrong})
    assert good.unread == ()
    assert len(odd.unread) == 1


@pytest.mark.parametrize("field", ["access.collaborators", "manifest.collaborators"])
def test_collaborators_that_are_not_grants_are_not_passed(policy, field):
    rule = {"must": {field: {"length": {"ge": 0}}, "access.admins": {"length": {"ge": 0}}}}
    (odd,) = asked(policy(rule), {"collaborators": [{"subject": 5, "role_id": "x"}]})
    assert len(odd.unread) == 1


@pytest.mark.parametrize(
    ("test", "fails"), [("lt", True), ("gt", True), ("le", False), ("ge", False), ("equals", False)]
)
def test_a_measure_against_a_field_is_no_equality(policy, test, fails):
    rule = {"must": {"manifest.name": {"length": {test: {"field": "repo.num_runs"}}}}}
    evaluator = Evaluator(policy(rule), NOW, frozenset(Provider))
    assert bool(evaluator.evaluate(Repo("1", {"name": "abc"}, {"num_runs": 3})).findings) is fails


def test_findings_and_errors_keep_the_order_of_the_rules(policy):
    rules = [
        {"must": {"storage.name": "x"}},
        {"must": {"manifest.name": "x"}},
        {"must": {"access.admins": {"contains": "x"}}},
    ]
    for order in (rules, rules[::-1], [rules[2], rules[0], rules[1]]):
        (evaluated,) = asked(policy(*order), GOOD | {"name": "a"})
        assert [finding.rule.id for finding in evaluated.findings] == ["TRY000", "TRY001", "TRY002"]


def test_more_answers_than_are_kept_change_nothing(policy):
    fqns = [f"t:aws:acc:blob-storage:n{number}" for number in range(9_000)]
    evaluated = asked(
        policy({"must": {"storage.name": {"like": "*[0-2]"}}}), *({"storage_integration_fqn": fqn} for fqn in fqns * 2)
    )
    assert [bool(each.findings) for each in evaluated] == [fqn[-1] > "2" for fqn in fqns * 2]


@pytest.mark.parametrize("text", ["\x01", "'\"\\\n", "{0}", "\u2028", "M", "e.get('x')"])
def test_what_users_write_never_becomes_code(policy, text):
    rules = policy(
        {"must": {"manifest.name": {"in": [text, "b"]}}}, {"must": {"manifest.name": {"not": {"equals": text}}}}
    )
    same, other = asked(rules, {"name": text}, {"name": "c"})
    assert [finding.rule.id for finding in same.findings] == ["TRY001"]
    assert [finding.rule.id for finding in other.findings] == ["TRY000"]


def test_half_a_surrogate_pair_is_evaluated_without_an_error(policy):
    asked(
        policy({"must": {"manifest.name": {"in": ["b"]}, "manifest.description": {"matches": "a"}}}),
        {"name": "\ud83d", "description": "\ud83d"},
    )
