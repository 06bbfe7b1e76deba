"""The directory: an empty list, an unread one and a missing one are three different things."""

from __future__ import annotations

import pytest

from auditor.errors import UnreadError
from auditor.http.client import AnswerError
from auditor.model import ABSENT, DIRECTORY_PARTS, NOT_PROVIDED, Directory, Part, Provider, Team, UnreadKind, User
from auditor.paging.pages import in_turn
from auditor.sources.directory.reader import read_directory

USERS, TEAMS, BINDINGS = Provider.USERS, Provider.TEAMS, Provider.ROLE_BINDINGS
PATHS = {
    USERS: "/api/svc/v1/users",
    TEAMS: "/api/svc/v1/teams/user",
    BINDINGS: "/api/svc/v1/role-bindings",
}


class FakeClient:
    """Answers from lists by path; a list may be an exception, or a function of offset and limit."""

    def __init__(self, lists):
        self.lists = lists
        self.asked = []

    def get(self, path, params):
        self.asked.append((path, dict(params)))
        found = self.lists.get(path, AnswerError(404, f"{path} answered 404"))
        if isinstance(found, Exception):
            raise found
        offset, limit = int(params["offset"]), int(params["limit"])
        if callable(found):
            return found(offset, limit)
        return {"data": found[offset : offset + limit], "pagination": {"total": len(found), "offset": offset}}

    def redacted(self, text):
        return text


def directory(lists, *wanted):
    client = FakeClient(lists)
    return read_directory(client, frozenset(wanted), in_turn), client


def people(count):
    return [{"id": f"u{number}", "email": f"p{number}@x.org", "active": True} for number in range(count)]


def users(count):
    return tuple(User(f"p{number}@x.org", True) for number in range(count))


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 350])
def test_a_list_is_read_to_its_end(count):
    found, client = directory({PATHS[USERS]: people(count)}, USERS)
    assert found == Directory(users=Part(users(count)))
    assert found.users.complete
    assert found.provides == {USERS}
    assert all(params["showInvalidUsers"] == "true" for _, params in client.asked)


def test_only_what_is_needed_is_requested():
    found, client = directory({PATHS[USERS]: people(1)}, TEAMS)
    assert {path for path, _ in client.asked} == {PATHS[TEAMS]}
    assert found.users == NOT_PROVIDED
    assert directory({})[0] == Directory()


def test_a_list_that_is_not_there_is_absent():
    found, _ = directory({}, *DIRECTORY_PARTS)
    assert found == Directory.of(dict.fromkeys(DIRECTORY_PARTS, ABSENT))
    assert not any(found.part(provider).provided for provider in DIRECTORY_PARTS)
    assert found.unread == ()
    assert found.provides == frozenset()


@pytest.mark.parametrize("status", [400, 401, 403, 405, 429, 500, 501])
def test_a_list_that_is_refused_is_unread(status):
    found, _ = directory({PATHS[BINDINGS]: AnswerError(status, f"answered {status}", "ask an admin")}, BINDINGS)
    assert found.role_bindings.provided
    assert not found.role_bindings.complete
    (unread,) = found.unread
    assert unread.kind is UnreadKind.DIRECTORY
    assert (unread.what, unread.reason, unread.fix) == (
        "the list of role bindings",
        f"answered {status}",
        "ask an admin",
    )
    assert found.provides == frozenset()


@pytest.mark.parametrize("error", [UnreadError("cut"), AnswerError(404, "gone"), AnswerError(403, "no")])
def test_what_was_seen_before_a_failure_stays_and_the_rest_is_unread(error):
    rows = people(150)

    def half(offset, limit):
        if offset:
            raise error
        return {"data": rows[:limit], "pagination": {"total": 150}}

    found, _ = directory({PATHS[USERS]: half}, USERS)
    assert found.users.values == users(100)
    assert not found.users.complete
    assert len(found.unread) == 1


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_an_answer_without_pagination_is_the_entire_list(count):
    rows = people(count)
    found, _ = directory({PATHS[USERS]: lambda _offset, _limit: {"data": rows}}, USERS)
    assert found.users == Part(users(count))


class Strict(FakeClient):
    """A server that rejects requests for pages."""

    total = None

    def get(self, path, params):
        if params.keys() & {"limit", "offset"}:
            raise AnswerError(422, "property limit should not exist")
        pagination = {} if self.total is None else {"pagination": {"total": self.total}}
        return {"data": self.lists[path], **pagination}


@pytest.mark.parametrize("count", [0, 1, 100, 250])
def test_a_server_that_rejects_paging_returns_the_entire_list(count):
    client = Strict({PATHS[USERS]: people(count)})
    assert read_directory(client, frozenset({USERS}), in_turn).users == Part(users(count))


