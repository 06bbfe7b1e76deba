"""The `expected` texts of all operators, plain, negated and nested, and of all shipped rules."""

from __future__ import annotations

import json
import os
from pathlib import Path

from auditor.policy import OPERATORS, load_policy
from auditor.policy.types import MISSING, Type
from auditor.resources import shipped_packs

GOLDEN = Path(__file__).with_name("expected.txt")
FIELD = {
    Type.STRING: "grant.role",
    Type.NUMBER: "repo.num_runs",
    Type.BOOLEAN: "grant.subject.active",
    Type.TIMESTAMP: "repo.created_at",
    Type.LIST: "access.admins",
    Type.OBJECT: "manifest",
    Type.ANY: "grant.role",
}
NESTED = [
    {"grant.subject.type": {"not": {"equals": "user"}}},
    {"grant.subject.type": {"in": ["team", "virtualaccount", "serviceaccount"]}},
    {"grant.subject.type": {"not": {"in": ["user", "agent"]}}},
    {"grant.subject.known": True},
    {"grant.subject.known": False},
    {"storage.exists": True},
    {"storage.tenant": {"equals": {"field": "repo.tenant"}}},
    {"storage.tenant": {"not": {"equals": {"field": "repo.tenant"}}}},
    {"repo.num_runs": {"le": {"field": "repo.num_artifacts"}}},
    {"repo.num_runs": {"ge": 1, "le": 5}},
    {"repo.num_runs": {"not": {"ge": 1, "le": 5}}},
    {"repo.num_runs": 0},
    {"repo.num_runs": 1},
    {"repo.num_runs": {"not": {"equals": None}}},
    {"access.admins": {"length": 0}},
    {"access.admins": {"length": {"ge": 1}}},
    {"access.admins": {"length": {"le": {"param": "most"}}}},
    {"access.admins": {"not": {"length": {"ge": 2}}}},
    {"access.admins": {"none": {"like": {"param": "wide"}}}},
    {"access.admins": {"none": {"item.type": {"not": {"in": ["team", "user"]}}}}},
    {"access.admins": {"any": {"item.type": "user", "item.domain": {"like": "acme.example"}}}},
    {"access.admins": {"all": {"any": [{"item.type": "team"}, {"item.name": {"matches": "ci-.*"}}]}}},
    {"access.grants": {"count": {"where": {"item.role": "mlf-project-admin"}, "le": {"param": "most"}}}},
    {"access.grants": {"unique_by": "subject"}},
    {"manifest.description": {"blank": False, "not": {"matches": {"param": "long_pattern"}}}},
    {"manifest.description": {"not": {"blank": True}}},
    {"manifest.description": {"not": {"not": {"like": "x*"}}}},
    {"manifest.description": {"length": {"ge": {"param": "most"}}}},
    {"manifest.description": {"words": 1}},
    {"repo.created_at": {"newer_than": {"param": "old"}}},
    {"any": [{"grant.role": {"like": "*-viewer"}}, {"grant.subject.type": {"not": {"equals": "user"}}}]},
    {"none": [{"grant.role": {"like": "*-admin"}}, {"grant.subject.type": "user"}]},
    {"all": [{"grant.role": {"like": "*-admin"}}, {"not": {"grant.subject.type": "user"}}]},
    {"grant.role": {"in": {"data": "roles"}}},
]
PARAMS = {
    "most": {"description": "d", "type": "number", "default": 5},
    "wide": {"description": "d", "type": "list", "default": ["team:everyone", "team:all"]},
    "long_pattern": {"description": "d", "type": "pattern", "default": "(todo|" + "tbd|" * 40 + "x)"},
    "old": {"description": "d", "type": "duration", "default": "1d"},
}


def conditions():
    """Yield conditions for each operator and each of its types, their opposites, and nested ones."""
    for operator in OPERATORS.values():
        for kind in sorted(operator.types - {Type.ANY}):
            if operator.name == "schema" and kind is Type.LIST:
                continue
            for example in (operator.passes, operator.fails):
                if kind.classes & {type(example[0])} or example[0] is MISSING:
                    operand = json.loads(json.dumps(example[1]).replace("role_id", "role"))
                    field = (
                        "access.grants"
                        if "item.role" in json.dumps(operand) or operator.name == "unique_by"
                        else FIELD[kind]
                    )
                    yield {field: {operator.name: operand}}
                    yield {field: {"not": {operator.name: operand}}}
                    break
    yield from NESTED


def described(conditions, tmp_path):
    """Yield each condition with its `expected` text."""
    rules = []
    for number, must in enumerate(conditions):
        fields = json.dumps(must)
        rules.append(
            {
                "id": f"EXP{number:03}",
                "name": f"expects-{number}",
                "title": "What is expected",
                "severity": "low",
                "for": "grant" if "grant." in fields else "repo",
                "must": must,
            }
        )
    pack = {
        "policy": 1,
        "name": "expected",
        "version": "1.0.0",
        "title": "Expected",
        "params": PARAMS,
        "data": {"roles": {"file": "roles.txt", "description": "d"}},
        "rules": rules,
    }
    path = tmp_path / "expected.yaml"
    path.write_text(json.dumps(pack), "utf-8")
    (tmp_path / "roles.txt").write_text("mlf-project-admin\nmlf-project-editor\n", "utf-8")
    for rule, written in zip(load_policy([str(path)]).rules, rules, strict=True):
        yield f"{json.dumps(written['must'])}\n    {rule.must.describe()}\n"


def shipped():
    """Yield each shipped rule with its `expected` text."""
    for pack in sorted(shipped_packs()):
        for rule in load_policy([pack]).rules:
            if rule.pack == pack:
                yield f"{rule.info.id} {rule.info.name}\n    {rule.must.describe()}\n"


def test_every_expectation_reads_as_a_phrase(tmp_path):
    text = "".join([*described(list(conditions()), tmp_path), *shipped()])
    if os.environ.get("AUDITOR_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8"), "read the difference aloud, then run again with AUDITOR_UPDATE_GOLDEN=1"
