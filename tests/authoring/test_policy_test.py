"""`auditor policy test`: the examples and cases of a pack pass exactly if the engine agrees with them."""

import json
from pathlib import Path

import pytest
from jsonschema_rs import ValidationError

from auditor.documents import read_yaml
from auditor.resources import shipped_packs
from tests.schemas import assert_valid

NAMED = "must: {manifest.name: {blank: false}}"
FEW = "must: {repo.num_runs: {le: {param: most}}}"
MOST = "params:\n  most: {description: The most, type: number, default: 5}\n"
RUNS = "examples: {pass: [{repo: {num_runs: 5}}], fail: [{repo: {num_runs: 6}}]}"


def test_a_pack_whose_examples_are_right_passes(auditor, pack):
    ran = auditor("policy", "test", pack(NAMED))
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "passed: 1 rule, 2 examples, 0 cases"
    assert ran.last_line == "auditor: exit 0, clean: 2 tests of 1 rule passed"


@pytest.mark.parametrize("name", sorted(shipped_packs()))
def test_shipped_packs_pass_and_every_mutant_of_them_is_noticed(name, auditor):
    ran = auditor("policy", "test", name, "--mutate", "--format", "json")
    (document,) = json.loads(ran.out)
    assert document["mutants"]["survivors"] == []
    assert document["mutants"]["tried"] > 2 * document["rules"]
    assert document["failures"] == []
    assert {each["rule"] for each in document["coverage"] if each["unseen"]} == set()
    assert ran.code == 0


@pytest.mark.parametrize(
    ("examples", "expected", "got"),
    [
        ("{pass: [{manifest: {name: ' '}}], fail: [{manifest: {}}]}", "passes", "ACME001 on   at /name:   has no name"),
        ("{fail: [{manifest: {name: a}}]}", "a finding", "no finding"),
        (
            "{fail: [{manifest: {name: 7}}]}",
            "a finding",
            "the rule cannot be evaluated: manifest.name: got 7 of type number",
        ),
    ],
)
def test_an_example_with_another_result_fails_with_its_line(examples, expected, got, auditor, pack):
    ran = auditor("policy", "test", pack(f"{NAMED}\nexamples: {examples}"), "--no-coverage")
    assert ran.code == 1
    line = next(line for line in ran.out.splitlines() if line.startswith("FAIL"))
    assert line.startswith("FAIL acme.yaml:13:")
    assert f"     expected  {expected}" in ran.out
    assert f"     got       {got}" in ran.out


def test_a_failing_example_tells_what_decided(auditor, pack):
    rule = 'when: {manifest.name: {like: "*-prod"}}\nmust: {manifest.description: {blank: false}}\n'
    ran = auditor("policy", "test", pack(f"{rule}examples: {{fail: [{{manifest: {{name: a-dev}}}}]}}"))
    assert 'the rule does not apply to repo a-dev: manifest.name matches `*-prod` (false, got "a-dev")' in ran.out


def test_an_example_that_is_not_evaluated_proves_nothing(auditor, pack):
    rule = "for: grant\nmust: {grant.subject.type: team}\nexamples: {pass: [{manifest: {name: a}}]}"
    ran = auditor("policy", "test", pack(rule))
    assert ran.code == 1
    assert "the rule is not evaluated: needs grants, but the manifest has no collaborators" in ran.out


@pytest.mark.parametrize("examples", ["NONE", "{pass: [{manifest: {name: a}}]}"])
def test_a_rule_without_a_test_that_it_fails_is_a_failure(examples, auditor, pack):
    ran = auditor("policy", "test", pack(f"{NAMED}\nexamples: {examples}"))
    assert ran.code == 1
    assert "FAIL acme.yaml:6:5: ACME001 wrong-b" in ran.out


def cases(*texts, head=""):
    items = "".join(f"  - {text}\n" for text in texts)
    return f"policy_test: 1\npack: acme.yaml\n{head}cases:\n{items}"


RIGHT = "{name: none, manifest: {}, expect: [{rule: wrong-b, path: /name, message: 'id:1 has no name'}]}"


def test_a_case_alone_can_show_that_a_rule_fails(auditor, pack, write):
    name = pack(f"{NAMED}\nexamples: NONE")
    write("acme.test.yaml", cases("{name: none, manifest: {}, expect: [{rule: wrong-b}]}"))
    write("acme.more.test.yaml", cases("{name: one, manifest: {name: a}, expect: []}"))
    ran = auditor("policy", "test", name)
    assert ran.code == 0, ran.out
    assert "acme.yaml, acme.more.test.yaml, acme.test.yaml" in ran.out


