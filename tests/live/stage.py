"""A control plane without faults except for one failure at one place of the list."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from auditor.demo import sample_tenant
from auditor.demo.api import Api
from tests.live.faults import Fault, FaultServer, answer_bytes, body_of, send

Json = Any
Rows = list[dict[str, Any]]

TOKEN = "tfy_CANARY0123456789abcdef"
SESSION = "/api/svc/v1/session"
LISTS = ("/api/svc/v1/ml-repos", "/api/ml/v1/ml-repos")
DIRECTORY: dict[str, Rows] = {
    name: [] for name in ("role-bindings", "users", "teams/user", "virtual-accounts", "workspaces")
}
"""Lists of grants outside manifests, all empty here."""

SURFACES = tuple(f"/api/svc/v1/{name}" for name in DIRECTORY)

MOVED = "/moved"
"""The path below which the stage serves everything a second time, without failures."""

ROWS = 250

OFFSETS = {"first": 0, "middle": 98, "last": 196, "end": 250}
"""The first rows of the pages of 250 repos (neighbors share two rows), and of the empty page that proves the end."""

EVERYWHERE, AT_SESSION = "everywhere", "session"
FOR_EVER = 1_000_000


class Ask(NamedTuple):
    """One request for a page: its offset and limit, and how often that offset was requested before."""

    offset: int
    limit: int
    nth: int


Strike = Callable[[Ask], Fault]
"""Inject a failure into one request."""

Change = Callable[[dict[str, Any], Ask], Json]
"""Change the document of one page."""


@dataclass(frozen=True, slots=True)
class Struck:
    """Which requests fail.

    Attributes:
        place: A name of `OFFSETS`, every page, or the request for the identity.
        first: This many requests for the same place fail, the others are answered.
        every: Only every nth of them fails, beginning with the first.
    """

    place: str
    first: int = FOR_EVER
    every: int = 1

    def __str__(self) -> str:
        often = "for-good" if self.first == FOR_EVER else f"first-{self.first}"
        often = f"every-{self.every}" if self.every > 1 else often
        return f"{self.place}-{'once' if self.first == 1 else often}"

    def hits(self, place: str, nth: int) -> bool:
        """Return whether the request number `nth` (from 0) for a place fails."""
        here = self.place == place or (self.place == EVERYWHERE and place != AT_SESSION and "/" not in place)
        return here and nth < self.first and nth % self.every == 0


class Stage:
    """The server: for a `with` block.

    Args:
        strike: What the failure does.
        struck: The requests that fail.
        rows: The repos; by default, the sample tenant.
        cap: The most repos on a page.
        frame: Document -> answer.

    Attributes:
        url: Its address.
        hits: How many requests failed.
    """

    def __init__(
        self,
        strike: Strike | None = None,
        struck: Struck = Struck(EVERYWHERE),
        *,
        rows: Rows | None = None,
        cap: int = 100,
        frame: Callable[[bytes], bytes] = answer_bytes,
        **options: Any,
    ) -> None:
        self._strike, self._struck = strike, struck
        self.hits = 0
        self._api = _sample_api() if rows is None else Api(rows, TOKEN, svc=True, directory=DIRECTORY)
        self._cap, self._frame = cap, frame
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = FaultServer(self._answer, self._script, **options)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def paths(self) -> set[str]:
        """Every requested path."""
        return {urlsplit(_target(request)).path for request in self._server.requests}

    @property
    def strangers(self) -> int:
        """How many requests lacked the token."""
        return sum(f"Bearer {TOKEN}".encode() not in request for request in self._server.requests)

    def _answer(self, request: bytes) -> bytes:
        target = urlsplit(_target(request))
        query = {key: values[0] for key, values in parse_qs(target.query).items()}
        path = target.path.removeprefix(MOVED)
        if "limit" in query and path in LISTS:
            query["limit"] = str(min(int(query["limit"]), self._cap))
        path += "?" + "&".join(f"{key}={value}" for key, value in query.items())
        answer = self._api.answer("GET", path, f"Bearer {TOKEN}" if TOKEN.encode() in request else None)
        return self._frame(answer.body) if answer.status == 200 else answer_bytes(answer.body, f"{answer.status} No")

    def _script(self, number: int) -> Fault | None:
        target = urlsplit(_target(self._server.requests[number]))
        query = parse_qs(target.query)
        offset = int(query.get("offset", ["-1"])[0])
        place = next((name for name, at in OFFSETS.items() if at == offset), str(offset))
        if target.path not in LISTS:
            place = AT_SESSION if target.path == SESSION else target.path
        with self._lock:
            nth = self._asked[place]
            self._asked[place] += 1
        if self._strike is None or not self._struck.hits(place, nth):
            return None
        self.hits += 1
        return self._strike(Ask(offset, int(query.get("limit", ["0"])[0]), nth))


def _target(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode()


@cache
def rows() -> Rows:
    """Return the repos of the sample tenant; do not modify them."""
    return sample_tenant(ROWS)


@cache
def _sample_api() -> Api:
    return Api(rows(), TOKEN, svc=True, directory=DIRECTORY)


# Faults of a page: the page and its request -> another document.


def changed(change: Change) -> Strike:
    """Serve another document instead of the page."""

    def strike(ask: Ask) -> Fault:
        def act(connection: Any, answer: bytes) -> None:
            document = change(json.loads(body_of(answer)), ask)
            send(json.dumps(document).encode(), "200 OK", "Connection: close")(connection, answer)

        return act

    return strike


def same(fault: Fault) -> Strike:
    """Do the same to every affected request."""
    return lambda _ask: fault


def document(value: Json) -> Strike:
    """Answer with this document."""
    return changed(lambda _page, _ask: value)


def without(key: str) -> Strike:
    """Remove a key of the page."""
    return changed(lambda page, _ask: {name: value for name, value in page.items() if name != key})


def put(**keys: Json) -> Strike:
    """Replace values of the page."""
    return changed(lambda page, _ask: {**page, **keys})


def counted(total: Callable[[int, Ask], Json]) -> Strike:
    """Replace the total by a function of the true one."""
    return changed(lambda page, ask: _paginated(page, total=total(page["pagination"]["total"], ask)))


def echoed(**keys: Json) -> Strike:
    """Replace values of the pagination; a list is added to the request's value."""
    return changed(lambda page, ask: _paginated(page, **{k: _shift(ask, v) for k, v in keys.items()}))


