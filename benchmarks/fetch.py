"""Time to fetch repos, compared with a client that requests one page at a time and stops at the first empty page.

    python benchmarks/fetch.py [--repos N] [--latency MS ...]

The sequential client reads the list once and proves nothing. Auditor reads the list until it has proved that no repo is
missing, usually twice. The server runs in its own process on loopback and waits before each response.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from auditor.demo import DemoControlPlane, sample_tenant
from auditor.http.credentials import Credentials, Secret
from auditor.model import Repo
from auditor.sources.control_plane import ControlPlane

TOKEN = "tfy_benchmark"
PAGE = 100


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=int, default=10_000)
    parser.add_argument("--latency", type=int, nargs="+", default=[0, 20, 100], help="milliseconds before each answer")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        _serve(options.repos, options.serve / 1000)
        return
    print("| latency ms | client | at once | passes | requests | seconds | repos/s | of sequential |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for latency in options.latency:
        with _server(options.repos, latency) as host:
            sequential = _sequential(host)
            _row(latency, "sequential", 1, 1, options.repos // PAGE + 1, sequential, options.repos, sequential)
            for at_once in (1, 8, 32):
                seconds, origin = _auditor(host, options.repos, at_once)
                _row(latency, "auditor", at_once, origin.passes, origin.pages, seconds, options.repos, sequential)


def _row(latency: int, client: str, *facts: float) -> None:
    at_once, passes, pages, seconds, repos, sequential = facts
    cells = (latency, client, at_once, passes, pages, f"{seconds:.2f}", f"{repos / seconds:.0f}")
    print(f"| {' | '.join(map(str, cells))} | {seconds / sequential:.2f} |", flush=True)


def _sequential(host: str) -> float:
    start, offset = time.perf_counter(), 0
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        url = f"{host}/api/svc/v1/ml-repos"
        while rows := session.get(url, params={"limit": PAGE, "offset": offset}).json()["data"]:
            offset += len(rows)
    return time.perf_counter() - start


def _auditor(host: str, repos: int, at_once: int) -> tuple[float, object]:
    source = ControlPlane(Credentials(host, Secret(TOKEN), "the benchmark"), concurrency=at_once)
    start = time.perf_counter()
    seen = sum(isinstance(item, Repo) for item in source.collect())
    seconds = time.perf_counter() - start
    if seen != repos:
        raise SystemExit(f"saw {seen} of {repos} repos")
    return seconds, source.origin()


@contextmanager
def _server(repos: int, latency: int) -> Iterator[str]:
    command = [sys.executable, __file__, "--serve", str(latency), "--repos", str(repos)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield server.stdout.readline().strip()
        server.stdin.close()


def _serve(repos: int, latency: float) -> None:
    with DemoControlPlane(sample_tenant(repos), token=TOKEN, latency=latency) as plane:
        print(plane.host, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
