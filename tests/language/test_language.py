"""The rule language by examples: `cases/*.yaml` for what rules mean, `invalid.yaml` for what is rejected.

A case becomes a pack of two rules. The first is the case; the second has the same `when` and a `must` that nothing
meets, so its findings show where the first one applied. It is evaluated on one repo, or on several under `repos` (those
at the indices `retracted` were read again) and on all of them together at the end. A rejected text is a complete pack,
or a rule or a `must` inserted into `FRAME`; the arrow in it marks the place that the error has to name.
"""

import json
import textwrap
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pytest

from auditor.access import DirectoryIndex
from auditor.documents import read_file, read_yaml
from auditor.engine import Evaluation, Evaluator
from auditor.errors import InvalidError
from auditor.model import Provider, Repo
from auditor.policy import FIELDS, OPERATORS, load_policy
from auditor.policy.examples import example_directory

HERE = Path(__file__).parent
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULE, PROBE = "CASE001", "CASE002"
CASE_KEYS = {
    "name",
    "for",
    "group_by",
    "distinct",
    "when",
    "must",
    "long",
    "message",
    "params",
    "manifest",
    "repo",
    "repos",
}
CASE_KEYS |= {"now", "lacks", "data", "files", "retracted", "directory"}
OUTCOME_KEYS = {"outcome", "path", "got", "expected", "says", "reason"}
ARROW = "\N{BLACK RIGHT-POINTING TRIANGLE}"
FRAME = """\
policy: 1
name: acme
version: "1"
title: Rules of Acme
params:
  most: {description: The most, type: number, default: 5}
  globs: {description: Globs, type: list, default: ["a*", "b*"]}
  age: {description: An age, type: duration, default: 90d}
rules:
"""
RULE_TEXT = """\
id: ACME001
name: no-name
title: Every repo has a name
severity: low
must: """
NOWHERE = {
    "inventory": {"group.size": {"lt": 0}},
    "binding": {"binding.name": {"exists": False}},
    "tenant_grant": {"tenant_grant.role": {"exists": False}},
    "role": {"role.name": {"exists": False}},
    "tenant": {"tenant.admins": {"exists": False}},
}
ALWAYS = {Provider.MANIFEST, Provider.API, Provider.GRANTS}
RIGHT = "{manifest.name: {blank: false}}"


def _cases(path):
    document, _ = read_file(path)
    return [pytest.param(case, id=f"{path.stem}: {case['name']}") for case in document.plain()]


CASES = [case for path in sorted((HERE / "cases").glob("*.yaml")) for case in _cases(path)]
INVALID = _cases(HERE / "invalid.yaml")


def _pack(case, must):
    written = {key: case[key] for key in ("for", "when", "group_by", "distinct") if key in case}
    rule = {"id": RULE, "name": "case", "title": "The case", "severity": "low", **written, "must": must}
    if "message" in case:
        rule["message"] = case["message"]
    nowhere = NOWHERE.get(case.get("for"), {"repo.name": {"exists": False}})
    probe = {"id": PROBE, "name": "probe", "title": "Where it applies", "severity": "low", **written, "must": nowhere}
    more = {key: case[key] for key in ("params", "data") if key in case}
    return {"policy": 1, "name": "case", "version": "1", "title": "One case", **more, "rules": [rule, probe]}


def _evaluated(case, must, folder):
    file = folder / "pack.yaml"
    file.write_text(json.dumps(_pack(case, must), ensure_ascii=False), encoding="utf-8")
    _write(case.get("files", {}), folder)
    now = datetime.fromisoformat(case["now"]) if "now" in case else NOW
    directory = example_directory(read_yaml(json.dumps(case.get("directory", {})).encode(), "directory"))
    reported = ALWAYS | directory.provides if "directory" in case else frozenset(Provider)
    provides = reported - {Provider(name) for name in case.get("lacks", ())}
    evaluator = Evaluator(load_policy([str(file)]), now, provides, DirectoryIndex(directory))
    rows = case.get("repos", [case])
    repos = [Repo(str(7 + slot), row.get("manifest", {}), row.get("repo", {})) for slot, row in enumerate(rows)]
    parts = [evaluator.evaluate(repo) for repo in repos]
    for slot in case.get("retracted", ()):
        evaluator.forget(str(7 + slot))
    parts.append(evaluator.conclude(None))
    return Evaluation(*(tuple(chain(*(getattr(part, key) for part in parts))) for key in Evaluation.__slots__))


def _write(files, folder):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _findings(result, rule=RULE):
    return [finding for finding in result.findings if finding.rule.id == rule]


