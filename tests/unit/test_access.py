"""Access: a manifest without a statement about grants is not a manifest that grants nothing."""

from __future__ import annotations

import pytest

from auditor.access import access_of, defines_access
from auditor.errors import RuleError
from auditor.model import Grant, GrantOrigin, Repo, Subject

ADMIN, VIEWER = "mlf-project-admin", "mlf-project-viewer"


def repo(*pairs: tuple[str, str]) -> Repo:
    return Repo("r1", {"collaborators": [{"subject": subject, "role_id": role} for subject, role in pairs]})


@pytest.mark.parametrize("manifest", [{}, {"collaborators": None}])
def test_no_collaborators_say_nothing_about_access(manifest):
    assert access_of(Repo("r1", manifest)) is None
    assert defines_access(Repo("r1", manifest)) is False


def test_an_empty_list_means_that_no_one_has_access():
    access = access_of(repo())
    assert access is not None
    assert (access.grants, access.subjects, access.admins) == ((), [], [])
    assert defines_access(repo()) is True


def test_every_collaborator_is_a_grant_with_its_place():
    access = access_of(repo(("team:fraud", ADMIN), ("user:a:b@x.org", VIEWER)))
    assert access.grants == (
        Grant(Subject("team", "fraud"), ADMIN, GrantOrigin.INLINE, "/collaborators/0"),
        Grant(Subject("user", "a:b@x.org"), VIEWER, GrantOrigin.INLINE, "/collaborators/1"),
    )


def test_everybody_is_named_once_in_the_order_of_the_manifest():
    access = access_of(repo(("user:b", VIEWER), ("team:a", ADMIN), ("user:b", ADMIN), ("team:a", ADMIN)))
    assert access.subjects == ["user:b", "team:a"]
    assert access.admins == ["team:a", "user:b"]


def test_admins_are_distinguished_by_their_type():
    access = access_of(
        repo(("user:b", ADMIN), ("team:a", ADMIN), ("users:c", ADMIN), ("teams:c", ADMIN), ("user:d", VIEWER))
    )
    assert access.admins == ["user:b", "team:a", "users:c", "teams:c"]
    assert access.admin_users == ["user:b"]
    assert access.admin_teams == ["team:a"]


def test_a_collaborator_without_a_type_is_still_a_subject():
    assert access_of(repo(("sam", ADMIN))).admins == ["sam"]
    assert access_of(repo(("sam", ADMIN))).admin_users == []


@pytest.mark.parametrize(
    ("collaborators", "message"),
    [
        ({}, "manifest.collaborators is of type object, expected a list"),
        ("team:a", "manifest.collaborators is of type string, expected a list"),
        (False, "manifest.collaborators is of type boolean, expected a list"),
        ([{"subject": "a", "role_id": "r"}, "team:a"], 'a collaborator is "team:a", expected an object'),
        ([None], "a collaborator is null, expected an object with subject and role_id (at /collaborators/0)"),
        ([{}], "a collaborator is {}, expected subject and role_id to be strings (at /collaborators/0)"),
        ([{"subject": "team:a"}], "a collaborator is "),
        ([{"subject": 1, "role_id": "r"}], "a collaborator is "),
        ([{"subject": "team:a", "role_id": None}], "a collaborator is "),
    ],
)
def test_collaborators_that_cannot_be_read_are_an_error_and_never_no_grants(collaborators, message):
    with pytest.raises(RuleError) as caught:
        access_of(Repo("r1", {"collaborators": collaborators}))
    assert str(caught.value).startswith(message)
