"""The live control plane as a source of repos."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from auditor.errors import InvalidError, UnreadError
from auditor.http.client import AnswerError, Client
from auditor.http.credentials import Credentials, credentials_of, find_credentials
from auditor.http.notes import Notes
from auditor.http.retries import Deadline
from auditor.model import Directory, Json, Origin, Provider, Repo, Unread
from auditor.paging.pager import Page, Pager
from auditor.paging.pages import Workers
from auditor.sources.answers import repo_of, to_page
from auditor.sources.directory.authority import ListedGrants, NoAuthorityError, listed_grants
from auditor.sources.directory.reader import read_directory
from auditor.version import VERSION

PAGE_LIMIT = 100
"""Repos requested per page; the vendor publishes no maximum, and its own tools go up to 100."""

LIST_PATHS = ("/api/svc/v1/ml-repos", "/api/ml/v1/ml-repos")
"""Paths of the list of repos: the current endpoint, and the documented one that it replaces."""

_SESSION_PATH = "/api/svc/v1/session"
_DEFAULT_REPO = "0"


class ControlPlane:
    """A control plane: every ML repo that a token can see.

    The default repo with the id `0` is skipped, as in the official client, because no user created it.

    Attributes:
        path: The path of the list of repos; None until it is known.
    """

    provides = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})

    def __init__(
        self,
        credentials: Credentials,
        *,
        seconds: float = 600.0,
        ca_bundle: Path | None = None,
        concurrency: int = 8,
        waiting: Callable[[float, str], None] = lambda _seconds, _reason: None,
    ) -> None:
        """Create a source without sending a request.

        Args:
            credentials: The host and the token.
            seconds: Time limit for one audit, in seconds.
            ca_bundle: File with trusted CA certificates, instead of those of the environment.
            concurrency: Number of pages that are fetched concurrently.
            waiting: Called with the seconds until a request is repeated, and the reason; any thread can call it.
        """
        self._credentials = credentials
        self._seconds = seconds
        self._ca_bundle = ca_bundle
        self._concurrency = concurrency
        self._waiting = waiting
        self.path: str | None = None
        self._pager: Pager | None = None
        self._identity: str | None = None
        self._tenant: str | None = None
        self._passed_over = 0
        self._collected = False
        self._deadline: Deadline | None = None
        self._notes = Notes()

    @classmethod
    def from_environment(cls, *, seconds: float = 600.0, ca_bundle: Path | None = None) -> ControlPlane:
        """Return the control plane that the commands use: `TFY_HOST` and `TFY_API_KEY`, or the file of `tfy login`.

        Args:
            seconds: Time limit for one audit, in seconds.
            ca_bundle: File with trusted CA certificates, instead of those of the environment.

        Raises:
            InvalidError: Host or token is missing, malformed, expired, or in a file that others can read.
        """
        credentials = find_credentials(None, None, os.environ, Path.home())
        return cls(credentials, seconds=seconds, ca_bundle=ca_bundle)

    @classmethod
    def with_token(
        cls, host: str, token: str, *, seconds: float = 600.0, ca_bundle: Path | None = None
    ) -> ControlPlane:
        """Return the control plane with this host and token. Neither repr nor pickle shows the token.

        Args:
            host: The URL, for example `https://example.truefoundry.cloud`.
            token: An API key or another bearer token.
            seconds: Time limit for one audit, in seconds.
            ca_bundle: File with trusted CA certificates, instead of those of the environment.

        Raises:
            InvalidError: Host or token is malformed, or the token has expired.
        """
        return cls(credentials_of(host, token), seconds=seconds, ca_bundle=ca_bundle)

    def __repr__(self) -> str:
        return f"ControlPlane({self._credentials.host!r})"

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return the other data of the tenant that the token can see, such as users, teams and roles."""
        self._begin()
        with self._client() as client, Workers(self._concurrency) as workers:
            return read_directory(client, wanted, workers.run)

    def collect(self) -> Iterator[Repo | Unread]:
        """Yield every repo, again if it changed in the meantime, and everything that could not be read.

        Raises:
            InvalidError: The host has no ML repos API.
        """
        self._begin()
        self._collected = True
        with self._client() as client, Workers(self._concurrency) as workers:
            fetch = partial(self._fetch, client)
            self._pager = Pager(fetch, limit=PAGE_LIMIT, run=workers.run)
            for item in self._pager.read():
                if isinstance(item, Unread):
                    yield item
                elif item[0] == _DEFAULT_REPO:
                    self._passed_over = 1
                else:
                    yield repo_of(item[1])
            if self.path is not None:
                self.identify(client)

    def listed_grants(self, repos: Iterable[Repo]) -> Iterator[ListedGrants | str]:
        """Yield the control plane's own list of grants on each repo, or the reason why there is none.

        Raises:
            UnreadError: A list could not be read.
        """
        with self._client() as client:
            for repo in repos:
                try:
                    yield listed_grants(client, repo)
                except NoAuthorityError as error:
                    yield str(error)

    def _begin(self) -> None:
        """Reset the state, so that a second audit of the same source has its own time and notes."""
        if self._collected:
            self._collected, self._pager, self._deadline, self._notes = False, None, None, Notes()
            self._passed_over = 0

    def _client(self) -> Client:
        self._deadline = self._deadline or Deadline(self._seconds)  # one for the directory and the repos together
        return Client(
            self._credentials,
            ca_bundle=self._ca_bundle,
            deadline=self._deadline,
            user_agent=f"auditor/{VERSION}",
            notes=self._notes,
            waiting=self._waiting,
        )

    def origin(self) -> Origin:
        """Return the origin of the repos. It is complete only after the last repo."""
        if self._pager is None:
            host = self._credentials.host
            return Origin("control-plane", host, self._tenant, self._identity, notes=self._notes.texts())
        facts = self._pager.facts
        return Origin(
            source="control-plane",
            host=self._credentials.host,
            tenant=self._tenant,
            identity=self._identity,
            passes=facts.passes,
            pages=facts.pages,
            total=None if facts.total is None else max(0, facts.total - self._passed_over),
            proof=facts.proof.value if facts.proof else None,
            notes=(*facts.notes, *self._notes.texts()),
        )

    def _fetch(self, client: Client, offset: int, limit: int) -> Page:
        try:
            return self._page(client, offset, limit)
        except UnreadError as error:  # it may quote the answer, and the answer the token
            raise UnreadError(client.redacted(error.message), error.fix) from None

    def _page(self, client: Client, offset: int, limit: int) -> Page:
        params = {"limit": limit, "offset": offset}
        if self.path is not None:
            return to_page(client.get(self.path, params), offset, self.path)
        for path in LIST_PATHS:
            try:
                answer = client.get(path, params)
            except AnswerError as error:
                if error.status != 404:
                    raise
            else:
                self.path = path
                return to_page(answer, offset, path)
        host = self._credentials.host
        raise InvalidError(
            f"{host} has no list of ML repos: {' and '.join(LIST_PATHS)} both return 404",
            "check that the host is the URL of a TrueFoundry control plane",
        )

    def first_page(self, client: Client) -> Page:
        """Return a page with the first repo, if there is one, and the number of repos.

        Raises:
            InvalidError: The host has no ML repos API.
            UnreadError: It could not be read.
        """
        return self._fetch(client, 0, 1)

    def identify(self, client: Client) -> None:
        """Read the owner of the token for the receipt. If that fails, nothing else changes."""
        try:
            session = client.get(_SESSION_PATH, {})
        except UnreadError:
            return
        user = session.get("user") if isinstance(session, dict) else None
        if isinstance(user, dict):
            self._identity = _text(user, "email") or _text(user, "subjectSlug") or _text(user, "userName")
            self._tenant = _text(user, "tenantName")


def _text(document: dict[str, Json], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) and value else None
