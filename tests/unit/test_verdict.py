"""The verdict: a run is incomplete until proven complete, and nothing makes an incomplete run clean."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import UTC, date, datetime

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
    Receipt,
    RepoRef,
    Report,
    RuleCounts,
    RuleInfo,
    Severity,
    Status,
    TriageNote,
    Unread,
    UnreadKind,
    Verdict,
    Waiver,
)
from auditor.verdict import (
    Expectations,
    apply_exit_zero,
    conclude,
    conclude_diff,
    conclude_drift,
    conclude_fix,
    conclude_reading,
    failed,
    unread_without_change,
)

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
    """Return the verdict on three repos that were all read, except for what the arguments change."""
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


UNUSED = TriageNote("unused", "waivers.yaml:3:5", "the waiver of ACME001 on fraud matches no finding")
BROAD = TriageNote("too-broad", "waivers.yaml:9:5", "the waiver of ACME001 on glob:* is too broad")
STALE = TriageNote("stale-baseline", "baseline.jsonl", "1 stale entry")
REOPENED = TriageNote("reopened", "waivers.yaml:3:5", "the waiver of ACME001 on fraud expired")
INVALID = (Status.INVALID, 2, False)


def lapsed(where: str) -> Finding:
    return replace(finding(), waiver=Waiver("ACME001", "fraud", "r", "o", date(2030, 1, 31), where=where))


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
        ({"repos": 2, "origin": Origin("a source of someone else", total=3)}, INCOMPLETE),
        ({"repos": 4}, CLEAN),
        ({"origin": Origin("manifest files", total=3)}, CLEAN),
        ({"origin": Origin("a source of someone else")}, INCOMPLETE),
        ({"origin": Origin("a source of someone else", proof="its database keeps a count")}, CLEAN),
        ({"not_evaluated": [SKIPPED]}, CLEAN),
        ({"not_evaluated": [SKIPPED], "findings": [finding()]}, FINDINGS),
        ({"not_evaluated": [MISSED]}, INCOMPLETE),
        ({"not_evaluated": [SKIPPED, MISSED]}, INCOMPLETE),
        ({"not_evaluated": [MISSED], "findings": [finding()]}, INCOMPLETE),
        ({"not_evaluated": [SKIPPED], "evaluated": 0}, INCOMPLETE),
        ({"not_evaluated": [SKIPPED], "evaluated": 0, "findings": [finding()]}, INCOMPLETE),
        ({"evaluated": 0}, INCOMPLETE),
        (
            {
                "evaluated": 0,
                "repos": 0,
                "empty_allowed_by": "--allow-empty",
                "origin": Origin("control-plane", total=0),
            },
            CLEAN,
        ),
        ({"evaluated": 0, "repos": 0, "origin": Origin("manifest files", total=0, bindings=1)}, CLEAN),
        ({"repos": 0, "empty_allowed_by": "--allow-empty", "origin": Origin("control-plane", total=0)}, CLEAN),
        ({"repos": 0, "empty_allowed_by": "--allow-empty"}, INCOMPLETE),
        ({"repos": 0, "empty_allowed_by": "--allow-empty", "unread": [PAGE]}, INCOMPLETE),
        ({"triage_notes": [UNUSED]}, CLEAN),
        ({"triage_notes": [UNUSED], "strict_waivers": True}, INVALID),
        ({"triage_notes": [UNUSED], "strict_waivers": True, "unread": [PAGE]}, INVALID),
        ({"triage_notes": [STALE, REOPENED], "strict_waivers": True}, CLEAN),
        ({"strict_waivers": True}, CLEAN),
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


CLEAN_REASON = "3 repos checked, no findings at or above low"
NO_REPO = (
    "no repos are visible; use a token that can see the repos of the tenant, for example of a tenant admin, "
    "or set `expect: {min_repos: 0}` if there are none"
)
FIX = "provide the data, or accept this with `when_unavailable: skip` or --unavailable skip"
NAME_FILES = "pass files or directories that contain manifests, or use --allow-empty"


def files(**facts: object) -> Origin:
    return Origin("manifest files", **{"total": 0, **facts})


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, CLEAN_REASON),
        ({"repos": 1, "origin": files()}, "1 repo checked, no findings at or above low"),
        ({"findings": [finding(), finding(Severity.INFO)]}, "3 repos checked, 1 finding at or above low"),
        ({"not_evaluated": [SKIPPED]}, f"{CLEAN_REASON}, ACME002 skipped for 1 repo (when_unavailable: skip)"),
        (
            {
                "not_evaluated": [
                    SKIPPED,
                    replace(UNSEEN, accepted="--unavailable skip"),
                    replace(SKIPPED, repos=(OTHER,)),
                ]
            },
            (
                f"{CLEAN_REASON}, ACME002 skipped for 2 repos (when_unavailable: skip)"
                ", ACME003 skipped for 1 repo (--unavailable skip)"
            ),
        ),
        (
            {"unread": [PAGE]},
            "repos 200 to 299: HTTP 500; try again. So far: 3 repos checked, 0 findings at or above low",
        ),
        (
            {"unread": [PAGE, RULE]},
            "repos 200 to 299: HTTP 500; try again (and 1 more). So far: 3 repos checked, 0 findings at or above low",
        ),
        (
            {"unread": [PAGE, RULE, RULE]},
            "repos 200 to 299: HTTP 500; try again (and 2 more). So far: 3 repos checked, 0 findings at or above low",
        ),
        (
            {"repos": 2, "findings": [finding()]},
            "only 2 of 3 repos were read. So far: 2 repos checked, 1 finding at or above low",
        ),
        (
            {"not_evaluated": [MISSED]},
            f"ACME002 was skipped for 1 repo: no num_runs; {FIX}. So far: 3 repos checked, 0 findings at or above low",
        ),
        (
            {"not_evaluated": [MISSED, UNSEEN, replace(UNSEEN, repos=(OTHER,))]},
            (
                "ACME002 and ACME003 were skipped for up to 2 repos: no num_runs "
                f"(and other reasons for 1 rule on 2 repos); {FIX}. So far: 3 repos checked, 0 findings at or above low"
            ),
        ),
        (
            {"not_evaluated": [SKIPPED], "evaluated": 0},
            (
                "no rule of the policy was evaluated on any repo: no num_runs. "
                "So far: 3 repos checked, 0 findings at or above low"
            ),
        ),
        (
            {"not_evaluated": [SKIPPED, UNSEEN], "evaluated": 0},
            (
                "no rule of the policy was evaluated on any repo: no num_runs "
                "(and other reasons for 1 rule on 1 repo). So far: 3 repos checked, 0 findings at or above low"
            ),
        ),
        (
            {"evaluated": 0},
            "no rule of the policy was evaluated on any repo. So far: 3 repos checked, 0 findings at or above low",
        ),
        ({"repos": 0}, NO_REPO),
        ({"repos": 0, "findings": [finding()]}, f"{NO_REPO}. So far: 0 repos checked, 1 finding at or above low"),
        (
            {"repos": 0, "origin": files(files=2)},
            f"no ML repos or role bindings in 2 files; {NAME_FILES}",
        ),
        (
            {"repos": 0, "origin": files(files=1, skipped=(("workspace", 2), ("service", 1)))},
            (f"no ML repos or role bindings in 1 file (3 documents skipped); {NAME_FILES}"),
        ),
        (
            {"repos": 0, "origin": files(files=2, bindings=1), "findings": [finding()]},
            "2 files checked, 1 finding at or above low",
        ),
        ({"origin": files(files=2), "findings": [finding()]}, "3 repos checked, 1 finding at or above low"),
        (
            {"repos": 0, "origin": files(files=2), "unread": [PAGE], "findings": [finding()]},
            "repos 200 to 299: HTTP 500; try again. So far: 2 files checked, 1 finding at or above low",
        ),
        (
            {"repos": 0, "origin": files(files=2, skipped=(("service", 1),)), "empty_allowed_by": "--allow-empty"},
            "no manifests in 2 files (1 document skipped) (--allow-empty)",
        ),
        ({"origin": files(), "empty_allowed_by": "--allow-empty"}, CLEAN_REASON),
        (
            {
                "repos": 0,
                "origin": Origin("control-plane", total=0),
                "empty_allowed_by": "--allow-empty",
                "evaluated": 0,
            },
            "0 repos checked, no findings at or above low",
        ),
        ({"waived": 1}, f"{CLEAN_REASON}, 1 finding waived"),
        (
            {"waived": 1, "as_of": date(2030, 1, 31)},
            f"{CLEAN_REASON}, 1 finding waived as of 2030-01-31 (--as-of)",
        ),
        ({"as_of": date(2030, 1, 31)}, CLEAN_REASON),
        ({"waived": 2, "known": 1}, f"{CLEAN_REASON}, 2 findings waived, 1 finding in the baseline"),
        (
            {"findings": [lapsed("w:1"), lapsed("w:1"), finding()]},
            "3 repos checked, 3 findings at or above low, 1 waiver expired",
        ),
        (
            {"findings": [lapsed("w:1"), lapsed("w:5")]},
            "3 repos checked, 2 findings at or above low, 2 waivers expired",
        ),
        ({"triage_notes": [STALE, UNUSED], "strict_waivers": True}, f"{UNUSED} (--strict-waivers)"),
        (
            {"triage_notes": [BROAD, UNUSED], "strict_waivers": True},
            f"{BROAD} (and 1 more problem) (--strict-waivers)",
        ),
        (
            {"triage_notes": [BROAD, UNUSED, UNUSED], "strict_waivers": True},
            f"{BROAD} (and 2 more problems) (--strict-waivers)",
        ),
        ({"known": 1}, f"{CLEAN_REASON}, 1 finding in the baseline"),
        (
            {"known": 2, "findings": [finding()]},
            "3 repos checked, 1 finding at or above low, 2 findings in the baseline",
        ),
        (
            {"origin": files(left_out=2, since="main (abc)"), "repos": 0},
            "0 repos checked, no findings at or above low, 2 documents skipped as unchanged since main (abc)",
        ),
        (
            {"origin": Origin("manifest files", total=3, declared=1, against="a snapshot")},
            "1 repo checked, no findings at or above low, merged into a snapshot",
        ),
        (
            {"origin": files(files=1, declared=0, against="a snapshot")},
            f"no ML repos or role bindings in 1 file; {NAME_FILES}",
        ),
    ],
)
def test_the_reason_says_why_with_numbers(facts, reason):
    assert concluded(**facts).reason == reason
    assert not concluded(**facts).reason.endswith(".")


@pytest.mark.parametrize(
    ("obstacles", "new", "outcome", "reason"),
    [
        ((), 0, CLEAN, "2 fixed"),
        ((), 1, FINDINGS, "2 fixed"),
        ((), 3, FINDINGS, "2 fixed"),
        (("a differs",), 0, INCOMPLETE, "no finding can be reported as fixed: a differs. Comparison so far: 2 fixed"),
        (
            ("a differs", "b"),
            1,
            INCOMPLETE,
            "no finding can be reported as fixed: a differs (and 1 more). Comparison so far: 2 fixed",
        ),
        (
            ("a", "b", "c"),
            1,
            INCOMPLETE,
            "no finding can be reported as fixed: a (and 2 more). Comparison so far: 2 fixed",
        ),
    ],
)
def test_a_difference_is_reported_only_if_nothing_hides_it(obstacles, new, outcome, reason):
    verdict = conclude_diff(obstacles, new, "2 fixed")
    assert (verdict.status, verdict.exit_code, verdict.complete) == outcome
    assert verdict.reason == reason


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
    total = facts["origin"].total
    gap = facts["unread"] or facts["repos"] == 0 or total is None or facts["repos"] < total
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
        (Origin("control-plane", proof="count"), 3, [], None),
        (Origin("control-plane"), 3, [], "the source (control-plane) states neither how many repos"),
        (Origin("control-plane", total=3), 3, [PAGE], "repos 200 to 299: HTTP 500; try again"),
        (Origin("control-plane", total=3), 2, [], "only 2 of 3 repos were read"),
        (Origin("control-plane", total=0), 0, [], "no repos are visible"),
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


FILES = (files(files=1, total=2), 2, ())
LIVE = (Origin("control-plane", total=3), 3, ())
SEEN = "between 2 declared repos and 3 live"


@pytest.mark.parametrize(
    ("declared", "live", "differences", "more", "outcome", "reason"),
    [
        (FILES, LIVE, 0, {}, CLEAN, f"0 differences {SEEN}"),
        (FILES, LIVE, 1, {}, FINDINGS, f"1 difference {SEEN}"),
        (
            (files(), 2, [PAGE]),
            LIVE,
            1,
            {},
            INCOMPLETE,
            f"repos 200 to 299: HTTP 500; try again. So far: 1 difference {SEEN}",
        ),
        (
            FILES,
            (LIVE[0], 2, ()),
            0,
            {},
            INCOMPLETE,
            "only 2 of 3 repos were read. So far: 0 differences between 2 declared repos and 2 live",
        ),
        (
            FILES,
            (Origin("control-plane"), 0, ()),
            2,
            {},
            INCOMPLETE,
            f"{NO_REPO}. So far: 2 differences between 2 declared repos and 0 live",
        ),
        (
            FILES,
            (Origin("control-plane", total=0), 0, ()),
            2,
            {"may_be_empty": True},
            FINDINGS,
            "2 differences between 2 declared repos and 0 live",
        ),
        (
            (files(files=1), 0, ()),
            LIVE,
            3,
            {"may_be_empty": True},
            FINDINGS,
            "3 differences between 0 declared repos and 3 live",
        ),
    ],
)
def test_a_comparison_is_complete_only_if_both_sides_were_seen(declared, live, differences, more, outcome, reason):
    verdict = conclude_drift(declared, live, differences, **more)
    assert (verdict.status, verdict.exit_code, verdict.complete, verdict.reason) == (*outcome, reason)


NOTHING_LEFT = Verdict(Status.CLEAN, 0, complete=True, reason="2 repos checked")
SOMETHING_LEFT = Verdict(Status.FINDINGS, 1, complete=True, reason="1 finding")
NOT_ALL_SEEN = Verdict(Status.INCOMPLETE, 3, complete=False, reason="a.yaml: it is not YAML")
STOPPED = Verdict(Status.INTERRUPTED, 130, complete=False, reason="stopped")


@pytest.mark.parametrize(
    ("verdict", "pending", "unwritten", "outcome"),
    [
        (NOTHING_LEFT, 0, [], NOTHING_LEFT),
        (SOMETHING_LEFT, 0, [], SOMETHING_LEFT),
        (
            NOTHING_LEFT,
            1,
            [],
            Verdict(Status.FINDINGS, 1, True, "1 fix available (not applied); remaining: 2 repos checked"),
        ),
        (
            SOMETHING_LEFT,
            2,
            [],
            Verdict(Status.FINDINGS, 1, True, "2 fixes available (not applied); remaining: 1 finding"),
        ),
        (
            NOTHING_LEFT,
            2,
            [PAGE, RULE],
            Verdict(Status.INCOMPLETE, 3, False, "repos 200 to 299: HTTP 500; try again. Otherwise: 2 repos checked"),
        ),
        (
            SOMETHING_LEFT,
            0,
            [PAGE],
            Verdict(Status.INCOMPLETE, 3, False, "repos 200 to 299: HTTP 500; try again. Otherwise: 1 finding"),
        ),
        (NOT_ALL_SEEN, 2, [PAGE], NOT_ALL_SEEN),
        (STOPPED, 2, [PAGE], STOPPED),
    ],
)
def test_fixing_never_makes_an_incomplete_run_complete(verdict, pending, unwritten, outcome):
    assert conclude_fix(verdict, pending, unwritten) == outcome


def tenant(repos: int, *unread: Unread, **facts: object) -> Report:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    origin = Origin("control-plane", **facts)
    receipt = Receipt(origin, now, now, repos, "", "", RuleCounts(1, 1, 0), unread)
    return Report(NOTHING_LEFT, receipt, Severity.LOW)


@pytest.mark.parametrize(
    ("report", "empty", "missed"),
    [
        (tenant(3, total=3), False, []),
        (tenant(3, PAGE, RULE, total=3), False, [PAGE]),
        (tenant(2, PAGE, total=3), False, [PAGE]),
        (tenant(3, RULE, total=3), False, []),
        (
            tenant(2, RULE, total=3),
            False,
            [Unread(UnreadKind.TENANT, "the control-plane", "only 2 of 3 repos were read")],
        ),
        (tenant(0), False, [Unread(UnreadKind.TENANT, "the control-plane", NO_REPO)]),
        (tenant(0, total=0), True, []),
    ],
)
def test_what_was_not_seen_of_a_tenant_is_not_seen_with_a_change_either(report, empty, missed):
    assert list(unread_without_change(report, may_be_empty=empty)) == missed


EXPECTED = "use a token that can see the complete tenant, or correct the expectation"


@pytest.mark.parametrize(
    ("expect", "unmet"),
    [
        (Expectations(), {}),
        (Expectations(tenant="acme"), {}),
        (Expectations(tenant="beta"), {"tenant": "the token belongs to tenant acme, expected beta"}),
        (Expectations(min_repos=0), {}),
        (Expectations(min_repos=8), {}),
        (Expectations(min_repos=9), {"min_repos": "8 repos are visible, expected at least 9"}),
        (Expectations(include=("fraud",)), {}),
        (Expectations(include=("fraud", "churn")), {"include": "the repo churn is not visible"}),
        (Expectations(max_drop=0.2, previous=(10, "a file")), {}),
        (
            Expectations(max_drop=0.1, previous=(10, "a file")),
            {"max_drop": "8 repos are visible, but a file has 10, more than 10% fewer"},
        ),
        (Expectations(max_drop=0.1, previous=(0, "a file")), {}),
        (Expectations(max_drop=0.0, previous=(8, "a file")), {}),
        (Expectations(max_drop=0.1), {}),
        (Expectations(previous=(10, "a file")), {}),
    ],
)
def test_what_users_expect_of_their_tenant(expect, unmet):
    found = list(expect.unmet(Origin("control-plane", tenant="acme"), 8, frozenset({"fraud"})))
    assert found == [Unread(UnreadKind.TENANT, f"expect.{key}", why, EXPECTED) for key, why in unmet.items()]


def test_a_tenant_that_the_control_plane_does_not_name_is_not_the_expected_one():
    (found,) = Expectations(tenant="acme").unmet(Origin("control-plane"), 8, frozenset())
    assert found.reason == "the token belongs to an unknown tenant, expected acme"


def test_one_repo_fewer_than_before_is_more_than_none():
    (found,) = Expectations(max_drop=0.0, previous=(1, "a file")).unmet(Origin("control-plane"), 0, frozenset())
    assert found.reason == "0 repos are visible, but a file has 1, more than 0% fewer"


def test_one_visible_repo_is_one():
    (found,) = Expectations(min_repos=2).unmet(Origin("control-plane"), 1, frozenset())
    assert found.reason == "1 repo is visible, expected at least 2"
