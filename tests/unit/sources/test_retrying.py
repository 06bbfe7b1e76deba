"""When to retry, with a fake clock, sleep and random numbers."""

import math
import ssl
from datetime import UTC, datetime

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import MaxRetryError, ReadTimeoutError

from auditor.http.retries import RETRIED_STATUSES, Deadline, Failure, RetryPolicy, explained, retry_after_seconds

URL = "https://example.com/api"
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
BUSY = Failure("busy", status=503, transient=True)


class World:
    """A clock that only advances during sleep and work, and random numbers that are always the same."""

    def __init__(self, dice=0.0, seconds=600.0, **options):
        self.now = 1000.0
        self.slept = []
        self.tried = 0
        self.deadline = Deadline(seconds, lambda: self.now)
        self.retrying = RetryPolicy(sleep=self.sleep, random=lambda: dice, **options)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def run(self, *outcomes, takes=0.0):
        """Return these outcomes in turn, the last one forever."""

        def attempt():
            self.tried += 1
            self.now += takes
            return outcomes[min(self.tried, len(outcomes)) - 1]

        return self.retrying.run(attempt, self.deadline)


def test_answer_is_returned_immediately():
    world = World()
    assert world.run({"data": []}) == {"data": []}
    assert (world.tried, world.slept) == (1, [])


@pytest.mark.parametrize("answer", [None, False, 0, "", [], {}])
def test_empty_answers_are_answers(answer):
    assert World().run(BUSY, answer) == answer


def test_transient_failures_are_tried_again():
    world = World(dice=0.0)
    assert world.run(BUSY, BUSY, BUSY, "fine") == "fine"
    assert world.slept == [0.25, 0.5, 1.0]
    world = World(dice=1.0)
    assert world.run(BUSY, BUSY, BUSY, "fine") == "fine"
    assert world.slept == [0.5, 1.0, 2.0]


def test_other_failures_are_final():
    world = World()
    failure = Failure("no such page", status=404)
    assert world.run(failure) is failure
    assert (world.tried, world.slept) == (1, [])


def test_every_wait_is_reported_with_its_reason():
    reported = []
    world = World(waiting=lambda *wait: reported.append(wait))
    world.run(BUSY, Failure("no answer", transient=True, retry_after=7.0), "fine")
    assert reported == [(world.slept[0], "503"), (7.0, "no answer")]


def test_attempts_are_bounded_and_counted():
    world = World()
    assert world.run(BUSY) == Failure("busy (4 attempts)", status=503, transient=True)
    assert (world.tried, len(world.slept)) == (4, 3)
    assert World(attempts=1).run(BUSY) == BUSY


@pytest.mark.parametrize("attempts", [0, -1])
def test_no_attempts_is_a_bug(attempts):
    with pytest.raises(ValueError, match="at least 1"):
        World(attempts=attempts).run(BUSY)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_pause_is_jittered_and_capped(number, dice):
    pause = RetryPolicy(random=lambda: dice).pause(number)
    longest = min(20.0, 0.5 * 2 ** min(number - 1, 60))
    assert longest / 2 <= pause <= longest


def test_pause_is_never_less_than_requested():
    retrying = RetryPolicy(random=lambda: 0.0)
    assert retrying.pause(1, 7.0) == 7.0
    assert retrying.pause(1, 120.0) == 120.0
    assert retrying.pause(1, 0.0) == retrying.pause(1, None) == 0.25


def test_default_pauses_differ():
    assert len({RetryPolicy().pause(5) for _ in range(20)}) > 10


def test_wish_of_the_server_is_granted():
    world = World()
    assert world.run(Failure("busy", transient=True, retry_after=33.0), "fine") == "fine"
    assert world.slept == [33.0]


@pytest.mark.parametrize(
    ("asked", "words"), [(600.0, "10 minutes"), (1e9, "11574 days"), (7200.0, "120 minutes"), (1e12, "days")]
)
def test_a_wait_beyond_the_deadline_is_rejected_immediately(asked, words):
    world = World()
    failure = world.run(Failure("busy", transient=True, retry_after=asked))
    assert (world.tried, world.slept) == (1, [])
    assert "asks to wait" in failure.message
    assert "10 minutes left" in failure.message
    assert words in failure.fix
    assert failure.fix.startswith("try again in ")


def test_wish_is_passed_on_after_the_last_attempt():
    failure = World().run(Failure("busy", transient=True, retry_after=90.0))
    assert (failure.message, failure.fix) == ("busy (4 attempts)", "try again in 90 seconds")


def test_no_attempt_after_the_deadline():
    world = World(seconds=100)
    world.now += 100
    failure = world.run("fine")
    assert failure.message == "not read within the time limit of 100 seconds"
    assert "--deadline" in failure.fix
    assert world.tried == 0


def test_deadline_within_an_attempt():
    world = World(seconds=100)
    failure = world.run(BUSY, takes=60)
    assert failure.message == "busy, and the time limit of 100 seconds was reached"
    assert "--deadline" in failure.fix
    assert world.tried == 2


