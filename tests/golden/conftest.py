"""One report for all reporters: an incomplete run with findings of every severity and hostile text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.model import (
    Control,
    Finding,
    Location,
    NotEvaluated,
    Origin,
    Receipt,
    RepoRef,
    Report,
    RuleCounts,
    RuleInfo,
    Severity,
    Unread,
    UnreadKind,
)
from auditor.triage import with_fingerprints
from auditor.verdict import conclude

LONG_FQN = f"acme:aws:{'account-of-the-data-platform-' * 4}prod:blob-storage:{'bucket' * 12}"
ACCESS = RuleInfo(
    id="ACME001",
    name="user-as-admin",
    title="Admin roles go to teams, not to single users",
    severity=Severity.CRITICAL,
    category="access",
    rationale="People leave.",
    remediation="Give the role to a team, then take it from the user.",
    docs="https://docs.example/rules#acme001",
    controls=(Control("SOC 2", "CC6.1", "Logical access"),),
)
STORAGE = RuleInfo("ACME002", "unapproved-storage", "Artifacts live only in approved storage", Severity.HIGH, "storage")
TEXT = RuleInfo("ACME003", "unclear-description", "A description says what the repo is for", Severity.MEDIUM)
LABEL = RuleInfo("ACME004", "odd-name", "Names follow the convention", Severity.LOW, remediation="Rename it.")
HINT = RuleInfo("ACME005", "many-runs", "Old runs are cleaned up", Severity.INFO)
RULES = (ACCESS, STORAGE, TEXT, LABEL, HINT)

ANSI = RepoRef("r-ansi", "\x1b[2J\x1b]8;;https://evil.example\x07fraud\x1b[0m", "acme")
REVERSED = RepoRef("r-bidi", "prod-\u202egnp\u2069\u200b", "acme")
RUNNER = RepoRef("r-runner", "::error file=x::", "acme")
PLAIN = RepoRef("r-plain", "churn-prod", "acme")
LONG = RepoRef("r-long", "n" * 100, "acme")


def finding(rule: RuleInfo, repo: RepoRef, message: str, path: str, got: str, expected: str) -> Finding:
    return Finding(rule, repo, message, path, got, expected, key=path)


FINDINGS = [
    *(
        finding(ACCESS, repo, f"user:sam holds admin on {repo.name}", "/collaborators/0/role_id", '"x-admin"', "a team")
        for repo in (PLAIN, ANSI, REVERSED, LONG)
    ),
    finding(
        STORAGE,
        LONG,
        f"artifacts are stored in {LONG_FQN}",
        "/storage_integration_fqn",
        f'"{LONG_FQN}"',
        "*:aws-prod:*",
    ),
    finding(
        STORAGE, PLAIN, "artifacts are stored in a sandbox", "/storage_integration_fqn", '"a:b:c"', f"one of {LONG_FQN}"
    ),
    finding(TEXT, RUNNER, "all good\r::error::CLEAN: 0 findings", "/description", '"\\u001b"', "plain words"),
    finding(TEXT, PLAIN, "##[error]x\n::add-mask::y\n\n::stop-commands::z", "/description", "missing", "plain words"),
    finding(TEXT, ANSI, "| a | b |\n|---+---|\u2028\x85\ud800\x00", "/description", '"||"', "plain words"),
    finding(LABEL, REVERSED, "日本語 😀 e\u0301 is no convention", "/name", '"prod"', "::warning::lower case"),
    finding(HINT, PLAIN, "churn-prod has 12000 runs", "", "12000", "at most 10000"),
]
UNREAD = (
    Unread(UnreadKind.PAGE, "repos 200 to 299", "the server answered 500 five times", "try again later"),
    Unread(
        UnreadKind.REPO, "repo \x1b[32mCLEAN: all repos judged", "::error::its manifest is a list, expected an object"
    ),
    *(Unread(UnreadKind.RULE, f"rule ACME002 on repo-{n}", "manifest.storage is a number") for n in range(10)),
)
NOT_EVALUATED = (
    NotEvaluated(
        (HINT,),
        "needs data from the control plane",
        tuple(RepoRef(f"r{n}", f"repo-{n}", "acme") for n in range(14)),
        "--unavailable skip",
    ),
)
RECEIPT = Receipt(
    origin=Origin(
        "control-plane",
        "https://acme.truefoundry.cloud",
        "acme",
        "user:sam@acme.example",
        2,
        7,
        500,
        notes=("the server returns at most 80 repos per page; 100 were requested",),
    ),
    started_at=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    finished_at=datetime(2026, 3, 1, 12, 0, 9, tzinfo=UTC),
    repos=400,
    ids_sha256="1" * 64,
    policy_sha256="2" * 64,
    rules=RuleCounts(loaded=12, evaluated=11, not_evaluated=1),
    unread=UNREAD,
)


def concluded(
    findings: tuple[Finding, ...], receipt: Receipt, not_evaluated: tuple[NotEvaluated, ...] = NOT_EVALUATED
) -> Report:
    """Return a report with the verdict that follows from its facts."""
    verdict = conclude(
        origin=receipt.origin,
        repos=receipt.repos,
        unread=receipt.unread,
        findings=findings,
        not_evaluated=not_evaluated,
        fail_on=Severity.LOW,
        evaluated=1,
    )
    return Report(verdict, receipt, Severity.LOW, findings, not_evaluated=not_evaluated, rules=RULES)


def accepted(rule: RuleInfo) -> tuple[Finding, ...]:
    place = replace(finding(rule, PLAIN, "known", "/name", '"x"', "y"), location=Location("a.yaml", 3, 7), owner="risk")
    return with_fingerprints([place])


@pytest.fixture
def incomplete() -> Report:
    """Return the shared report, which has everything that a report can have."""
    report = concluded(with_fingerprints(FINDINGS), RECEIPT)
    return replace(report, waived=accepted(LABEL), baselined=accepted(STORAGE))


@pytest.fixture
def found() -> Report:
    """Return a complete report with the same findings."""
    return concluded(with_fingerprints(FINDINGS), replace(RECEIPT, repos=500, unread=()))


@pytest.fixture
def clean() -> Report:
    """Return a complete report without findings."""
    return concluded((), replace(RECEIPT, repos=500, unread=()))


@pytest.fixture
def unaccepted() -> Report:
    """Return a report without findings in which a rule was not evaluated, and nothing accepts that."""
    not_evaluated = tuple(replace(each, accepted="") for each in NOT_EVALUATED)
    return concluded((), replace(RECEIPT, repos=500, unread=()), not_evaluated)


@pytest.fixture
def unreadable() -> Report:
    """Return an incomplete report without findings, which must never look clean."""
    return concluded((), RECEIPT)
