"""Similar repos: what is remembered about one must not decide about another that differs."""

from random import Random

import pytest

from auditor.access import EMPTY_DIRECTORY, DirectoryIndex
from auditor.engine import Evaluator
from auditor.model import Provider, Repo
from auditor.policy import load_policy
from auditor.resources import shipped_packs
from tests.rules.tenants import NOW, demo

LEFT_OUT = object()
LONG = "Churn of subscribers, scored nightly for the campaign tools."
FQN = "truefoundry:aws:aws-prod:blob-storage:ml"


def granted(subject="user:sam@example.com", role="mlf-project-admin"):
    return [{"subject": subject, "role_id": role}]


MANIFEST = {
    "name": ["churn-prod", "churn-prod", "churn-dev", "Churn_Dev", "", 7, None, LEFT_OUT],
    "description": [LONG, LONG, "Churn of subscribers", "todo", " ", 7, None, LEFT_OUT],
    "storage_integration_fqn": [FQN, FQN, "acme:gcp:aws-non-prod:blob-storage:ml", "a:b", "", 7, None, LEFT_OUT],
    "collaborators": [
        granted(),
        granted("team:everyone", "mlf-project-viewer"),
        granted("serviceaccount:ci"),
        granted() * 2,
        granted(role=5),
        granted(role=True),
        [{}],
        ["x"],
        [],
        {},
        "",
        None,
        LEFT_OUT,
    ],
    "ownedBy": [{"account": "risk"}, {"account": " "}, {"account": None}, {"account": 5}, {}, 5, None, LEFT_OUT],
}
ENVELOPE = {
    "tenant_name": ["truefoundry", "truefoundry", "acme", "", 1, True, None, LEFT_OUT],
    "created_at": ["2025-12-31T00:00:00Z", "2020-01-01T00:00:00Z", "yesterday", None, LEFT_OUT],
    "num_runs": [0, 1, "many", None, LEFT_OUT],
    "artifact_type_counts": [{"model": 0}, {"model": None}, {"model": "x"}, {}, [], None, LEFT_OUT],
    "created_by_subject": [
        {"subjectType": "user", "subjectSlug": "sam@example.com"},
        {"subjectType": 1, "subjectSlug": "sam@example.com"},
        {"subjectType": True, "subjectSlug": "sam@example.com"},
        {"subjectType": "user", "subjectSlug": 5},
        {},
        "user",
        None,
        LEFT_OUT,
    ],
}


def made(chance, kinds, odd):
    """Documents with the first value for each key, except for some keys, which have any value."""
    drawn = {key: chance.choice(values) if chance.random() < odd else values[0] for key, values in kinds.items()}
    return {key: value for key, value in drawn.items() if value is not LEFT_OUT}


def look_alikes(count=400):
    chance = Random(5)
    odds = [chance.choice([0.1, 0.3, 0.9]) for _ in range(count)]
    return [
        Repo(str(number), made(chance, MANIFEST, odd), made(chance, ENVELOPE, odd)) for number, odd in enumerate(odds)
    ]


def evaluated(policy, repos, directory):
    evaluator = Evaluator(policy, NOW, frozenset(Provider), directory)
    return [evaluator.evaluate(repo) for repo in repos]


def agrees(policy, repos, directory):
    """Assert that the outcome for each repo is the same as on its own, whatever was evaluated before it."""
    together = evaluated(policy, repos, directory)
    for one, repo in zip(together, repos, strict=True):
        assert [one] == evaluated(policy, [repo], directory)


@pytest.mark.parametrize("directory", [EMPTY_DIRECTORY, DirectoryIndex(demo().parts)], ids=["alone", "with the tenant"])
@pytest.mark.parametrize("pack", sorted(shipped_packs()))
def test_shipped_packs_find_the_same_in_a_repo_alone_and_after_others(pack, directory):
    agrees(load_policy([pack]), look_alikes(), directory)


RULES = [
    "must: {access.subjects: {length: {le: 5}}}",
    "must: {manifest.storage_integration_fqn: {exists: true}}",
    "must: {manifest.storage_integration_fqn: {not: {type: 'null'}}}",
    "must: {manifest.ownedBy.account: {not: {type: 'null'}}}",
    "must: {any: [{storage.account: aws-prod}, {repo.tenant: {exists: true}}]}",
    "must: {repo.created_by.active: {not: false}}",
    "when: {repo.tenant: acme, access.admins: {length: {ge: 1}}}\nmust: {storage.provider: aws}",
    "when: {repo.name: {like: '*-prod'}}\nmust: {access.collaborators: {none: {item.role_id: mlf-project-admin}}}",
    (
        "when: {manifest.description: {length: {ge: 20}}, access.collaborators: {any: {item.role_id: '*'}}}\n"
        "must: {repo.name: a}"
    ),
    "for: grant\nwhen: {repo.name: {like: '*-prod'}, grant.role: {like: '*-admin'}}\nmust: {repo.num_runs: {gt: 0}}",
    "for: grant\nwhen: {manifest.description: {not: {length: {ge: 60}}}}\nmust: {grant.subject.type: user}",
    "for: collaborator\nwhen: {repo.tenant: acme}\nmust: {collaborator.subject: {like: 'user:*'}}",
    "for: inventory\ngroup_by: manifest.description\nwhen: {repo.tenant: acme}\nmust: {group.repos: {lt: 2}}",
    "for: inventory\ngroup_by: {field: repo.name, fold: letters}\ndistinct: storage.name\nmust: {group.distinct: 9}",
    "for: inventory\ngroup_by: grant.subject\nwhen: {repo.name: churn-prod}\nmust: {group.repos: {lt: 2}}",
    (
        "for: inventory\ngroup_by: storage.account\ndistinct: manifest.ownedBy.account\n"
        "when: {access.admins: {length: 1}, repo.tenant: truefoundry}\nmust: {group.distinct: {lt: 1}}"
    ),
    (
        "for: inventory\ngroup_by: manifest.storage_integration_fqn\ndistinct: captured.word\n"
        "when: {manifest.name: {matches: '(?P<word>[a-z]+)-.*'}}\nmust: {group.distinct: {gt: 1}}"
    ),
]


def written(folder, rules):
    heads = ({"id": f"TRY{number:03}", "name": f"rule-{number}"} for number in range(len(rules)))
    lines = [
        f"  - id: {head['id']}\n    name: {head['name']}\n    title: A rule\n    severity: low\n    "
        + rule.replace("\n", "\n    ")
        for head, rule in zip(heads, rules, strict=True)
    ]
    file = folder / "pack.yaml"
    file.write_text("policy: 1\nname: gate\nversion: '1'\ntitle: Gate\nrules:\n" + "\n".join(lines), encoding="utf-8")
    return load_policy([str(file)])


@pytest.mark.parametrize("rules", [*([rule] for rule in RULES), RULES], ids=[*map(str, range(len(RULES))), "together"])
def test_any_mixture_of_fields_finds_the_same_in_a_repo_alone_and_after_others(rules, tmp_path):
    agrees(written(tmp_path, rules), look_alikes(), DirectoryIndex(demo().parts))