def test_no_sleep_past_the_deadline():
    world = World(seconds=10.4)
    failure = world.run(BUSY, takes=10)
    assert (world.tried, world.slept) == (2, [0.25])
    assert "and the time limit of " in failure.message
    world = World(seconds=10.2)
    assert "was reached" in world.run(BUSY, takes=10).message
    assert (world.tried, world.slept) == (1, [])


def test_deadline():
    now = [5.0]
    deadline = Deadline(10, lambda: now[0])
    part = deadline.within(4)
    assert (deadline.seconds, deadline.remaining(), part.remaining()) == (10, 10, 4)
    now[0] = 12.0
    assert (deadline.remaining(), part.remaining(), deadline.within(100).remaining()) == (3, 0, 3)
    now[0] = 100.0
    assert (deadline.remaining(), part.remaining()) == (0, 0)
    assert Deadline().seconds == 600
    assert 599 < Deadline().remaining() <= 600


def test_retried_statuses():
    assert {408, 425, 429, 500, 502, 503, 504} == RETRIED_STATUSES


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("007", 7),
        ("0.5", 0.5),
        ("99999999999", 99999999999),
        ("9" * 5000, 1e12),
        ("-5", None),
        ("+5", None),
        ("1e9", None),
        ("nan", None),
        ("inf", None),
        ("abc", None),
        ("5, 6", None),
        ("5 seconds", None),
        ("0x10", None),
        ("١٢", None),
        ("5\r\nX: y", None),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60),
        ("Sun Nov  6 08:50:37 1994", 60),
        ("Sun, 06 Nov 1994 09:50:37 +0100", 60),
        ("Sun, 06 Nov 1994 08:50:37 -0000", 60),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sun, 06 Nov 99999 08:49:37 GMT", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 25:49:37 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after_seconds(value, DATE) == seconds


@pytest.mark.parametrize("date", [None, "", "yesterday", "-5"])
def test_a_date_is_relative_to_the_local_clock_if_the_answer_has_none(date):
    here = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)
    assert retry_after_seconds(DATE, date, lambda: here) == 30
    assert retry_after_seconds(DATE, date) == 0


@given(
    st.text(max_size=40) | st.text(st.sampled_from("0123456789-+:., GMTSunNov\t"), max_size=40), st.text(max_size=20)
)
def test_any_header_gives_a_time_or_none(value, date):
    seconds = retry_after_seconds(value, date)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


def wrapped(inside):
    """Return an error as `requests` raises it."""
    return requests.ConnectionError(MaxRetryError(None, "/api", inside))


def test_explanations_name_the_url_and_not_the_library():
    timeout = ReadTimeoutError(None, "/api", "Read timed out. (read timeout=30)")
    errors = {
        "refused": wrapped(ConnectionRefusedError(111, "Connection refused")),
        "in time": requests.ConnectionError(timeout),
        "could not connect": requests.ConnectTimeout(),
        "did not respond": requests.ReadTimeout(),
        "truncated": requests.exceptions.ChunkedEncodingError("Connection broken"),
        "before it responded": wrapped(ConnectionResetError(104, "reset by peer")),
        "contradict": requests.exceptions.InvalidHeader("Content-Length"),
        "failed": wrapped(OSError(113, "No route to host")),
        "proxy p:1": requests.exceptions.ProxyError("http://user:password@p:1"),
    }
    for words, error in errors.items():
        failure = explained(error, URL, "p:1")
        assert words in failure.message
        assert URL in failure.message
        assert failure.transient
        assert "password" not in failure.message
    unknown = explained(requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."), URL, "p:1")
    assert unknown.message == f"{URL} cannot be reached (InvalidSchema)"
    assert not unknown.transient


@pytest.mark.parametrize(
    ("code", "fix"),
    [(10, "clock"), (18, "--ca-bundle"), (19, "--ca-bundle"), (20, "--ca-bundle"), (62, "host"), (64, "host")],
)
def test_certificates(code, fix):
    inside = ssl.SSLCertVerificationError(1, "certificate verify failed")
    inside.verify_code, inside.verify_message = code, "some reason."
    failure = explained(requests.exceptions.SSLError(MaxRetryError(None, "/api", inside)), URL, None)
    assert failure.message == f"the certificate of {URL} is not trusted: some reason"
    assert fix in failure.fix
    assert not failure.transient


def test_tls_that_breaks_off_is_tried_again():
    broken = requests.exceptions.SSLError(MaxRetryError(None, "/", ssl.SSLEOFError(8, "EOF occurred")))
    assert explained(broken, URL, None).transient
    other = requests.exceptions.SSLError(MaxRetryError(None, "/", ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]")))
    failure = explained(other, URL, None)
    assert not failure.transient
    assert "no TLS connection" in failure.message


def test_errors_that_wrap_each_other_in_a_circle():
    first, second = requests.ConnectionError(), OSError()
    first.__cause__, second.__context__ = second, first
    assert "failed" in explained(first, URL, None).message
