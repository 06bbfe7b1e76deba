"""Memory does not grow with the tenant: of a repo that was judged only its id, a digest and its findings stay."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.demo import sample_tenant

# The high-water mark of the process itself; what `getrusage` says includes the test's own memory before `exec`.
AUDIT = """
import re, sys
from auditor.cli import run
run(["audit", "--format", sys.argv[1]])
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("format_name", ["json", "table"])
def test_ten_times_the_repos_take_about_the_same_memory(format_name, start_plane, environment):
    peaks = []
    for count in (1_000, 10_000):
        env = {**os.environ, **environment(start_plane(sample_tenant(count)))}
        command = [sys.executable, "-c", AUDIT, format_name]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        assert f"in {count} repos" in done.stderr
        peaks.append(int(re.split(r"\s+", done.stderr.strip())[-1]))
    assert peaks[1] < 1.2 * peaks[0]
