"""`auditor explain`: what a rule means, and why it did or did not fire on a repo."""

import json

import pytest

from auditor.demo import DemoControlPlane, sample_tenant
from auditor.documents import read_yaml
from auditor.policy import load_policy

ADMIN, VIEWER = "mlf-project-admin", "mlf-project-viewer"


@pytest.fixture
def explained(auditor, write):
    """Explain a rule on a manifest."""

    def explain(rule, manifest, *arguments):
        write("repo.yaml", json.dumps(manifest))
        return auditor("explain", rule, "--manifest", "repo.yaml", *arguments)

    return explain


@pytest.fixture
def plane(monkeypatch, here):
    """A control plane whose credentials are in the environment."""
    with DemoControlPlane(sample_tenant(120)) as plane:
        monkeypatch.setenv("TFY_HOST", plane.host)
        monkeypatch.setenv("TFY_API_KEY", plane.token)
        yield plane


def test_a_rule_says_what_it_asks_and_why(auditor):
    out = auditor("explain", "MLR021").out
    assert out.startswith("MLR021 disallowed-admin-type: medium, access\nOnly allowed subject types are admins.\n")
    for line in (
        "control     SOC 2 CC6.3 Role-based access and least privilege",
        "runs on     each grant",
        "applies     all of",
        "              grant.level is `admin`",
        "              grant.subject.type is not `user`",
        'parameter   admin_subject_types = ["team", "virtualaccount", "serviceaccount"]',
        "needs       grants, manifest",
    ):
        assert line in out.splitlines()
    assert out.count("\npasses ") == 3
    assert out.count("\nfails ") == 1


@pytest.mark.parametrize("word", ["MLR021", "MLR040", "MLS001", "MLR002"])
def test_a_rule_fits_the_terminal_and_has_no_colors_in_a_pipe(word, auditor):
    ran = auditor("explain", word)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80 or "https://" in ran.out or word == "MLR002"
    assert "\x1b" not in ran.out
    assert word in ran.out


