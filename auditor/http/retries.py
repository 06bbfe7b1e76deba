"""When to retry, and when to stop: a pure policy over an injected clock, sleep and random source."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import TypeVar

import requests
from urllib3.exceptions import IncompleteRead, NameResolutionError, ReadTimeoutError

T = TypeVar("T")

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""The HTTP statuses after which the same GET may succeed."""

_MORE_TIME = "raise the limit with --deadline, or try again later"
_LONGEST = 1e12  # seconds; the digits in a header are not limited


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt without an answer, as a value: exceptions would keep the request and its token.

    Attributes:
        message: What happened, one sentence for people without a final period.
        fix: What to do about it; may be empty.
        status: The HTTP status, if there was an answer.
        transient: Whether another attempt may succeed.
        retry_after: The seconds in `Retry-After`, if the server sent it.
    """

    message: str
    fix: str = ""
    status: int | None = None
    transient: bool = False
    retry_after: float | None = None


class Deadline:
    """The end of a run, on a monotonic clock that starts at construction.

    Args:
        seconds: The time limit of the run.
        clock: Seconds that never go back.
    """

    __slots__ = ("_clock", "_end", "seconds")

    def __init__(self, seconds: float = 600.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds left, 0 if there are none."""
        return max(0.0, self._end - self._clock())

    def within(self, seconds: float) -> Deadline:
        """Return a deadline for a part of the run: at most `seconds` from now, never later than this one."""
        return Deadline(min(seconds, self.remaining()), self._clock)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The number of attempts and the delays between them.

    Attributes:
        attempts: The most attempts in all, at least 1.
        base: The longest first pause in seconds; each further one may be twice as long.
        cap: The longest pause in seconds, unless a server requests a longer one.
        sleep: Waits for some seconds.
        random: Returns numbers from 0 to below 1.
        waiting: Called with the seconds until the next attempt, and its reason.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 20.0
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = SystemRandom().random
    waiting: Callable[[float, str], None] = lambda _seconds, _reason: None

    def run(self, attempt: Callable[[], T | Failure], deadline: Deadline) -> T | Failure:
        """Try until there is an answer, a permanent failure, or no attempt or time left.

        Returns:
            The answer, or the last failure, whose message includes the number of attempts and why there was no other.
        """
        for number in range(1, self.attempts + 1):
            if not deadline.remaining():
                over = f"not read within the time limit of {_duration(deadline.seconds)}"
                return Failure(over, _MORE_TIME)
            outcome = attempt()
            if not isinstance(outcome, Failure) or not outcome.transient:
                return outcome
            pause = self.pause(number, outcome.retry_after)
            if number == self.attempts or pause >= deadline.remaining():
                return _final(outcome, number, number == self.attempts, deadline)
            self.waiting(pause, str(outcome.status or outcome.message))
            self.sleep(pause)
        raise ValueError(f"attempts must be at least 1, not {self.attempts}")

    def pause(self, number: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after attempt `number` (from 1): with jitter, and never less than requested."""
        longest = min(self.cap, self.base * 2.0 ** min(number - 1, 60))
        return max(longest * (0.5 + self.random() / 2), retry_after or 0.0)


def retry_after_seconds(
    value: str | None, date: str | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> float | None:
    """Read a `Retry-After` header.

    Args:
        value: The header: seconds or an HTTP date.
        date: The `Date` header of the same response: a date is relative to it, not to the local clock.
        now: The local time, for an answer without a readable `Date`.

    Returns:
        Seconds, 0 for a date in the past; None for anything else (negative, `nan`, `1e9`, `abc`).
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return min(float(text), _LONGEST)
    until = http_date(text)
    if until is None:
        return None
    since = http_date(date or "") or now()
    return max(0.0, (until - since).total_seconds())


def http_date(text: str) -> datetime | None:
    """Return an HTTP date in any of its three forms, in UTC if it has no zone; None if it is invalid."""
    try:
        parsed = parsedate_to_datetime(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _final(failure: Failure, number: int, last: bool, deadline: Deadline) -> Failure:
    """Return the failure with the reason why there is no further attempt."""
    left, asked = deadline.remaining(), failure.retry_after or 0.0
    fix = f"try again in {_duration(asked)}" if asked else failure.fix if last else _MORE_TIME
    if asked and asked >= left:
        why = f", and asks to wait {_duration(asked)}, but this run has {_duration(left)} left"
    elif last:
        why = f" ({number} attempts)" if number > 1 else ""
    else:
        why = f", and the time limit of {_duration(deadline.seconds)} was reached"
    return replace(failure, message=failure.message + why, fix=fix)


def _duration(seconds: float) -> str:
    """Return a time for people, in a unit that keeps the number small."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 3 * size:
            return f"{round(seconds / size)} {unit}"
    number = f"{seconds:.0f}" if seconds >= 2 else f"{seconds:.1f}".removesuffix(".0")
    return f"{number} second{'' if number == '1' else 's'}"


class BodyTooLargeError(OSError):
    """A response is too large; raised inside the HTTP library, which wraps it."""


_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((NameResolutionError,), "the name in {url} cannot be resolved"),
    ((ConnectionRefusedError,), "{url} refused the connection"),
    ((requests.ConnectTimeout,), "could not connect to {url} in time"),
    ((requests.Timeout, ReadTimeoutError, TimeoutError), "{url} did not respond in time"),
    ((IncompleteRead, requests.exceptions.ChunkedEncodingError), "the response of {url} was truncated"),
    ((ConnectionError,), "{url} closed the connection before it responded"),
    ((requests.exceptions.InvalidHeader,), "the headers of {url} contradict each other"),
    ((requests.ConnectionError,), "the connection to {url} failed"),
)


def explained(error: requests.RequestException, url: str, proxy: str | None) -> Failure:
    """Return a failure with a message for people, instead of the internal texts of the HTTP libraries.

    Args:
        error: What `requests` raised.
        url: The requested URL, without the query.
        proxy: The proxy in between, without credentials.
    """
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls_failure(cause, url)
        if isinstance(cause, BodyTooLargeError):
            return Failure(f"the response of {url} does not end")
    if isinstance(error, requests.exceptions.ProxyError):
        return Failure(
            f"the proxy {proxy} could not connect to {url}", "check HTTPS_PROXY and NO_PROXY", transient=True
        )
    for kinds, message in _REASONS:
        if any(isinstance(cause, kinds) for cause in causes):
            return Failure(message.format(url=url), "check the host and the network", transient=True)
    return Failure(f"{url} cannot be reached ({type(error).__name__})", "check the host and the proxy")


def _tls_failure(error: ssl.SSLError, url: str) -> Failure:
    """Return the failure of a TLS connection; only a closed connection is retried."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        reason = getattr(error, "reason", None) or "the connection was closed"
        return Failure(
            f"no TLS connection to {url}: {reason.replace('_', ' ').lower()}",
            transient=isinstance(error, ssl.SSLEOFError),
        )
    code, reason = getattr(error, "verify_code", 0), getattr(error, "verify_message", "it does not match")
    fix = "pass the certificate of its issuer with --ca-bundle FILE or REQUESTS_CA_BUNDLE"
    if code == 10:
        fix = "renew that certificate, or correct the clock here"
    elif code in {62, 64}:
        fix = "check the host"
    return Failure(f"the certificate of {url} is not trusted: {reason.rstrip('.')}", fix)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all wrapped errors, however libraries wrap them."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            wrapped = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
            waiting += [one for one in wrapped if isinstance(one, BaseException)]
