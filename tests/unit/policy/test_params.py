"""Parameters: values from the command line and the configuration, which of them wins, and what is rejected."""

from datetime import UTC, datetime

import pytest

from auditor.documents import read_yaml
from auditor.engine import Evaluator
from auditor.errors import DocumentError, InvalidError
from auditor.model import Provider, Repo
from auditor.policy import Settings, load_policy, read_pack

PACK = """\
policy: 1
name: acme
version: "1"
title: Rules of Acme
params:
  owner: {description: The owner, type: string, default: ml}
  most: {description: The most runs, type: number, default: 5}
  globs: {description: Globs of names, type: list, default: ["a*"]}
  age: {description: The oldest, type: duration, default: 90d}
  shape: {description: The shape of names, type: pattern, default: "[a-z]+"}
rules:
  - {id: ACME001, name: wrong-owner, title: Owned, severity: low, must: {repo.tenant: {equals: {param: owner}}}}
  - {id: ACME002, name: many-runs, title: Few runs, severity: low, must: {repo.num_runs: {le: {param: most}}}}
  - {id: ACME003, name: wrong-name, title: Named, severity: low, must: {manifest.name: {like: {param: globs}}}}
  - {id: ACME004, name: too-old, title: Young, severity: low, must: {repo.created_at: {newer_than: {param: age}}}}
  - {id: ACME005, name: odd-name, title: Shaped, severity: low, must: {manifest.name: {matches: {param: shape}}}}
  - {id: ACME006, name: many-sets, title: Few sets, severity: low, must: {repo.num_datasets: {le: {param: most}}}}
"""
ENVELOPE = {"tenant_name": "ml", "num_runs": 5, "datasets_count": 0, "created_at": "2025-12-01T00:00:00Z"}
REPO = Repo("7", {"name": "abc"}, ENVELOPE)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def pack(tmp_path):
    file = tmp_path / "acme.yaml"
    file.write_text(PACK, encoding="utf-8")
    return str(file)


def config(text):
    return read_yaml(text.encode(), "auditor.yaml").mapping()


def found(policy):
    return [finding.rule.name for finding in Evaluator(policy, NOW, frozenset(Provider)).evaluate(REPO).findings]


def refused(pack, settings):
    with pytest.raises(InvalidError) as caught:
        load_policy([pack], settings)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_defaults_are_in_force(pack):
    assert found(load_policy([pack])) == []


TIGHT = [
    ("owner", "hr", "hr", "wrong-owner"),
    ("most", "4", "4", "many-runs"),
    ("most", "4.5", "4.5", "many-runs"),
    ("most", "+4", "+4", "many-runs"),
    ("globs", "b*,c*", "[b*, c*]", "wrong-name"),
    ("globs", " b* , , c* ", "['b*']", "wrong-name"),
    ("age", "1d", "1d", "too-old"),
    ("shape", "[b-z]+", "'[b-z]+'", "odd-name"),
]


@pytest.mark.parametrize(("name", "text", "written", "rule"), TIGHT)
def test_a_value_from_the_command_line_or_the_configuration_decides(pack, name, text, written, rule):
    assert found(load_policy([pack], Settings(texts={name: text}))) == [rule]
    assert found(load_policy([pack], Settings(params=config(f"{name}: {written}")))) == [rule]


def test_one_of_a_list_from_the_command_line_is_enough(pack):
    assert found(load_policy([pack], Settings(texts={"globs": "b*, abc"}))) == []


def test_a_text_from_the_command_line_stays_a_text(pack):
    assert found(load_policy([pack], Settings(texts={"owner": "5"}))) == ["wrong-owner"]


def test_the_command_line_wins_over_the_configuration(pack):
    both = Settings(params=config("most: 1"), texts={"most": "9"})
    assert found(load_policy([pack], both)) == []


