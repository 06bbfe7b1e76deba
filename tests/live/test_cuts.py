"""The stream of a three-page run, cut at every byte: the same report as without the cut, or an exit code above 1.

The suite makes a share of the cuts, and all of them with AUDITOR_LONG=1.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.live.audits import assert_honest, fate
from tests.live.faults import cut
from tests.live.stage import Ask, Stage

NAMES = ("fraud-scoring-prod", "churn-dev", "doc-search-staging", "basket-prod", "home-feed-dev")
ROWS = [
    {
        "id": str(number),
        "tenant_name": "acme",
        "manifest": {
            "type": "ml-repo",
            "name": name,
            "storage_integration_fqn": "acme:aws:prod:blob-storage:ml",
            "collaborators": [{"subject": "user:sam@example.com", "role_id": "mlf-project-admin"}],
        },
    }
    for number, name in enumerate(NAMES, 1)
]
OFFSETS = (0, 1, 2, 3, 4, 5)
LONGEST = 1_000
SHARE = None if os.environ.get("AUDITOR_LONG") else 240


def cuts() -> list[tuple[int, int, int]]:
    """Return offset, bytes kept, and how often: every byte of every page, once and for good."""
    every = [(offset, kept, often) for offset in OFFSETS for kept in range(LONGEST) for often in (1, 1_000)]
    return every if SHARE is None else Random(7).sample(every, SHARE)


@pytest.fixture
def run(auditing):
    """Audit the five repos, with the answer at an offset cut this often."""

    def audit(offset: int = -1, kept: int = 0, often: int = 0):
        def strike(ask: Ask):
            return cut(kept) if ask.offset == offset and ask.nth < often else _answered

        with Stage(strike, rows=ROWS, cap=2) as stage:
            return auditing.run(stage.url)

    return audit


def _answered(connection, answer: bytes) -> None:
    connection.sendall(answer)


def test_no_truncated_answer_passes_for_the_complete_one(run, auditing, tally):
    usual = run().report
    assert usual["verdict"]["exit_code"] == 1
    assert usual["receipt"]["repos"] == len(ROWS)
    for offset, kept, often in cuts():
        audit = run(offset, kept, often)
        became = fate(audit, usual)
        tally["cuts"][became] += 1
        assert became != "FALSE PASS", (offset, kept, often)
        assert_honest(audit, auditing.folder)
