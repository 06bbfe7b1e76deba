"""`auditor policy lint`: it reports doubtful conditions with their place, and what it reports is always true."""

import json
import re
from pathlib import Path

import pytest

from auditor.errors import RuleError
from auditor.model import Group, Repo
from auditor.policy import FIELDS, MISSING, Scope
from auditor.policy_tools import LINTS
from auditor.policy_tools.lint.values import ALWAYS_THERE, NEVER_NULL, NOW

MOST = "params:\n  most: {description: The most, type: number, default: 5}\n"
GLOBS = "params:\n  globs: {description: Globs, type: list, default: ['*']}\n"


def lints(ran):
    return {
        match[2]: match[1] for match in re.finditer(r"^acme.yaml:(\d+:\d+): .* \[([a-z-]+)\]$", ran.out, re.MULTILINE)
    }


CONTRADICTIONS = [
    "{manifest.name: {equals: a, in: [b, c]}}",
    "{manifest.name: {in: [a, b], not: {in: [a, b, c]}}}",
    "{manifest.name: {equals: ab, length: {ge: 3}}}",
    "{manifest.name: {in: [ab, cd], like: 'x*'}}",
    "{manifest.name: {equals: A, matches: '[a-z]+'}}",
    "{manifest.name: {blank: true, length: {ge: 1}}}",
    "{manifest.name: {exists: false, blank: false}}",
    "{manifest.name: {exists: false, equals: a}}",
    "{manifest.name: {like: 'a*', not: {like: 'a*'}}}",
    "{manifest.name: {length: {ge: 10, lt: 10}}}",
    "{manifest.name: {length: {ge: 1, le: 3}, words: {ge: 4}}}",
    "{manifest.name: {length: {gt: 2, lt: 3}}}",
    "{repo.num_runs: {gt: 5, lt: 5}}",
    "{repo.num_runs: {ge: 6, between: [1, 5]}}",
    "{repo.num_runs: {equals: 3, not: {between: [1, 5]}}}",
    "{all: [{repo.num_runs: {ge: 5}}, {repo.num_runs: {lt: 5}}]}",
    "{repo.num_runs: {ge: 5}, any: [{repo.num_runs: {lt: 3}}, {repo.num_runs: {equals: 4}}]}",
    "{repo.created_at: {older_than: 90d, newer_than: 30d}}",
    "{access.subjects: {contains: 'team:a', disjoint: ['team:a', 'team:b']}}",
    "{access.subjects: {contains_all: [a, b], length: {le: 1}}}",
    "{access.subjects: {subset_of: [a], contains_any: [b, c]}}",
    "{access.subjects: {blank: true, any: {item: {like: 'team:*'}}}}",
    "{access.subjects: {any: {item.type: {equals: team, in: [user]}}}}",
    "{none: [{manifest.name: {exists: true}}, {manifest.name: {exists: false}}]}",
    "{not: {any: [{manifest.name: {blank: true}}, {manifest.name: {blank: false}}]}}",
    "{any: [{repo.num_runs: {ge: 5, lt: 5}}, {manifest.name: a}]}",
]


@pytest.mark.parametrize("must", CONTRADICTIONS)
def test_a_condition_that_contradicts_itself_is_an_error(must, auditor, pack):
    ran = auditor("policy", "lint", pack(f"must: {must}"))
    assert ran.code == 1
    assert lints(ran)["never-true"].startswith("14:")


VACUOUS = [
    "must: {any: [{manifest.name: {exists: true}}, {manifest.name: {exists: false}}]}",
    "when: {manifest.name: {like: 'a*'}}\nmust: {manifest.name: {like: 'a*'}}",
    "when: {manifest.name: {like: 'a*'}}\nmust: {manifest.name: {exists: true}}",
    "when: {manifest.name: {equals: ab}}\nmust: {manifest.name: {length: {ge: 2}}}",
    "when: {repo.num_runs: {ge: 5}}\nmust: {repo.num_runs: {gt: 4}}",
    "when: {repo.num_runs: {between: [2, 4]}}\nmust: {repo.num_runs: {not: {gt: 4}}}",
    "when: {access.subjects: {contains: a}}\nmust: {access.subjects: {length: {ge: 1}}}",
    "when: {repo.created_at: {older_than: 90d}}\nmust: {repo.created_at: {older_than: 30d}}",
    "must: {access.admins: {length: {ge: 0}}}",
    "for: grant\nmust: {grant.role: {exists: true}}",
]


