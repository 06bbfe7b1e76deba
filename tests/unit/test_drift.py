"""Drift between generated inventories equals the findings of an oracle that walks the raw documents."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.drift import drift_between
from auditor.model import (
    ABSENT,
    NOT_PROVIDED,
    Binding,
    Directory,
    Origin,
    Part,
    Permission,
    Provider,
    Repo,
    RoleBinding,
    Subject,
    Unread,
    UnreadKind,
)

NAMES = ("churn", "Churn", "fraud", "search")
USERS = ("user:sam@example.com", "user:Sam@Example.com", "team:ml", "team:everyone")
ROLES = ("mlf-project-admin", "mlf-project-viewer")

grants = st.lists(st.tuples(st.sampled_from(USERS), st.sampled_from(ROLES)), max_size=3)
repos = st.dictionaries(
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {"storage": st.sampled_from("ab"), "description": st.sampled_from([None, "", "x"]), "grants": grants}
    ),
    min_size=1,
)
bindings = st.dictionaries(
    st.sampled_from(["b-1", "b-2"]),
    st.tuples(
        st.lists(st.sampled_from(USERS), max_size=2),
        st.lists(st.tuples(st.sampled_from([*NAMES, "cluster"]), st.sampled_from(ROLES)), max_size=2),
    ),
)


class Files:
    """Return manifests as read from files."""

    provides = frozenset()

    def __init__(self, inventory, extra=()):
        self._repos, self._bindings = inventory
        self._extra = extra

    def directory(self, wanted):
        return Directory()

    def collect(self):
        for name, each in self._repos.items():
            yield Repo(f"f-{name}", manifest_of(name, each))
        for name, (subjects, permissions) in self._bindings.items():
            pairs = [each.partition(":") for each in subjects]
            yield Binding(
                name,
                {
                    "type": "role-binding",
                    "name": name,
                    "subjects": [{"type": kind, "name": who} for kind, _, who in pairs],
                    "permissions": [
                        {"resourceType": kind_of(where), "resourceFqn": where, "role": role}
                        for where, role in permissions
                    ],
                },
            )
        yield from self._extra

    def origin(self):
        return Origin("manifest files", files=1, total=len(self._repos), bindings=len(self._bindings))


class Tenant:
    """Return the same as read from a control plane."""

    provides = frozenset()

    def __init__(self, inventory, extra=(), part=None, total=None):
        self._repos, self._bindings = inventory
        self._extra, self._part, self._total = extra, part, total

    def directory(self, wanted):
        assert wanted == {Provider.ROLE_BINDINGS}
        found = tuple(
            RoleBinding(
                name,
                tuple(map(Subject.parse, subjects)),
                tuple(Permission(kind_of(where, "ml-repo"), where, role) for where, role in permissions),
            )
            for name, (subjects, permissions) in self._bindings.items()
        )
        return Directory(role_bindings=Part(found) if self._part is None else self._part)

    def collect(self):
        for number, (name, each) in enumerate(self._repos.items()):
            yield Repo(str(number), {"name": "stale", "description": "before a change"})
            yield Repo(str(number), manifest_of(name, each))
        yield from self._extra

    def origin(self):
        return Origin("control-plane", total=len(self._repos) if self._total is None else self._total)


def kind_of(where, repo="mlf-project"):
    return "cluster" if where == "cluster" else repo


def manifest_of(name, each):
    return {
        "type": "ml-repo",
        "name": name,
        "description": each["description"],
        "storage_integration_fqn": each["storage"],
        "collaborators": [{"subject": subject, "role_id": role} for subject, role in each["grants"]],
    }


# The oracle: quadratic, without any index, and knowing nothing of the code under test.


def lower(subject):
    return subject.lower() if subject.startswith("user:") else subject


def all_grants(inventory, repo):
    """Return every grant on a repo, on all surfaces."""
    rows, bound = inventory
    inline = {(lower(s), r) for s, r in rows[repo]["grants"]} if repo in rows else set()
    return inline | {
        (lower(s), r) for subjects, permissions in bound.values() for s in subjects for w, r in permissions if w == repo
    }


def bound_grants(inventory, repo):
    return all_grants(({}, inventory[1]), repo)


def pairs_of(declared, live):
    """Return the live name of each declared repo that is live."""
    pairs = {name: name for name in declared[0] if name in live[0]}
    for name in declared[0]:
        others = [other for other in live[0] if other not in declared[0] and other.lower() == name.lower()]
        if name not in live[0] and others:
            pairs[name] = others[0]
    return pairs


def undeclared(declared, live):
    """Return an inventory with only the role bindings that no file declares."""
    return {}, {name: each for name, each in live[1].items() if name not in declared[1]}


def oracle(declared, live):
    found = Counter()
    pairs = pairs_of(declared, live)
    for name in declared[0].keys() - pairs.keys():
        found["missing", "ml-repo", name, "", None] += 1
    for name in live[0].keys() - set(pairs.values()):
        found["undeclared", "ml-repo", name, "", None] += 1
    for name, other in pairs.items():
        mine, theirs = declared[0][name], live[0][other]
        found["differs", "ml-repo", name, "name", None] += name != other
        found["differs", "ml-repo", name, "storage_integration_fqn", None] += mine["storage"] != theirs["storage"]
        described = (mine["description"] or "") != (theirs["description"] or "")
        found["differs", "ml-repo", name, "description", None] += described
    for name, mine in declared[0].items():
        other = pairs.get(name, name)
        ours = {(lower(s), r) for s, r in mine["grants"]}
        there = {(lower(s), r) for s, r in live[0][other]["grants"]} if name in pairs else set()
        lost = ours - there if name in pairs else set()
        extra = there - ours
        for grant in bound_grants(undeclared(declared, live), other):
            if grant not in lost:
                extra.add(grant)
        for grant in lost:
            same = grant in bound_grants(live, other)
            found["surface" if same else "differs", "ml-repo", name, "collaborators", "same" if same else "lost"] += 1
        for grant in extra:
            same = grant in all_grants(declared, name)
            found["surface" if same else "differs", "ml-repo", name, "collaborators", "same" if same else "gained"] += 1
    return +(found + oracle_of_bindings(declared, live))


def oracle_of_bindings(declared, live):
    found = Counter()
    for name in declared[1].keys() | live[1].keys():
        mine, theirs = declared[1].get(name), live[1].get(name)
        if all(where == "cluster" for each in (mine, theirs) if each for where, _ in each[1]):
            continue
        if mine and theirs:
            for one, two, other, word in ((mine, theirs, live, "lost"), (theirs, mine, declared, "gained")):
                for subject in {lower(s) for s in one[0]} - {lower(s) for s in two[0]}:
                    found[reported([subject], one[1], other, word, "differs", name, "subjects")] += 1
                for permission in set(one[1]) - set(two[1]):
                    found[reported(one[0], [permission], other, word, "differs", name, "permissions")] += 1
        elif mine:
            found[reported(*mine, live, "lost", "missing", name, "")] += 1
        else:
            pairs = pairs_of(declared, live)
            on_repos = {pairs.get(each, each) for each in declared[0]}
            rest = [each for each in theirs[1] if each[0] not in on_repos or not theirs[0]]
            if rest:
                found[reported(theirs[0], rest, declared, "gained", "undeclared", name, "")] += 1
    return found


def reported(subjects, permissions, other, word, kind, name, field):
    given = [(where, lower(s), role) for s in subjects for where, role in permissions]
    same = bool(given) and all(w != "cluster" and (s, r) in all_grants(other, w) for w, s, r in given)
    return ("surface", "role-binding", name, field, "same") if same else (kind, "role-binding", name, field, word)


def flat(drift):
    return Counter(
        (str(each.kind), each.type, each.name, each.field, each.access and str(each.access))
        for each in drift.differences
    )


@settings(max_examples=400, deadline=None)
@given(st.tuples(repos, bindings), st.tuples(repos, bindings))
def test_drift_is_what_the_oracle_finds(declared, live):
    drift = drift_between(Files(declared), Tenant(live))
    expected = oracle(declared, live)
    assert flat(drift) == expected
    assert all(each.certain for each in drift.differences)
    assert drift.verdict.exit_code == (1 if expected else 0)
    assert drift.verdict.complete


MOVED = {"churn": {"storage": "a", "description": None, "grants": []}}
INLINE = {"churn": MOVED["churn"] | {"grants": [("user:sam@example.com", ROLES[0])]}}


@settings(max_examples=100, deadline=None)
@given(st.tuples(repos, bindings), st.tuples(repos, bindings))
@example((MOVED, {"b-1": (["user:sam@example.com"], [("churn", ROLES[0])])}), (INLINE, {}))
def test_declared_only_leaves_out_what_is_live_alone_and_counts_it(declared, live):
    whole, part = (drift_between(Files(declared), Tenant(live), declared_only=only) for only in (False, True))
    assert part.left_out == len(whole.differences) - len(part.differences)
    concerned = declared[0].keys() | pairs_of(declared, live).values()
    about = {name for name, (_, where) in live[1].items() if {each for each, _ in where} & concerned}
    kept = {"ml-repo": declared[0].keys(), "role-binding": declared[1].keys() | about}
    assert list(part.differences) == [each for each in whole.differences if each.name in kept[each.type]]


@settings(max_examples=100, deadline=None)
@given(st.tuples(repos, bindings), st.tuples(repos, bindings))
def test_declared_only_tells_every_grant_on_a_declared_repo_that_no_file_declares(declared, live):
    drift = drift_between(Files(declared), Tenant(live), declared_only=True)
    pairs = pairs_of(declared, live)
    for name in declared[0]:
        for subject, role in all_grants(undeclared(declared, live), pairs.get(name, name)) - all_grants(declared, name):
            reported = [
                each for each in drift.differences if each.name == name and each.live.startswith(f"{subject} {role}, ")
            ]
            assert [(each.type, str(each.access)) for each in reported] == [("ml-repo", "gained")]
            assert drift.verdict.exit_code == 1


@settings(max_examples=50, deadline=None)
@given(st.tuples(repos, bindings))
def test_an_inventory_does_not_drift_from_itself_in_whatever_order(declared):
    reordered = tuple(dict(reversed(list(each.items()))) for each in declared)
    for each in reordered[0].values():
        each["grants"] = each["grants"][::-1]
    assert drift_between(Files(declared), Tenant(reordered)).verdict.exit_code == 0


A_REPO = {"churn": {"storage": "a", "description": "x", "grants": [("team:ml", ROLES[0])]}}
UNREAD = Unread(UnreadKind.PAGE, "repos 1 to 2", "it answers 500")


@pytest.mark.parametrize(
    ("files", "tenant"),
    [
        (Files((A_REPO, {}), [UNREAD]), Tenant((A_REPO, {}))),
        (Files((A_REPO, {})), Tenant((A_REPO, {}), [UNREAD])),
        (Files((A_REPO, {})), Tenant((A_REPO, {}), total=2)),
        (Files((A_REPO, {})), Tenant((A_REPO, {}), part=NOT_PROVIDED)),
        (Files((A_REPO, {})), Tenant((A_REPO, {}), part=Part((), (UNREAD,)))),
        (Files((A_REPO, {"b-1": (["team:ml"], [("churn", ROLES[0])])})), Tenant((A_REPO, {}), part=ABSENT)),
        (Files(({}, {})), Tenant((A_REPO, {}))),
        (Files((A_REPO, {})), Tenant(({}, {}))),
    ],
)
def test_only_what_was_read_completely_is_without_drift(files, tenant):
    verdict = drift_between(files, tenant).verdict
    assert (verdict.exit_code, verdict.complete) == (3, False)


def test_a_control_plane_without_role_bindings_is_complete_if_no_file_declares_any():
    assert drift_between(Files((A_REPO, {})), Tenant((A_REPO, {}), part=ABSENT)).verdict.exit_code == 0


def test_what_may_be_in_the_unread_part_is_reported_as_uncertain():
    other = {"fraud": {"storage": "a", "description": "x", "grants": []}}
    unseen_live = drift_between(Files((A_REPO | other, {})), Tenant((A_REPO, {}), [UNREAD]))
    assert [(each.name, each.certain) for each in unseen_live.differences] == [("fraud", False)]
    unseen_file = drift_between(Files((A_REPO, {}), [UNREAD]), Tenant((A_REPO | other, {})))
    assert [(each.name, each.certain) for each in unseen_file.differences] == [("fraud", False)]
    nobody = {"churn": A_REPO["churn"] | {"grants": []}}
    unseen_part = drift_between(Files((A_REPO, {})), Tenant((nobody, {}), part=Part((), (UNREAD,))))
    assert [(str(each.access), each.certain) for each in unseen_part.differences] == [("lost", False)]


def test_a_grant_of_a_role_binding_is_reported_even_if_inline_grants_cannot_be_read():
    unreadable = Repo("f", manifest_of("churn", A_REPO["churn"]) | {"collaborators": "team:ml"})
    bound = {"b-1": (["team:everyone"], [("churn", ROLES[0])])}
    for files, tenant, certain in (
        (Files((A_REPO, {})), Tenant(({}, bound), [unreadable], total=1), True),
        (Files(({}, {}), [unreadable]), Tenant((A_REPO, bound)), False),
    ):
        drift = drift_between(files, tenant, declared_only=True)
        found = [each for each in drift.differences if each.live.startswith("team:everyone")]
        assert [(each.name, str(each.access), each.certain) for each in found] == [("churn", "gained", certain)]
        assert drift.verdict.exit_code == 3


@pytest.mark.parametrize("broken", [{"name": None}, {"collaborators": "team:ml"}, {"collaborators": [{"subject": 1}]}])
def test_a_manifest_that_cannot_be_read_is_not_without_drift(broken):
    repo = Repo("f", manifest_of("churn", A_REPO["churn"]) | broken)
    assert drift_between(Files(({}, {}), [repo]), Tenant((A_REPO, {}))).verdict.exit_code == 3
    if "name" not in broken:
        assert drift_between(Files((A_REPO, {})), Tenant(({}, {}), [repo])).verdict.exit_code == 3
