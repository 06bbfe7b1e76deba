"""Entries of the directory: read strictly, stored without unused parts, and read back unchanged."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import UnreadError
from auditor.model import (
    Integration,
    Permission,
    PlatformRole,
    Provider,
    RoleBinding,
    Subject,
    Team,
    User,
    VirtualAccount,
    Workspace,
)
from auditor.sources.directory.entries import KINDS, key_of
from auditor.sources.directory.row_fields import Fields

KIND = {kind.provider: kind for kind in KINDS}

name = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
moment = st.none() | st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=30))))
permissions = st.lists(st.builds(Permission, name, name, name), max_size=3).map(tuple)
names = st.lists(name, max_size=4, unique=True).map(tuple)
flag = st.none() | st.booleans()
VALUES = {
    Provider.ROLE_BINDINGS: st.builds(
        RoleBinding, name, st.lists(st.builds(Subject, name, name), max_size=3).map(tuple), permissions
    ),
    Provider.USERS: st.builds(User, name, flag, moment, names),
    Provider.TEAMS: st.builds(Team, name, names, names, st.booleans()),
    Provider.VIRTUAL_ACCOUNTS: st.builds(
        VirtualAccount, name, permissions, flag, st.none() | st.dates(min_value=date(1000, 1, 1)), moment
    ),
    Provider.INTEGRATIONS: st.builds(
        Integration, name, name, st.none() | name, st.sampled_from(["", "s3://a/b", "gs://a", "https://x.org/b/c"])
    ),
    Provider.ROLES: st.builds(PlatformRole, name, name, name, names),
    Provider.WORKSPACES: st.builds(Workspace, name, permissions),
}


def read(provider, row):
    return KIND[provider].read(Fields(row))


@pytest.mark.parametrize("provider", list(KIND), ids=str)
@given(data=st.data())
def test_what_is_written_is_read_again(provider, data):
    value = data.draw(VALUES[provider])
    row = orjson.loads(orjson.dumps(KIND[provider].write(value)))
    assert read(provider, row) == value


def test_both_spellings_of_permissions_are_read():
    snake = {"resource_type": "mlf-project", "resource_fqn": "churn-prod", "role_id": "mlf-project-admin"}
    camel = {"resourceType": "mlf-project", "resourceFqn": "churn-prod", "role": "mlf-project-admin"}
    expected = (Permission("mlf-project", "churn-prod", "mlf-project-admin"),) * 2
    assert read(Provider.WORKSPACES, {"fqn": "a", "manifest": {"permissions": [snake, camel]}}).permissions == expected
    assert [each.repo for each in expected] == ["churn-prod"] * 2
    assert Permission("ml-repo", "churn-prod", "x").repo == "churn-prod"
    assert Permission("workspace", "churn-prod", "x").repo is None


@pytest.mark.parametrize(
    ("provider", "row", "message"),
    [
        (Provider.USERS, {}, "/email is missing or empty, expected a string"),
        (Provider.USERS, {"email": ""}, "/email is missing or empty"),
        (Provider.USERS, {"email": "a", "active": "yes"}, "/active is of type string, expected true or false"),
        (Provider.USERS, {"email": "a", "lastAccessedAt": "soon"}, "/lastAccessedAt is not a timestamp"),
        (Provider.USERS, {"email": "a", "roles": [1]}, "/roles is of type number, expected only strings in it"),
        (Provider.TEAMS, {"manifest": []}, "/manifest is of type list, expected an object"),
        (Provider.TEAMS, {}, "/manifest is missing"),
        (Provider.TEAMS, {"manifest": {"name": "a"}, "members": "b"}, "/members is of type string, expected a list"),
        (Provider.TEAMS, {"manifest": {"name": "a"}, "totalMemberCount": True}, "/totalMemberCount is of type boolean"),
        (Provider.ROLE_BINDINGS, {"manifest": {"subjects": {}}}, "/manifest/subjects is of type object"),
        (Provider.ROLE_BINDINGS, {"manifest": {"subjects": ["a"]}}, "/manifest/subjects is of type string"),
        (
            Provider.ROLE_BINDINGS,
            {"manifest": {"subjects": [{"type": "user"}]}},
            "/manifest/subjects/0/name is missing",
        ),
        (
            Provider.ROLE_BINDINGS,
            {"manifest": {"name": "a", "permissions": [{}]}},
            "/manifest/permissions/0/resourceType",
        ),
        (Provider.INTEGRATIONS, {"fqn": "a"}, "/type is missing"),
    ],
)
def test_a_row_that_is_not_an_entry_is_refused_with_its_place(provider, row, message):
    with pytest.raises(UnreadError) as caught:
        read(provider, row)
    assert str(caught.value).startswith(message)


def test_a_refused_row_shows_no_content():
    row = {"fqn": {"token": "hush"}, "type": "blob-storage", "manifest": {"auth_data": "hush"}}
    with pytest.raises(UnreadError) as caught:
        read(Provider.INTEGRATIONS, row)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("root", "kept", "bucket"),
    [
        ("s3://ml-prod/repos", "s3://ml-prod/repos", "ml-prod"),
        ("gs://ml-prod", "gs://ml-prod", "ml-prod"),
        ("https://acme.blob.core.windows.net/ml/x?sv=1&sig=hush", "https://acme.blob.core.windows.net/ml/x", "ml"),
        ("s3://key:hush@ml-prod/x#hush", "s3://ml-prod/x", "ml-prod"),
        ("https://minio.acme.org/ml", "https://minio.acme.org/ml", None),
        ("http://[hush", "", None),
        ("", "", None),
    ],
)
def test_of_a_storage_only_its_place_is_kept(root, kept, bucket):
    manifest = {"storage_root": root, "region": "eu-west-1", "auth_data": {"secret": "hush"}}
    integration = read(Provider.INTEGRATIONS, {"fqn": "f", "type": "blob-storage", "manifest": manifest})
    assert integration == Integration("f", "blob-storage", "eu-west-1", kept)
    assert integration.bucket == bucket
    assert "hush" not in json.dumps(KIND[Provider.INTEGRATIONS].write(integration))


def test_members_of_a_team_are_complete_only_if_all_are():
    def team(**row):
        return read(Provider.TEAMS, {"manifest": {"name": "a", **row.pop("manifest", {})}, **row})

    assert team() == Team("a", complete=False)
    assert team(members=[]) == Team("a")
    assert team(members=["x"], manifest={"members": ["y", "x"], "managers": ["y"]}) == Team("a", ("y", "x"), ("y",))
    assert team(members=["x"], totalMemberCount=2.0) == Team("a", ("x",), complete=False)
    assert team(members=["x", "y"], totalMemberCount=2.0).complete


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"id": "a", "name": "b"}, "a"),
        ({"id": 7}, "7"),
        ({"id": None, "name": "b"}, "b"),
        ({"manifest": {"name": "c"}}, "c"),
        ({"email": "d"}, "d"),
        ({"subjectId": "e", "subjectSlug": "f"}, "e"),
        ({"manifest": "x"}, None),
    ],
)
def test_entries_have_keys_also_where_ids_are_missing(row, key):
    assert key_of(row) == key


def test_days_are_read_leniently_and_moments_strictly():
    def expires(text):
        return read(Provider.VIRTUAL_ACCOUNTS, {"manifest": {"name": "a", "expiration_date": text}}).expires

    assert expires("2026-01-31") == expires("2026-01-31T10:00:00Z") == date(2026, 1, 31)
    assert expires("") is expires("never") is expires(None) is None
    seen = read(Provider.USERS, {"email": "a", "lastAccessedAt": "2026-01-31T10:00:00Z"}).last_seen
    assert seen == datetime(2026, 1, 31, 10, tzinfo=UTC)
