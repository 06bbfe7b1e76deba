"""The history loses nothing, on SQLite and on PostgreSQL, and is never overwritten by mistake."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from auditor import check, load_policy
from auditor.demo import sample_tenant
from auditor.errors import InvalidError
from auditor.triage.history import store
from auditor.triage.history.recording import record_run
from auditor.triage.history.store import History
from auditor.triage.history.tables import HEAD
from auditor.triage.history.trends import export_history, prune_history, read_trends
from tests.conftest import LONG
from tests.triage.conftest import PACK
from tests.triage.postgresql import PASSWORD, binaries, running_server

START = datetime(2030, 1, 1, tzinfo=UTC)
KILLS = 200 if LONG else 15


def engine_of(place, **options):
    """Return an engine that keeps no connection open."""
    url = place.replace("postgresql:", "postgresql+psycopg:") if "://" in place else f"sqlite:///{place}"
    return sa.create_engine(url, poolclass=sa.pool.NullPool, **options)


@pytest.fixture(scope="session")
def server(summarize):
    if binaries() is None:
        summarize("history: no PostgreSQL server is installed, so only SQLite was tested")
        pytest.skip("no PostgreSQL server")
    with running_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """A place for a new history."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    url = request.getfixturevalue("server")
    name = f"h{uuid.uuid4().hex}"
    with engine_of(url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return url.replace("/postgres", f"/{name}") if url.endswith("/postgres") else url


@pytest.fixture
def report(tmp_path):
    """Return a function that creates the report of a run on some day with some subjects."""
    (tmp_path / "pack.yaml").write_text(PACK)
    policy = load_policy([str(tmp_path / "pack.yaml")])

    def make(day, *subjects, hours=1, complete=True):
        manifest = {
            "type": "ml-repo",
            "name": "churn",
            "description": "Churn models",
            "storage_integration_fqn": "acme:aws:aws-prod:blob-storage:ml-prod",
            "collaborators": [{"subject": each, "role_id": "mlf-project-admin"} for each in ("team:churn", *subjects)],
        }
        (tmp_path / "m.json").write_text(json.dumps(manifest))
        found = check([str(tmp_path / "m.json")], policy)
        start = START + timedelta(days=day)
        receipt = replace(found.receipt, started_at=start, finished_at=start + timedelta(hours=hours))
        return replace(found, receipt=receipt, verdict=replace(found.verdict, complete=complete))

    return make


def record(place, *reports, every_rule=True):
    history = History(place, create=True)
    for each in reports:
        record_run(history, each if every_rule else replace(each, partial=("only some rules",)))
    return history


def trends(history):
    [found] = read_trends(history)
    return found


def test_it_knows_when_a_finding_was_seen_and_how_long_it_took_to_fix(place, report):
    history = record(place, report(0, "user:a", "user:b"), report(2, "user:a"), report(4, "user:a", "user:c"))
    found = trends(history)
    assert [(each.first_seen[:10], each.last_seen[:10], each.message) for each in found.oldest] == [
        ("2030-01-01", "2030-01-05", "user:a is an admin"),
        ("2030-01-05", "2030-01-05", "user:c is an admin"),
    ]
    [rule] = found.rules
    assert (rule.rule, rule.open, rule.fixed, rule.mean_days_to_fix) == ("ACME002", 2, 1, 2.0)
    assert found.mean_days_to_fix == {"high": 2.0}
    assert [each.by_severity["high"] for each in found.runs] == [2, 1, 2]
    assert (found.all_runs, found.complete_runs) == (3, 3)


def test_a_finding_that_comes_back_is_open_since_then(place, report):
    history = record(place, report(0, "user:a"), report(1), report(5, "user:a"))
    [finding] = trends(history).oldest
    assert finding.first_seen[:10] == "2030-01-06"


def test_a_run_that_cannot_tell_closes_nothing(place, report):
    history = record(place, report(0, "user:a"), report(1, complete=False))
    record(place, report(2), every_rule=False)
    assert [each.fixed for each in trends(history).rules] == [0]
    record(place, report(3))
    assert [each.fixed for each in trends(history).rules] == [1]


def test_an_earlier_run_that_is_recorded_later_closes_nothing(place, report):
    history = record(place, report(5, "user:a"), report(3))
    assert [each.open for each in trends(history).rules] == [1]


def test_prune_removes_old_runs_and_fixed_findings_and_keeps_open_ones(place, report):
    history = record(place, report(0, "user:a", "user:b"), report(1, "user:a"), report(9, "user:a"))
    assert prune_history(history, START + timedelta(days=5)) == (2, 1)
    found = trends(history)
    assert (found.all_runs, [each.message for each in found.oldest]) == (1, ["user:a is an admin"])


def test_export_has_everything(place, report):
    history = record(place, report(0, "user:a"), report(1))
    rows = [json.loads(line) for line in export_history(history)]
    assert [each["table"] for each in rows] == ["runs", "runs", "run_counts", "findings"]
    assert rows[-1]["fixed_at"] == "2030-01-02T01:00:00Z"


def test_text_that_databases_refuse_is_stored_as_escapes(place, report):
    found = report(0, "user:a")
    odd = replace(found.findings[0], message="\x00\ud800\U0001f600")
    history = record(place, replace(found, findings=(odd,)))
    assert trends(history).oldest[0].message == "\\x00\\ud800\U0001f600"


CONCURRENT_AUDITS = """
import os
from alembic import command
from auditor.cli import run
from auditor.triage.history import recording
audit = ["audit", "tenant.gz", "--quiet", "-o", "report.txt"]
history = os.environ.pop("AUDITOR_HISTORY")
run(audit)  # imports everything else
os.environ["AUDITOR_HISTORY"] = history
children = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        os._exit(run(audit))
    children.append(child)
print(*(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def test_twenty_concurrent_runs_lose_nothing(place, start_plane, environment, run_auditor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_auditor("fetch", "-o", "tenant.gz", env=environment(start_plane(sample_tenant(60)))).code == 0
    expected = len(json.loads(run_auditor("audit", "tenant.gz", "-f", "json").out)["findings"])
    command = [sys.executable, "-c", CONCURRENT_AUDITS]
    done = subprocess.run(
        command, env={**clean(), "AUDITOR_HISTORY": place}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1"] * 20, done.stderr
    history = History(place, create=False)
    found = trends(history)
    assert (found.all_runs, found.complete_runs) == (20, 20)
    rows = [json.loads(line) for line in export_history(history)]
    findings = [each["fingerprint"] for each in rows if each["table"] == "findings"]
    assert (len(findings), len(set(findings))) == (expected, expected)
    opened = [each["open"] for each in rows if each["table"] == "run_counts"]
    assert sum(opened) == 20 * expected


RECORD_FOR_EVER = """
import os, pickle, sys
from dataclasses import replace
from datetime import timedelta
from auditor.triage.history.recording import record_run
from auditor.triage.history.store import History
report = pickle.load(open(sys.argv[2], "rb"))
for _ in sys.stdin:
    child = os.fork()
    if child:
        print(child, flush=True)
        os.waitpid(child, 0)
        print("killed", flush=True)
        continue
    number = 0
    while True:
        number += 1
        receipt = replace(report.receipt, started_at=report.receipt.started_at + timedelta(seconds=number))
        record_run(History(sys.argv[1], create=True), replace(report, receipt=receipt))
"""


def test_a_killed_run_leaves_an_intact_history(place, report, tmp_path):
    import pickle

    (tmp_path / "report").write_bytes(pickle.dumps(report(0, *(f"user:{number}" for number in range(300)))))
    (tmp_path / "record.py").write_text(RECORD_FOR_EVER)
    dice = random.Random(7)
    command = [sys.executable, str(tmp_path / "record.py"), place, str(tmp_path / "report")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, env=clean(), **pipes) as parent:
        for _ in range(KILLS):
            parent.stdin.write("again\n")
            child = int(parent.stdout.readline())
            time.sleep(dice.uniform(0, 0.2))
            os.kill(child, signal.SIGKILL)
            assert parent.stdout.readline() == "killed\n"
            rows = [json.loads(line) for line in export_history(History(place, create=True))]
            runs = {each["id"] for each in rows if each["table"] == "runs"}
            counts = {each["run"]: each["open"] for each in rows if each["table"] == "run_counts"}
            findings = [each for each in rows if each["table"] == "findings"]
            assert counts == dict.fromkeys(runs, 300)
            assert len(findings) == (300 if runs else 0)


def clean():
    from tests.conftest import SCRUBBED

    return {key: value for key, value in os.environ.items() if not key.startswith(SCRUBBED)}


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\x00torn", b"PK\x03\x04"])
def test_a_file_that_is_no_history_is_refused_and_stays(tmp_path, content):
    file = tmp_path / "x.db"
    file.write_bytes(content)
    for create in (True, False):
        with pytest.raises(InvalidError):
            History(str(file), create=create)
    assert file.read_bytes() == content


def test_a_torn_history_is_refused_and_stays(tmp_path, report):
    file = tmp_path / "h.db"
    record(str(file), report(0, *(f"user:{number}" for number in range(300))))
    whole = file.read_bytes()
    torn = whole[: len(whole) // 2]
    file.write_bytes(torn)
    for extra in tmp_path.glob("h.db-*"):
        extra.unlink()
    with pytest.raises(InvalidError, match=r"h\.db"):
        History(str(file), create=True)
    assert file.read_bytes() == torn


def test_the_database_of_another_program_is_refused(place):
    engine = engine_of(place)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (id INTEGER)")
    with pytest.raises(InvalidError, match="has tables, but is not an Auditor history"):
        History(place, create=True)
    assert sa.inspect(engine).get_table_names() == ["customers"]


def test_a_newer_history_is_refused(place, report):
    history = record(place, report(0))
    with history.transaction() as connection:
        connection.exec_driver_sql("UPDATE auditor_history_version SET version_num = '9999'")
    with pytest.raises(InvalidError, match="has version 9999, which this version of Auditor does not support"):
        History(place, create=True)


def test_the_latest_migration_is_the_one_that_the_tables_follow(tmp_path):
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    from auditor.triage.history.tables import METADATA

    file = tmp_path / "h.db"
    record(str(file))
    made = sa.inspect(engine_of(str(file)))
    for table in METADATA.tables.values():
        assert [each["name"] for each in made.get_columns(table.name)] == [each.name for each in table.columns]


def test_a_password_appears_nowhere(server):
    wrong = server.replace(PASSWORD, "another-s3cret")
    with pytest.raises(InvalidError) as refused:
        History(wrong, create=True)
    assert "another-s3cret" not in str(refused.value)
    assert "password authentication failed" in str(refused.value)


def test_a_password_on_the_command_line_is_refused(run_auditor):
    ran = run_auditor("audit", "x.gz", "--history", "postgresql://me:hunter2@db/h")
    assert ran.code == 2
    assert "--history has a password" in ran.last_line
    assert "hunter2" not in ran.err


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("mysql://h/d", "the history cannot be in mysql"),
        ("nowhere/h.db", "the directory nowhere does not exist"),
        ("postgresql://127.0.0.1:1/x", "the history postgresql://127.0.0.1/x cannot be used"),
    ],
)
def test_a_place_that_cannot_be_used_is_named_before_anything_is_audited(run_auditor, place, message, tmp_path):
    ran = run_auditor("audit", "x.gz", "--history", place, cwd=tmp_path)
    assert ran.code == 2
    assert message in ran.last_line


@pytest.fixture
def recorded(start_plane, environment, run_auditor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "auditor.yaml").write_text("history: history.db\n")
    env = environment(start_plane())
    assert run_auditor("audit", env=env).code == 1
    return run_auditor


def test_the_configuration_names_the_history_of_audit_and_history(recorded, tmp_path):
    assert (tmp_path / "history.db").exists()
    shown = recorded("history")
    assert shown.code == 0
    for title in ("Runs\n", "Rules\n", "Oldest open findings\n"):
        assert f"\n{title}" in shown.out
    [document] = json.loads(recorded("history", "-f", "json").out)
    assert document["runs"][0]["repos"] == 250
    lines = recorded("history", "export").out.splitlines()
    assert {json.loads(line)["table"] for line in lines} == {"runs", "run_counts", "findings"}
    assert recorded("history", "prune", "--older-than", "1d").err == "auditor: removed 0 runs and 0 fixed findings\n"


def test_no_history_is_an_error(run_auditor, tmp_path):
    assert "no history database is configured" in run_auditor("history", cwd=tmp_path).last_line
    assert "the history h.db does not exist" in run_auditor("history", "--history", "h.db", cwd=tmp_path).last_line


def test_a_history_that_cannot_be_written_any_more_is_an_undelivered_run(recorded, environment, start_plane, tmp_path):
    with sqlite3.connect(tmp_path / "history.db") as connection:
        connection.execute("DROP TABLE findings")
    connection.close()
    ran = recorded("audit", env=environment(start_plane()))
    assert ran.code == 5
    assert "the run could not be recorded" in ran.last_line


def _seen_by(identity, found):
    origin = replace(found.receipt.origin, identity=identity)
    return replace(found, receipt=replace(found.receipt, origin=origin))


def test_runs_of_another_identity_are_kept_apart(place, report):
    seen = report(0, "user:a")
    other = report(1)
    history = record(place, seen, _seen_by("user:b", other))
    found = read_trends(history)
    assert [(each.identity, each.all_runs, [rule.open for rule in each.rules]) for each in found] == [
        ("", 1, [1]),
        ("user:b", 1, []),
    ]


def test_a_report_that_is_not_delivered_is_not_recorded(recorded, environment, start_plane, tmp_path):
    (tmp_path / "full").symlink_to("/dev/full")
    ran = recorded("audit", "-o", "full", env=environment(start_plane()))
    assert ran.code == 5
    [document] = json.loads(recorded("history", "-f", "json").out)
    assert document["all_runs"] == 1


def test_an_export_does_not_replace_the_history(recorded, tmp_path):
    before = (tmp_path / "history.db").read_bytes()
    ran = recorded("history", "export", "-o", "history.db")
    assert ran.code == 2
    assert "the export would overwrite history.db" in ran.last_line
    assert (tmp_path / "history.db").read_bytes() == before


@pytest.mark.parametrize("query", ["?password=hunter2", "?sslmode=require&password=hunter2"])
def test_a_password_in_the_query_is_refused_too(run_auditor, query):
    ran = run_auditor("audit", "x.gz", "--history", f"postgresql://db/h{query}")
    assert ran.code == 2
    assert "--history has a password" in ran.last_line
    assert "hunter2" not in ran.err


def test_an_unreachable_server_has_its_own_advice(run_auditor, tmp_path):
    ran = run_auditor("audit", "x.gz", "--history", "postgresql://127.0.0.1:1/x", cwd=tmp_path)
    assert "check the server, the URL and the credentials" in ran.last_line
