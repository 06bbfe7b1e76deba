"""The loaded policy: which packs, in which order, with which overrides, and the digest that identifies it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.documents import read_yaml
from auditor.engine import Evaluator
from auditor.errors import InvalidError
from auditor.model import Provider, Repo, Severity
from auditor.policy import DEFAULT_PACK, Settings, find_pack, load_policy
from auditor.resources import shipped_packs


def pack_text(*rules, name="acme"):
    lines = [f"policy: 1\nname: {name}\nversion: '1'\ntitle: Rules of {name}\n"]
    lines.append("params:\n  most: {description: The most, type: number, default: 5}\nrules:\n")
    must = "{repo.num_runs: {le: {param: most}}}"
    lines += [f"  - {{id: {id}, name: {rule}, title: T, severity: low, must: {must}}}\n" for id, rule in rules]  # noqa: A001
    return "".join(lines)


@pytest.fixture
def write(tmp_path):
    def write(file, text):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def pack(write):
    return write("acme.yaml", pack_text(("ACME001", "many-runs"), ("ACME002", "more-runs")))


@pytest.fixture
def other(write):
    return write("other.yaml", pack_text(("OTHER001", "other-runs"), name="other"))


def config(text):
    return read_yaml(text.encode(), "auditor.yaml").mapping()


def overrides(text):
    return Settings(rules=config(text))


def ids(policy):
    return [rule.info.id for rule in policy.rules]


def refused(packs, settings=None, base=None):
    with pytest.raises(InvalidError) as caught:
        load_policy(packs, settings, base)
    assert caught.value.exit_code == 2
    return str(caught.value)


# Packs.


def test_the_baseline_is_in_force_where_nothing_is_named():
    assert load_policy().sha256 == load_policy([DEFAULT_PACK]).sha256
    assert len(load_policy().rules) >= 14


def test_packs_and_rules_keep_their_order(pack, other):
    assert ids(load_policy([pack, other])) == ["ACME001", "ACME002", "OTHER001"]
    assert ids(load_policy([other, pack])) == ["OTHER001", "ACME001", "ACME002"]


def test_a_pack_named_twice_counts_once(pack):
    assert ids(load_policy([pack, pack])) == ["ACME001", "ACME002"]
    assert load_policy([pack, pack]).sha256 == load_policy([pack]).sha256


def test_a_pack_is_found_relative_to_its_base(write, tmp_path):
    write("deep/packs/acme.yaml", pack_text(("ACME001", "many-runs")))
    assert ids(load_policy(["packs/acme.yaml"], base=tmp_path / "deep")) == ["ACME001"]
    assert find_pack("packs/acme.yaml", tmp_path / "deep") == str(tmp_path / "deep/packs/acme.yaml")


def test_an_absolute_path_does_not_depend_on_the_base(pack, tmp_path):
    assert ids(load_policy([pack], base=tmp_path / "nowhere")) == ["ACME001", "ACME002"]


def test_without_a_base_a_path_starts_where_the_command_runs(pack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ids(load_policy(["acme.yaml"])) == ["ACME001", "ACME002"]


@pytest.mark.parametrize("start", ["./", ".//", "././", "../{folder}/", ".///./"])
def test_a_path_is_taken_as_it_was_written(start, pack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start = start.format(folder=tmp_path.name)
    assert find_pack(f"{start}acme.yaml") == f"{start}acme.yaml"
    assert ids(load_policy([f"{start}acme.yaml"], base=tmp_path)) == ["ACME001", "ACME002"]
    assert "unknown pack" in refused([f".//{tmp_path}/acme.yaml"])


def test_a_shipped_pack_needs_no_file(tmp_path):
    assert find_pack(DEFAULT_PACK, tmp_path) == shipped_packs()[DEFAULT_PACK]


def test_an_unknown_pack_is_refused_with_the_nearest_one(tmp_path):
    said = refused(["ml-repo-basline"], base=tmp_path)
    assert "'ml-repo-basline'" in said
    assert f"did you mean {DEFAULT_PACK!r}?" in said


@pytest.mark.parametrize("name", [".", "", "missing.yaml"])
def test_what_is_no_file_is_refused(name, tmp_path):
    assert "unknown pack" in refused([name], base=tmp_path)


def test_no_pack_at_all_is_refused():
    assert "checks nothing" in refused([])


def test_two_packs_with_one_rule_id_are_refused(pack, write):
    same = write("same.yaml", pack_text(("ACME001", "another-name"), name="same"))
    said = refused([pack, same])
    assert "ACME001" in said
    assert "same" in said


def test_two_packs_with_one_rule_name_are_refused(pack, write):
    same = write("same.yaml", pack_text(("SAME001", "many-runs"), name="same"))
    assert "many-runs" in refused([pack, same])


def test_one_pack_by_two_paths_counts_once(pack, tmp_path):
    link = tmp_path / "link.yaml"
    link.symlink_to(pack)
    assert ids(load_policy([pack, f"{Path(pack).parent}/./acme.yaml", str(link)])) == ["ACME001", "ACME002"]


def test_a_copy_of_a_pack_is_another_pack_with_the_same_rules(pack, write):
    copy = write("copy.yaml", Path(pack).read_text(encoding="utf-8"))
    said = refused([pack, copy])
    assert said.startswith(f"{copy}:8:5: ")
    assert "ACME001" in said


def test_a_mistake_in_the_second_pack_stops_everything(pack, write):
    broken = write("broken.yaml", pack_text(("BAD001", "bad-rule")).replace("severity", "severty"))
    assert refused([pack, broken]).startswith(f"{broken}:8:")


# Overrides.


@pytest.mark.parametrize("word", ["ACME001", "many-runs"])
def test_a_rule_is_turned_off_by_id_or_name(pack, word):
    assert ids(load_policy([pack], overrides(f"{word}: off"))) == ["ACME002"]


@pytest.mark.parametrize("word", ["ACME001", "many-runs"])
@pytest.mark.parametrize("severity", Severity)
def test_a_severity_is_overridden_by_id_or_name(pack, word, severity):
    policy = load_policy([pack], overrides(f"{word}: {{severity: {severity.label}}}"))
    assert [rule.info.severity for rule in policy.rules] == [severity, Severity.LOW]


def test_an_unknown_rule_is_refused_with_the_nearest_one(pack):
    said = refused([pack], overrides("many-rnus: off"))
    assert said.startswith("auditor.yaml:1:1: unknown rule 'many-rnus'")
    assert "did you mean 'many-runs'?" in said


def test_a_rule_of_a_pack_that_is_not_in_force_is_unknown(pack):
    assert "unknown rule 'MLR001'" in refused([pack], overrides("MLR001: off"))


def test_a_rule_overridden_by_id_and_by_name_is_refused(pack):
    said = refused([pack], overrides("ACME001: off\nmany-runs: {severity: high}"))
    assert said.startswith("auditor.yaml:2:1: ")
    assert "overridden twice" in said


def test_every_rule_off_is_refused(pack):
    assert "checks nothing" in refused([pack], overrides("ACME001: off\nACME002: off"))


@pytest.mark.parametrize(
    ("written", "place", "reason"),
    [
        ("{severity: hihg}", "1:21", "did you mean 'high'?"),
        ("{severty: high}", "1:11", "did you mean 'severity'?"),
        ("{params: {mots: 1}}", "1:20", "did you mean 'most'?"),
        ("{params: {most: many}}", "1:26", "is not a number"),
        ("{params: [most]}", "1:19", "expected a mapping"),
        ("OFF", "1:10", "expected a mapping"),
        ("on", "1:10", "expected a mapping"),
        ("false", "1:10", "expected a mapping"),
        ("~", "1:10", "expected a mapping"),
        ("[off]", "1:10", "expected a mapping"),
    ],
)
def test_a_wrong_override_is_refused_at_its_place(pack, written, place, reason):
    said = refused([pack], overrides(f"ACME001: {written}"))
    assert said.startswith(f"auditor.yaml:{place}: ")
    assert reason in said


def test_an_override_that_says_nothing_is_refused(pack):
    assert "auditor.yaml:1:10: " in refused([pack], overrides("ACME001: {}"))


# The digest.


def test_the_digest_is_a_sha256_and_the_same_for_the_same_policy(pack, write):
    digest = load_policy([pack]).sha256
    assert re.fullmatch("[0-9a-f]{64}", digest)
    moved = write("elsewhere/renamed.yaml", Path(pack).read_text(encoding="utf-8"))
    assert load_policy([pack]).sha256 == load_policy([moved]).sha256 == digest


def test_the_digest_changes_with_any_byte_of_a_pack(pack):
    file = Path(pack)
    data = file.read_bytes()
    digests = {load_policy([pack]).sha256}
    changes = [
        data + b"\n",
        data + b"# a comment",
        data.replace(b"'1'", b'"1"'),
        data.replace(b"title: T,", b"title: U,"),
    ]
    for changed in changes:
        file.write_bytes(changed)
        digests.add(load_policy([pack]).sha256)
    assert len(digests) == len(changes) + 1


def test_the_digest_changes_with_every_param_override_and_pack(pack, other):
    settings = [
        None,
        Settings(texts={"most": "6"}),
        Settings(params=config("most: 7")),
        overrides("ACME001: off"),
        overrides("ACME002: off"),
        overrides("ACME001: {severity: high}"),
        overrides("ACME001: {severity: info}"),
        overrides("ACME001: {params: {most: 1}}"),
        overrides("ACME001: {params: {most: 2}}"),
    ]
    digests = [load_policy([pack], each).sha256 for each in settings]
    digests += [load_policy(packs).sha256 for packs in ([other], [pack, other], [other, pack])]
    assert len(set(digests)) == len(digests)


def test_the_digest_does_not_change_with_the_way_something_is_said(pack):
    plain = load_policy([pack]).sha256
    assert load_policy([pack], Settings(texts={"most": "5"})).sha256 == plain
    by_text = load_policy([pack], Settings(texts={"most": "6"})).sha256
    assert load_policy([pack], Settings(params=config("most: 6"))).sha256 == by_text
    one_way = load_policy([pack], overrides("ACME001: {severity: high}\nACME002: {severity: info}")).sha256
    assert load_policy([pack], overrides("ACME002: {severity: info}\nACME001: {severity: high}")).sha256 == one_way


def test_the_digest_does_not_change_with_the_word_that_names_an_overridden_rule(pack):
    by_id = load_policy([pack], overrides("ACME001: {severity: high}")).sha256
    assert load_policy([pack], overrides("many-runs: {severity: high}")).sha256 == by_id


def test_the_command_line_wins_over_the_parameters_of_one_rule(tmp_path):
    written = read_yaml(b"MLR025: {params: {max_admins: 1}}", "auditor.yaml").mapping()
    manifest = {"collaborators": [{"subject": f"team:{name}", "role_id": "mlf-project-admin"} for name in "abc"]}

    def fires(**texts: str) -> bool:
        policy = load_policy(settings=Settings(rules=written, texts=texts))
        evaluator = Evaluator(policy, datetime(2026, 1, 1, tzinfo=UTC), frozenset(Provider))
        return "MLR025" in {each.rule.id for each in evaluator.evaluate(Repo("1", manifest)).findings}

    assert fires()
    assert not fires(max_admins="3")
