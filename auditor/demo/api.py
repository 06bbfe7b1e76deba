"""The answers of the control plane: the routes of its API, without sockets."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from auditor.demo.answers import NEW, OLD, Answer, RefusedError, encode
from auditor.demo.company import ACCOUNT_ID, TENANT
from auditor.demo.lists import GENERATED, PAGE_LIMIT, Listing, Lists

ADMIN_EMAIL = "auditor@example.com"
"""The owner of the token: an admin of the tenant, who sees every repo."""

_Query: TypeAlias = dict[str, str]
_Route: TypeAlias = Callable[[_Query], bytes]

_UNKNOWN_TO_OLD = ("account_id", "tracing_projects_count")
_TENANT_ID = f"{NEW}/v1/tenant-id"


class Api:
    """The API of a control plane with one tenant and one token.

    Args:
        rows: The repos of the tenant.
        token: The only accepted token; ASCII.
        svc: Whether repos are also served under `/api/svc`; old control planes serve them only under `/api/ml`.
        directory: The rows of each list except the repos, by its path; None for those of the sample tenant.
        without: The error status of lists, by path, for example `{"users": 403}`.
        authority: The directory for the control plane's own list of grants; None for the same one.
    """

    def __init__(
        self,
        rows: Iterable[dict[str, Any]],
        token: str,
        *,
        svc: bool,
        directory: Mapping[str, Sequence[dict[str, Any]]] | None = None,
        without: Mapping[str, int] = MappingProxyType({}),
        authority: Mapping[str, Sequence[dict[str, Any]]] | None = None,
    ) -> None:
        kept = list(rows)
        self._token = token
        self._tenant = str(kept[0].get("tenant_name", TENANT)) if kept else TENANT
        self._listings = {f"{OLD}/v1/ml-repos": Listing(kept, without=_UNKNOWN_TO_OLD)}
        if svc:
            self._listings[f"{NEW}/v1/ml-repos"] = Listing(kept)
        self._lists = Lists(kept, directory, without, authority)
        self._others: dict[str, _Route] = {
            f"{NEW}/v1/session": self._session,
            _TENANT_ID: self._tenant_id,
            f"{NEW}/v1/{GENERATED}": lambda query: self._lists.generated(query.get("resourceId", "")),
        }

    def answer(self, method: str, target: str, authorization: str | None) -> Answer:
        """Answer one request.

        Args:
            method: The HTTP method.
            target: The path with its query.
            authorization: The `Authorization` header; None if it is missing.
        """
        path, _, query = target.partition("?")
        try:
            self._admit(path, authorization)
            asked = dict(parse_qsl(query, keep_blank_values=True))
            route = self._route(method, path, asked)
            return Answer(200, route(asked))
        except RefusedError as refused:
            return refused.answer(path)

    def _admit(self, path: str, authorization: str | None) -> None:
        scheme, _, token = (authorization or "").partition(" ")
        known = secrets.compare_digest(token.strip().encode(), self._token.encode())
        if path != _TENANT_ID and not (known and scheme.lower() == "bearer"):
            raise RefusedError(401, "Invalid or expired API token", headers=(("WWW-Authenticate", "Bearer"),))

    def _route(self, method: str, path: str, query: _Query) -> _Route:
        base, _, last = path.rpartition("/")
        route = self._others.get(path)
        if path in self._listings:
            route = partial(_page, self._listings[path])
        elif base in self._listings:
            route = partial(_one, self._listings[base], unquote(last))
        elif route is None:
            listing = self._lists.find(path, query)
            route = None if listing is None else partial(_page, listing)
        if route is None:
            raise RefusedError(404, f"Cannot {method} {path}")
        if method != "GET":
            raise RefusedError(405, f"{method} is not allowed here", headers=(("Allow", "GET"),))
        return route

    def _session(self, _query: _Query) -> bytes:
        """Return the identity of the token, with the fields that the vendor's CLI and SDK read."""
        identity = {"subjectType": "user", "subjectSlug": ADMIN_EMAIL}
        user: dict[str, object] = {
            "id": "cm1auditor",
            "effectiveUserId": "cm1auditor",
            "email": ADMIN_EMAIL,
            "tenantName": self._tenant,
            **identity,
            "subject": {"subjectId": "cm1auditor", "subjectDisplayName": "Auditor", **identity},
            "roles": ["tenant-admin"],
            "teams": [],
            "accounts": [{"id": ACCOUNT_ID, "name": self._tenant}],
        }
        return encode({"user": user, "tenantInfo": {"tenantName": self._tenant}})

    def _tenant_id(self, query: _Query) -> bytes:
        """Return the tenant of a host name: here the same one for every name."""
        if not query.get("hostName"):
            raise RefusedError(422, "hostName should not be empty", "hostName")
        return encode({"tenantName": self._tenant, "auth_server_url": f"http://{query['hostName']}"})


def _page(listing: Listing, query: _Query) -> bytes:
    limit = _number(query, "limit", default=PAGE_LIMIT, least=1)
    offset = _number(query, "offset", default=0, least=0)
    return listing.page(offset, limit, query.get("name"))


def _one(listing: Listing, repo_id: str, _query: _Query) -> bytes:
    body = listing.one(repo_id)
    if body is None:
        raise RefusedError(404, f"ML Repo with id {repo_id} does not exist")
    return body


def _number(query: _Query, name: str, *, default: int, least: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    # int() alone would also accept "1_0", "+1", " 1 " and digits of other scripts.
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) >= least):
        raise RefusedError(422, f"{name} must be a whole number not less than {least}", name)
    return int(text)