@pytest.mark.parametrize("rule", VACUOUS)
def test_a_rule_that_can_never_fail_is_an_error(rule, auditor, pack):
    ran = auditor("policy", "lint", pack(rule))
    assert ran.code == 1
    assert "never-fails" in lints(ran)


FINE = [
    "must: {repo.num_runs: {ge: 5, le: 5}}",
    "must: {manifest.name: {length: {ge: 0}}}",
    "must: {manifest.name: {like: '*'}}",
    "must: {manifest.name: {not: {equals: a}, in: [a, b]}}",
    "must: {manifest.name: {like: ['a*'], not: {like: ['*b']}}}",
    "must: {manifest.name: {type: [string, 'null']}}",
    "must: {manifest.description: {blank: false, words: {ge: 4}, length: {le: 7}}}",
    "must: {repo.created_at: {older_than: 30d, newer_than: 90d}}",
    "must: {repo.created_at: {newer_than: 999999w}}",
    "must: {repo.num_runs: {gt: 1e308}}",
    "must: {manifest.name: {length: {ge: 5000, le: 6000}}}",
    "must: {access.subjects: {contains_all: [a, b], length: {le: 2}}}",
    "must: {access.subjects: {length: {ge: {field: repo.num_runs}}}}",
    "when: {manifest.name: {like: 'a*'}}\nmust: {manifest.name: {like: 'ab*'}}",
    "when: {manifest.name: {exists: true}}\nmust: {manifest.name: {blank: false}}",
    "when: {repo.num_runs: {ge: 5}}\nmust: {repo.num_runs: {gt: 5}}",
    "when: {repo.num_runs: {ge: 5}}\nmust: {repo.num_artifacts: {ge: 5}}",
    "when: {access.subjects: {any: {item: {like: 'a*'}}}}\nmust: {access.subjects: {all: {item: {like: 'a*'}}}}",
]


