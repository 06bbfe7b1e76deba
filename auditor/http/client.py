"""The HTTP client of the control plane: GET requests with complete, strictly decoded responses or a clear error.

The libraries below are not trusted to detect everything: our own code follows a redirect once, within the host, decodes
compressed bodies, and checks the length again. Every read from the socket ends at the deadline.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests

from auditor.errors import InvalidError, UnreadError
from auditor.http.base_url import parse_host
from auditor.http.body import read_document, server_message
from auditor.http.credentials import Credentials
from auditor.http.notes import Notes
from auditor.http.retries import (
    RETRIED_STATUSES,
    Deadline,
    Failure,
    RetryPolicy,
    explained,
    retry_after_seconds,
)
from auditor.http.transport import READ_SECONDS, Bearer, PlainSession, trusted
from auditor.model.values import Json
from auditor.text import one_line

CONNECT_SECONDS = 10.0
"""The longest time to connect."""

ATTEMPT_SECONDS = 120.0
"""The longest time for one attempt, so that a slow answer leaves time for another."""


REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The HTTP statuses of redirects."""


class AnswerError(UnreadError):
    """The control plane returned a status other than 200.

    Args:
        status: The HTTP status: 404 for a missing endpoint, 401 and 403 for a rejected token.
        message: What is wrong.
        fix: What to do about it.
    """

    def __init__(self, status: int, message: str, fix: str = "") -> None:
        super().__init__(message, fix)
        self.status = status