@pytest.mark.parametrize(
    ("case", "lines"),
    [
        (
            "{name: c, manifest: {}, expect: []}",
            ["expected  no other finding", "got       ACME001 on id:1 at /name: id:1 has no name"],
        ),
        (
            "{name: c, manifest: {name: a}, expect: [{rule: ACME001}]}",
            ["expected  ACME001 (line 4)", "got       no such finding"],
        ),
        (
            "{name: c, manifest: {}, expect: [{rule: ACME001, message: other}]}",
            ["expected  ACME001: other (line 4)", "got       ACME001 on id:1 at /name: id:1 has no name"],
        ),
        (
            "{name: c, manifest: {}, expect: [{rule: ACME001}, {rule: ACME001}]}",
            ["expected  ACME001 (line 4)"],
        ),
        (
            "{name: c, repos: [{manifest: {}}, {manifest: {}}], expect: [{rule: ACME001}]}",
            ["got       ACME001 on id:2 at /name: id:2 has no name"],
        ),
        ("{name: c, manifest: {name: 7}, expect: []}", ["got       ACME001 cannot be evaluated: manifest.name: got 7"]),
        (
            "{name: c, manifest: {name: a}, expect: [], errors: [ACME001]}",
            ["expected  ACME001 cannot be evaluated", "got       ACME001 was evaluated"],
        ),
    ],
)
def test_a_case_says_every_finding_and_no_other(case, lines, auditor, pack, write):
    name = pack(f"{NAMED}\nmessage: '\"{{repo.name}} has no name\"'".replace("'", ""))
    write("acme.test.yaml", cases(case))
    ran = auditor("policy", "test", name, "--no-coverage")
    assert ran.code == 1
    assert "FAIL acme.test.yaml:4:5: case 'c'" in ran.out
    for line in lines:
        assert line in ran.out


def test_expected_errors_parameters_and_the_moment_of_a_case(auditor, pack, write):
    name = pack(FEW + "\n" + RUNS, "must: {repo.created_at: {newer_than: 90d}}\nexamples: NONE", head=MOST)
    write(
        "acme.test.yaml",
        cases(
            "{name: too many, repo: {num_runs: 3}, params: {most: 2}, rules: [ACME001], expect: [{rule: ACME001}]}",
            "{name: broken, repo: {num_runs: many}, rules: [wrong-b], expect: [], errors: [wrong-b]}",
            "{name: old, repo: {created_at: '2025-01-01T00:00:00Z'}, rules: [ACME002], expect: [{rule: ACME002}]}",
            "{name: new, repo: {created_at: '2025-01-01T00:00:00Z'}, now: '2025-02-01T00:00:00Z', "
            "rules: [ACME002], expect: []}",
        ),
    )
    ran = auditor("policy", "test", name)
    assert ran.code == 0, ran.out


def test_a_case_tells_why_a_rule_that_it_expects_was_not_evaluated(auditor, pack, write):
    name = pack("for: grant\nmust: {grant.subject.type: team}\nexamples: NONE\nmessage: '{grant.subject}'")
    write("acme.test.yaml", cases("{name: c, manifest: {name: a}, expect: [{rule: ACME001}]}"))
    ran = auditor("policy", "test", name)
    assert "got       ACME001 is not evaluated: needs grants, but the manifest has no collaborators" in ran.out
    assert ran.out.count("FAIL ") == 1


def test_a_case_may_define_the_directory_of_the_tenant(auditor, pack, write):
    orphan = "for: grant\nmust: {grant.subject.known: true}\nexamples: NONE\nmessage: '{grant.subject} is unknown'"
    unused = "for: binding\nmust: {binding.missing_repos: {length: 0}}\nexamples: NONE\nmessage: '{got} is missing'"
    name = pack(orphan, unused)
    permissions = "[{resource: a, role: r}, {resource: gone, role: r}]"
    binding = f"{{name: b, subjects: ['user:sam@x.io'], permissions: {permissions}}}"
    people = "users: [{name: kim@x.io, active: true}], teams: [], virtual_accounts: []"
    case = f"{{name: d, manifest: {{name: a}}, directory: {{{people}, role_bindings: [{binding}]}}, expect: "
    write("acme.test.yaml", cases(case + "[{rule: ACME001, repo: a}, {rule: ACME002}]}"))
    ran = auditor("policy", "test", name)
    assert ran.code == 0, ran.out + ran.err


