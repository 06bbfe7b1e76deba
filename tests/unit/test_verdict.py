"""The seal: a run is incomplete until it is shown to be complete, and nothing makes an incomplete run a clean one."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import (
    AuditorError,
    DocumentError,
    InvalidError,
    RuleError,
    StoppedError,
    UndeliveredError,
    UnreadError,
)
from auditor.model import (
    Finding,
    NotEvaluated,
    Origin,
    RepoRef,
    RuleInfo,
    Severity,
    Status,
    Unread,
    UnreadKind,
    Verdict,
)
from auditor.verdict import apply_exit_zero, conclude, conclude_reading, failed

REPO = RepoRef("r1", "fraud", "acme")
PAGE = Unread(UnreadKind.PAGE, "repos 200 to 299", "HTTP 500", "try again")
RULE = Unread(UnreadKind.RULE, "rule ACME001 on fraud", "manifest.name is not a number")
IDLE = RuleInfo("ACME002", "idle", "Repos are used", Severity.LOW)
MISSED = NotEvaluated((IDLE,), "no num_runs", (REPO,))
OTHER = RepoRef("r2", "churn", "acme")
UNSEEN = NotEvaluated((RuleInfo("ACME003", "unseen", "Grants are seen", Severity.LOW),), "no grants", (REPO,))
SKIPPED = NotEvaluated((IDLE,), "no num_runs", (REPO,), "when_unavailable: skip")


def finding(severity: Severity = Severity.HIGH) -> Finding:
    return Finding(RuleInfo("ACME001", "nameless", "", severity), REPO, "", "", "", "", "")


def concluded(**facts: object) -> Verdict:
    """Return the verdict on three repos of three of which everything was seen, but for what is said otherwise."""
    usual = {
        "origin": Origin("control-plane", total=3),
        "repos": 3,
        "unread": (),
        "findings": (),
        "not_evaluated": (),
        "fail_on": Severity.LOW,
        "evaluated": 1,
    }
    return conclude(**{**usual, **facts})


CLEAN, FINDINGS, INCOMPLETE = (Status.CLEAN, 0, True), (Status.FINDINGS, 1, True), (Status.INCOMPLETE, 3, False)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, CLEAN),
        ({"findings": [finding()]}, FINDINGS),
        ({"unread": [PAGE]}, INCOMPLETE),
        ({"unread": [RULE]}, INCOMPLETE),
        ({"unread": [PAGE], "findings": [finding(Severity.CRITICAL)]}, INCOMPLETE),
        ({"repos": 0}, INCOMPLETE),
        ({"repos": 0, "origin": Origin("control-plane", total=0)}, INCOMPLETE),
        ({"repos": 0, "origin": Origin("control-plane", total=None)}, INCOMPLETE),
        ({"repos": 2}, INCOMPLETE),
        ({"repos": 2, "findings": [finding()]}, INCOMPLETE),
        ({"repos": 2, "origin": Origin("snapshot", total=3)}, INCOMPLETE),
        ({"repos": 2, "origin": Origin("a source of somebody else", total=3)}, INCOMPLETE),
        ({"repos": 4}, CLEAN),
        ({"origin": Origin("manifest files")}, CLEAN),
        ({"not_evaluated": [SKIPPED]}, CLEAN),
        ({"not_evaluated": [SKIPPED], "findings": [finding()]}, FINDINGS),
        ({"not_evaluated": [MISSED]}, INCOMPLETE),
        ({"not_evaluated": [SKIPPED, MISSED]}, INCOMPLETE),
        ({"not_evaluated": [MISSED], "findings": [finding()]}, INCOMPLETE),
        ({"not_evaluated": [SKIPPED], "evaluated": 0}, INCOMPLETE),
        ({"not_evaluated": [SKIPPED], "evaluated": 0, "findings": [finding()]}, INCOMPLETE),
        ({"evaluated": 0}, INCOMPLETE),
        ({"evaluated": 0, "repos": 0, "may_be_empty": True, "origin": Origin("control-plane", total=0)}, CLEAN),
        ({"evaluated": 0, "repos": 0, "origin": Origin("manifest files", bindings=1)}, CLEAN),
        ({"repos": 0, "may_be_empty": True, "origin": Origin("control-plane", total=0)}, CLEAN),
        ({"repos": 0, "may_be_empty": True}, INCOMPLETE),
        ({"repos": 0, "may_be_empty": True, "unread": [PAGE]}, INCOMPLETE),
    ],
)
def test_the_table_of_verdicts(facts, outcome):
    verdict = concluded(**facts)
    assert (verdict.status, verdict.exit_code, verdict.complete) == outcome


@pytest.mark.parametrize("fail_on", Severity)
@pytest.mark.parametrize("severity", Severity)
def test_a_finding_fails_the_run_from_the_threshold_upward(severity, fail_on):
    outcome = FINDINGS if severity >= fail_on else CLEAN
    verdict = concluded(findings=[finding(severity)], fail_on=fail_on)
    assert (verdict.status, verdict.exit_code, verdict.complete) == outcome


def test_an_info_finding_fails_only_a_run_that_asks_for_it():
    assert concluded(findings=[finding(Severity.INFO)]).exit_code == 0
    assert concluded(findings=[finding(Severity.INFO)], fail_on=Severity.INFO).exit_code == 1


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "3 repos judged, nothing at or above low"),
        ({"repos": 1, "origin": Origin("manifest files")}, "1 repo judged, nothing at or above low"),
        ({"findings": [finding(), finding(Severity.INFO)]}, "1 finding at or above low in 3 repos"),
        (
            {"not_evaluated": [SKIPPED]},
            "nothing at or above low; 1 rule was not evaluated on 1 repo (when_unavailable: skip)",
        ),
        ({"unread": [PAGE]}, "repos 200 to 299: HTTP 500; try again; 0 findings at or above low in 3 repos"),
        ({"unread": [PAGE, RULE, RULE]}, "try again and 2 more things not seen"),
        ({"repos": 2, "findings": [finding()]}, "only 2 of 3 repos were seen; 1 finding at or above low in 2 repos"),
        (
            {"not_evaluated": [MISSED]},
            "1 rule was not evaluated on 1 repo: no num_runs; provide it, or accept this with",
        ),
        (
            {"not_evaluated": [MISSED, UNSEEN, replace(UNSEEN, repos=(OTHER,))]},
            "2 rules were not evaluated on 2 repos: no num_runs (and other reasons for 1 rule on 2 repos); provide it,",
        ),
        ({"not_evaluated": [SKIPPED], "evaluated": 0}, "no rule of the policy was evaluated on any repo: no num_runs;"),
        (
            {"not_evaluated": [SKIPPED, UNSEEN], "evaluated": 0},
            "no rule of the policy was evaluated on any repo: no num_runs (and other reasons for 1 rule on 1 repo);",
        ),
        ({"evaluated": 0}, "no rule of the policy was evaluated on any repo;"),
        ({"repos": 0}, "no repo is visible, so nothing was judged"),
    ],
)
def test_the_reason_says_why_with_numbers(facts, reason):
    assert reason in concluded(**facts).reason
    assert not concluded(**facts).reason.endswith(".")


COUNTS = st.integers(0, 5)
FACTS = st.fixed_dictionaries(
    {
        "origin": st.builds(
            Origin, st.sampled_from(["control-plane", "snapshot", "manifest files", ""]), total=st.none() | COUNTS
        ),
        "repos": COUNTS,
        "unread": st.lists(st.sampled_from([PAGE, RULE]), max_size=2),
        "findings": st.lists(st.sampled_from(Severity).map(finding), max_size=3),
        "not_evaluated": st.lists(st.sampled_from([SKIPPED, MISSED]), max_size=2),
        "fail_on": st.sampled_from(Severity),
        "evaluated": COUNTS,
    }
)


@given(FACTS)
def test_whatever_was_not_seen_makes_the_run_incomplete_and_no_flag_helps(facts):
    gap = facts["unread"] or facts["repos"] == 0 or facts["repos"] < (facts["origin"].total or 0)
    gap = gap or MISSED in facts["not_evaluated"] or not facts["evaluated"]
    verdict = conclude(**facts)
    assert (verdict.exit_code == 3) is (verdict.status is Status.INCOMPLETE) is (not verdict.complete) is bool(gap)
    if gap:
        assert apply_exit_zero(verdict) == verdict


@given(FACTS)
def test_a_clean_verdict_means_that_all_was_seen_and_nothing_is_at_or_above_the_threshold(facts):
    verdict = conclude(**facts)
    failing = [each for each in facts["findings"] if each.rule.severity >= facts["fail_on"]]
    assert (verdict.exit_code == 0) is (verdict.status is Status.CLEAN) is (verdict.complete and not failing)


@pytest.mark.parametrize(
    ("origin", "repos", "unread", "gap"),
    [
        (Origin("control-plane", total=3), 3, [], None),
        (Origin("control-plane"), 3, [], None),
        (Origin("control-plane", total=3), 3, [PAGE], "repos 200 to 299: HTTP 500; try again"),
        (Origin("control-plane", total=3), 2, [], "only 2 of 3 repos were seen"),
        (Origin("control-plane", total=0), 0, [], "no repo is visible"),
    ],
)
def test_a_reading_that_did_not_see_everything_has_the_same_gaps(origin, repos, unread, gap):
    verdict = conclude_reading(origin, repos, unread)
    if gap is None:
        assert verdict is None
    else:
        assert (verdict.status, verdict.exit_code, verdict.complete) == INCOMPLETE
        assert verdict.reason.startswith(gap)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 130, 143])
def test_exit_zero_maps_1_to_0_and_leaves_every_other_code(status, code):
    before = Verdict(status, code, complete=code in {0, 1}, reason="because")
    after = apply_exit_zero(before)
    assert after.exit_code == (0 if code == 1 else code)
    assert (after.status, after.complete) == (before.status, before.complete)
    assert after.reason == ("because (--exit-zero)" if code == 1 else "because")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidError("no such policy"), Status.INVALID, 2),
        (DocumentError("a.yaml:1:2", "unknown key"), Status.INVALID, 2),
        (UnreadError("the host cannot be reached"), Status.INCOMPLETE, 3),
        (RuleError("not a number"), Status.INCOMPLETE, 3),
        (AuditorError("a bug"), Status.INTERNAL_ERROR, 4),
        (UndeliveredError("disk full"), Status.UNDELIVERED, 5),
        (StoppedError(signal.SIGINT), Status.INTERRUPTED, 130),
        (StoppedError(signal.SIGTERM), Status.INTERRUPTED, 143),
    ],
)
def test_every_branch_of_the_errors_has_its_exit_code_and_none_is_complete(error, status, code):
    verdict = failed(error)
    assert (verdict.status, verdict.exit_code, verdict.complete, verdict.reason) == (status, code, False, str(error))


def test_an_error_says_what_to_do_about_it():
    assert failed(InvalidError("no such policy", "name a pack")).reason == "no such policy; name a pack"
