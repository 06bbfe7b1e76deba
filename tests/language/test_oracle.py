"""The engine compared with an independent implementation, and with itself: in any order, and if repos are read again.

A run evaluates one pack on one inventory in two ways and compares the outcomes. `AUDITOR_LONG=1` makes ten times as
many runs.
"""

import json
import os
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.engine import Evaluator
from auditor.model import Provider, Repo
from auditor.policy import load_policy
from tests.language.naive import NOW, evaluated
from tests.language.strategies import ACROSS, DATA, PLAIN, inventories, inventory, packs

LONG = 10 if os.environ.get("AUDITOR_LONG") else 1
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
RUNS = Counter()


def run(examples):
    """Return this many runs, or ten times as many in a long run."""
    return settings(max_examples=examples * LONG, deadline=None, suppress_health_check=SLOW_IS_FINE)


@pytest.fixture(scope="module", autouse=True)
def runs(summarize):
    """Count the runs, and print how many there were."""
    RUNS.clear()
    yield
    kinds = ", ".join(f"{number} {kind}" for kind, number in RUNS.items())
    summarize(f"language: {RUNS.total()} differential runs of the engine ({kinds})")


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """Compile rules, with the data that they may refer to."""
    folder = tmp_path_factory.mktemp("oracle")
    for name, values in DATA.items():
        (folder / f"{name}.json").write_text(json.dumps(values), encoding="utf-8")
    data = {name: {"file": f"{name}.json"} for name in DATA}

    def compiled(rules):
        pack = {"policy": 1, "name": "oracle", "version": "1", "title": "Oracle", "data": data, "rules": [*rules]}
        (folder / "pack.yaml").write_text(json.dumps(pack), encoding="utf-8")
        return load_policy([str(folder / "pack.yaml")])

    return compiled


def asked(policy, rows, gone=()):
    """Return every outcome on rows (repos), in their order."""
    evaluator = Evaluator(policy, NOW, frozenset(Provider))
    parts = [evaluator.evaluate(Repo(row["id"], row["manifest"], row["repo"])) for row in rows]
    for repo_id in gone:
        evaluator.forget(repo_id)
    return [*parts, evaluator.conclude("acme")]


def outcome(parts, rows):
    """Return the outcomes of the engine, in the terms of the independent implementation."""
    names = [*(row["id"] for row in rows), ""]
    findings = {
        (each.rule.id, each.repo.id, "" if each.message == "-" else each.message)
        for part in parts
        for each in part.findings
    }
    errors = {
        (word.strip(","), name)
        for part, name in zip(parts, names, strict=True)
        for unread in part.unread
        for word in unread.what.split(" on ")[0].split()[1:]
    }
    unasked = {
        (info.id, name)
        for part, name in zip(parts, names, strict=True)
        for _, infos in part.not_evaluated
        for info in infos
    }
    return findings, errors, unasked


POOL = [inventory(Random(seed)) for seed in range(8)]


@run(300)
@given(rules=packs(), rows=inventories())
def test_the_engine_agrees_on_documents_of_the_right_types(policy, rules, rows):
    agree(policy, rules, [rows])


@run(300)
@given(rules=packs(), rows=inventories(ill=True))
def test_the_engine_agrees_on_documents_of_any_types(policy, rules, rows):
    agree(policy, rules, [rows, *POOL])


def agree(policy, rules, inventories):
    compiled = policy(rules)
    for rows in inventories:
        RUNS["against the independent implementation"] += 1
        assert outcome(asked(compiled, rows), rows) == evaluated(rules, rows, DATA)


def of_all(parts):
    """Return findings and errors of all repos together, whose order has no meaning."""
    return parts[-1], Counter(finding for part in parts for finding in part.findings)


@run(150)
@given(rules=packs(ACROSS), rows=inventories(most=6), data=st.data())
def test_the_order_of_repos_changes_nothing(policy, rules, rows, data):
    RUNS["in another order"] += 1
    compiled = policy(rules)
    assert of_all(asked(compiled, data.draw(st.permutations(rows)))) == of_all(asked(compiled, rows))


@run(150)
@given(rules=packs(ACROSS), rows=inventories(most=4), before=inventories(most=4))
def test_a_repo_that_is_read_again_is_evaluated_as_last_seen(policy, rules, rows, before):
    RUNS["read again"] += 1
    compiled = policy(rules)
    early = [{**row, "id": f"early-{row['id']}"} for row in before]
    again = asked(compiled, [*early, *rows], gone=[row["id"] for row in early])
    assert again[-1] == asked(compiled, rows)[-1]


BROKEN = {"repo.num_runs": {"gt": 0}, "repo.created_at": {"older_than": "1d"}}
WRONG = {"num_runs": "many", "created_at": "yesterday"}


@run(150)
@given(data=st.data(), tree=PLAIN["repo"], rows=inventories(most=1), broken=st.sampled_from(sorted(BROKEN)))
def test_no_tree_that_contains_an_error_passes(policy, data, tree, rows, broken):
    RUNS["with an error"] += 1
    wrong = {broken: BROKEN[broken]}
    for word in data.draw(st.lists(st.sampled_from(["all", "any", "none", "not"]), min_size=1, max_size=4)):
        sides = data.draw(st.permutations([wrong, tree]))
        wrong = {"not": wrong} if word == "not" else {word: sides}
    shared = {"title": "A rule", "severity": "low"}
    rules = [{"id": "TRY001", "name": "in-must", **shared, "must": wrong}]
    rules.append({"id": "TRY002", "name": "in-when", **shared, "when": wrong, "must": tree})
    row = {**rows[0], "repo": {**rows[0]["repo"], **WRONG}}
    row["manifest"].setdefault("collaborators", [])
    row["manifest"]["collaborators"] = row["manifest"]["collaborators"] or []
    findings, errors, _ = outcome(asked(policy(rules), [row]), [row])
    assert findings == set()
    assert errors == {("TRY001", row["id"]), ("TRY002", row["id"])}