def test_a_loose_expectation_leaves_the_strict_one_its_finding(auditor, pack, write):
    rule = "for: grant\nmust: {grant.subject.type: team}\nexamples: NONE\nmessage: '{grant.subject}'"
    manifest = "{collaborators: [{subject: 'user:a', role_id: r}, {subject: 'user:b', role_id: r}]}"
    name = pack(rule)
    write(
        "acme.test.yaml",
        cases(
            f"{{name: two, manifest: {manifest}, expect: [{{rule: ACME001}}, {{rule: ACME001, message: 'user:a'}}]}}"
        ),
    )
    assert auditor("policy", "test", name).code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy_test: 2\npack: acme.yaml\ncases: []", "acme.test.yaml:1:14: policy_test is 2, expected 1"),
        ("policy_test: 1\npack: acne.yaml\ncases: []", "acme.test.yaml:2:7: pack refers to an unknown pack"),
        (cases(), "expected a list"),
        (cases().replace("cases:\n", "cases: []\n"), "acme.test.yaml:3:8: cases is empty"),
        (cases("{name: a, manifest: {}}"), "acme.test.yaml:4:5: cases[0] has no 'expect'"),
        (cases("{name: a, expect: []}"), "acme.test.yaml:4:5: cases[0] has no repo"),
        (cases("{name: a, repos: [], expect: []}"), "is empty, expected a repo"),
        (cases("{name: a, manifest: {}, repos: [], expect: []}"), "has both `repos` and a single repo"),
        (
            cases("{name: a, manifset: {}, expect: []}"),
            "acme.test.yaml:4:15: unknown key 'manifset' in cases[0]; did you",
        ),
        (cases("{name: a, manifest: {}, expect: [{rule: wrong-c}]}"), "did you mean 'wrong-b'?"),
        (cases("{name: a, manifest: {}, expect: [{rule: wrong-b, path: name}]}"), "expected a JSON Pointer"),
        (cases("{name: a, manifest: {}, expect: [], params: {most: 1}}"), "unknown parameter 'most'"),
        (cases("{name: a, manifest: {}, expect: [], now: today}"), "expected a timestamp"),
        (
            cases("{name: a, manifest: {}, expect: [], rules: [nothing]}"),
            "acme.test.yaml:4:49: cases[0].rules[0] does not match a rule in the policy: 'nothing'",
        ),
        (cases(RIGHT, RIGHT), "acme.test.yaml:5:5: cases[1] has the name of the case at acme.test.yaml:4:5: 'none'"),
    ],
)
def test_a_mistake_in_a_test_file_is_refused_with_its_place(text, said, auditor, pack, write):
    name = pack(NAMED)
    write("acme.test.yaml", text)
    ran = auditor("policy", "test", name)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""


def test_a_requested_test_file_includes_its_pack(auditor, pack, write):
    pack(NAMED)
    write("acme.test.yaml", cases(RIGHT))
    write("acme.other.test.yaml", cases("{name: wrong, manifest: {}, expect: []}"))
    ran = auditor("policy", "test", "acme.test.yaml")
    assert ran.code == 0
    assert "acme.other.test.yaml" not in ran.out
    assert auditor("policy", "test", "acme.yaml").code == 1


def test_without_a_name_the_packs_of_the_configuration_are_tested(auditor, pack, write):
    pack(NAMED)
    write("auditor.yaml", "policies: [acme.yaml]\n")
    assert auditor("policy", "test").out.startswith("acme.yaml\n")


def test_rules_of_an_extended_pack_are_tested_where_they_are(auditor, pack, write):
    pack(NAMED)
    write("more.yaml", "policy: 1\nname: more\nversion: '1'\ntitle: More\nextends: [acme.yaml]\n")
    write(
        "more.test.yaml",
        "policy_test: 1\npack: more.yaml\ncases: [{name: a, manifest: {}, expect: [{rule: wrong-b}]}]\n",
    )
    ran = auditor("policy", "test", "more.yaml")
    assert ran.code == 0
    assert "passed: 0 rules, 0 examples, 1 case" in ran.out


SURVIVING = [
    (
        "must: {manifest.name: {like: [a*, b*]}}\nexamples: {pass: [{manifest: {name: a}}], fail: [{manifest: {}}]}",
        ["16:39: ACME001: an element dropped"],
    ),
    (
        "when: {manifest.type: ml-repo}\n" + NAMED + "\nexamples: {fail: [{manifest: {type: ml-repo}}]}",
        ["16:5: ACME001: `when` dropped", "16:12: ACME001: `manifest.type` always true"],
    ),
    (
        FEW + "\nexamples: {pass: [{repo: {num_runs: 1}}], fail: [{repo: {num_runs: 9}}]}",
        ["16:28: ACME001: `le` read as `lt`"],
    ),
    (
        "must: {manifest.name: {blank: false}, manifest.description: {exists: false}}",
        ["16:43: ACME001: `manifest.description` dropped"],
    ),
    (
        (
            "must: {access.collaborators: {any: {item.subject: {like: 'team:*'}, item.role_id: {like: '*-admin'}}}}\n"
            "examples: {pass: [{manifest: {collaborators: [{subject: 'team:a', role_id: x-admin}]}}], "
            "fail: [{manifest: {collaborators: []}}]}"
        ),
        ["`any` read as `all`", "`item.subject` dropped", "`item.role_id` dropped"],
    ),
    (
        (
            "for: inventory\nmessage: NONE\ngroup_by: {field: repo.name, fold: letters}\nmust: {group.repos: {lt: 2}}\n"
            "examples: {fail: [{repos: [{manifest: {name: a}}, {manifest: {name: a}}]}]}"
        ),
        ["`fold` dropped"],
    ),
]


