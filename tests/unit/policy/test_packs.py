"""Packs that extend others: what they inherit, what they change, which value wins, and which notices users get."""

from datetime import UTC, datetime

import pytest

from auditor.documents import read_yaml
from auditor.engine import Evaluator
from auditor.errors import InvalidError
from auditor.model import Provider, Repo, Severity
from auditor.policy import Settings, load_policy

HEAD = "policy: 1\nname: {name}\nversion: {version}\ntitle: Rules of {name}\n"
BASE = """\
params:
  most: {description: The most runs, type: number, default: 5}
rules:
  - id: BASE001
    name: many-runs
    aliases: [BASE000]
    title: Runs
    severity: low
    must: {repo.num_runs: {le: {param: most}}}
  - {id: BASE002, name: no-name, title: Names, severity: low, tags: [names], must: {manifest.name: {blank: false}}}
"""
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def write(tmp_path):
    def write(name, text, version="1.2.0", file=None):
        path = tmp_path / (file or f"{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD.format(name=name, version=version) + text, encoding="utf-8")
        return str(path)

    write("base", BASE)
    return write


def config(text):
    return read_yaml(text.encode(), "auditor.yaml").mapping()


def ids(policy):
    return [rule.info.id for rule in policy.rules]


def fires(policy, runs):
    evaluated = Evaluator(policy, NOW, frozenset(Provider)).evaluate(Repo("1", {"name": "a"}, {"num_runs": runs}))
    return {finding.rule.id for finding in evaluated.findings}


def refused(*packs, settings=None):
    with pytest.raises(InvalidError) as caught:
        load_policy(packs, settings)
    assert caught.value.exit_code == 2
    return str(caught.value)


OWN = "rules:\n  - {id: ACME001, name: own-rule, title: Own, severity: low, must: {manifest.name: {like: 'a*'}}}\n"


def test_rules_of_an_extended_pack_come_first(write):
    assert ids(load_policy([write("acme", f"extends: [base.yaml]\n{OWN}")])) == ["BASE001", "BASE002", "ACME001"]


def test_a_pack_may_extend_and_have_no_rules_of_its_own(write):
    assert ids(load_policy([write("acme", "extends: [base.yaml]\n")])) == ["BASE001", "BASE002"]


def test_a_pack_that_two_others_extend_counts_once(write):
    write("left", "extends: [base.yaml]\n")
    write("right", "extends: [base.yaml]\n")
    top = write("top", "extends: [left.yaml, right.yaml]\n")
    assert ids(load_policy([top])) == ids(load_policy([top, write("base", BASE)])) == ["BASE001", "BASE002"]


def test_an_extended_pack_is_searched_for_next_to_the_pack(write, tmp_path, monkeypatch):
    write("inner", BASE.replace("BASE", "INNER").replace("many-runs", "inner-runs"), file="deep/inner.yaml")
    monkeypatch.chdir(tmp_path)
    acme = write("acme", "extends: [inner.yaml]\n", file="deep/acme.yaml")
    assert ids(load_policy([acme])) == ["INNER001", "INNER002"]


def test_a_shipped_pack_can_be_extended(write):
    assert len(load_policy([write("acme", "extends: [ml-repo-baseline]\n")]).rules) == len(load_policy().rules)


@pytest.mark.parametrize("pin", ["base.yaml@1", "base.yaml"])
def test_the_major_version_that_is_there_is_accepted(write, pin):
    assert ids(load_policy([write("acme", f"extends: ['{pin}']\n")])) == ["BASE001", "BASE002"]


def test_a_pin_on_the_command_line(write, tmp_path):
    assert ids(load_policy([f"{write('base', BASE)}@1"])) == ["BASE001", "BASE002"]
    assert "requires version 2" in refused(f"{tmp_path / 'base.yaml'}@2")


def test_rules_may_use_params_and_data_of_packs_that_they_extend(write, tmp_path):
    (tmp_path / "names.txt").write_text("a\n", encoding="utf-8")
    write("base", BASE + "data: {names: {file: names.txt}}\n")
    rule = "{id: ACME001, name: own-rule, title: Own, severity: low, must: {repo.num_runs: {lt: {param: most}}}}"
    other = "{id: ACME002, name: odd-name, title: Own, severity: low, must: {manifest.name: {in: {data: names}}}}"
    policy = load_policy([write("acme", f"extends: [base.yaml]\nrules: [{rule}, {other}]\n")])
    assert fires(policy, 5) == {"ACME001"}


def test_a_default_for_a_parameter_that_was_taken_over(write):
    stricter = load_policy([write("acme", "extends: [base.yaml]\nparams: {most: {default: 2}}\n")])
    assert (fires(stricter, 3), fires(stricter, 2)) == ({"BASE001"}, set())


def test_users_win_over_the_defaults_of_packs(write):
    acme = write("acme", "extends: [base.yaml]\nparams: {most: {default: 2}}\n")
    assert fires(load_policy([acme], Settings(params=config("most: 4"))), 3) == set()
    assert fires(load_policy([acme], Settings(texts={"most": "9"}, params=config("most: 1"))), 3) == set()


def test_a_default_is_not_for_a_pack_that_is_not_extended(write):
    acme = write("acme", "extends: [base.yaml]\nparams: {most: {default: 2}}\n")
    other = write("other", BASE.replace("BASE", "OTHER").replace("many-runs", "m-runs").replace("no-name", "n-name"))
    assert fires(load_policy([acme, other]), 3) == {"BASE001"}


def test_two_defaults_for_one_parameter_are_refused(write):
    write("left", "extends: [base.yaml]\nparams: {most: {default: 2}}\n")
    write("right", "extends: [base.yaml]\nparams: {most: {default: 3}}\n")
    assert "is a default that" in refused(write("top", "extends: [left.yaml, right.yaml]\n"))


def test_a_severity_of_an_extended_rule_is_overridden(write):
    acme = write("acme", "extends: [base.yaml]\noverrides: {many-runs: {severity: critical}, BASE002: off}\n")
    policy = load_policy([acme])
    assert [(rule.info.id, rule.info.severity) for rule in policy.rules] == [("BASE001", Severity.CRITICAL)]


def test_overrides_add_up_and_the_users_win(write):
    acme = write("acme", "extends: [base.yaml]\noverrides: {BASE001: {severity: high, params: {most: 1}}}\n")
    kept = load_policy([acme], Settings(rules=config("BASE001: {severity: info}")))
    assert [rule.info.severity for rule in kept.rules] == [Severity.INFO, Severity.LOW]
    assert fires(kept, 2) == {"BASE001"}
    assert fires(load_policy([acme], Settings(rules=config("BASE001: {params: {most: 9}}"))), 2) == set()


def test_a_rule_that_is_off_can_be_turned_on_again(write):
    acme = write("acme", "extends: [base.yaml]\noverrides: {BASE001: off}\n")
    assert ids(load_policy([acme])) == ["BASE002"]
    assert ids(load_policy([acme], Settings(rules=config("BASE001: {severity: low}")))) == ["BASE001", "BASE002"]


def test_a_pack_does_not_override_what_it_does_not_extend(write):
    acme = write("acme", f"extends: [base.yaml]\noverrides: {{own-rule: off}}\n{OWN}")
    assert "unknown rule 'own-rule'" in refused(acme)
    other = write("other", OWN.replace("ACME", "OTHER").replace("own-rule", "other-rule"))
    acme = write("acme", "extends: [base.yaml]\noverrides: {other-rule: off}\n")
    assert "unknown rule 'other-rule'" in refused(other, acme)


def test_an_old_name_is_accepted_and_reported(write):
    policy = load_policy([write("base", BASE)], Settings(rules=config("BASE000: off")))
    assert ids(policy) == ["BASE002"]
    assert policy.notices == ("auditor.yaml:1:1: BASE000 has been renamed to BASE001",)


def test_a_deprecated_rule_is_reported_while_it_is_enabled(write):
    old = write("base", BASE.replace("tags: [names]", "deprecated: Use BASE003"))
    assert load_policy([old]).notices == ("BASE002 is deprecated: Use BASE003",)
    assert load_policy([old], Settings(rules=config("BASE002: off"))).notices == ()


def test_the_digest_changes_with_data_and_with_what_is_selected(write, tmp_path):
    (tmp_path / "names.txt").write_text("a\n", encoding="utf-8")
    pack = write("base", BASE + "data: {names: {file: names.txt}}\n")
    digests = {load_policy([pack]).sha256, load_policy([pack], Settings(only=("no-name",))).sha256}
    digests.add(load_policy([pack], Settings(without=("many-runs",))).sha256)
    (tmp_path / "names.txt").write_text("b\n", encoding="utf-8")
    digests.add(load_policy([pack]).sha256)
    assert len(digests) == 4


def test_a_mistake_in_an_extended_pack_names_that_pack(write, tmp_path):
    write("base", BASE.replace("severity", "severty"))
    assert refused(write("acme", "extends: [base.yaml]\n")).startswith(f"{tmp_path / 'base.yaml'}:12:5: ")


def test_a_bomb_in_an_extended_pack_is_refused_with_its_line(write, tmp_path):
    levels = "\n".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
    write("base", f"params:\n  a0: &a0 [x]\n{levels}\n")
    said = refused(write("acme", "extends: [base.yaml]\n"))
    assert said.startswith(f"{tmp_path / 'base.yaml'}:")
    assert "values once aliases are expanded" in said