@pytest.mark.parametrize("rule", FINE)
def test_what_can_hold_and_can_fail_is_left_alone(rule, auditor, pack):
    ran = auditor("policy", "lint", pack(rule))
    assert ran.out == ""
    assert ran.last_line == "auditor: exit 0, clean: 0 errors, 0 warnings"


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("when: {manifest.name: a}\nmust: {manifest.name: b}", "always-fails"),
        ("when: {any: [{manifest.type: {exists: true}}, {manifest.type: {exists: false}}]}\nmust: {manifest.name: a}",
         "always-true"),
        ("must: {manifest.name: a}\ntitle: Checks the name", "vague-title"),
        ("must: {manifest.name: a}\ntitle: A repo should have a name", "vague-title"),
        ("must: {manifest.name: a}\ntitle: Every repo has a name.", "vague-title"),
        ("must: {manifest.name: a}\ntitle: Name", "vague-title"),
        ("must: {manifest.name: a}\nrationale: NONE", "missing-rationale"),
        ("must: {manifest.name: a}\nremediation: NONE", "missing-remediation"),
        ("must: {manifest.name: a}\nexamples: NONE", "missing-examples"),
        ("must: {manifest.name: a}\nexamples: {fail: [{manifest: {}}]}", "missing-examples"),
        ("must: {manifest.name: a}\nmessage: a repo has no name", "constant-message"),
        ("must: {manifest.name: a}\nname: require-name", "prescriptive-name"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_a_warning(rule, name, auditor, pack):
    file = pack(rule)
    ran = auditor("policy", "lint", file)
    assert ran.code == 0
    assert list(lints(ran)) == [name]
    assert ran.last_line.endswith("0 errors, 1 warning")
    strict = auditor("policy", "lint", file, "--strict")
    assert (strict.code, strict.out) == (1, ran.out)
    assert auditor("policy", "lint", file, "--strict", "--exclude-lint", name).code == 0


def test_an_always_true_when_is_a_warning(auditor, pack):
    ran = auditor("policy", "lint", pack("for: grant\nwhen: {grant.role: {exists: true}}\nmust: {grant.role: a}"))
    assert list(lints(ran)) == ["always-true"]


def test_a_default_that_makes_a_rule_vacuous_is_a_warning(auditor, pack):
    rule = "for: grant\nmust: {grant.role: {like: {param: globs}}}"
    assert list(lints(auditor("policy", "lint", pack(rule, head=GLOBS)))) == ["never-fails-by-default"]
    assert not lints(auditor("policy", "lint", pack(rule, head=GLOBS.replace("'*'", "'*-viewer'"))))


def test_what_is_declared_and_not_used_is_a_warning(auditor, pack, write):
    write("list.txt", "a\n")
    head = MOST + "data:\n  names: {file: list.txt}\n"
    ran = auditor("policy", "lint", pack("must: {manifest.name: a}", head=head))
    assert lints(ran) == {"unused-param": "6:3", "unused-data": "8:3"}
    rule = "must: {manifest.name: {in: {data: names}}, repo.num_runs: {le: {param: most}}}"
    assert lints(auditor("policy", "lint", pack(rule, head=head))) == {}


def test_rules_that_ask_the_same_are_found_through_shorthand(auditor, pack):
    same = ["must: {manifest.name: [a, b]}", "for: repo\nmust: {manifest.name: {in: [a, b]}}"]
    ran = auditor("policy", "lint", pack(*same))
    assert ran.code == 1
    assert list(lints(ran)) == ["shadowed-rule"]
    assert "ACME002 wrong-c has the same conditions as ACME001 wrong-b" in ran.out
    assert not lints(auditor("policy", "lint", pack(same[0], "when: {manifest.type: x}\n" + same[0])))


def test_an_id_of_another_family_is_a_warning(auditor, pack):
    rules = [f"must: {{manifest.name: {name}}}" for name in "abc"]
    ran = auditor("policy", "lint", pack(*rules[:2], rules[2] + "\nid: OTHER001"))
    assert lints(ran) == {"foreign-id": "24:5"}


def test_the_shipped_packs_have_no_errors(auditor):
    ran = auditor("policy", "lint")
    assert ran.code == 0
    assert {line.rpartition("[")[2] for line in ran.out.splitlines()} <= {"never-fails-by-default]"}


def test_json_says_the_same(auditor, pack):
    (remark,) = json.loads(auditor("policy", "lint", pack("must: {manifest.name: a}\ntitle: Name"), "-f", "json").out)
    assert (remark["lint"], remark["level"], remark["where"]) == ("vague-title", "warning", "acme.yaml:8:5")


def test_mistakes_are_refused(auditor, pack):
    ran = auditor("policy", "lint", pack("must: {manifest.nam: a}"))
    assert ran.code == 2
    assert "did you mean 'manifest.name'?" in ran.err
    assert "did you mean 'vague-title'?" in auditor("policy", "lint", "--exclude-lint", "vage-title").err
    assert "unknown pack 'nothing.yaml'" in auditor("policy", "lint", "nothing.yaml").err


def test_every_lint_is_listed_and_has_a_case_here(auditor):
    listed = auditor("policy", "lint", "--list").out
    here = Path(__file__).read_text("utf-8")
    assert all(name in listed and each.meaning in listed and f'"{name}"' in here for name, each in LINTS.items())


@pytest.mark.parametrize("name", sorted(ALWAYS_THERE | NEVER_NULL))
def test_fields_that_lint_treats_as_always_present_are(name):
    collaborators = [{"subject": "user:sam@x.io", "role_id": "r"}, {"subject": "team:a", "role_id": "s"}]
    for manifest in ({"collaborators": []}, {"collaborators": collaborators}, {"storage_integration_fqn": "a:b:c:d:e"}):
        for index in range(len(manifest.get("collaborators", ["once"]))):
            scope = Scope(Repo("1", manifest), NOW)
            scope.index, scope.group = index, Group("k", 1, 1, ("a",), ())
            try:
                value = FIELDS[name].read(scope)
            except (RuleError, LookupError):
                continue  # not evaluated on this repo
            assert value is not None
            assert value is not MISSING or name not in ALWAYS_THERE