class Client:
    """Reads JSON from one control plane; every thread that uses it gets a session of its own.

    Args:
        credentials: The host and the token.
        ca_bundle: A PEM file (or directory) of the authorities to trust instead of the default ones.
        deadline: The end of the run.
        attempts: The most attempts for one GET.
        user_agent: The `User-Agent` header.
        notes: Collects oddities of the answers.
        waiting: Called with the seconds until a retry, and its reason.
        sleep: Waits for some seconds between attempts.

    Attributes:
        date: The `Date` header of the last answer.
        notes: Oddities of the answers.

    Raises:
        InvalidError: The CA bundle cannot be used, or `SSLKEYLOGFILE` would log the keys.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        ca_bundle: Path | None = None,
        deadline: Deadline,
        attempts: int = 4,
        user_agent: str = "auditor",
        notes: Notes | None = None,
        waiting: Callable[[float, str], None] = lambda _seconds, _reason: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._credentials = credentials
        self._deadline = deadline
        self._retrying = RetryPolicy(attempts=attempts, sleep=sleep, waiting=waiting)
        self._user_agent = user_agent
        secure = credentials.host.startswith("https:")
        self._verify = trusted(ca_bundle) if secure else True
        self._proxies = requests.utils.get_environ_proxies(credentials.host) if secure else {}
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self.notes = Notes() if notes is None else notes
        self.date: str | None = None

    @property
    def proxy(self) -> str | None:
        """The proxy that is used, as `host:port` without credentials; None if there is none."""
        proxy = requests.utils.select_proxy(self._credentials.host, self._proxies)
        return proxy.rstrip("/").rpartition("@")[2].rpartition("//")[2] if proxy else None

    def get(self, path: str, params: Mapping[str, int | str]) -> Json:
        """Return the JSON document at a path.

        Args:
            path: The path on the host, beginning with a slash; text from outside is quoted in it.
            params: The query.

        Raises:
            AnswerError: The answer was not a 200, even after retries.
            UnreadError: There was no answer, or none that is complete, JSON and in time.
        """
        url = self._credentials.host + path
        outcome = self._retrying.run(lambda: self._attempt(url, params), self._deadline)
        if not isinstance(outcome, Failure):
            return outcome
        if outcome.status is None:
            raise UnreadError(outcome.message, outcome.fix)
        raise AnswerError(outcome.status, outcome.message, outcome.fix)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for session in self._sessions:
                session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def redacted(self, text: str) -> str:
        """Return text without the token, in case the server repeated it."""
        return text.replace(self._credentials.token.reveal(), str(self._credentials.token))

    def _session(self) -> requests.Session:
        """Return the session of this thread."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = PlainSession(lambda: float(self._local.deadline.remaining()))
            session.headers["User-Agent"] = self._user_agent
            session.proxies.update(self._proxies)
            session.verify = self._verify
            with self._lock:
                self._sessions.append(session)
        return session

    def _attempt(self, url: str, params: Mapping[str, int | str]) -> Json | Failure:
        """Send the request once."""
        session = self._session()
        self._local.deadline = self._deadline.within(ATTEMPT_SECONDS)
        try:
            outcome = self._followed(session, url, params)
        except requests.RequestException as error:
            outcome = explained(error, url, self.proxy)
        except UnreadError as error:
            outcome = Failure(error.message, error.fix, transient=True)
        if isinstance(outcome, Failure):
            session.close()  # the next attempt must not use a broken connection
            outcome = replace(outcome, message=self.redacted(outcome.message))
        return outcome

    def _followed(self, session: requests.Session, url: str, params: Mapping[str, int | str]) -> Json | Failure:
        """Read the answer to one request, after at most one redirect to another path of the control plane."""
        with self._sent(session, url, params) as response:
            moved = self._moved(response, url)
            if moved is None:
                return self._answer(response, url)
        path = one_line(self.redacted(urlsplit(moved).path))
        with self._sent(session, moved, {}) as response:
            self.notes.add(f"the control plane redirects {urlsplit(url).path} to {path}")
            return self._answer(response, self._credentials.host + path)

    def _sent(self, session: requests.Session, url: str, params: Mapping[str, int | str]) -> requests.Response:
        """Send one request."""
        remaining = max(0.001, self._local.deadline.remaining())
        return session.get(
            url,
            params=params,
            auth=Bearer(self._credentials.token),
            allow_redirects=False,
            stream=True,
            timeout=(min(CONNECT_SECONDS, remaining), min(READ_SECONDS, remaining)),
        )

    def _answer(self, response: requests.Response, url: str) -> Json | Failure:
        self.date = response.headers.get("Date")
        self.notes.see(response.headers)
        if response.status_code == 200:
            return read_document(response, url, self._credentials.token.reveal())
        return self._refusal(response, url)

    def _moved(self, response: requests.Response, url: str) -> str | None:
        """Return the target of a redirect within the control plane; None for other redirects and answers."""
        if response.status_code not in REDIRECTS or "Location" not in response.headers:
            return None
        try:
            target = urlsplit(urljoin(url, response.headers["Location"]))
            host = parse_host(f"{target.scheme}://{target.netloc}", "the target")
        except (ValueError, InvalidError):
            return None
        query = f"?{target.query}" if target.query else ""
        return f"{host}{target.path}{query}" if host == self._credentials.host else None

    def _refusal(self, response: requests.Response, url: str) -> Failure:
        """Return the failure for a status other than 200, with a message for people."""
        status, host, origin = response.status_code, self._credentials.host, self._credentials.origin
        message, fix = f"{url} returned {status} {http.client.responses.get(status, '')}".rstrip(), ""
        if status in REDIRECTS:
            message = f"{url} redirects to {_target(response, url)} ({status}), and the token is not sent there"
            fix = "if that is the control plane, pass it with --host"
            if self._moved(response, url):
                message = f"{url} redirects a second time ({status})"
                fix = "report it to the operators of the control plane"
        elif status == 401:
            message, fix = f"the token was refused by {host} (401)", f"renew the token in {origin}"
        elif status == 403:
            message = f"the token has no permission to read {url} (403)"
            fix = f"ask a tenant admin to grant it to the owner of the token in {origin}"
            if url.endswith("/ml-repos"):
                fix += ". To see every repo, the permission ML Repositories, Manage All is required"
        elif status == 404:
            fix = f"check that {host} is a TrueFoundry control plane"
        elif status == 429:
            message = f"{host} returned 429: too many requests"
        said = one_line(self.redacted(server_message(response)))
        return Failure(
            message + (f": {said}" if said else ""),
            fix,
            status,
            transient=status in RETRIED_STATUSES,
            retry_after=retry_after_seconds(response.headers.get("Retry-After"), response.headers.get("Date")),
        )


def _target(response: requests.Response, url: str) -> str:
    """Return the host of a redirect, for people."""
    try:
        target = urlsplit(urljoin(url, response.headers["Location"]))
    except (KeyError, ValueError):
        return "an unknown host"
    return one_line(f"{target.scheme}://{target.netloc.rpartition('@')[2]}")