def test_parameters_are_those_in_force(auditor, write):
    write("auditor.yaml", "policies: [ml-repo-baseline]\nparams: {max_admins: 3}\n")
    assert "max_admins = 3" in auditor("explain", "too-many-admins").out
    assert "max_admins = 4" in auditor("explain", "too-many-admins", "--param", "max_admins=4").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["MLR0200"], "rule 'MLR0200' is not in the policy; did you mean 'MLR020'?"),
        (["user-as-admn"], "did you mean 'user-as-admin'?"),
        (["MLS001", "repo"], "so it has no conditions"),
        (["MLS001", "--expanded"], "is a rule of the manifest schema"),
        (["MLR020", "--snapshot", "x.gz"], "--snapshot needs a repo"),
        (["MLR020", "a", "--snapshot", "x.gz"], "the snapshot x.gz does not exist"),
        (["MLR020", "a", "--snapshot", "x.gz", "--manifest", "y"], "cannot be used together"),
        (["MLR020", "a", "--expanded"], "--expanded applies to the rule only"),
        (["MLR020", "--manifest", "nothing.yaml"], "nothing.yaml cannot be read"),
    ],
)
def test_a_mistake_is_refused(arguments, said, auditor):
    ran = auditor("explain", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""


def test_the_long_form_is_the_same_rule(auditor, write):
    out = auditor("explain", "MLR040", "--expanded").out
    document = read_yaml(out.encode(), "long").plain()
    assert document["when"]["all"][0] == {"repo.num_runs": {"equals": 0}}
    assert document["for"] == "repo"
    params = "params: {empty_after: {description: An age, type: duration, default: 90d}}\n"
    rules = "".join(f"    {line}\n" for line in out.splitlines()).replace("    id", "  - id", 1)
    write("long.yaml", f"policy: 1\nname: long\nversion: '1'\ntitle: Long\n{params}rules:\n{rules}")
    assert auditor("policy", "test", "long.yaml", "--mutate").code == 0
    assert len(load_policy(["long.yaml"]).rules) == 1


def test_each_grant_is_shown_with_each_value_for_passes_too(explained):
    collaborators = [{"subject": "user:sam@x.io", "role_id": ADMIN}, {"subject": "team:a", "role_id": ADMIN}]
    ran = explained(
        "MLR020",
        {"name": "churn-prod", "collaborators": [*collaborators, {"subject": "user:kim@x.io", "role_id": VIEWER}]},
    )
    assert ran.code == 0
    assert (
        ran.out
        == """\
MLR020 user-as-admin on churn-prod

grant user:sam@x.io = mlf-project-admin: fails
  when
    true    grant.level is `admin`, got "admin" at /collaborators/0/role_id
  must
    false   grant.subject.type is not `user`, got "user" at
            /collaborators/0/subject
  finding: user:sam@x.io has admin role mlf-project-admin on churn-prod directly
  (inline); grant it to a team

grant team:a = mlf-project-admin: passes
  when
    true    grant.level is `admin`, got "admin" at /collaborators/1/role_id
  must
    true    grant.subject.type is not `user`, got "team" at
            /collaborators/1/subject

grant user:kim@x.io = mlf-project-viewer: does not apply
  when
    false   grant.level is `admin`, got "read" at /collaborators/2/role_id

MLR020 fails on churn-prod for 1 of 3 grants.
"""
    )


@pytest.mark.parametrize(
    ("rule", "manifest", "verdict"),
    [
        ("MLR001", {"name": "a", "description": "x"}, "MLR001 passes on a."),
        ("MLR001", {"name": "a"}, "MLR001 fails on a."),
        ("MLR002", {"name": "a"}, "MLR002 does not apply to a: `when` is not true."),
        (
            "MLR001",
            {"name": "a", "description": 7},
            "MLR001 cannot be evaluated on a, so an audit would be incomplete.",
        ),
        ("MLR020", {"name": "a", "collaborators": []}, "MLR020 does not apply to a, which has no grants."),
        (
            "MLR020",
            {"name": "a", "collaborators": "x"},
            "MLR020 cannot be evaluated on a, so an audit would be incomplete.",
        ),
        (
            "MLR020",
            {"name": "a"},
            "MLR020 is not evaluated on a (needs grants, but the manifest has no",
        ),
        (
            "MLR040",
            {"name": "a"},
            "MLR040 is not evaluated on a (needs data from the control plane). This does not count",
        ),
    ],
)
def test_the_verdict_is_a_sentence(rule, manifest, verdict, explained):
    ran = explained(rule, manifest)
    assert ran.code == 0
    assert verdict in " ".join(ran.out.split())


def test_unknown_and_error_are_distinguished_from_false(explained):
    out = explained("MLR003", {"name": "a", "description": None}).out
    assert "    false   all of" in out
    assert "      false   manifest.description is not empty, got null" in out
    assert "      unknown manifest.description does not match the pattern" in out
    assert "error   manifest.description" in explained("MLR001", {"name": "a", "description": 7}).out


def test_each_element_under_a_quantifier_is_shown(explained, pack):
    name = pack("must: {access.collaborators: {all: {item.subject: {like: 'team:*'}}}}")
    entries = [{"subject": "team:a", "role_id": "r"}, {"subject": "user:b", "role_id": "r"}]
    out = explained("ACME001", {"name": "a", "collaborators": entries}, "--policy", name).out
    assert '      true    element 0, got {"subject": "team:a", "role_id": "r"}' in out
    assert '        false   item.subject matches `team:*`, got "user:b" at' in out


def test_hostile_text_is_shown_as_escapes(explained):
    out = explained("MLR001", {"name": "a\x1b[2J\n::error::x", "description": " "}).out
    assert "\x1b" not in out
    assert not [line for line in out.splitlines() if line.startswith("::")]


def test_a_repo_of_the_live_control_plane_by_name_or_id(auditor, plane):
    by_name = auditor("explain", "MLR020", "devtest-finetuning-test-420")
    assert by_name.code == 0
    assert "MLR020 fails on devtest-finetuning-test-420 for 1 of 2 grants." in by_name.out
    assert auditor("explain", "MLR020", "420").out == by_name.out


def test_a_repo_of_a_snapshot(auditor, plane):
    assert auditor("fetch", "--output", "tenant.gz", "--quiet").code == 0
    live = auditor("explain", "MLR020", "420")
    assert auditor("explain", "MLR020", "420", "--snapshot", "tenant.gz").out == live.out
    ran = auditor("explain", "MLR020", "devtest-finetuning-test-42", "--snapshot", "tenant.gz")
    assert ran.code == 2
    assert "did you mean 'devtest-finetuning-test-420'?" in ran.err


GROUPS = """\
for: inventory
group_by: {field: manifest.name, fold: letters}
when: {manifest.type: ml-repo}
must: {group.repos: {le: 1}}
message: "{group.key} is the name of {group.repos} repos: {group.members}"
examples: {fail: [{repos: [{manifest: {type: ml-repo, name: a-b}}, {manifest: {type: ml-repo, name: A_B}}]}]}
"""


def row(number, name):
    manifest = {"type": "ml-repo", "name": name, "storage_integration_fqn": "a:aws:b:blob-storage:c"}
    return {"id": str(number), "tenant_name": "acme", "manifest": manifest}


def test_the_groups_that_a_repo_is_in(auditor, pack, monkeypatch):
    name = pack(GROUPS)
    with DemoControlPlane([row(1, "fraud-prod"), row(2, "Fraud_Prod"), row(3, "churn")]) as plane:
        monkeypatch.setenv("TFY_HOST", plane.host)
        monkeypatch.setenv("TFY_API_KEY", plane.token)
        out = auditor("explain", "ACME001", "2", "--policy", name).out
        alone = auditor("explain", "ACME001", "churn", "--policy", name).out
    assert "repo Fraud_Prod: is counted" in out
    assert 'in the group "Fraud_Prod": 2 members in 2 repos: Fraud_Prod, fraud-prod' in out
    assert "  finding: Fraud_Prod is the name of 2 repos" in out
    assert "ACME001 fails on Fraud_Prod." in out
    assert "ACME001 passes on churn." in alone


def test_where_not_every_repo_was_seen_groups_are_incomplete(auditor, pack, monkeypatch):
    name = pack(GROUPS)
    rows = [row(1, "fraud-prod"), {"id": "2", "manifest": "broken"}]
    with DemoControlPlane(rows) as plane:
        monkeypatch.setenv("TFY_HOST", plane.host)
        monkeypatch.setenv("TFY_API_KEY", plane.token)
        groups = auditor("explain", "ACME001", "1", "--policy", name)
        missing = auditor("explain", "MLR001", "other")
    assert groups.code == 3
    assert "groups may be incomplete" in groups.err
    assert missing.code == 3
    assert "the repo 'other' was not found, but the inventory is incomplete" in missing.err
    assert auditor("explain", "ACME001", "--policy", name, "--manifest", "x.yaml").code == 2