def _outcome(result):
    if any(RULE in unread.what for unread in result.unread):
        return "error"
    if any(rule.id == RULE for _, rules in result.not_evaluated for rule in rules):
        return "not-evaluated"
    if _findings(result):
        return "fail"
    return "pass" if _findings(result, PROBE) else "not-applicable"


def _reasons(result):
    reasons = [reason for reason, rules in result.not_evaluated if any(rule.id == RULE for rule in rules)]
    return [*reasons, *(unread.reason for unread in result.unread if RULE in unread.what)]


def _texts(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("case", CASES)
def test_a_rule_means_what_the_case_says(case, tmp_path):
    result = _evaluated(case, case["must"], tmp_path)
    assert _outcome(result) == case["outcome"], result
    findings = _findings(result)
    if "path" in case:
        assert [finding.path for finding in findings] == _texts(case["path"])
    for key, attribute in (("got", "got"), ("expected", "expected"), ("says", "message")):
        if key in case:
            assert [getattr(finding, attribute) for finding in findings] == _texts(case[key])
    if "reason" in case:
        assert case["reason"] in "; ".join(_reasons(result))


@pytest.mark.parametrize("case", [case for case in CASES if "long" in case.values[0]])
def test_the_short_form_is_exact_sugar_for_the_long_one(case, tmp_path):
    assert _evaluated(case, case["must"], tmp_path) == _evaluated(case, case["long"], tmp_path)


@pytest.mark.parametrize("case", INVALID)
def test_a_wrong_pack_is_refused_at_its_line_and_column(case, tmp_path):
    before, arrow, after = _refused_text(case).partition(ARROW)
    assert arrow or "at" in case, "the case does not say where the error points"
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    _write(case.get("files", {}), tmp_path)
    with pytest.raises(InvalidError) as caught:
        _load(before + after, tmp_path)
    assert caught.value.exit_code == 2
    place = case.get("at", f"pack.yaml:{line}:{column}: ")
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(place)
    for text in _texts(case["message"]):
        assert text in str(caught.value)


def _refused_text(case):
    if "pack" in case:
        return case["pack"]
    rule = case["rule"] if "rule" in case else f"{RULE_TEXT}{case['must']}\n"
    return _framed(rule)


def _framed(rule):
    return f"{FRAME}  - {textwrap.indent(rule, '    ')[4:]}"


def _load(text, folder):
    file = folder / "pack.yaml"
    file.write_text(text, encoding="utf-8")
    return load_policy([str(file)])


def test_what_the_refused_texts_depart_from_is_right(tmp_path):
    assert len(_load(_framed(RULE_TEXT + RIGHT), tmp_path).rules) == 1


def test_a_text_that_is_not_unicode_is_checked_and_never_a_crash(tmp_path):
    case = {"manifest": {"description": "half of a pair: \ud83d"}}
    must = {"manifest.description": {"matches": "[a-z]+"}}
    assert _outcome(_evaluated(case, must, tmp_path)) in {"fail", "error"}


def test_cases_say_only_what_the_runner_looks_at():
    for case in (each.values[0] for each in CASES):
        assert {"name", "must", "outcome"} <= set(case) <= CASE_KEYS | OUTCOME_KEYS
        assert not {"path", "got", "expected", "says"} & set(case) or case["outcome"] == "fail"
        assert "reason" not in case or case["outcome"] in {"error", "not-evaluated"}
    for case in (each.values[0] for each in INVALID):
        assert {*case} - {"pack", "rule", "must", "files", "at"} == {"name", "message"}


def test_the_corpus_is_as_large_as_the_language_is_wide(summarize):
    summarize(f"language: {len(CASES)} cases of valid rules, {len(INVALID)} of rejected ones")
    assert len(CASES) >= 480
    assert len(INVALID) >= 240


def test_names_of_cases_are_unique():
    ids = [case.id for case in (*CASES, *INVALID)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("operator", sorted({*OPERATORS, "not"}))
def test_every_operator_has_cases_on_both_sides(operator):
    outcomes = {case.values[0]["outcome"] for case in CASES if _names(case.values[0]["must"], operator)}
    assert {"pass", "fail"} <= outcomes


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_every_field_has_a_case(field):
    assert any(_names([case.values[0]["must"], case.values[0].get("when")], field) for case in CASES)


def _names(condition, word):
    if isinstance(condition, list):
        return any(_names(item, word) for item in condition)
    if not isinstance(condition, dict):
        return False
    return word in condition or any(_names(item, word) for item in condition.values())
