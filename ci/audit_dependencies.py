"""Look for known vulnerabilities in everything that is locked, with pip-audit.

    python ci/audit_dependencies.py [OPTION OF PIP-AUDIT...]

Exits with 0 if every locked dependency was checked and none is vulnerable, with 1 for vulnerabilities, and with 3 if
something could not be checked. pip-audit alone skips what the advisory service does not know, and then reports no
vulnerabilities.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CI = Path(__file__).resolve().parent
LOCKS = ("requirements.txt", "build.txt", "release.txt")
OPTIONS = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")


def audit(lock: str, options: list[str]) -> int:
    """Check one lock file, print the result, and return the exit code."""
    command = [sys.executable, "-m", "pip_audit", *OPTIONS, "--requirement", str(CI / lock), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"{lock}: not checked, pip-audit ended with exit code {done.returncode}:\n{done.stderr.strip()}")
        return 3
    return conclude(lock, dependencies)


def conclude(lock: str, dependencies: list[dict]) -> int:
    """Print what pip-audit reported, and return the exit code."""
    skipped = [each for each in dependencies if "skip_reason" in each]
    found = [(each, advisory) for each in dependencies for advisory in each.get("vulns", ())]
    for each, advisory in found:
        fixed = ", ".join(advisory["fix_versions"]) or "none"
        print(f"{lock}: {each['name']} {each['version']} is vulnerable: {advisory['id']}, fixed in: {fixed}")
    for each in skipped[:1]:
        print(f"{lock}: {len(skipped)} of {len(dependencies)} dependencies not checked: {each['skip_reason']}, ...")
    if not dependencies:
        print(f"{lock}: not checked: no dependencies found")
    checked = len(dependencies) - len(skipped)
    print(f"{lock}: {checked} dependencies checked, {len(found)} vulnerabilities")
    return 3 if skipped or not dependencies else 1 if found else 0


if __name__ == "__main__":
    sys.exit(max(audit(lock, sys.argv[1:]) for lock in LOCKS))
