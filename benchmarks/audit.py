"""How fast is a whole audit, beside just decoding the same JSON, and how does its memory grow?

    python benchmarks/audit.py [--repos N]

Serves sample tenants of N/10 and N repos from a process of their own on loopback and audits each with the shipped pack
in a fresh process. Prints repos/s, the time of the audit over that of decoding its pages once with orjson, and the
peak memory of each process. Times are CPU-bound and vary between machines; the ratios are what to look at.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import orjson

from auditor import audit, load_policy
from auditor.demo import DemoControlPlane, sample_tenant
from auditor.http.credentials import find_credentials
from auditor.sources.control_plane import ControlPlane

PAGE = 100


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=int, default=10_000, help="the size of the larger tenant")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _audit_here()
        return
    print("| repos | findings | audit s | repos/s | decode s | audit / decode | peak MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    peaks = []
    for count in (max(1, options.repos // 10), options.repos):
        result = _measure(count)
        peaks.append(result["peak"])
        decode = _decoding(count)
        speed, ratio = count / result["seconds"], result["seconds"] / decode
        cells = (count, result["findings"], f"{result['seconds']:.2f}", f"{speed:.0f}", f"{decode:.3f}", f"{ratio:.1f}")
        print(f"| {' | '.join(map(str, cells))} | {result['peak']:.1f} |")
    print(f"memory: {peaks[1] / peaks[0]:.2f} times for ten times the repos")


def _measure(count: int) -> dict:
    with DemoControlPlane(sample_tenant(count)) as plane:
        env = {**os.environ, "TFY_HOST": plane.host, "TFY_API_KEY": plane.token}
        command = [sys.executable, __file__, "--child"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _audit_here() -> None:
    policy = load_policy()
    source = ControlPlane(find_credentials(None, None, os.environ, None))
    start = time.perf_counter()
    report = audit(source, policy)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "findings": len(report.findings), "peak": _peak()}))


def _peak() -> float:
    """Return the most memory that this process ever had, in MiB; what its parent had before does not count."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text("ascii"))[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _decoding(count: int) -> float:
    """Return the seconds to decode every page once."""
    rows = sample_tenant(count)
    pages = [
        orjson.dumps({"data": rows[start : start + PAGE], "pagination": {"total": count}})
        for start in range(0, count, PAGE)
    ]
    start = time.perf_counter()
    for page in pages:
        orjson.loads(page)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