def test_the_configuration_wins_over_other_defaults_and_those_over_the_pack(pack):
    assert found(load_policy([pack], Settings(defaults={"most": "1"}))) == ["many-runs"]
    assert found(load_policy([pack], Settings(defaults={"most": "1"}, params=config("most: 9")))) == []
    assert found(load_policy([pack], Settings(defaults={"unknown": "1"}))) == []


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("most", "many", "'many' is not a number"),
        ("most", "", "is not a number"),
        ("most", "++5", "is not a number"),
        ("most", "nan", "not a number"),
        ("most", "inf", "not a number"),
        ("most", "-inf", "not a number"),
        ("most", "1e999", "not a number"),
        ("age", "90", "'90' is not a duration"),
        ("age", "90 days", "is not a duration"),
        ("age", "-1d", "is not a duration"),
        ("shape", "(", "is not an RE2 pattern"),
        ("shape", "(?=a)a", "is not an RE2 pattern"),
        ("globs", "", "globs"),
        ("globs", " , ", "globs"),
    ],
)
def test_a_wrong_text_on_the_command_line_is_refused_by_the_parameters_name(pack, name, text, reason):
    said = refused(pack, Settings(texts={name: text}))
    assert name in said
    assert reason in said


@pytest.mark.parametrize(
    ("name", "written", "reason"),
    [
        ("owner", "5", "5 is not a string"),
        ("owner", "[ml]", "is not a string"),
        ("owner", "~", "null is not a string"),
        ("most", '"5"', '"5" is not a number'),
        ("most", "true", "true is not a number"),
        ("most", "1e999", "1e999"),
        ("globs", "a*", "is not a list of strings"),
        ("globs", "[a*, 5]", "is not a list of strings"),
        ("globs", "{a: b}", "is not a list of strings"),
        ("age", "90", "90 is not a string"),
        ("age", "3y", "is not a duration"),
        ("shape", "'a(?!b)'", "is not an RE2 pattern"),
    ],
)
def test_a_wrong_value_in_the_configuration_is_refused_at_its_place(pack, name, written, reason):
    with pytest.raises(InvalidError) as caught:
        load_policy([pack], Settings(params=config(f"# a comment\n{name}: {written}")))
    assert str(caught.value).startswith(f"auditor.yaml:2:{len(name) + 3}: ")
    assert reason in str(caught.value)


def test_an_unknown_name_on_the_command_line_is_refused_with_the_nearest_one(pack):
    said = refused(pack, Settings(texts={"glob": "a*"}))
    assert "--param" in said
    assert "unknown parameter 'glob'" in said
    assert "did you mean 'globs'?" in said


def test_an_unknown_name_in_the_configuration_is_refused_at_its_key(pack):
    said = refused(pack, Settings(params=config("most: 5\nonwer: hr")))
    assert said.startswith("auditor.yaml:2:1: unknown parameter 'onwer'")
    assert "did you mean 'owner'?" in said


def test_an_unknown_name_where_there_are_no_parameters_ends_without_an_empty_list(tmp_path):
    file = tmp_path / "bare.yaml"
    file.write_text(
        'policy: 1\nname: bare\nversion: "1"\ntitle: Bare\nrules:\n'
        "  - {id: ACME001, name: no-name, title: Named, severity: low, must: {manifest.name: a}}\n",
        encoding="utf-8",
    )
    assert refused(str(file), Settings(texts={"most": "5"})).endswith("unknown parameter 'most'")


def test_a_parameter_of_one_pack_is_known_when_another_is_loaded(pack):
    assert len(load_policy([pack, "ml-repo-baseline"], Settings(texts={"most": "4"})).rules) > 5


def test_a_pack_tells_its_parameters(tmp_path, pack):
    params = read_pack(tmp_path / "acme.yaml").params
    assert {name: (param.type, param.value) for name, param in params.items()} == {
        "owner": ("string", "ml"),
        "most": ("number", 5),
        "globs": ("list", ["a*"]),
        "age": ("duration", "90d"),
        "shape": ("pattern", "[a-z]+"),
    }
    assert params["most"].description == "The most runs"


def test_the_parameters_of_one_rule_leave_the_others_alone(pack):
    everywhere = load_policy([pack], Settings(params=config("most: -1")))
    assert found(everywhere) == ["many-runs", "many-sets"]
    assert found(load_policy([pack], Settings(rules=config("many-runs: {params: {most: -1}}")))) == ["many-runs"]
    looser = Settings(params=config("most: -1"), rules=config("ACME002: {params: {most: 9}}"))
    assert found(load_policy([pack], looser)) == ["many-sets"]


def test_wrong_parameters_of_one_rule_are_refused(pack):
    with pytest.raises(DocumentError, match="is not an RE2 pattern"):
        load_policy([pack], Settings(rules=config("odd-name: {params: {shape: '('}}")))
    with pytest.raises(DocumentError, match="did you mean 'shape'"):
        load_policy([pack], Settings(rules=config("odd-name: {params: {shpae: a}}")))
