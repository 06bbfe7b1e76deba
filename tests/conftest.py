"""Fixtures for all tests: complete commands, and control planes on loopback."""

from __future__ import annotations

import compileall
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import auditor
from auditor.cli import run as run_command_line
from auditor.demo import DemoControlPlane, sample_tenant
from auditor.http.client import Client
from auditor.sources import control_plane

ROOT = Path(__file__).parent.parent
SCRUBBED = (
    *("TFY_", "AUDITOR_", "SOURCE_DATE_EPOCH", "COLUMNS", "HTTP_PROXY", "HTTPS_PROXY"),
    *("NO_COLOR", "FORCE_COLOR", "FORCE_HYPERLINK", "CLICOLOR"),
)

LONG = bool(os.environ.get("AUDITOR_LONG"))
"""Whether to run everything: every audit of the fault matrix, every misspelling, ten times the simulated tenants."""

# A gate has the same result every time; new examples are for the long run, whose failures someone reads.
if not LONG:
    steady = {"derandomize": True, "database": None, "deadline": None, "print_blob": True}
    settings.register_profile("steady", **steady, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once, as tests start thousands of commands and Python may be set up not to write bytecode."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(auditor.__file__).parent, quiet=2)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Start one worker more than there are cores, as tests wait for sockets and processes a third of their time."""
    return (os.cpu_count() or 1) + 1


SUMMARY_LINES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def summarize(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Print a line at the end of the run, even if output is captured: how much was tried, and how."""
    return pytestconfig.stash.setdefault(SUMMARY_LINES, []).append


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass the lines to the process that prints them, if tests run in several."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["summary_lines"] = session.config.stash.get(SUMMARY_LINES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Collect the lines of another process."""
    node.config.stash.setdefault(SUMMARY_LINES, []).extend(getattr(node, "workeroutput", {}).get("summary_lines", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the lines."""
    for line in config.stash.get(SUMMARY_LINES, []):
        terminalreporter.write_line(line)


@dataclass(frozen=True)
class Ran:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """The last line on stderr, which gives the reason."""
        return self.err.splitlines()[-1]


@contextmanager
def kept_signals() -> Iterator[None]:
    """Restore the signal handlers and the garbage collection threshold, which a command changes."""
    threshold = gc.get_threshold()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        gc.set_threshold(*threshold)


@pytest.fixture
def run_at_once(monkeypatch, capsys, tmp_path: Path) -> Callable[..., Ran]:
    """Run `auditor ARGUMENTS` in this process, without pauses between attempts."""
    monkeypatch.setattr(control_plane, "Client", partial(Client, sleep=lambda _seconds: None))
    monkeypatch.chdir(tmp_path)
    for name in [key for key in os.environ if key.upper().startswith(SCRUBBED)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        with kept_signals():
            code = run_command_line(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def command_server() -> Iterator[socket.socket]:
    """Start a process that runs commands without importing Auditor for each; return its socket for requests."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = [sys.executable, "-W", "error", "-m", "tests.command_server", str(theirs.fileno())]
    with ours, subprocess.Popen(server, cwd=ROOT, pass_fds=[theirs.fileno()]):
        theirs.close()
        yield ours
        ours.close()


def _forked(server: socket.socket, request: Mapping[str, object], stdin: str) -> Ran:
    """Run a command on the command server."""
    with ExitStack() as stack:
        given, out, err = streams = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        given.write(stdin.encode())
        given.seek(0)
        socket.send_fds(server, [json.dumps(request).encode()], [each.fileno() for each in streams])
        code = int(server.recv(100))
        for stream in (out, err):
            stream.seek(0)
        return Ran(code, *(stream.read().decode().replace("\r\n", "\n") for stream in (out, err)))


@pytest.fixture
def run_auditor(tmp_path: Path, command_server: socket.socket) -> Callable[..., Ran]:
    """Run `auditor ARGUMENTS` in a folder of its own, with nothing of ours in the environment but what is given.

    A command whose environment is about Python itself gets an interpreter of its own.
    """
    home = tmp_path / "home"
    home.mkdir()

    def run(
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = "",
        timeout: int = 60,
    ) -> Ran:
        kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(SCRUBBED)}
        environment = {**kept, "HOME": str(home), **(env or {})}
        if not any(key.startswith(("PYTHON", "LC_")) for key in env or ()):
            folder = str(cwd or tmp_path)
            request = {"arguments": arguments, "cwd": folder, "env": environment, "timeout": timeout}
            return _forked(command_server, request, stdin)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "auditor", *arguments],
            cwd=cwd or tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
            input=stdin,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def start_plane() -> Iterator[Callable[..., DemoControlPlane]]:
    """Start demo control planes that stop at the end of the test."""
    with ExitStack() as stack:

        def start(rows: list | None = None, **options: object) -> DemoControlPlane:
            plane = DemoControlPlane(sample_tenant() if rows is None else rows, **options)
            return stack.enter_context(plane)

        yield start


@pytest.fixture
def environment() -> Callable[[DemoControlPlane], dict[str, str]]:
    """Return the two environment variables for a control plane."""
    return lambda plane: {"TFY_HOST": plane.host, "TFY_API_KEY": plane.token}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start a browser."""
    from tests.golden.browser import chromium

    with chromium() as started:
        yield started
