"""Interrupted, or unable to write: the right code within a second, marked as partial, and existing files unchanged."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest


@pytest.fixture
def hanging():
    """Accept connections and never answer; return the host and an event that is set at the first request."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked, taken = threading.Event(), []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            taken.append(connection)
            asked.set()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    for connection in taken:
        connection.close()


@pytest.fixture
def stopped(hanging, tmp_path):
    """Run a command against the hanging host and stop it with a signal; return code, stderr and the seconds it took."""
    host, asked = hanging

    def run(number: int, *arguments: str) -> tuple[int, str, float]:
        env = {**os.environ, "TFY_HOST": host, "TFY_API_KEY": "tfy_canary", "HOME": str(tmp_path)}
        command = [sys.executable, "-m", "auditor", *arguments]
        with subprocess.Popen(
            command, env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert asked.wait(30)
            time.sleep(0.2)
            start = time.monotonic()
            process.send_signal(number)
            _, err = process.communicate(timeout=30)
            return process.returncode, err, time.monotonic() - start

    return run


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_an_audit_and_marks_its_report(number, code, stopped, tmp_path):
    (tmp_path / "report.json").write_text('{"old": true}', "utf-8")
    returned, err, seconds = stopped(number, "audit", "-f", "json", "-o", "report.json")
    assert returned == code
    assert seconds < 2
    assert err.splitlines()[-1].startswith(f"auditor: exit {code}, interrupted: ")
    assert "Traceback" not in err
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["verdict"] == {**report["verdict"], "status": "interrupted", "exit_code": code, "complete": False}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_fetch_and_leaves_the_old_snapshot(number, code, stopped, tmp_path):
    (tmp_path / "tenant.ndjson.gz").write_bytes(b"old")
    returned, err, seconds = stopped(number, "fetch", "-o", "tenant.ndjson.gz")
    assert returned == code
    assert seconds < 2
    assert "Traceback" not in err
    assert (tmp_path / "tenant.ndjson.gz").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["tenant.ndjson.gz"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["-o", "/dev/full"], ["--report", "json=/dev/full"], []])
def test_a_full_disk_is_a_report_not_delivered(arguments, tmp_path):
    command = [sys.executable, "-m", "auditor", "demo", *arguments]
    out = subprocess.PIPE if arguments else Path("/dev/full").open("wb")  # noqa: SIM115
    done = subprocess.run(command, cwd=tmp_path, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    if not arguments:
        out.close()
    assert done.returncode == 5
    assert done.stderr.splitlines()[-1].startswith("auditor: exit 5, undelivered: ")


def test_a_reader_that_goes_away_is_a_report_not_delivered(tmp_path):
    command = [sys.executable, "-m", "auditor", "demo", "--repos", "5000", "-f", "json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(60) == 5
    assert err.splitlines()[-1].startswith("auditor: exit 5, undelivered: ")
    assert "Exception ignored" not in err


def test_a_file_that_may_not_grow_leaves_the_old_one(tmp_path):
    (tmp_path / "report.json").write_text("old", "utf-8")
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); from auditor.cli import run; "
        "sys.exit(run(['demo', '-f', 'json', '-o', 'report.json']))"
    )
    done = subprocess.run([sys.executable, "-c", limited], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    assert (tmp_path / "report.json").read_text("utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not hold root back")
def test_a_folder_that_may_not_be_written_to(tmp_path, run_auditor):
    (tmp_path / "closed").mkdir(mode=0o500)
    assert run_auditor("demo", "-o", "closed/report.txt").code == 5
