"""A PostgreSQL server for the test session: Debian's, on a free port of this machine, removed afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PASSWORD = "s3cret-of-the-tests"


def binaries() -> Path | None:
    """Return the folder of the server's programs, None if it is not installed."""
    named = shutil.which("initdb")
    folders = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        *([Path(named).parent] if named else []),
    ]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _user() -> str | None:
    """Return the user to run the server as: it refuses to run as root."""
    if os.getuid():
        return None
    with suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return "nobody"


@contextmanager
def running_server() -> Iterator[str]:
    """Run a server; yield the URL of its first database, with the password."""
    programs, user = binaries(), _user()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="auditor-pg-"))
    folder.chmod(0o755)
    data, secret = folder / "data", folder / "password"
    data.mkdir()
    secret.write_text(PASSWORD)
    if user:
        for each in (data, secret):
            shutil.chown(each, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(name: str, *arguments: str) -> None:
        environment = {**os.environ, "LC_ALL": "C"}
        command = [str(programs / name), *arguments]
        subprocess.run(command, check=True, capture_output=True, user=user, cwd="/", env=environment)

    try:
        common = ("--username", "auditor", "--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8")
        run("initdb", "--pgdata", str(data), "--no-sync", *common)
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
        run("pg_ctl", "--pgdata", str(data), "--wait", "--log", str(data / "log"), "--options", options, "start")
        try:
            yield f"postgresql://auditor:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "--pgdata", str(data), "--wait", "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
