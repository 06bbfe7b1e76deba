"""The matrix of failures: the same report as without the failure, or an exit code that is neither 0 nor 1."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.conftest import LONG
from tests.live.audits import NOW, Audit, assert_honest, assert_outcome, fate, write_pack
from tests.live.faults import FAULTS
from tests.live.matrix import ENDLESS, SENTENCES, SLOW, cases, failure_page
from tests.live.stage import AT_SESSION, TOKEN, Stage, Struck, same

PAGE = Path(__file__).parents[2] / "docs" / "failure-behavior.md"
CASES = {str(case): case for case in cases()}


def selected():
    """Return every case, or in a short run a quarter: for each failure, a different quarter of its places."""
    if LONG:
        return list(CASES.values())
    groups = {}
    for case in CASES.values():
        groups.setdefault(case.failure.name, []).append(case)
    shares = [group[min(number % 4, len(group) - 1) :: 4] for number, group in enumerate(groups.values())]
    return [case for share in shares for case in share]


def test_a_short_run_has_every_failure_and_every_place():
    chosen = selected()
    assert {case.failure.name for case in chosen} == {case.failure.name for case in CASES.values()}
    assert {case.struck.place for case in chosen} == {case.struck.place for case in CASES.values()}
    assert len(CASES) > 1_000


def test_every_fault_of_the_wire_is_in_the_table():
    assert sorted(name for group in SENTENCES.values() for name in group) == sorted(FAULTS)
    assert {case.struck.place for case in CASES.values()} >= {"first", "middle", "last", "end", "everywhere", "session"}


def test_nothing_fails_in_the_usual_audit(usual):
    assert usual["verdict"]["exit_code"] == 1
    assert (usual["receipt"]["repos"], usual["receipt"]["passes"], usual["receipt"]["pages"]) == (250, 2, 8)


@pytest.mark.parametrize("case", selected(), ids=str)
def test_it_ends_as_the_table_says(case, auditing, usual, tally):
    failure, arguments = case.failure, ["--deadline", "1s"] if case.failure.name in ENDLESS else []
    if failure.name in SLOW:
        auditing.hurry()
    with Stage(failure.strike, case.struck) as stage:
        audit = auditing.run(stage.url, *arguments)
    nameless = ("identity", "tenant") if case.struck.place == AT_SESSION else ()
    became = fate(audit, usual, *failure.differs, *nameless)
    tally["fault matrix"][became] += 1
    assert became != "FALSE PASS"
    assert_honest(audit, auditing.folder, stage.paths)
    assert stage.hits, "the failure never struck"
    assert stage.strangers == 0
    assert_outcome(audit, case.outcome)


@pytest.mark.parametrize("name", sorted(SLOW))
def test_the_deadline_ends_what_would_never_end(name, auditing):
    with Stage(same(FAULTS[name]), Struck("last")) as stage:
        audit = auditing.run(stage.url, "--deadline", "1s")
    assert audit.code == 3
    assert audit.seconds < 2.5
    assert "the time limit of" in audit.last_line
    assert_honest(audit, auditing.folder, stage.paths)


PROCESSES = [
    "reset-mid-body-middle-once",
    "status-503-end-once",
    "retry-after-zero-last-once",
    "cut-last-byte-first-once",
    "status-401-last-for-good",
    "status-404-first-for-good",
    "redirect-here-middle-for-good",
    "gzip-bomb-middle-for-good",
    "login-page-session-for-good",
    "token-in-redirect-last-for-good",
    "data-null-last-once",
    "page-empty-middle-for-good",
    "page-capped-everywhere-for-good",
    "repo-torn-last-for-good",
    "order-random-everywhere-for-good",
    "fresh-for-ever-everywhere-for-good",
    "hang-middle-for-good",
]
"""Cases that run as their users run them: another process, real pauses, warnings as errors."""


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_ends_as_the_table_says(name, run_auditor, usual, tally, tmp_path):
    case = CASES[name]
    deadline = "1s" if case.failure.name in ENDLESS | SLOW else "30s"
    arguments = ("audit", "-f", "json", "--policy", write_pack(tmp_path), "--deadline", deadline)
    with Stage(case.failure.strike, case.struck) as stage:
        start = time.monotonic()
        env = {"TFY_HOST": stage.url, "TFY_API_KEY": TOKEN, "SOURCE_DATE_EPOCH": NOW}
        ran = run_auditor(*arguments, env=env)
        audit = Audit(ran.code, ran.out, ran.err, (), time.monotonic() - start)
    nameless = ("identity", "tenant") if case.struck.place == AT_SESSION else ()
    became = fate(audit, usual, *case.failure.differs, *nameless)
    tally["processes of the fault matrix"][became] += 1
    assert became != "FALSE PASS"
    assert_honest(audit, tmp_path, stage.paths)
    assert audit.code == (1 if case.outcome.code is None else case.outcome.code)
    assert len(ran.err.splitlines()) == 1


def test_the_page_for_users_says_the_same():
    if os.environ.get("AUDITOR_UPDATE_GOLDEN"):
        PAGE.write_text(failure_page(), "utf-8")
    assert PAGE.read_text("utf-8") == failure_page(), "write it again with AUDITOR_UPDATE_GOLDEN=1"