@pytest.mark.parametrize(("rule", "expected"), SURVIVING)
def test_a_mutant_that_no_test_notices_is_listed_with_its_line(rule, expected, auditor, pack):
    ran = auditor("policy", "test", pack(rule, head=MOST), "--mutate", "--no-coverage")
    survived = [line for line in ran.out.splitlines() if line.startswith("SURVIVED acme.yaml:")]
    assert ran.code == 1
    for words in expected:
        assert any(words in line for line in survived), ran.out
    assert "mutant" in ran.last_line


NOTICED = [
    (FEW + "\n" + RUNS, 1),
    (
        (
            "must: {repo.num_runs: {between: [1, 5]}}\n"
            "examples: {pass: [{repo: {num_runs: 1}}, {repo: {num_runs: 5}}], "
            "fail: [{repo: {num_runs: 0}}, {repo: {num_runs: 6}}]}"
        ),
        2,
    ),
    (
        (
            "must: {manifest.name: {not: {in: [a, b]}}}\nexamples: {pass: [{manifest: {name: c}}], "
            "fail: [{manifest: {name: a}}, {manifest: {name: b}}]}"
        ),
        3,
    ),
    (
        (
            "must: {any: [{manifest.name: a}, {manifest.description: b}]}\nexamples: {pass: [{manifest: {name: a}}, "
            "{manifest: {description: b}}], fail: [{manifest: {}}]}"
        ),
        4,
    ),
    (
        (
            "for: binding\nmessage: NONE\nmust: {binding.name: {like: a*}}\n"
            "examples: {pass: [{directory: {role_bindings: [{name: a, subjects: [], permissions: []}]}}], "
            "fail: [{directory: {role_bindings: [{name: b, subjects: [], permissions: []}]}}]}"
        ),
        1,
    ),
]


@pytest.mark.parametrize(("rule", "least"), NOTICED)
def test_tests_at_the_bounds_notice_every_mutant(rule, least, auditor, pack):
    ran = auditor("policy", "test", pack(rule, head=MOST), "--mutate", "--no-coverage")
    assert ran.code == 0, ran.out
    noticed = next(line for line in ran.out.splitlines() if line.startswith("mutants: "))
    assert int(noticed.split()[1]) >= least


def test_mutants_are_only_tried_where_every_test_passes(auditor, pack):
    ran = auditor("policy", "test", pack(f"{NAMED}\nexamples: NONE"), "--mutate")
    assert ran.code == 1
    assert "mutants:" not in ran.out
    assert "(mutants not run)" in ran.last_line


def test_coverage_tells_what_was_never_seen(auditor, pack):
    rule = "when: {manifest.type: ml-repo}\n" + NAMED + "\nexamples: {fail: [{manifest: {type: ml-repo}}]}"
    ran = auditor("policy", "test", pack(rule))
    assert "| ACME001 | wrong-b | 0      | 1      | 0 of 2               |" in ran.out
    assert "never false in a test: manifest.type is `ml-repo`" in ran.out
    assert "never true in a test: manifest.name is not empty" in ran.out


def test_no_colors_in_a_pipe_and_hostile_text_is_shown_as_escapes(auditor, pack):
    name = pack(NAMED + '\nexamples: {pass: [{manifest: {name: " ", x: 1}}], fail: [{manifest: {name: "\\e[2J"}}]}')
    ran = auditor("policy", "test", name)
    assert ran.code == 1
    assert "\x1b" not in ran.out + ran.err


def test_the_format_has_a_schema_that_agrees_with_the_loader(auditor):
    auditor("policy", "new", "acme")
    text = Path("acme.test.yaml").read_bytes()
    assert_valid(read_yaml(text, "acme").plain(), "policy-test")
    for broken in ({"policy_test": 1}, {"policy_test": 1, "pack": "a", "cases": [{"name": "a", "expect": []}]}):
        with pytest.raises(ValidationError):
            assert_valid(broken, "policy-test")
