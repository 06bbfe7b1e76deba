"""Selectors: which rules run, and what is rejected because it selects nothing."""

import pytest

from auditor.errors import InvalidError
from auditor.policy import Settings, load_policy

PACK = """\
policy: 1
name: {name}
version: "1"
title: Rules of {name}
rules:
  - {{id: {id}001, name: {word}-one, title: A, severity: low, tags: [pii, eu], category: storage, must: {{repo.id: a}}}}
  - {{id: {id}002, name: {word}-two, title: B, severity: high, aliases: [{word}-old], must: {{manifest.name: a}}}}
  - {{id: {id}003, name: {word}-three, title: C, severity: critical, tags: [pii], must: {{manifest.name: a}}}}
"""


@pytest.fixture
def packs(tmp_path):
    paths = []
    for name, id_ in (("acme", "ACME"), ("other", "OTHER")):
        path = tmp_path / f"{name}.yaml"
        path.write_text(PACK.format(name=name, id=id_, word=name), encoding="utf-8")
        paths.append(str(path))
    return paths


def chosen(packs, only=(), without=()):
    policy = load_policy(packs, Settings(only=tuple(only), without=tuple(without)))
    return " ".join(rule.info.id for rule in policy.rules)


@pytest.mark.parametrize(
    ("only", "without", "left"),
    [
        ([], [], "ACME001 ACME002 ACME003 OTHER001 OTHER002 OTHER003"),
        (["ACME002"], [], "ACME002"),
        (["acme-two"], [], "ACME002"),
        (["acme-old"], [], "ACME002"),
        (["ACME*"], [], "ACME001 ACME002 ACME003"),
        (["*-three"], [], "ACME003 OTHER003"),
        (["OTHER001", "ACME003"], [], "ACME003 OTHER001"),
        (["tag:pii"], ["tag:eu"], "ACME003 OTHER003"),
        (["tag:p*"], [], "ACME001 ACME003 OTHER001 OTHER003"),
        (["category:storage"], [], "ACME001 OTHER001"),
        (["category:general"], ["pack:other"], "ACME002 ACME003"),
        (["pack:other"], [], "OTHER001 OTHER002 OTHER003"),
        (["severity:high"], [], "ACME002 OTHER002"),
        (["severity:high+"], [], "ACME002 ACME003 OTHER002 OTHER003"),
        (["severity:info+"], ["severity:critical"], "ACME001 ACME002 OTHER001 OTHER002"),
        ([], ["ACME*", "OTHER003"], "OTHER001 OTHER002"),
        (["ACME001"], ["ACME002"], "ACME001"),
    ],
)
def test_selectors(packs, only, without, left):
    assert chosen(packs, only, without) == left


@pytest.mark.parametrize(
    ("only", "without", "said"),
    [
        (["ACME004"], [], "--rule 'ACME004' matches no rule in the policy; did you mean 'ACME"),
        (["acme-tow"], [], "did you mean 'acme-two'?"),
        (["Z*"], [], "--rule 'Z*' matches no rule"),
        (
            [],
            ["MLS001"],
            "matches no rule in the policy; built-in rules are always on and cannot be selected or turned off",
        ),
        ([], ["nothing-at-all"], "--exclude-rule 'nothing-at-all' matches no rule"),
        (["tag:gdpr"], [], "--rule 'tag:gdpr' matches no rule"),
        (["tags:pii"], [], "--rule 'tags:pii' is not a selector; did you mean 'tag:'?"),
        (["severity:hihg"], [], "--rule has no valid severity: 'hihg'; did you mean 'high'?"),
        (["severity:medium"], [], "matches no rule"),
        (["severity:"], [], "has no valid severity"),
        ([""], [], "matches no rule"),
        (["ACME001"], ["acme-one"], "leave no rule"),
        ([], ["*"], "leave no rule"),
    ],
)
def test_a_selector_that_selects_nothing_is_refused(packs, only, without, said):
    with pytest.raises(InvalidError) as caught:
        chosen(packs, only, without)
    assert caught.value.exit_code == 2
    assert said in str(caught.value)