def test_a_server_that_refuses_pages_and_gives_a_part_is_unread():
    client = Strict({PATHS[USERS]: people(100)})
    client.total = 101
    found = read_directory(client, frozenset({USERS}), in_turn)
    assert not found.users.complete
    assert "100 of 101 rows" in found.unread[0].reason


@pytest.mark.parametrize("count", [0, 99, 100, 101, 250])
def test_pages_without_pagination_are_not_taken_for_the_entire_list(count):
    rows = people(count)
    found, _ = directory({PATHS[USERS]: lambda offset, limit: {"data": rows[offset : offset + limit]}}, USERS)
    assert found.users == Part(users(count))


def test_a_list_without_pages_that_changes_is_never_complete():
    sizes = iter(range(3, 1000))
    found, _ = directory({PATHS[USERS]: lambda _offset, _limit: {"data": people(next(sizes))}}, USERS)
    assert not found.users.complete


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"data": None},
        {"data": {}, "pagination": {"total": 0}},
        {"data": [1], "pagination": {"total": 1}},
        {"data": [{"active": True}], "pagination": {"total": 1}},
        {"data": [], "pagination": {"total": -1}},
        {"data": [], "pagination": {"total": True}},
        {"data": [], "pagination": []},
        {"data": [], "pagination": {"total": 3}},
    ],
)
def test_an_answer_that_is_not_a_page_is_unread(answer):
    found, _ = directory({PATHS[USERS]: lambda _offset, _limit: answer}, USERS)
    assert found.users.provided
    assert not found.users.complete


def test_an_answer_that_is_not_a_page_is_not_quoted():
    answer = {"data": {"token": "hush"}, "jwts": ["hush"]}
    found, _ = directory({PATHS[USERS]: lambda _offset, _limit: answer}, USERS)
    assert "hush" not in str(found.unread)
    assert "an object with token" in str(found.unread[0])


def test_one_broken_row_does_not_take_the_others_with_it():
    rows = [*people(3), {"id": "u7", "email": 7}, {"id": "u8"}]
    found, _ = directory({PATHS[USERS]: rows}, USERS)
    assert found.users.values == users(3)
    (unread,) = found.unread
    assert unread.what == "the list of users"
    assert unread.reason == "user u7: /email is of type number, expected a string, and 1 more"


def test_bindings_without_ids_go_by_their_names():
    rows = [{"name": name, "manifest": {"name": name}} for name in ("a", "b")]
    found, _ = directory({PATHS[BINDINGS]: rows}, BINDINGS)
    assert [binding.name for binding in found.role_bindings.values] == ["a", "b"]


def team(name, members, total):
    return {"id": f"t-{name}", "manifest": {"name": name, "members": members}, "totalMemberCount": total}


def member(number):
    return {"subjectId": f"u{number}", "subjectSlug": f"p{number}@x.org", "subjectType": "user"}


def test_members_that_a_row_does_not_name_are_requested():
    members = [member(number) for number in range(350)]
    robot = {"subjectId": "r", "subjectSlug": "robots", "subjectType": "team"}
    lists = {
        PATHS[TEAMS]: [team("small", ["a@x.org"], 1), team("large", ["p0@x.org"], 351)],
        "/api/svc/v1/teams/t-large/members": [*members, robot],
    }
    found, client = directory(lists, TEAMS)
    names = tuple(f"p{number}@x.org" for number in range(350))
    assert found.teams == Part((Team("small", ("a@x.org",)), Team("large", (*names, "team:robots"))))
    assert {path for path, _ in client.asked} == set(lists)


@pytest.mark.parametrize(
    "members",
    [AnswerError(404, "no"), AnswerError(403, "no"), UnreadError("cut"), [{"subjectId": "a"}]],
)
def test_members_that_cannot_be_read_make_the_teams_unread_and_name_the_team(members):
    lists = {PATHS[TEAMS]: [team("large", ["a@x.org"], 9)], "/api/svc/v1/teams/t-large/members": members}
    found, _ = directory(lists, TEAMS)
    assert found.teams.values == (Team("large", ("a@x.org",), complete=False),)
    (unread,) = found.unread
    assert (unread.kind, unread.what) == (UnreadKind.DIRECTORY, "the members of team large")


def test_the_id_of_a_team_cannot_lead_elsewhere():
    row = {**team("x", [], 1), "id": "../../users?a=b"}
    _, client = directory({PATHS[TEAMS]: [row]}, TEAMS)
    assert client.asked[-1][0] == "/api/svc/v1/teams/..%2F..%2Fusers%3Fa%3Db/members"
