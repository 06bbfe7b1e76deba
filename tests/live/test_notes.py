"""Oddities of a control plane that lose nothing are listed in the receipt, also from a snapshot."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

import pytest

from tests.live.audits import write_pack
from tests.live.faults import answer_bytes, redirect
from tests.live.stage import EVERYWHERE, LISTS, MOVED, TOKEN, Stage, Struck

REDIRECTED = f"the control plane redirects {LISTS[0]} to {MOVED}{LISTS[0]}"


def moved(ask):
    return redirect(f"{MOVED}{LISTS[0]}?limit={ask.limit}&offset={ask.offset}")


def headed(*headers):
    """Return a function that answers with additional headers."""
    return lambda body: answer_bytes(body, "200 OK", "application/json", *headers)


def date(**ago):
    return f"Date: {format_datetime(datetime.now(UTC) - timedelta(**ago), usegmt=True)}"


@pytest.fixture
def reports(run_auditor, tmp_path):
    """Audit a stage, live and from a snapshot, with every format that shows notes."""

    def run(stage):
        env = {"TFY_HOST": stage.url, "TFY_API_KEY": TOKEN}
        files = [f"--report={name}={tmp_path / name}" for name in ("table", "markdown")]
        audit = partial(run_auditor, "audit", "-f", "json", "--policy", write_pack(tmp_path))
        live = audit(*files, env=env)
        run_auditor("fetch", "-o", "tenant.ndjson.gz", env=env)
        saved = audit("tenant.ndjson.gz")
        assert TOKEN not in live.out + saved.out
        notes = [json.loads(ran.out)["receipt"]["notes"] for ran in (live, saved)]
        texts = [(tmp_path / name).read_text("utf-8") for name in ("table", "markdown")]
        return live.code, *notes, *[" ".join(text.split()) for text in texts]

    return run


def test_a_redirect_is_noted_in_every_receipt(reports):
    with Stage(moved, Struck(EVERYWHERE)) as stage:
        code, live, saved, table, markdown = reports(stage)
        assert stage.strangers == 0
    assert (code, live, saved) == (1, [REDIRECTED], [REDIRECTED])
    assert f"note: {REDIRECTED}" in table
    assert f"note: `{REDIRECTED}`" in markdown


def test_what_paging_met_is_noted(reports):
    with Stage(cap=40) as stage:
        code, live, saved, table, _ = reports(stage)
    note = "the server returns at most 40 repos per page; 100 were requested"
    assert (code, live, saved) == (1, [note], [note])
    assert f"note: {note}" in table


@pytest.mark.parametrize("header", ["Age: 7200", "Age: 300", date(hours=2)], ids=["age", "five minutes", "date"])
def test_an_old_answer_is_noted(reports, header):
    with Stage(frame=headed(header)) as stage:
        code, [live], [saved], *_ = reports(stage)
    assert code == 1
    for note in (live, saved):
        assert note.startswith("responses of the control plane are up to ")
        assert note.endswith(" seconds old: they are cached, or the clocks differ")


@pytest.mark.parametrize(
    "header",
    ["Age: 10", "Age: -900", "Age: later", "Age: ²", "Date: soon", ""],
    ids=["young", "negative", "a word", "no digit", "no date", "now"],
)
def test_a_fresh_answer_is_not_noted(reports, header):
    with Stage(frame=headed(header or date())) as stage:
        assert reports(stage)[1:3] == ([], [])