def unpaginated(key: str) -> Strike:
    """Remove a key of the pagination."""
    return changed(lambda page, _ask: {**page, "pagination": {k: v for k, v in page["pagination"].items() if k != key}})


def _paginated(page: dict[str, Any], **keys: Json) -> dict[str, Any]:
    return {**page, "pagination": {**page["pagination"], **keys}}


def _shift(ask: Ask, value: Json) -> Json:
    return ask.offset + value[0] if isinstance(value, list) else value


def listed(pick: Callable[[Rows, Ask], Sequence[Json]]) -> Strike:
    """Serve other rows, a function of the right ones."""
    return changed(lambda page, ask: {**page, "data": list(pick(page["data"], ask))})


def item(spoil: Callable[[dict[str, Any]], Json]) -> Strike:
    """Replace the row in the middle of the page, which no other page shares."""

    def pick(data: Rows, _ask: Ask) -> Rows:
        at = len(data) // 2
        return [*data[:at], spoil(data[at]), *data[at + 1 :]]

    return listed(pick)


def edited(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as if someone had edited it."""
    return {**row, "manifest": {**row["manifest"], "description": "Edited while it was read, by someone else"}}


def shuffled(_data: Rows, ask: Ask) -> Rows:
    """Return a page of a list in another order at every request."""
    random = Random(f"{ask.offset} {ask.nth}")
    return random.sample(rows(), ROWS)[ask.offset : ask.offset + ask.limit]


def fresh(_data: Rows, ask: Ask) -> Rows:
    """Return a page of new repos."""
    return [{**rows()[0], "id": f"{ask.offset}-{ask.nth}-{number}"} for number in range(ask.limit)]
