"""Groups of repos: how many are shown, how many are evaluated, and what a second reading changes."""

import json
from datetime import UTC, datetime

import pytest

from auditor.engine import Evaluator
from auditor.engine.groups import Groups
from auditor.model import Provider, Repo
from auditor.policy import Scope, load_policy

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def policy(tmp_path):
    def policy(**rule):
        head = {"id": "TRY001", "name": "rule-one", "title": "A rule", "severity": "low", "for": "inventory"}
        pack = {"policy": 1, "name": "groups", "version": "1", "title": "Groups", "rules": [head | rule]}
        (tmp_path / "pack.yaml").write_text(json.dumps(pack), encoding="utf-8")
        return load_policy([str(tmp_path / "pack.yaml")])

    return policy


@pytest.fixture
def evaluator(policy):
    return lambda **rule: Evaluator(policy(**rule), NOW, frozenset(Provider))


@pytest.fixture
def rule(policy):
    return lambda **rule: policy(**rule).rules[0]


def said(evaluator, names, gone=()):
    for slot, name in enumerate(names):
        evaluator.evaluate(Repo(str(slot), {"name": name, "storage_integration_fqn": "t:a:b:c:s"}))
    for slot in gone:
        evaluator.forget(str(slot))
    return [finding.message for finding in evaluator.conclude("acme").findings]


BY_STORAGE = {"group_by": "storage.name"}
NAMES = [f"repo-{number:02}" for number in range(30)]


def test_a_message_shows_the_first_twenty_names(evaluator):
    (text,) = said(evaluator(**BY_STORAGE, must={"group.size": 0}, message="{group.size}{group.members}"), NAMES[::-1])
    assert text.startswith('30["repo-00", "repo-01"')


def test_a_rule_about_members_is_evaluated_on_all_of_them(evaluator):
    every = {"group.members": {"all": {"like": "repo-[0-1]*"}}}
    assert len(said(evaluator(**BY_STORAGE, must=every), NAMES)) == 10
    assert said(evaluator(**BY_STORAGE, must={"group.members": {"length": 30}}), NAMES) == []


def test_a_finding_about_a_group_is_about_no_repo_and_its_key_is_that_of_the_group(evaluator):
    own = evaluator(group_by="manifest.name", must={"group.size": 0})
    own.evaluate(Repo("1", {"name": "fraud"}))
    (finding,) = own.conclude("acme").findings
    assert (finding.repo.name, finding.repo.tenant, finding.path) == ("(inventory)", "acme", "")
    assert finding.key == "fraud group.size"


def test_groups_come_in_the_order_of_their_keys(evaluator):
    own = evaluator(group_by={"field": "manifest.name", "fold": "case"}, must={"group.size": 0}, message="{group.key}")
    assert said(own, ["b", "A", "a", "C"]) == ["A", "b", "C"]


def test_the_key_and_the_size_are_those_of_what_is_still_there(evaluator):
    own = evaluator(
        group_by={"field": "manifest.name", "fold": "letters"},
        must={"group.size": 0},
        message="{group.key} {group.size}",
    )
    assert said(own, ["A-b", "a-b", "AB"], gone=[0, 2]) == ["a-b 1"]


def test_many_members_cost_a_few_bytes_each(rule):
    import tracemalloc

    groups = Groups(rule(**BY_STORAGE, must={"group.size": {"le": 0}}))
    scope = Scope(Repo("1", {"name": "a", "storage_integration_fqn": "t:a:b:c:s"}), NOW)
    groups.add(scope, 0)
    tracemalloc.start()
    for number in range(1, 50_001):
        groups.add(scope, number)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 50_000 * 12
    assert [group.size for group in groups.complete(())] == [50_001]
